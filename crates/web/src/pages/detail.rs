//! What an app asks for in detail, on the consent page: a sentence with the values in place, and everything that it says.
//!
//! Spec: RFC 9396 §3.1 ("the AS MUST present the merged set of requirements") and §12 (what comes in is sanitized)

use model::{
    DetailsType,
    consent_sentence::{SentencePart, parts},
    localized,
};
use protocol::AuthorizationDetail;
use serde::Serialize;
use serde_json::{Map, Value};

use super::Label;
use crate::locale::Locale;

/// What stands in a sentence where there is no value.
const NOTHING: &str = "–";

/// One object, in the user's words.
#[derive(Debug, Clone, Serialize)]
pub struct DetailView {
    /// Which one of the request: the value of its tick, and the end of its id.
    pub index: usize,
    /// What it permits.
    pub sentence: Vec<SentenceView>,
    /// The items of which the user may take some away.
    pub choices: Vec<ChoiceView>,
    /// Everything that it says.
    pub members: Vec<MemberView>,
    /// Whether the user has permitted it before.
    pub already: bool,
    /// Whether it is asked for each time.
    pub once: bool,
    /// The API that it belongs to.
    pub api_name: Label,
}

/// A piece of a sentence.
#[derive(Debug, Clone, Serialize)]
pub struct SentenceView {
    /// The words.
    pub text: String,
    /// Whether the app said them.
    pub is_value: bool,
}

/// An item that can be left out.
#[derive(Debug, Clone, Serialize)]
pub struct ChoiceView {
    /// Which one of its list.
    pub index: usize,
    /// What it says.
    pub text: Label,
}

/// One thing that an object says.
#[derive(Debug, Clone, Serialize)]
pub struct MemberView {
    /// Its name, with the names of what it stands in.
    pub name: Label,
    /// What it says.
    pub value: Label,
}

impl DetailView {
    /// The object at this place of a request.
    pub fn new(locale: Locale, index: usize, detail: &AuthorizationDetail, kind: &DetailsType, api_name: &str) -> Self {
        let mut members = Vec::new();
        for (name, value) in detail.members().iter().filter(|(name, _)| *name != "type") {
            flatten(name, value, &mut members);
        }
        let chosen = kind.choose.as_deref().and_then(|list| detail.members().get(list));
        let items = chosen.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        Self {
            index,
            sentence: sentence(locale, detail, kind),
            choices: items
                .iter()
                .enumerate()
                .map(|(index, item)| ChoiceView {
                    index,
                    text: Label::sentence(&said(item)),
                })
                .collect(),
            members,
            already: false,
            once: !kind.remember,
            api_name: Label::new(api_name),
        }
    }

    /// The same, permitted before or not.
    #[must_use]
    pub fn already(mut self, already: bool) -> Self {
        self.already = already;
        self
    }

    /// The sentence without its form.
    pub fn text(&self) -> Label {
        let pieces: Vec<&str> = self.sentence.iter().map(|piece| piece.text.as_str()).collect();
        Label::paragraph(&pieces.concat())
    }

    /// The ids of its ticks.
    pub(super) fn hooks(&self) -> impl Iterator<Item = String> {
        let index = self.index;
        let choices = self
            .choices
            .iter()
            .map(move |choice| format!("detail-{index}-{}", choice.index));
        [format!("detail-{index}")].into_iter().chain(choices)
    }
}

fn sentence(locale: Locale, detail: &AuthorizationDetail, kind: &DetailsType) -> Vec<SentenceView> {
    let template = localized(&kind.consent, locale.tag()).unwrap_or(&kind.name);
    let piece = |part: SentencePart<'_>| match part {
        SentencePart::Text(words) => SentenceView {
            text: words.to_owned(),
            is_value: false,
        },
        SentencePart::Member(path) => {
            let value = Label::sentence(&find(detail.members(), path).map(read_out).unwrap_or_default());
            let shown = if value.is_empty() { NOTHING } else { value.as_str() };
            SentenceView {
                text: shown.to_owned(),
                is_value: true,
            }
        }
    };
    parts(template).into_iter().map(piece).collect()
}

/// The member to which a path leads.
fn find<'a>(members: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
    let (first, rest) = path
        .split_once('.')
        .map_or((path, None), |(first, rest)| (first, Some(rest)));
    let value = members.get(first)?;
    match rest {
        Some(rest) => find(value.as_object()?, rest),
        None => Some(value),
    }
}

/// A value in a sentence: a number is read as an amount, and a thousand is soon taken for ten.
fn read_out(value: &Value) -> String {
    match value {
        Value::Number(number) => grouped(&number.to_string()),
        other => said(other),
    }
}

/// `10000` as `10,000`; both languages write it so. What has an exponent is left alone.
fn grouped(number: &str) -> String {
    let (whole, rest) = number.split_at(number.find('.').unwrap_or(number.len()));
    if number.contains(['e', 'E']) {
        return number.to_owned();
    }
    let digits = whole.trim_start_matches('-').len();
    let mut text = String::with_capacity(number.len() + digits / 3);
    for (index, character) in whole.chars().enumerate() {
        let left = whole.len() - index;
        if left < digits && left.is_multiple_of(3) {
            text.push(',');
        }
        text.push(character);
    }
    text + rest
}

