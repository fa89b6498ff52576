//! The calls on API keys: documentation and schemas.

use crate::http::operation::{Answer, Content, Operation, PLAIN, Replay, RequestBody};
use crate::http::pagination::{CURSOR, LIMIT};
use crate::http::problems;
use crate::http::schema::Field;

use super::model::{ID, KEY, NEW_KEY, SHOWN_KEY};

const TAG: &str = "Identity";

/// POST /auth/api-keys
pub const CREATE: Operation = Operation {
    id: "create_api_key",
    tag: TAG,
    summary: "Create an API key",
    description: "For programs that act for you: send the key as Authorization: Bearer, never in a URL. It has the scopes you give it and no others, can neither make keys nor change your account, and lasts until it ends or is revoked, also when your password changes. At most 50 at a time.",
    request: Some(RequestBody {
        schema: &NEW_KEY,
        example: r#"{"name":"Discord bot","scopes":["builds:read"]}"#,
        is_merge_patch: false,
    }),
    response: Answer {
        status: 201,
        about: "The key, shown this once.",
        content: Content::Json(
            &SHOWN_KEY,
            r#"{"id":"key_01kanp2xc0e8br5v0xmvhv7j2d","name":"Discord bot","scopes":["builds:read"],"created_at":"2026-11-22T18:00:00.000Z","expires_at":"2027-11-22T18:00:00.000Z","last_used_at":null,"key":"wvw_000000000000000000000000000000000000000000000000000000EXAMPL"}"#,
        ),
    },
    problems: &[&problems::TOO_MANY_API_KEYS],
    replay: Replay::Secret,
    ..PLAIN
};
/// GET /auth/api-keys
pub const LIST: Operation = Operation {
    id: "list_api_keys",
    tag: TAG,
    summary: "List my API keys",
    query: &[LIMIT, CURSOR],
    response: Answer {
        status: 200,
        about: "Latest first, also those that have ended.",
        content: Content::Page(
            &KEY,
            r#"{"id":"key_01kanp2xc0e8br5v0xmvhv7j2d","name":"Discord bot","scopes":["builds:read"],"created_at":"2026-11-22T18:00:00.000Z","expires_at":"2027-11-22T18:00:00.000Z","last_used_at":null}"#,
        ),
    },
    ..PLAIN
};
/// DELETE /auth/api-keys/{id}
pub const REVOKE: Operation = Operation {
    id: "revoke_api_key",
    tag: TAG,
    summary: "Revoke an API key",
    description: "It stops at once where it was revoked, and within 10 seconds everywhere.",
    path: &[Field::required("id", &ID, "TypeID with the prefix key.")],
    problems: &[&problems::NOT_FOUND],
    ..PLAIN
};
