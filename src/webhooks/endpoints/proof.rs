//! The proof that a URL wants what is sent to it: it answers a ping with 2xx. A new URL is sent one ping,
//! which replaces the pending one of the URL before it. `delivery` sends it and records the answer.

use crate::events::outbox::Event;
use crate::http::trace::Trace;
use crate::ids::{DeliveryId, UserId, WebhookId};
use crate::platform::{Platform, Statement, params};
use crate::webhooks::delivery::store::{record_success, resume_held};
use crate::webhooks::events::PING;

/// Whether two normalised URLs have the same scheme, host and port.
pub(crate) fn is_same_origin(one: &str, other: &str) -> bool {
    origin(one) == origin(other)
}

/// Scheme, host and port of a normalised URL.
pub(crate) fn origin(url: &str) -> &str {
    let host = url.find("://").map_or(0, |place| place + 3);
    let end = url[host..].find('/').map_or(url.len(), |end| host + end);
    &url[..end]
}

/// The host of a normalised URL.
pub(crate) fn host(url: &str) -> &str {
    let origin = origin(url);
    let host = origin.find("://").map_or(0, |place| place + 3);
    let authority = &origin[host..];
    let is_port = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    match authority.rsplit_once(':') {
        Some((name, port)) if is_port(port) => name,
        _ => authority,
    }
}

/// Writes a ping for one endpoint, in place of a pending one.
pub fn ping(
    platform: &Platform,
    trace: &Trace,
    user: &UserId,
    webhook: &WebhookId,
    now: i64,
) -> Vec<Statement> {
    let event = Event::new(platform, trace, user.into(), &PING, webhook.as_str(), "{}");
    let delivery = DeliveryId::of_time(platform, event.id.time_ms());
    vec![
        replace_ping(webhook),
        event.insert_told(now),
        Statement::new(
            "INSERT INTO webhook_deliveries (id, webhook_id, event_id, state, next_attempt_at) \
             VALUES (?1, ?2, ?3, 'pending', ?4)",
            params![&delivery, webhook, &event.id, now],
        ),
    ]
}

/// Gives up the pending ping; a running attempt loses its lease.
fn replace_ping(webhook: &WebhookId) -> Statement {
    Statement::new(
        "UPDATE webhook_deliveries SET state = 'dead', reason = 'replaced', claim = NULL \
         WHERE webhook_id = ?1 AND state IN ('pending', 'held') \
         AND (SELECT type FROM webhook_events e WHERE e.id = event_id) = 'ping'",
        params![webhook],
    )
}

/// Records that this URL of an endpoint has answered a test with 2xx, and resumes its held deliveries.
pub(crate) fn proved(webhook: &WebhookId, url: &str) -> Vec<Statement> {
    vec![
        record_success(&[(webhook, url)]),
        resume_held([webhook].into_iter()),
        replace_ping(webhook),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_and_hosts() {
        for (expected, path, name) in [
            ("https://guild.gg", "/", "guild.gg"),
            ("https://guild.gg", "", "guild.gg"),
            ("https://guild.gg:8443", "/a/b?c=/", "guild.gg"),
            ("https://[2606::1]", "/x", "[2606::1]"),
            ("http://[::1]:9000", "/x", "[::1]"),
        ] {
            let url = [expected, path].concat();
            assert_eq!((origin(&url), host(&url)), (expected, name));
        }
        assert!(is_same_origin("https://a.gg/x", "https://a.gg/y?z"));
        for other in "https://a.gg:8443/x http://a.gg/x https://a.gg.b.gg/x".split(' ') {
            assert!(!is_same_origin("https://a.gg/x", other), "{other}");
        }
    }
}
