//! The template engine, once per language: what templates can say, and what they cannot.
//!
//! Escaping cannot be turned off, undefined names and missing messages are errors, and nothing outside the given
//! templates can be reached.
//!
//! Functions: `t(key, name=…)` says a message, `rich(key, name=…)` says it with its arguments set off as names.
//! Filters: `date`, `date_time` (unix seconds, optionally minutes east of UTC) and `iso` for `<time datetime>`.

use minijinja::{
    AutoEscape, Environment, Error, ErrorKind, HtmlEscape, Output, State, UndefinedBehavior, Value, escape_formatter,
    value::Kwargs,
};

use crate::locale::{Locale, fill};

/// An engine that speaks one language, in HTML.
pub(crate) fn engine(locale: Locale) -> Environment<'static> {
    let mut engine = speaking(locale);
    engine.set_auto_escape_callback(|_| AutoEscape::Html);
    engine.set_formatter(format);
    engine.add_function("rich", move |text: Value, args: Kwargs| {
        let name = |value: &str| format!("<b><bdi>{}</bdi></b>", HtmlEscape(value));
        say(locale, &text, &args, |text| HtmlEscape(text).to_string(), name).map(Value::from_safe_string)
    });
    engine
}

/// The same in plain text, where there is nothing to escape; without `rich`.
pub(crate) fn text_engine(locale: Locale) -> Environment<'static> {
    let mut engine = speaking(locale);
    engine.set_auto_escape_callback(|_| AutoEscape::None);
    engine.set_formatter(format_present);
    engine
}

/// What both have in common.
fn speaking(locale: Locale) -> Environment<'static> {
    let mut engine = Environment::new();
    engine.set_undefined_behavior(UndefinedBehavior::Strict);
    engine.remove_filter("safe");
    engine.add_function("t", move |text: Value, args: Kwargs| {
        say(locale, &text, &args, str::to_owned, str::to_owned)
    });
    engine.add_filter("date", move |at: i64, offset: Option<i32>| {
        locale.date(at, offset.unwrap_or(0))
    });
    engine.add_filter("date_time", move |at: i64, offset: Option<i32>| {
        locale.date_time(at, offset.unwrap_or(0))
    });
    engine.add_filter("iso", iso);
    engine
}

fn format(out: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    if !matches!(state.auto_escape(), AutoEscape::Html) {
        return Err(Error::new(ErrorKind::InvalidOperation, "escaping cannot be turned off"));
    }
    format_present(out, state, value)
}

fn format_present(out: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    if value.is_none() {
        return Err(Error::new(
            ErrorKind::InvalidOperation,
            "there is nothing to show: ask `if` first",
        ));
    }
    escape_formatter(out, state, value)
}

/// Says a message. `text` is a key, or a serialised [`Text`](super::Text); arguments are its own and then `args`.
fn say(
    locale: Locale,
    text: &Value,
    args: &Kwargs,
    literal: impl Fn(&str) -> String,
    argument: impl Fn(&str) -> String,
) -> Result<String, Error> {
    let known = args
        .args()
        .map(|name| Ok((name.to_owned(), args.get::<Value>(name)?)))
        .collect::<Result<Vec<_>, Error>>()?;
    let (key, own) = if let Some(key) = text.as_str() {
        (key.to_owned(), Value::UNDEFINED)
    } else {
        let plain = text.get_attr("plain")?;
        if let Some(plain) = plain.as_str() {
            return Ok(literal(plain));
        }
        (
            text.get_attr("key")?.as_str().unwrap_or("").to_owned(),
            text.get_attr("args")?,
        )
    };
    let value = |name: &str| -> Option<String> {
        let own = own.get_attr(name).ok().filter(|value| !value.is_undefined());
        let value = own.or_else(|| {
            known
                .iter()
                .find(|(known, _)| known == name)
                .map(|(_, value)| value.clone())
        })?;
        (!value.is_none() && !value.is_undefined()).then(|| value.to_string())
    };
    let wrong = |what: String| Error::new(ErrorKind::InvalidOperation, what);
    let message = locale
        .counted(&key, value("count").as_deref())
        .ok_or_else(|| wrong(format!("there is no message `{key}` in {locale}")))?;
    fill(message, literal, |name| {
        let value = value(name).ok_or_else(|| wrong(format!("message `{key}` needs `{name}`")))?;
        Ok(argument(&value))
    })
}

/// A time as `<time datetime>` wants it.
fn iso(at: i64) -> String {
    let at = time::OffsetDateTime::from_unix_timestamp(at).unwrap_or(time::OffsetDateTime::UNIX_EPOCH);
    let (hour, minute, second) = at.to_hms();
    format!(
        "{:04}-{:02}-{:02}T{hour:02}:{minute:02}:{second:02}Z",
        at.year(),
        u8::from(at.month()),
        at.day()
    )
}

#[cfg(test)]
mod tests {
    use minijinja::{context, value::Serde};

    use super::*;
    use crate::pages::Text;

    fn render(template: &str, context: Value) -> Result<String, String> {
        let engine = engine(Locale::En);
        engine
            .render_named_str("x.html", template, context)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_shown_is_escaped_and_cannot_be_otherwise() {
        assert_eq!(
            render("{{ x }}", context! { x => "<b>&\"'" }).unwrap(),
            "&lt;b&gt;&amp;&quot;&#x27;"
        );
        assert!(render("{{ x | safe }}", context! { x => "<b>" }).is_err());
        assert!(
            render(
                "{% autoescape false %}{{ x }}{% endautoescape %}",
                context! { x => "<b>" }
            )
            .is_err()
        );
    }

    #[test]
    fn a_missing_message_variable_or_argument_fails() {
        assert!(
            render("{{ t('no.such.message') }}", context! {})
                .unwrap_err()
                .contains("no.such.message")
        );
        assert!(
            render("{{ t('layout.at') }}", context! {})
                .unwrap_err()
                .contains("`host`")
        );
        assert!(render("{{ x }}", context! {}).is_err());
        assert!(render("{{ x }}", context! { x => () }).is_err());
        assert!(render("{% include 'other.html' %}", context! {}).is_err());
    }

    #[test]
    fn a_name_in_a_message_is_set_off_and_harmless() {
        let text = Value::from(Serde(Text::key("layout.at").with("host", "<i>{host}")));
        assert_eq!(
            render("{{ t(x) }}", context! { x => text.clone() }).unwrap(),
            "You are at &lt;i&gt;{host}"
        );
        let rich = render("{{ rich(x) }}", context! { x => text }).unwrap();
        assert_eq!(rich, "You are at <b><bdi>&lt;i&gt;{host}</bdi></b>");
        let plain = Value::from(Serde(Text::plain("<b>{host}")));
        assert_eq!(
            render("{{ rich(x) }}", context! { x => plain }).unwrap(),
            "&lt;b&gt;{host}"
        );
    }

    #[test]
    fn times_are_shown() {
        assert_eq!(
            render("{{ 0 | date }} {{ 0 | date_time }}", context! {}).unwrap(),
            "1 January 1970 1 January 1970, 00:00 UTC"
        );
        assert_eq!(
            render("{{ 61 | iso }} {{ 0 | date_time(60) }}", context! {}).unwrap(),
            "1970-01-01T00:01:01Z 1 January 1970, 01:00 UTC+01:00"
        );
    }
}
