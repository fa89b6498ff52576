//! The schemas of endpoints: requests and responses. Only responses that make a secret have a member for one.

use crate::auth::model::{OPTIONAL_TIME, TIME};
use crate::http::schema::{Field, Schema, Text};
use crate::http::{body, object};
use crate::webhooks::endpoint_throttle::MAX_RATE;

/// Event types of an endpoint, at most.
pub const MAX_EVENT_TYPES: usize = 20;
/// The longest that a secret signs on beside its successor, in seconds: seven days.
pub const MAX_OVERLAP_SECONDS: i64 = 604_800;

/// The id of an endpoint.
pub const ID: Schema = Text::formatted(34, 34, "typeid");
/// The id of an event: `webhook-id` of all its deliveries.
pub const EVENT_ID: Schema = Text::formatted(32, 32, "typeid");
/// The name of an event type.
pub const EVENT_TYPE: Schema = Text::of(1, 100);
/// A number that only grows.
pub const COUNT: Schema = Schema::integer(0, 9_007_199_254_740_991);

const URL: Schema = Text::of(1, 2_000);
const EVENT_TYPES: Schema = Schema::list(&EVENT_TYPE, 1, MAX_EVENT_TYPES);
const DESCRIPTION: Schema = Text::remark(0, 500);
const RATE_LIMIT: Schema = Schema::Nullable(&Schema::integer(1, MAX_RATE));
const TEAM: Schema = Schema::Nullable(&Text::of(1, 100));
const GIVEN_HEADERS: Schema = Schema::raw(
    r#"{"type":"object","maxProperties":10,"additionalProperties":{"type":"string","minLength":1,"maxLength":1000}}"#,
);
const PATCHED_HEADERS: Schema = Schema::raw(
    r#"{"type":"object","additionalProperties":{"type":["string","null"],"minLength":1,"maxLength":1000}}"#,
);
/// Judged by `signing`: this only bounds it.
const GIVEN_SECRET: Schema = Text::of(0, 200);
const SHOWN_SECRET: Schema = Text::of(38, 94);
const HEADER_NAMES: Schema = Schema::list(&Text::of(1, 100), 0, 10);
const SHOWN_HEADERS: Schema =
    Schema::raw(r#"{"type":"object","additionalProperties":{"type":"string"}}"#);

const URL_FIELD: Field = Field::required(
    "url",
    &URL,
    "Where to: https, a public host, port 443, 80, 8443 or one from 1024 on.",
);
/// What it is told of.
pub const EVENT_TYPES_FIELD: Field = Field::required(
    "event_types",
    &EVENT_TYPES,
    "Names of GET /webhooks/event-types, or only *: all, also those to come.",
);
const ABOUT_HEADERS: &str = "Sent with every attempt. Names that tell of a secret (authorization, ...token..., ...key...) are not shown again with their values, and go when the URL leads to another scheme, host or port, unless they are given anew in the same call.";
const ABOUT_SECRET: &str =
    "A secret of yours: whsec_ and 24 to 64 random bytes in base64. Left out: we make one.";

/// What an owner says of an endpoint.
macro_rules! input {
    ($headers:ident $($name:literal $($more:tt)*)?) => {
        object! { $($name:)?
            ..URL_FIELD;
            ..EVENT_TYPES_FIELD;
            optional description: DESCRIPTION, "What it is for, in your words.";
            optional team_id: TEAM,
                "The team whose things it is told of; null: my own things. Officers and leaders may name theirs.";
            optional enabled: Schema::Boolean,
                "Whether it is sent anything; true unless given. What comes up while it is disabled is not kept for it; what was under way waits.";
            optional rate_limit: RATE_LIMIT,
                "Attempts in any minute, at most; null: as many as come up.";
            optional headers: $headers, ABOUT_HEADERS;
            $($($more)*)?
        }
    };
}

/// Body of POST /webhooks.
pub const NEW_WEBHOOK: Schema = input! { GIVEN_HEADERS "WebhookInput"
    optional secret: GIVEN_SECRET, ABOUT_SECRET;
};

/// What PATCH /webhooks/{id} leads to.
pub const CHANGE: Schema = input! { PATCHED_HEADERS };

const HEALTH: Schema = object! {
    required state: Schema::Choice(&["healthy", "slow", "failing", "paused", "unproved"]),
        "unproved: its URL has not answered a ping with 2xx yet; nothing else is sent. slow: it has let us wait for more than a second and not answered since. paused: it is left alone for a while.";
    required failures: COUNT, "Failed attempts in a row.";
    required failing_since: OPTIONAL_TIME, "Since when it does nothing else.";
    required paused_until: OPTIONAL_TIME, "When it is tried again.";
};

/// Its id.
pub const ID_FIELD: Field = Field::required("id", &ID, "TypeID with the prefix webhook.");
/// What it is for.
pub const DESCRIPTION_FIELD: Field = Field::required(
    "description",
    &DESCRIPTION,
    "What it is for; empty when nobody said.",
);
/// Whether it is sent anything.
pub const ENABLED_FIELD: Field =
    Field::required("enabled", &Schema::Boolean, "Whether it is sent anything.");
/// Why it is not.
pub const REASON_FIELD: Field = Field::required(
    "disabled_reason",
    &Schema::Nullable(&Schema::Choice(&[
        "owner",
        "gone",
        "failing",
        "left_team",
        "team_deleted",
        "key_revoked",
        "key_expired",
    ])),
    "owner: by request. gone: it answered 410. failing: it did nothing but fail for 5 days. left_team: its owner may have no webhooks in the team any more. team_deleted: there is no such team any more. key_revoked, key_expired: the API key that made it has ended; enabled again by a login, it is the login's.",
);
/// When it was made.
pub const CREATED_FIELD: Field = Field::required("created_at", &TIME, "When it was made.");

macro_rules! webhook {
    ($name:literal $($more:tt)*) => {
        object! { $name:
            ..ID_FIELD;
            ..URL_FIELD;
            ..EVENT_TYPES_FIELD;
            ..DESCRIPTION_FIELD;
            required team_id: TEAM, "The team that it is for.";
            required api_key_id: Schema::Nullable(&Text::of(1, 100)),
                "The API key that made it: it ends with the key, and is told only what that may read. null: a login.";
            ..ENABLED_FIELD;
            required disabled_at: OPTIONAL_TIME, "Since when it is not.";
            ..REASON_FIELD;
            required rate_limit: RATE_LIMIT, "Attempts in any minute, at most.";
            required headers: SHOWN_HEADERS, "Custom headers that tell of no secret.";
            required hidden_headers: HEADER_NAMES, "Names of the other custom headers.";
            required health: HEALTH, "How it has been answering.";
            ..CREATED_FIELD;
            required updated_at: TIME, "When it was last changed.";
            $($more)*
        }
    };
}

/// An endpoint as its owner sees it.
pub const WEBHOOK: Schema = webhook! { "Webhook" };

/// An endpoint with its first secret.
pub const SHOWN_WEBHOOK: Schema = webhook! { "WebhookCreated"
    required secret: SHOWN_SECRET, "What it is signed with. It is not shown again.";
};

body! {
    /// Body of POST /webhooks/{id}/rotate-secret.
    pub(crate) struct SecretRotation = "WebhookSecretRotation", r#"{"overlap_seconds":86400}"# {
        optional overlap_seconds: Option<i64> = Schema::integer(0, MAX_OVERLAP_SECONDS),
            "How long the secrets so far sign on beside the new one; 86400 (a day) unless given. 0: not at all, for a secret that has become known.";
        optional secret: Option<String> = GIVEN_SECRET, ABOUT_SECRET;
    }
}

