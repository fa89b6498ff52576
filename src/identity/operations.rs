//! The calls on accounts, as they are documented and checked.
//! Promises what `http::operation` does; leaves the work to `handlers`.

use crate::http::operation::{Answer, Condition, Content, Operation, PLAIN, RequestBody};
use crate::http::problems;
use crate::http::schema::{Field, Schema, Text};

use super::model::{LOGIN, REGISTRATION, TOKENS, USER};

const TAG: &str = "Identity";
const EXAMPLE_USER: &str = r#"{"id":"user_01kanp2xc0e8br5v0xmvhv7j2d","email":"commander@guild.gg","display_name":"Commander","created_at":"2026-11-22T18:00:00.000Z","updated_at":"2026-11-22T18:00:00.000Z"}"#;

/// POST /auth/register
pub const REGISTER: Operation = Operation {
    id: "register",
    tag: TAG,
    summary: "Make an account",
    request: Some(RequestBody {
        schema: &REGISTRATION,
        example: r#"{"email":"commander@guild.gg","password":"four words in a row","display_name":"Commander"}"#,
        is_merge_patch: false,
    }),
    response: Answer {
        status: 201,
        about: "The account. Log in next.",
        content: Content::Json(
            &Schema::Named(
                "Registered",
                &Schema::Object(&[Field::required("user", &USER, "The account.")]),
            ),
            r#"{"user":{"id":"user_01kanp2xc0e8br5v0xmvhv7j2d","email":"commander@guild.gg","display_name":"Commander","created_at":"2026-11-22T18:00:00.000Z","updated_at":"2026-11-22T18:00:00.000Z"}}"#,
        ),
    },
    problems: &[&problems::EMAIL_TAKEN],
    ..PLAIN
};
/// POST /auth/login
pub const LOG_IN: Operation = Operation {
    id: "login",
    tag: TAG,
    summary: "Log in with address and password",
    description: "An unknown address answers like a wrong password, and takes as long.",
    request: Some(RequestBody {
        schema: &LOGIN,
        example: r#"{"email":"commander@guild.gg","password":"four words in a row"}"#,
        is_merge_patch: false,
    }),
    response: Answer {
        status: 200,
        about: "Send access_token as Authorization: Bearer.",
        content: Content::Json(
            &TOKENS,
            r#"{"access_token":"eyJhbGciOiJFZERTQSJ9.e30.c2lnbmF0dXJl","token_type":"Bearer","expires_in":600,"refresh_token":"wvwr_c2VjcmV0","refresh_expires_in":1209600}"#,
        ),
    },
    problems: &[&problems::INVALID_CREDENTIALS],
    ..PLAIN
};
/// GET /users/me
pub const ME: Operation = Operation {
    id: "get_me",
    tag: TAG,
    summary: "My account",
    response: Answer {
        status: 200,
        about: "The account of the access token.",
        content: Content::Json(&USER, EXAMPLE_USER),
    },
    problems: &[&problems::NOT_FOUND],
    condition: Condition::Read,
    ..PLAIN
};

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
