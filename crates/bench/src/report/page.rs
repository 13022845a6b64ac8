//! The page's tables stand between two markers, and are made by the benchmark; what is around them is written by hand.

/// The page with what stands in this place replaced.
pub fn replace(page: &str, place: &str, by: &str) -> Result<String, String> {
    let (begin, end) = (
        format!("<!-- bench: {place} -->\n"),
        format!("<!-- /bench: {place} -->\n"),
    );
    let missing = || format!("the page has no place for {place}: {begin}{end}");
    let (before, rest) = page.split_once(&begin).ok_or_else(missing)?;
    let (_, after) = rest.split_once(&end).ok_or_else(missing)?;
    Ok(format!("{before}{begin}{}\n{end}{after}", by.trim_end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_between_the_markers_changes() {
        let page = "a\n<!-- bench: x -->\nold\n<!-- /bench: x -->\nb\n";
        let new = replace(page, "x", "| new |\n").unwrap();
        assert_eq!(new, "a\n<!-- bench: x -->\n| new |\n<!-- /bench: x -->\nb\n");
        assert_eq!(
            replace(&new, "x", "| new |\n").unwrap(),
            new,
            "and again it is the same"
        );
    }

    #[test]
    fn a_page_without_the_place_is_refused() {
        assert!(replace("a\n", "x", "b").is_err());
        assert!(replace("<!-- bench: x -->\n", "x", "b").is_err());
    }
}
