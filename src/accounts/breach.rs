//! Checks a new password against a list of breached ones by k-anonymity (range query): only five hex
//! digits of its SHA-1 are sent. `BREACH_RANGE_URL` names the list, `password` has the local rules.

use sha1::{Digest, Sha1};
use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroizing;

use crate::accounts::account::model::refused;
use crate::http::Problem;
use crate::password::{Password, PasswordError};
use crate::platform::{HttpAnswer, HttpError, HttpFailure, HttpRequest};
use crate::runtime::Context;

const TIMEOUT_MS: u32 = 2_000;
/// A range has about 40 kB with its padding.
const MAX_BODY_BYTES: usize = 128 * 1024;
/// Hex digits of a SHA-1.
const HASH_DIGITS: usize = 40;
const PREFIX_DIGITS: usize = 5;
const USER_AGENT: &str = concat!("wvw-builder/", env!("CARGO_PKG_VERSION"));

/// Refuses a breached password at `pointer`. It passes where no list is configured or the list is away.
pub async fn check(
    cx: &Context<'_>,
    password: &Password,
    pointer: &'static str,
) -> Result<(), Problem> {
    let platform = &cx.state.platform;
    let Some(url) = &cx.state.config.breach_range_url else {
        return Ok(());
    };
    let digits = hash_digits(password);
    let (prefix, suffix) = digits.split_at(PREFIX_DIGITS);
    let mut url = url.clone();
    url.extend(prefix.iter().copied().map(char::from));
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let request = HttpRequest {
        method: "GET",
        url,
        headers: vec![
            header("add-padding", "true"),
            header("user-agent", USER_AGENT),
        ],
        body: None,
        timeout_ms: TIMEOUT_MS,
        max_body_bytes: MAX_BODY_BYTES,
    };
    match judge(platform.http.send(request).await, suffix) {
        Ok(false) => Ok(()),
        Ok(true) => {
            let error = refused(pointer, PasswordError::Breached);
            Err(Problem::invalid(vec![error]))
        }
        Err(cause) => {
            platform.warn("breach_check_unavailable", cause);
            Ok(())
        }
    }
}

/// The SHA-1 of the password in upper-case hex.
fn hash_digits(password: &Password) -> Zeroizing<Vec<u8>> {
    let hash = Zeroizing::new(<[u8; HASH_DIGITS / 2]>::from(Sha1::digest(
        password.bytes(),
    )));
    kit::hex::encode_upper(hash.as_ref())
}

/// Whether the list has the suffix, or why not known; never the runtime's error, which may have the URL.
fn judge(outcome: Result<HttpAnswer, HttpError>, suffix: &[u8]) -> Result<bool, &'static str> {
    let answer = outcome.map_err(|error| match error.failure {
        HttpFailure::Timeout => "no answer in time",
        HttpFailure::Connection => "no connection",
    })?;
    if answer.status != 200 {
        return Err("the status is not 200");
    }
    if answer.body.len() >= MAX_BODY_BYTES {
        return Err("the answer is too long");
    }
    let text = std::str::from_utf8(&answer.body).unwrap_or_default();
    find(text, suffix).ok_or("the answer is not a list of suffixes and counts")
}

/// Reads every line, wherever the suffix is. A count of 0 is padding.
fn find(text: &str, suffix: &[u8]) -> Option<bool> {
    let mut is_found = Choice::from(0);
    let mut is_empty = true;
    for line in text.lines() {
        let (listed, count) = line.split_once(':')?;
        let count = count.parse::<u64>().ok()?;
        if listed.len() != suffix.len() || !listed.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        let listed = listed.to_ascii_uppercase();
        is_found |= listed.as_bytes().ct_eq(suffix) & Choice::from(u8::from(count > 0));
        is_empty = false;
    }
    (!is_empty).then(|| is_found.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::native::TestPlatform;

    #[test]
    fn the_hash_is_the_one_that_lists_have() {
        let (platform, _) = TestPlatform::new();
        let password = Password::new(platform.unicode.as_ref(), "password");
        assert_eq!(
            hash_digits(&password).as_slice(),
            b"5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8"
        );
    }

    #[test]
    fn only_a_list_is_read() {
        let suffix = [b'A'; 35];
        let (own, other) = ("A".repeat(35), "B".repeat(35));
        for (text, expected) in [
            (format!("{other}:3\r\n{own}:1\r\n{other}:0"), Some(true)),
            (format!("{}:1", own.to_lowercase()), Some(true)),
            (format!("{own}:0\r\n{other}:2\r\n"), Some(false)),
            (String::new(), None),
            (format!("{own}:1\r\n{other}"), None),
            (format!("{own}:1\r\n{other}:"), None),
            (format!("{own}:1\n\n"), None),
            (format!("{}:1", &own[1..]), None),
            (format!("{}:1", "x".repeat(35)), None),
            (format!("{own}:-1"), None),
            ("<html>".to_owned(), None),
        ] {
            assert_eq!(find(&text, &suffix), expected, "{text}");
        }
    }
}
