//! The laws of the chat code codec, for the property tests and for the fuzz target. A broken law panics
//! with its input.

use wvw_builder::game::chat_code::{
    FIXED_LEN, MAX_LEN, MAX_TEXT_LEN, decode, decode_bytes, encode, encode_bytes,
};
use wvw_builder::game::model::BuildTemplate;
use wvw_builder::game::template::TemplateInput;

/// What came of an input, so that a test can see that it tried both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Decoded, and came back unchanged.
    Kept,
    /// Refused with a reason.
    Refused,
}

/// Bytes come back as the same bytes, also by way of text and of JSON, or are refused.
pub fn bytes(bytes: &[u8]) -> Outcome {
    let template = match decode_bytes(bytes) {
        Ok(template) => template,
        Err(refusal) => {
            assert!(!refusal.code().is_empty() && !refusal.to_string().is_empty());
            return Outcome::Refused;
        }
    };
    assert_eq!(encode_bytes(&template), bytes);
    assert!((FIXED_LEN..=MAX_LEN).contains(&bytes.len()));
    let text = encode(&template);
    assert!(text.len() <= MAX_TEXT_LEN);
    assert_eq!(decode(&text).as_ref(), Ok(&template), "{text}");
    through_json(&template);
    Outcome::Kept
}

/// A text comes back as the same text or is refused.
pub fn text(text: &str) -> Outcome {
    match decode(text) {
        Ok(template) => {
            assert_eq!(encode(&template), text);
            through_json(&template);
            Outcome::Kept
        }
        Err(refusal) => {
            assert!(!refusal.code().is_empty() && !refusal.to_string().is_empty());
            Outcome::Refused
        }
    }
}

/// Any JSON is either refused with at least one mistake or a template that comes back.
///
/// The property tests make no JSON of their own; only the fuzz target calls this.
#[allow(dead_code)]
pub fn json(input: &serde_json::Value) -> Outcome {
    match TemplateInput::from_json(input, "/template") {
        Ok(template) => bytes(&encode_bytes(&template)),
        Err(mistakes) => {
            assert!(!mistakes.is_empty());
            assert!(mistakes.iter().all(|m| m.pointer.starts_with("/template")));
            Outcome::Refused
        }
    }
}

fn through_json(template: &BuildTemplate) {
    let json = serde_json::to_string(&template.view()).expect("a template is always JSON");
    let value = serde_json::from_str(&json).expect("what serde_json wrote");
    let again = TemplateInput::from_json(&value, "");
    assert_eq!(again.as_ref(), Ok(template), "{json}");
    // Judging a template must not panic either.
    let _ = template.contradictions();
}
