//! A page as a browser without a screen sees it: its elements by id, and its forms.
//!
//! This reads the well-formed HTML that the server renders; it is no general HTML parser.

use reqwest::header::HeaderMap;
use url::Url;

/// A page that was answered.
#[derive(Clone, Debug)]
pub struct Page {
    /// Where it was found, after redirects.
    pub url: Url,
    /// The HTTP status.
    pub status: u16,
    /// The response's header fields.
    pub headers: HeaderMap,
    /// The source.
    pub html: String,
}

/// A form, filled in as the page offers it.
#[derive(Clone, Debug)]
pub struct Form {
    /// Where it is sent.
    pub action: Url,
    /// Whether it is sent by POST; by GET otherwise.
    pub post: bool,
    fields: Vec<Field>,
}

#[derive(Clone, Debug)]
struct Field {
    id: String,
    name: String,
    value: String,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Sent as it is.
    Text,
    /// A box or one of several choices that is ticked.
    Ticked,
    /// One that is not.
    Unticked,
    /// Sent only when it is the one that was pressed.
    Button,
}

struct Tag {
    name: String,
    attributes: Vec<(String, String)>,
    closes: bool,
    /// Byte offsets of `<` and of what follows `>`.
    start: usize,
    end: usize,
}

impl Tag {
    fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    fn has_id(&self, id: &str) -> bool {
        self.attribute("id") == Some(id)
    }
}

impl Page {
    /// Whether it has an element with this id.
    pub fn has(&self, id: &str) -> bool {
        tags(&self.html).iter().any(|tag| tag.has_id(id))
    }

    /// All ids in the page, in order.
    pub fn ids(&self) -> Vec<String> {
        tags(&self.html)
            .iter()
            .filter_map(|tag| tag.attribute("id"))
            .map(str::to_owned)
            .collect()
    }

    /// The text within the element with this id, white space collapsed.
    pub fn text_of(&self, id: &str) -> Option<String> {
        let tags = tags(&self.html);
        let at = tags.iter().position(|tag| tag.has_id(id))?;
        let opening = tags.get(at)?;
        let mut depth = 1_usize;
        for tag in tags.iter().skip(at + 1).filter(|tag| tag.name == opening.name) {
            depth = if tag.closes { depth - 1 } else { depth + 1 };
            if depth == 0 {
                return Some(text(self.html.get(opening.end..tag.start)?));
            }
        }
        None
    }

    /// The text of the whole page, white space collapsed.
    pub fn text(&self) -> String {
        text(&self.html)
    }

    /// The code on an error page.
    pub fn error_code(&self) -> Option<String> {
        self.text_of("error-code")
    }

    /// The id on an error page, for `sekisho explain`.
    pub fn explain_id(&self) -> Option<String> {
        self.text_of("explain-id")
    }

    /// Where the link with this id leads, from the root of its host on. Stops the test when there is none.
    pub fn link(&self, id: &str) -> String {
        let tags = tags(&self.html);
        let href = tags
            .iter()
            .find(|tag| tag.has_id(id))
            .and_then(|tag| tag.attribute("href"));
        match href {
            Some(href) => href.to_owned(),
            None => panic!("no link #{id} on {} ({}):\n{}", self.url, self.status, self.html),
        }
    }

    /// The form that the element with this id is in. Stops the test when there is none.
    pub fn form_with(&self, id: &str) -> Form {
        let with_id = |form: &Form| form.fields.iter().any(|field| field.id == id);
        match self.forms().into_iter().find(with_id) {
            Some(form) => form,
            None => panic!("no form with #{id} on {} ({}):\n{}", self.url, self.status, self.html),
        }
    }

    /// All forms of the page, in order.
    pub fn forms(&self) -> Vec<Form> {
        let mut forms: Vec<Form> = Vec::new();
        let mut inside = false;
        for tag in tags(&self.html) {
            match (tag.name.as_str(), tag.closes) {
                ("form", false) => {
                    let action = self.url.join(tag.attribute("action").unwrap_or("")).expect("an action");
                    let post = tag
                        .attribute("method")
                        .is_some_and(|method| method.eq_ignore_ascii_case("post"));
                    forms.push(Form {
                        action,
                        post,
                        fields: Vec::new(),
                    });
                    inside = true;
                }
                ("form", true) => inside = false,
                ("input" | "button", false) if inside => forms.last_mut().expect("a form").fields.push(field(&tag)),
                _ => {}
            }
        }
        forms
    }
}

