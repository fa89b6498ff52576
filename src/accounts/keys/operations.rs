//! The calls on signing keys: documentation and schemas.

use crate::auth::keys::model::State;
use crate::auth::model::{OPTIONAL_TIME, TIME};
use crate::http::operation::{Answer, Content, Operation, PLAIN, RequestBody};
use crate::http::schema::{Field, Schema, Text};

const TAG: &str = "Administration";
const PUBLIC_TAG: &str = "Identity";
const KEY: Schema = Schema::Named(
    "SigningKey",
    &Schema::Object(&[
        Field::required("kid", &Text::of(1, 100), "RFC 7638 thumbprint."),
        Field::required(
            "state",
            &Schema::Choice(State::WORDS),
            "published: signs from activates_at on. active: signs. retired: verifies until removed_at. revoked: taken back. removed: about to be deleted.",
        ),
        Field::required("created_at", &TIME, "Published since."),
        Field::required("activates_at", &TIME, "Signs from here on."),
        Field::required(
            "retires_at",
            &OPTIONAL_TIME,
            "Signs no more from here on; null until its successor is published.",
        ),
        Field::required(
            "removed_at",
            &OPTIONAL_TIME,
            "Verifies no more from here on, and is deleted.",
        ),
        Field::required(
            "revoked_at",
            &OPTIONAL_TIME,
            "Neither signs nor verifies since.",
        ),
    ]),
);
const EXAMPLE: &str = r#"{"kid":"kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k","state":"active","created_at":"2026-11-20T18:17:00.000Z","activates_at":"2026-11-22T18:17:00.000Z","retires_at":null,"removed_at":null,"revoked_at":null}"#;

/// GET /admin/signing-keys
pub const LIST: Operation = Operation {
    id: "list_signing_keys",
    tag: TAG,
    summary: "List signing keys and their states",
    description: "Keys rotate by themselves every 30 days: the next one is published at least 24 hours before it signs.",
    response: Answer {
        status: 200,
        about: "All keys, newest first.",
        content: Content::Json(
            &Schema::Named(
                "SigningKeys",
                &Schema::Object(&[
                    Field::required(
                        "data",
                        &Schema::List {
                            items: &KEY,
                            min: 0,
                            max: 1_000,
                        },
                        "Newest first.",
                    ),
                    Field::required(
                        "next_cursor",
                        &Schema::Nullable(&Text::of(1, 100)),
                        "Always null: the list is whole.",
                    ),
                    Field::required(
                        "left_to_reseal",
                        &Schema::Integer {
                            min: 0,
                            max: 1_000_000_000,
                        },
                        "Secrets of all kinds that are not sealed under MASTER_KEY yet. MASTER_KEY_PREVIOUS must stay until it is 0, and for 24 hours: so long answers are kept for Idempotency-Key.",
                    ),
                ]),
            ),
            r#"{"data":[{"kid":"kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k","state":"active","created_at":"2026-11-20T18:17:00.000Z","activates_at":"2026-11-22T18:17:00.000Z","retires_at":null,"removed_at":null,"revoked_at":null}],"next_cursor":null,"left_to_reseal":0}"#,
        ),
    },
    ..PLAIN
};
/// POST /admin/signing-keys/rotate
pub const ROTATE: Operation = Operation {
    id: "rotate_signing_keys",
    tag: TAG,
    summary: "Rotate the signing key at once",
    description: "For emergencies. The old key goes on verifying for 24 hours, or with revoke_current not at all: every access token issued so far is void then, here at once and everywhere within five minutes; clients refresh or log in again.",
    request: Some(RequestBody {
        schema: &Schema::Named(
            "RotateSigningKeys",
            &Schema::Object(&[Field::optional(
                "revoke_current",
                &Schema::Boolean,
                "Whether all older keys stop verifying too: true when a private half may be known to others. false unless given.",
            )]),
        ),
        example: r#"{"revoke_current":true}"#,
        is_merge_patch: false,
    }),
    response: Answer {
        status: 201,
        about: "The new key, which signs.",
        content: Content::Json(&KEY, EXAMPLE),
    },
    ..PLAIN
};

const KEY_PART: Schema = Text::of(1, 100);
/// GET /.well-known/jwks.json
pub const JWKS: Operation = Operation {
    id: "get_jwks",
    tag: PUBLIC_TAG,
    summary: "Public signing keys (RFC 7517)",
    description: "Verify access tokens with them: EdDSA, header typ at+jwt, kid as here.",
    response: Answer {
        status: 200,
        about: "The key set.",
        content: Content::Json(
            &Schema::Named(
                "JsonWebKeySet",
                &Schema::Object(&[Field::required(
                    "keys",
                    &Schema::List {
                        items: &Schema::Object(&[
                            Field::required("kty", &Schema::Choice(&["OKP"]), "RFC 8037."),
                            Field::required("crv", &Schema::Choice(&["Ed25519"]), "RFC 8037."),
                            Field::required("x", &KEY_PART, "The public key, base64url."),
                            Field::required("kid", &KEY_PART, "RFC 7638 thumbprint."),
                            Field::required("alg", &Schema::Choice(&["EdDSA"]), "RFC 8037."),
                            Field::required("use", &Schema::Choice(&["sig"]), "RFC 7517."),
                        ]),
                        min: 0,
                        max: 100,
                    },
                    "Newest first.",
                )]),
            ),
            r#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","kid":"kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k","alg":"EdDSA","use":"sig"}]}"#,
        ),
    },
    ..PLAIN
};
