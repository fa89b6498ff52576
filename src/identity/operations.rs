//! The call on signing keys, as it is documented and checked.
//! Promises what `http::operation` does; leaves the work to `keys`.

use crate::http::operation::{Answer, Content, Operation, PLAIN};
use crate::http::schema::{Field, Schema, Text};

const TAG: &str = "Identity";

const KEY_PART: Schema = Text::of(1, 100);
/// GET /.well-known/jwks.json
pub const JWKS: Operation = Operation {
    id: "get_jwks",
    tag: TAG,
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