impl Form {
    /// Types into the field with this id.
    #[must_use]
    pub fn fill(mut self, id: &str, value: &str) -> Self {
        value.clone_into(&mut self.field(id).value);
        self
    }

    /// Takes the tick from the box with this id.
    #[must_use]
    pub fn untick(mut self, id: &str) -> Self {
        self.field(id).kind = Kind::Unticked;
        self
    }

    /// Whether the box with this id is there and ticked.
    pub fn is_ticked(&self, id: &str) -> bool {
        self.fields
            .iter()
            .any(|field| field.id == id && field.kind == Kind::Ticked)
    }

    /// The value of the field of this name, hidden ones included.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.fields
            .iter()
            .find(|field| field.name == name)
            .map(|field| field.value.as_str())
    }

    /// Sends it to another path of the same host: what an attacker would do.
    #[must_use]
    pub fn sent_to(mut self, path: &str) -> Self {
        self.action.set_path(path);
        self
    }

    /// Changes what a field of this name holds, hidden ones included: what an attacker would do.
    #[must_use]
    pub fn tamper(mut self, name: &str, value: &str) -> Self {
        for field in self.fields.iter_mut().filter(|field| field.name == name) {
            value.clone_into(&mut field.value);
        }
        self
    }

    /// What is sent when the button with the id `pressed` is pressed (`None`: sent by a script or the Enter key).
    pub fn entries(&self, pressed: Option<&str>) -> Vec<(String, String)> {
        let sent = |field: &&Field| match field.kind {
            Kind::Text | Kind::Ticked => !field.name.is_empty(),
            Kind::Unticked => false,
            Kind::Button => !field.name.is_empty() && pressed == Some(field.id.as_str()),
        };
        self.fields
            .iter()
            .filter(sent)
            .map(|field| (field.name.clone(), field.value.clone()))
            .collect()
    }

    fn field(&mut self, id: &str) -> &mut Field {
        match self.fields.iter_mut().find(|field| field.id == id) {
            Some(field) => field,
            None => panic!("no field #{id} in the form of {}", self.action),
        }
    }
}

fn field(tag: &Tag) -> Field {
    let of = |name: &str| tag.attribute(name).unwrap_or("").to_owned();
    let ticked = tag.attribute("checked").is_some();
    let (kind, value) = match (tag.name.as_str(), tag.attribute("type").unwrap_or("")) {
        ("button", _) | ("input", "submit" | "button" | "image") => (Kind::Button, of("value")),
        ("input", "checkbox" | "radio") => {
            let value = tag.attribute("value").unwrap_or("on").to_owned();
            (if ticked { Kind::Ticked } else { Kind::Unticked }, value)
        }
        _ => (Kind::Text, of("value")),
    };
    Field {
        id: of("id"),
        name: of("name"),
        value,
        kind,
    }
}

fn tags(html: &str) -> Vec<Tag> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = html.get(at..).and_then(|rest| rest.find('<')).map(|offset| at + offset) {
        let rest = html.get(start + 1..).unwrap_or("");
        if rest.starts_with("!--") {
            at = rest.find("-->").map_or(html.len(), |offset| start + offset + 4);
            continue;
        }
        let closes = rest.starts_with('/');
        let inner = start + 1 + usize::from(closes);
        let Some(end) = end_of_tag(html, inner) else { break };
        let source = html.get(inner..end).unwrap_or("").trim_end_matches('/');
        let split = source.find(char::is_whitespace).unwrap_or(source.len());
        let (name, attributes) = source.split_at(split);
        let name = name.to_ascii_lowercase();
        at = end + 1;
        found.push(Tag {
            name,
            attributes: parse_attributes(attributes),
            closes,
            start,
            end: at,
        });
    }
    found
}

/// Where the `>` is that ends a tag: not one within quotes.
fn end_of_tag(html: &str, from: usize) -> Option<usize> {
    let mut quote = None;
    for (offset, character) in html.get(from..)?.char_indices() {
        match (quote, character) {
            (None, '>') => return Some(from + offset),
            (None, '"' | '\'') => quote = Some(character),
            (Some(open), _) if open == character => quote = None,
            _ => {}
        }
    }
    None
}

