//! The calls on API keys: documentation and schemas.

use crate::http::body::Body;
use crate::http::operation::{Answer, Replay};
use crate::http::pagination::{CURSOR, LIMIT};
use crate::http::{fields, operations, problems};

use super::model::{ID, KEY, KeyInput, SHOWN_KEY};

const TAG: &str = "Identity";

operations! { TAG;
    CREATE = "create_api_key", "Create an API key" {
        description: "For programs that act for you: send the key as Authorization: Bearer, never in a URL. It has the scopes you give it and no others, can neither make keys nor change your account, and lasts until it ends or is revoked, also when your password changes. At most 50 at a time.",
        request: KeyInput::TAKEN,
        response: Answer::created(
            "The key, shown this once.",
            &SHOWN_KEY,
            r#"{"id":"key_01kanp2xc0e8br5v0xmvhv7j2d","name":"Discord bot","scopes":["builds:read"],"created_at":"2026-11-22T18:00:00.000Z","expires_at":"2027-11-22T18:00:00.000Z","last_used_at":null,"key":"wvw_000000000000000000000000000000000000000000000000000000EXAMPL"}"#,
        ),
        problems: problems![TOO_MANY_API_KEYS],
        replay: Replay::Secret,
    }

    LIST = "list_api_keys", "List my API keys" {
        query: &[LIMIT, CURSOR],
        response: Answer::page_of(
            "Latest first, also those that have ended.",
            &KEY,
            r#"{"id":"key_01kanp2xc0e8br5v0xmvhv7j2d","name":"Discord bot","scopes":["builds:read"],"created_at":"2026-11-22T18:00:00.000Z","expires_at":"2027-11-22T18:00:00.000Z","last_used_at":null}"#,
        ),
    }

    REVOKE = "revoke_api_key", "Revoke an API key" {
        description: "It stops at once where it was revoked, and within 10 seconds everywhere.",
        path: fields! { required id: ID, "TypeID with the prefix key."; },
        problems: problems![NOT_FOUND],
    }
}
