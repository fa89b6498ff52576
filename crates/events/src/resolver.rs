//! What a name leads to, by DNS over HTTPS with JSON answers, where a resolver is configured. A name with
//! one address that may not be reached is refused, however many others it has.

use std::future::poll_fn;
use std::net::IpAddr;
use std::task::Poll;

use serde_json::Value;

use http::json;
use platform::{HttpAnswer, HttpRequest, Platform};

use super::target::is_refused;

/// Milliseconds that a question may take.
const TIMEOUT_MS: u32 = 2_000;
const MAX_ANSWER_BYTES: usize = 8_192;
/// Types of records (RFC 1035, RFC 3596), and the numbers that answers give them.
const QUESTIONS: [(&str, u64); 2] = [("A", 1), ("AAAA", 28)];

/// Why a name is not called now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unresolved {
    /// One of its addresses may not be reached through us.
    Refused,
    /// It has no address.
    NoAddress,
    /// Nobody could be asked.
    Unavailable,
}

/// Looks up `name` at `resolver`, a URL that takes `?name=&type=`. Both questions are asked at once, so
/// that it takes no longer than one of them may.
pub async fn check(platform: &Platform, resolver: &str, name: &str) -> Result<(), Unresolved> {
    let mut asked = QUESTIONS.map(|(kind, number)| {
        let request = HttpRequest {
            method: "GET",
            url: [resolver, "?name=", name, "&type=", kind].concat(),
            headers: vec![("accept".to_owned(), "application/dns-json".to_owned())],
            body: None,
            timeout_ms: TIMEOUT_MS,
            max_body_bytes: MAX_ANSWER_BYTES,
        };
        (number, platform.http.send(request), None)
    });
    poll_fn(|cx| {
        for (_, question, answer) in &mut asked {
            if answer.is_none()
                && let Poll::Ready(found) = question.as_mut().poll(cx)
            {
                *answer = Some(found);
            }
        }
        if asked.iter().all(|(_, _, answer)| answer.is_some()) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
    let mut found = 0;
    for (number, _, answer) in asked {
        found += read(number, answer.and_then(Result::ok))?;
    }
    if found == 0 {
        return Err(Unresolved::NoAddress);
    }
    Ok(())
}

/// How many addresses of this kind an answer has, all of which may be reached.
fn read(number: u64, answer: Option<HttpAnswer>) -> Result<usize, Unresolved> {
    let answer = answer.ok_or(Unresolved::Unavailable)?;
    let body: Value = json::read(&answer.body).unwrap_or_default();
    // 0: no error; 3: no such name (RFC 1035, section 4.1.1).
    let is_answer = answer.status == 200 && matches!(body["Status"].as_u64(), Some(0 | 3));
    if !is_answer {
        return Err(Unresolved::Unavailable);
    }
    let mut found = 0;
    for record in body["Answer"].as_array().into_iter().flatten() {
        if record["type"].as_u64() != Some(number) {
            continue;
        }
        let data = record["data"].as_str().unwrap_or_default();
        let address: IpAddr = data.parse().map_err(|_| Unresolved::Unavailable)?;
        if is_refused(address) {
            return Err(Unresolved::Refused);
        }
        found += 1;
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use platform::HttpFailure;
    use platform::native::{MemoryWeb, TestPlatform};
    use pollster::block_on;

    fn ask(a: &'static str, aaaa: &'static str) -> Result<(), Unresolved> {
        let (platform, handle) = TestPlatform::new();
        handle.web.answer_with(move |request| {
            assert_eq!(request.headers[0].1, "application/dns-json");
            let body = if request.url.ends_with("type=A") {
                a
            } else {
                aaaa
            };
            Ok(HttpAnswer {
                status: 200,
                retry_after: None,
                body: body.as_bytes().to_vec(),
            })
        });
        block_on(check(&platform, "https://dns.example/query", "guild.gg"))
    }

    #[test]
    fn every_address_must_be_public() {
        const NONE: &str = r#"{"Status":0}"#;
        const GOOD: &str =
            r#"{"Status":0,"Answer":[{"type":5,"data":"x."},{"type":1,"data":"8.8.8.8"}]}"#;
        const MIXED: &str =
            r#"{"Status":0,"Answer":[{"type":1,"data":"8.8.8.8"},{"type":1,"data":"10.0.0.1"}]}"#;
        const SIX: &str = r#"{"Status":0,"Answer":[{"type":28,"data":"::1"}]}"#;
        for (a, aaaa, expected) in [
            (GOOD, NONE, Ok(())),
            (MIXED, NONE, Err(Unresolved::Refused)),
            (GOOD, SIX, Err(Unresolved::Refused)),
            (NONE, NONE, Err(Unresolved::NoAddress)),
            (
                r#"{"Status":3}"#,
                r#"{"Status":3}"#,
                Err(Unresolved::NoAddress),
            ),
            (r#"{"Status":2}"#, NONE, Err(Unresolved::Unavailable)),
            ("nonsense", NONE, Err(Unresolved::Unavailable)),
            (GOOD, "nonsense", Err(Unresolved::Unavailable)),
        ] {
            assert_eq!(ask(a, aaaa), expected, "{a} {aaaa}");
        }
    }

    #[test]
    fn a_resolver_that_is_away_lets_nobody_through() {
        let (platform, handle) = TestPlatform::new();
        handle
            .web
            .answer_with(|_| MemoryWeb::fails(HttpFailure::Timeout));
        let outcome = block_on(check(&platform, "https://dns.example/query", "guild.gg"));
        assert_eq!(outcome, Err(Unresolved::Unavailable));
    }
}
