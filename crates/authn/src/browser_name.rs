//! What a browser says of itself, in words of ours: a hint for the eye alone.

/// A browser and its system, as far as they are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BrowserName {
    /// Such as `Firefox`.
    pub name: Option<&'static str>,
    /// Such as `Windows`.
    pub system: Option<&'static str>,
}

impl BrowserName {
    /// Order matters: nearly all claim to be Safari, and many to be Chrome.
    const NAMES: &[(&str, &str)] = &[
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("FxiOS/", "Firefox"),
        ("CriOS/", "Chrome"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ];
    const SYSTEMS: &[(&str, &str)] = &[
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Mac OS", "macOS"),
        ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    ];

    /// What a `User-Agent` tells.
    pub fn of(user_agent: &str) -> Self {
        let find = |table: &[(&str, &'static str)]| {
            table
                .iter()
                .find(|(mark, _)| user_agent.contains(mark))
                .map(|(_, name)| *name)
        };
        Self {
            name: find(Self::NAMES),
            system: find(Self::SYSTEMS),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_are_named_as_far_as_they_are_known() {
        let edge = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0";
        let iphone = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Safari/604.1";
        for (user_agent, name, system) in [
            (edge, Some("Edge"), Some("Windows")),
            (iphone, Some("Safari"), Some("iPhone")),
            ("Something (Linux)", None, Some("Linux")),
            ("curl/8.5.0", None, None),
        ] {
            assert_eq!(
                BrowserName::of(user_agent),
                BrowserName { name, system },
                "{user_agent}"
            );
        }
    }
}
