//! Looks for an input that breaks the lossless law of the chat code codec.
//! Promises to try every input as bytes, as text and as JSON.
//! Leaves the laws to `tests/support/laws.rs`, which the property tests share.

#![no_main]

#[path = "../../tests/support/laws.rs"]
mod laws;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    laws::bytes(data);
    if let Ok(text) = std::str::from_utf8(data) {
        laws::text(text);
        // Most mutations break the wrapper, and then nothing behind it is reached.
        laws::text(&format!("[&{text}]"));
    }
    if let Ok(value) = serde_json::from_slice(data) {
        laws::json(&value);
    }
});
