//! Looks for an input that breaks the lossless law of the chat code codec.
//! Every input is tried as bytes, as text and as JSON; `tests/support/laws.rs` has the laws.

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
