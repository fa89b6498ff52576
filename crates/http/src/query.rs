//! Query parameters: read once, checked against the same table that documents them.

use std::fmt::Write as _;

use serde_json::Value;

use platform::Unicode;

use super::problem::{FieldError, Problem};
use super::schema::{Field, Schema};

/// The parameters of one request.
#[derive(Debug, Default)]
pub struct Query(Vec<(&'static str, Value)>);

/// What becomes of parameters that a call does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnknownParameters {
    /// They are mistakes.
    Refused,
    /// They are not read.
    Ignored,
}

impl Query {
    /// Reads `query` (without its `?`) by the table `known`.
    pub fn parse(
        query: &str,
        known: &'static [Field],
        unknown: UnknownParameters,
        unicode: &dyn Unicode,
    ) -> Result<Self, Problem> {
        let mut found: Vec<(&'static str, Value)> = Vec::new();
        let mut errors = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (raw_name, raw_value) = pair.split_once('=').unwrap_or((pair, ""));
            let (name, value) = (decode(raw_name), decode(raw_value));
            let is_known = |name: &String| known.iter().any(|field| field.name == name);
            if unknown == UnknownParameters::Ignored && !name.as_ref().is_some_and(is_known) {
                continue;
            }
            let (Some(name), Some(value)) = (name, value) else {
                errors.push(FieldError::new(
                    "?",
                    "invalid_encoding",
                    "Percent-encode the query as UTF-8 (RFC 3986, section 2.1).",
                ));
                continue;
            };
            let Some(field) = known.iter().find(|field| field.name == name) else {
                let names: Vec<&str> = known.iter().map(|field| field.name).collect();
                errors.push(FieldError::new(
                    format!("?{name}"),
                    "unknown_parameter",
                    match names.as_slice() {
                        [] => "This call takes no parameters.".to_owned(),
                        names => format!("Known: {}.", names.join(", ")),
                    },
                ));
                continue;
            };
            if found.iter().any(|(known, _)| *known == field.name) {
                errors.push(FieldError::new(
                    format!("?{name}"),
                    "duplicate_parameter",
                    "Give this parameter once.",
                ));
                continue;
            }
            let mut value = match field.schema {
                Schema::Integer { .. } => value
                    .parse::<i64>()
                    .map_or(Value::String(value), Value::from),
                _ => Value::String(unicode.nfc(&value)),
            };
            field
                .schema
                .check(&mut value, unicode, &format!("?{name}"), &mut errors);
            found.push((field.name, value));
        }
        Problem::check(errors)?;
        Ok(Self(found))
    }

    /// The text of a parameter.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_str()
    }

    /// The number of a parameter.
    pub fn integer(&self, name: &str) -> Option<i64> {
        self.get(name)?.as_i64()
    }

    /// A parameter as it is written.
    pub fn written(&self, name: &str) -> Option<String> {
        self.get(name).map(written)
    }

    fn get(&self, name: &str) -> Option<&Value> {
        let found = self.0.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| value)
    }

    /// All parameters but `without`, encoded again, each followed by `&`.
    pub fn encode_without(&self, without: &str) -> String {
        let mut out = String::new();
        for (name, value) in self.0.iter().filter(|(name, _)| *name != without) {
            out.push_str(name);
            out.push('=');
            out.push_str(&percent_encoded(&written(value)));
            out.push('&');
        }
        out
    }
}

fn written(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// Everything but unreserved characters as `%XX` (RFC 3986, section 2.1).
pub fn percent_encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// Text that was percent-encoded, with `+` for blanks; `None` when it is not UTF-8.
pub fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let high = char::from(rest.next()?).to_digit(16)?;
                let low = char::from(rest.next()?).to_digit(16)?;
                bytes.push(u8::try_from(high * 16 + low).ok()?);
            }
            other => bytes.push(other),
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Text;
    use platform::native::TestPlatform;

    const KNOWN: &[Field] = &[
        Field::optional("limit", &Schema::Integer { min: 1, max: 100 }, "l"),
        Field::optional("q", &Text::line(1, 5), "q"),
    ];

    fn parse(query: &str, unknown: UnknownParameters) -> Result<Query, Problem> {
        let (platform, _) = TestPlatform::new();
        Query::parse(query, KNOWN, unknown, platform.unicode.as_ref())
    }

    #[test]
    fn what_a_page_does_not_know_it_does_not_read() {
        let read = |query| parse(query, UnknownParameters::Ignored);
        let query = read("v=2&fbclid=x&fbclid=y&q=zerg&%ff=%ff&=&utm_source=%").unwrap();
        assert_eq!(query.text("q"), Some("zerg"));
        assert!(read("limit=x").is_err() && read("q=a&q=b").is_err() && read("q=%ff").is_err());
    }

    #[test]
    fn what_is_read_and_what_is_named() {
        for (query, expected) in [
            ("", "read"),
            ("&", "read"),
            ("limit=1&q=a%20b", "read"),
            ("q=%C3%A9", "read"),
            ("limit=0", "out_of_range"),
            ("limit=101", "out_of_range"),
            ("limit=ten", "invalid_type"),
            ("limit=1.5", "invalid_type"),
            ("limit=99999999999999999999", "invalid_type"),
            ("limit", "invalid_type"),
            ("q=", "invalid_length"),
            ("q=abcdef", "invalid_length"),
            ("q=%0d%0a", "invalid_format"),
            ("q=%ff", "invalid_encoding"),
            ("q=%4", "invalid_encoding"),
            ("q=%zz", "invalid_encoding"),
            ("q=1&q=2", "duplicate_parameter"),
            ("access_token=x", "unknown_parameter"),
        ] {
            let read = parse(query, UnknownParameters::Refused);
            let code = read.map_or_else(|problem| problem.errors[0].code, |_| "read");
            assert_eq!(code, expected, "{query}");
        }
    }

    #[test]
    fn what_was_read_is_encoded_again() {
        let query = parse("q=%26+%C3%A9&limit=5", UnknownParameters::Refused).unwrap();
        assert_eq!(query.encode_without("limit"), "q=%26%20%C3%A9&");
        assert_eq!(query.encode_without("q"), "limit=5&");
    }
}
