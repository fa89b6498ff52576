//! The calls on signing keys: documentation and schemas.

use crate::auth::keys::model::KeyState;
use crate::auth::model::{OPTIONAL_TIME, TIME};
use crate::http::body::Body;
use crate::http::operation::Answer;
use crate::http::schema::{Schema, Text};
use crate::http::{body, object, operations};

const TAG: &str = "Administration";
const PUBLIC_TAG: &str = "Identity";
const KEY: Schema = object! { "SigningKey":
    required kid: Text::of(1, 100), "RFC 7638 thumbprint.";
    required state: Schema::Choice(KeyState::WORDS),
        "published: signs from activates_at on. active: signs. retired: verifies until removed_at. revoked: taken back. removed: about to be deleted.";
    required created_at: TIME, "Published since.";
    required activates_at: TIME, "Signs from here on.";
    required retires_at: OPTIONAL_TIME,
        "Signs no more from here on; null until its successor is published.";
    required removed_at: OPTIONAL_TIME, "Verifies no more from here on, and is deleted.";
    required revoked_at: OPTIONAL_TIME, "Neither signs nor verifies since.";
};
const EXAMPLE: &str = r#"{"kid":"kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k","state":"active","created_at":"2026-11-20T18:17:00.000Z","activates_at":"2026-11-22T18:17:00.000Z","retires_at":null,"removed_at":null,"revoked_at":null}"#;

const KEY_PART: Schema = Text::of(1, 100);

const KEYS: Schema = object! { "SigningKeys":
    required data: Schema::list(&KEY, 0, 1_000), "Newest first.";
    required next_cursor: Schema::Nullable(&Text::of(1, 100)),
        "Always null: the list is whole.";
    required left_to_reseal: Schema::integer(0, 1_000_000_000),
        "Secrets of all kinds that are not sealed under MASTER_KEY yet. MASTER_KEY_PREVIOUS must stay until it is 0, and for 24 hours: so long answers are kept for Idempotency-Key.";
};
body! {
    /// Body of POST /admin/signing-keys/rotate.
    pub struct KeyRotation = "RotateSigningKeys", r#"{"revoke_current":true}"# {
        optional revoke_current: bool = Schema::Boolean,
            "Whether all older keys stop verifying too: true when a private half may be known to others. false unless given.";
    }
}
const PUBLIC_KEY: Schema = object! {
    required kty: Schema::Choice(&["OKP"]), "RFC 8037.";
    required crv: Schema::Choice(&["Ed25519"]), "RFC 8037.";
    required x: KEY_PART, "The public key, base64url.";
    required kid: KEY_PART, "RFC 7638 thumbprint.";
    required alg: Schema::Choice(&["EdDSA"]), "RFC 8037.";
    required use: Schema::Choice(&["sig"]), "RFC 7517.";
};
const KEY_SET: Schema = object! { "JsonWebKeySet":
    required keys: Schema::list(&PUBLIC_KEY, 0, 100), "Newest first.";
};

operations! { TAG;
    LIST = "list_signing_keys", "List signing keys and their states" {
        description: "Keys rotate by themselves every 30 days: the next one is published at least 24 hours before it signs.",
        response: Answer::ok(
            "All keys, newest first.",
            &KEYS,
            r#"{"data":[{"kid":"kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k","state":"active","created_at":"2026-11-20T18:17:00.000Z","activates_at":"2026-11-22T18:17:00.000Z","retires_at":null,"removed_at":null,"revoked_at":null}],"next_cursor":null,"left_to_reseal":0}"#,
        ),
    }

    ROTATE = "rotate_signing_keys", "Rotate the signing key at once" {
        description: "For emergencies. The old key goes on verifying for 24 hours, or with revoke_current not at all: every access token issued so far is void then, here at once and everywhere within five minutes; clients refresh or log in again.",
        request: KeyRotation::TAKEN,
        response: Answer::created("The new key, which signs.", &KEY, EXAMPLE),
    }
}

operations! { PUBLIC_TAG;
    JWKS = "get_jwks", "Public signing keys (RFC 7517)" {
        description: "Verify access tokens with them: EdDSA, header typ at+jwt, kid as here.",
        response: Answer::ok(
            "The key set.",
            &KEY_SET,
            r#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","kid":"kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k","alg":"EdDSA","use":"sig"}]}"#,
        ),
    }
}