/// A value in words, as people write lists.
fn said(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(said).collect::<Vec<_>>().join(", "),
        Value::Object(members) => members.values().map(said).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}

/// Every member with its value, each on a line. It goes no deeper than the parser allows.
fn flatten(name: &str, value: &Value, into: &mut Vec<MemberView>) {
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (member, value) in members {
                flatten(&format!("{name}.{member}"), value, into);
            }
        }
        Value::Array(items) if items.iter().any(|item| item.is_object() || item.is_array()) => {
            for (index, item) in items.iter().enumerate() {
                flatten(&format!("{name}[{index}]"), item, into);
            }
        }
        simple => into.push(MemberView {
            name: Label::sentence(name),
            value: Label::whole(&said(simple)),
        }),
    }
}

#[cfg(test)]
mod tests {
    use protocol::AuthorizationDetails;
    use serde_json::json;

    use super::*;

    fn kind(sentence: &str) -> DetailsType {
        DetailsType {
            name: "payment".into(),
            schema: json!({}),
            consent: [("en".to_owned(), sentence.to_owned())].into(),
            choose: Some("accounts".into()),
            remember: false,
        }
    }

    fn view(sentence: &str, detail: &Value) -> DetailView {
        let asked = AuthorizationDetails::parse(&json!([detail]).to_string()).unwrap();
        DetailView::new(Locale::En, 0, asked.iter().next().unwrap(), &kind(sentence), "API")
    }

    #[test]
    fn values_are_put_in_their_places() {
        let payment = json!({
            "type": "payment", "amount": {"value": "1.00", "currency": "EUR"}, "payee": "Bob", "accounts": ["1", "2"], "n": 3
        });
        let text = |sentence: &str| view(sentence, &payment).text().as_str().to_owned();
        assert_eq!(
            text("Pay {amount.value} {amount.currency} to {payee}"),
            "Pay 1.00 EUR to Bob"
        );
        assert_eq!(
            text("{amount} from {accounts}, {n} times"),
            "1.00 EUR from 1, 2, 3 times"
        );
        assert_eq!(text("{nobody} {payee.name} {}"), "– – {}");
        let without_words = DetailsType {
            consent: std::collections::BTreeMap::new(),
            ..kind("")
        };
        let asked = AuthorizationDetails::parse(&json!([payment]).to_string()).unwrap();
        let view = DetailView::new(Locale::Ja, 0, asked.iter().next().unwrap(), &without_words, "API");
        assert_eq!(view.text().as_str(), "payment");
        assert_eq!(
            view.hooks().collect::<Vec<_>>(),
            ["detail-0", "detail-0-0", "detail-0-1"]
        );
    }

    #[test]
    fn amounts_are_grouped_where_they_are_read() {
        for (number, shown) in [
            ("0", "0"),
            ("999", "999"),
            ("1000", "1,000"),
            ("-1000", "-1,000"),
            ("-100", "-100"),
            ("1234567.125", "1,234,567.125"),
            ("1e30", "1e30"),
        ] {
            assert_eq!(grouped(number), shown);
        }
        let payment = json!({"type": "payment", "amount": 10_000, "account": "10000"});
        let view = view("Pay {amount} from {account}", &payment);
        assert_eq!(view.text().as_str(), "Pay 10,000 from 10000");
        assert!(view.members.iter().any(|member| member.value.as_str() == "10000"));
    }

    #[test]
    fn everything_that_is_asked_for_can_be_read() {
        let view = view(
            "x",
            &json!({"type": "payment", "a": {"b": [1, true]}, "c": [{"d": "e"}, {}], "f": []}),
        );
        let members: Vec<_> = view
            .members
            .iter()
            .map(|member| (member.name.as_str(), member.value.as_str()))
            .collect();
        assert_eq!(members, [("a.b", "1, true"), ("c[0].d", "e"), ("c[1]", ""), ("f", "")]);
    }

    #[test]
    fn hostile_values_cannot_pass_for_other_words() {
        let long = "x".repeat(5000);
        let hostile = format!("1.00 EUR to Bob\n\n<b>free</b>\u{202e}\u{200b} {{payee}} {long}");
        let view = view(
            "Pay {payee}",
            &json!({"type": "payment", "payee": hostile, "\u{202e}<i>": "\u{202e}y"}),
        );
        let shown = &view.sentence[1];
        assert!(
            shown.is_value && shown.text.chars().count() <= Label::SENTENCE + 1,
            "{}",
            shown.text
        );
        assert!(shown.text.starts_with("1.00 EUR to Bob <b>free</b> {payee} xxx") && shown.text.ends_with('…'));
        let members = view.members.iter();
        let all: Vec<String> = members
            .map(|member| format!("{}={};", member.name.as_str(), member.value.as_str()))
            .collect();
        let all = all.concat();
        assert!(
            all.contains(&long) && !all.contains(['\u{202e}', '\u{200b}', '\n']),
            "{all}"
        );
    }
}
