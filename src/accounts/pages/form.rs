//! Reads forms (WHATWG URL Standard, section 5), checked by the schema of the JSON body.

use serde_json::{Map, Value};

use crate::http::problem::{FieldError, Problem};
use crate::http::query::decode;
use crate::runtime::Context;

pub const FORM: &str = "application/x-www-form-urlencoded";
/// A check box.
const BOX: &str = "revoke_api_keys";

/// The fields of the request, with their mistakes; a body of another media type is a problem at once.
pub fn read(cx: &Context<'_>) -> Result<(Value, Vec<FieldError>), Problem> {
    let Some(bytes) = cx.alternative_body()? else {
        let (value, errors) = cx.body()?;
        if errors.is_empty() {
            return Ok((value, errors));
        }
        return Err(Problem::invalid(errors));
    };
    let mut fields = Map::new();
    let mut errors = Vec::new();
    for pair in bytes
        .split(|byte| *byte == b'&')
        .filter(|it| !it.is_empty())
    {
        let text = str::from_utf8(pair).unwrap_or("%");
        let (name, value) = text.split_once('=').unwrap_or((text, ""));
        let (Some(name), Some(value)) = (decode(name), decode(value)) else {
            errors.push(FieldError::new(
                "",
                "invalid_encoding",
                "Percent-encode the fields as UTF-8.",
            ));
            continue;
        };
        let value = match (name.as_str(), value.as_str()) {
            (BOX, "true") => Value::Bool(true),
            _ => Value::String(value),
        };
        if fields.insert(name, value).is_some() {
            errors.push(FieldError::new(
                "",
                "duplicate_parameter",
                "Give each field once.",
            ));
        }
    }
    let mut value = Value::Object(fields);
    errors.extend(cx.check_patched(&mut value));
    Ok((value, errors))
}
