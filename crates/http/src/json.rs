//! Reads JSON from clients: UTF-8, one value, bounded depth, no member twice. What two readers could
//! understand differently is refused (RFC 8259, section 4).

use std::fmt;

use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor,
};
use serde_json::{Map, Number, Value};

use super::problem::{FieldError, Problem};
use super::problems;

/// Levels of arrays and objects.
pub const MAX_DEPTH: usize = 32;

const TOO_DEEP: &str = "nested too deeply";
const DUPLICATE: &str = "duplicate member ";

/// Reads JSON of ours or of another server, from a string: a second source would double serde's readers.
pub fn read<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    serde_json::from_str(std::str::from_utf8(bytes).ok()?).ok()
}

/// Reads one JSON value.
pub fn parse(bytes: &[u8]) -> Result<Value, Problem> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(Problem::new(&problems::BODY_REQUIRED));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        Problem::new(&problems::INVALID_JSON).with_detail(format!(
            "Byte {} is not UTF-8. Send the body in UTF-8.",
            error.valid_up_to()
        ))
    })?;
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = Strict { depth: 0 }.deserialize(&mut reader);
    value
        .and_then(|value| reader.end().map(|()| value))
        .map_err(|error| refusal(&error))
}

fn refusal(error: &serde_json::Error) -> Problem {
    let message = error.to_string();
    if message.starts_with(TOO_DEEP) || message.starts_with("recursion limit exceeded") {
        return Problem::new(&problems::TOO_DEEP);
    }
    if let Some(rest) = message.strip_prefix(DUPLICATE) {
        let pointer = rest.split(" at line ").next().unwrap_or_default();
        return Problem {
            errors: vec![FieldError::new(
                pointer,
                "duplicate_key",
                "This member is there more than once.",
            )],
            ..Problem::new(&problems::DUPLICATE_KEY)
        };
    }
    Problem::new(&problems::INVALID_JSON)
        .with_detail(format!("Reading stopped: {message}. Send one JSON value."))
}

/// `text` as one token of a JSON Pointer (RFC 6901, section 3).
pub fn pointer_token(text: &str) -> String {
    text.replace('~', "~0").replace('/', "~1")
}

#[derive(Clone, Copy)]
struct Strict {
    depth: usize,
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Strict {
    fn inner<E: serde::de::Error>(self) -> Result<Self, E> {
        if self.depth == MAX_DEPTH {
            return Err(E::custom(TOO_DEEP));
        }
        Ok(Self {
            depth: self.depth + 1,
        })
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value)
            .map(Value::Number)
            .ok_or_else(|| E::custom("number out of range"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let inner = self.inner()?;
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(inner)? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let inner = self.inner()?;
        let mut map = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            if map.contains_key(&name) {
                let name = pointer_token(&name);
                return Err(A::Error::custom(format_args!("{DUPLICATE}/{name}")));
            }
            let value = members.next_value_seed(inner)?;
            map.insert(name, value);
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(bytes: &[u8]) -> &'static str {
        parse(bytes).map_or_else(|problem| problem.kind.code, |_| "read")
    }

    #[test]
    fn what_is_read_and_what_is_refused() {
        let nested = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
        for (text, expected) in [
            ("{\"a\":[1,-2,2.5,null,true,\"x\"]}", "read"),
            ("9007199254740993", "read"),
            ("18446744073709551615", "read"),
            ("1e400", "invalid_json"),
            ("NaN", "invalid_json"),
            ("{\"a\":1,}", "invalid_json"),
            ("{} {}", "invalid_json"),
            ("'a'", "invalid_json"),
            ("\"\\ud800\"", "invalid_json"),
            ("\u{feff}{}", "invalid_json"),
            ("", "body_required"),
            (" \n", "body_required"),
            ("{\"a\":1,\"a\":1}", "duplicate_key"),
            ("{\"a\":1,\"\\u0061\":2}", "duplicate_key"),
            (&nested(MAX_DEPTH), "read"),
            (&nested(MAX_DEPTH + 1), "too_deep"),
            (&nested(100_000), "too_deep"),
        ] {
            let short: String = text.chars().take(40).collect();
            assert_eq!(code(text.as_bytes()), expected, "{short}");
        }
        assert_eq!(code(b"\"\xff\""), "invalid_json");
    }

    #[test]
    fn a_duplicate_is_named() {
        let problem = parse(b"{\"x\":{\"a/b\":1,\"a/b\":2}}").unwrap_err();
        assert_eq!(problem.errors[0].pointer, "/a~1b");
    }
}