/// A secret as it is shown once.
pub const ROTATED: Schema = object! { "WebhookSecretRotated":
    required secret: SHOWN_SECRET, "The new secret. It is not shown again.";
    required previous_expires_at: TIME, "From then on none of the secrets before it signs.";
};

body! {
    /// Body of POST /webhooks/{id}/test.
    pub(crate) struct WebhookTest = "WebhookTest", r#"{"event_type":"ping"}"# {
        optional event_type: Option<String> = EVENT_TYPE,
            "What to send an example of; ping unless given.";
    }
}

/// What came of a test.
pub const TESTED: Schema = object! { "WebhookTested":
    required event_id: EVENT_ID, "What was sent as webhook-id.";
    required status: STATUS, "The status code; null: nothing came back.";
    required duration_ms: COUNT, "Milliseconds until it was over.";
    required error: ERROR, "What went wrong; null: nothing.";
    required response: RESPONSE, "The first 4 kB of the answer.";
};

/// The status code of an answer, when one came.
pub const STATUS: Schema = Schema::Nullable(&Schema::integer(100, 599));
/// What went wrong with an attempt: stable, `snake_case`.
pub const ERROR: Schema = Schema::Nullable(&Text::of(1, 100));
/// The beginning of an answer.
pub const RESPONSE: Schema = Text::of(0, 4_096);