fn parse_attributes(source: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = source.trim_start();
    while !rest.is_empty() {
        let end = rest.find(|c: char| c == '=' || c.is_whitespace()).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        let (value, after) = match after.trim_start().strip_prefix('=').map(str::trim_start) {
            None => ("", after),
            Some(quoted) if quoted.starts_with(['"', '\'']) => {
                let (quote, body) = quoted.split_at(1);
                body.split_once(quote).unwrap_or((body, ""))
            }
            Some(bare) => bare.split_at(bare.find(char::is_whitespace).unwrap_or(bare.len())),
        };
        if !name.is_empty() {
            found.push((name.to_ascii_lowercase(), decode(value)));
        }
        rest = after.trim_start();
    }
    found
}

/// The text of a piece of HTML, without tags, white space collapsed.
fn text(html: &str) -> String {
    let mut plain = String::new();
    let mut from = 0;
    for tag in tags(html) {
        plain.push_str(html.get(from..tag.start).unwrap_or(""));
        plain.push(' ');
        from = tag.end;
    }
    plain.push_str(html.get(from..).unwrap_or(""));
    decode(&plain).split_whitespace().collect::<Vec<_>>().join(" ")
}

fn decode(source: &str) -> String {
    let mut plain = String::new();
    let mut rest = source;
    while let Some((before, after)) = rest.split_once('&') {
        plain.push_str(before);
        let (entity, remainder) = after.split_once(';').unwrap_or((after, ""));
        if let Some(character) = entity_character(entity) {
            plain.push(character);
            rest = remainder;
        } else {
            plain.push('&');
            rest = after;
        }
    }
    plain.push_str(rest);
    plain
}

fn entity_character(entity: &str) -> Option<char> {
    match entity {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "nbsp" => Some('\u{a0}'),
        _ => {
            let number = entity.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HTML: &str = r#"<!doctype html><html lang="en"><head><title>A &gt; B</title></head><body>
        <!-- <form id="no"> --><p id="error-code">invalid<b>_</b>request</p>
        <form method="get" action="/search"><input id=q name=q></form>
        <form method="POST" action="/consent?a=1&amp;b=2">
          <input type="hidden" name="flow" value="x&quot;&#x3e;&#39;">
          <label><input type="checkbox" id="scope-accounts:read" name="scope" value="accounts:read" checked> Accounts</label>
          <input type="checkbox" id="scope-email" name="scope" value="email"/>
          <button id="approve" name="decision" value="approve">Allow</button>
          <button id="deny" name="decision" value="deny">Refuse</button>
        </form></body></html>"#;

    fn page() -> Page {
        let url = Url::parse("http://localhost:1/authorize?x=y").unwrap();
        Page {
            url,
            status: 200,
            headers: HeaderMap::new(),
            html: HTML.to_owned(),
        }
    }

    fn pairs(form: &Form, pressed: &str) -> String {
        let entries = form.entries(Some(pressed));
        entries
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect::<Vec<_>>()
            .join("&")
    }

    #[test]
    fn a_form_sends_what_a_browser_would_send() {
        let form = page().form_with("approve");
        assert!(form.post);
        assert_eq!(form.action.as_str(), "http://localhost:1/consent?a=1&b=2");
        assert!(form.is_ticked("scope-accounts:read") && !form.is_ticked("scope-email"));
        assert_eq!(
            pairs(&form, "approve"),
            "flow=x\">'&scope=accounts:read&decision=approve"
        );
        assert_eq!(
            pairs(&form.untick("scope-accounts:read"), "deny"),
            "flow=x\">'&decision=deny"
        );
    }

    #[test]
    fn a_form_is_filled_by_id_and_tampered_with_by_name() {
        let form = page().form_with("q").fill("q", "1 < 2");
        assert!(!form.post);
        assert_eq!(form.entries(None), [("q".to_owned(), "1 < 2".to_owned())]);
        assert_eq!(
            page().form_with("deny").tamper("flow", "mine").value("flow"),
            Some("mine")
        );
    }

    #[test]
    fn elements_are_found_by_id_outside_of_comments() {
        assert_eq!(page().error_code().as_deref(), Some("invalid _ request"));
        assert_eq!(page().explain_id(), None);
        assert!(!page().has("no"));
        assert!(page().text().starts_with("A > B"));
    }
}
