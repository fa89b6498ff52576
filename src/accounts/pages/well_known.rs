//! Documents under /.well-known: "A Well-Known URL for Changing Passwords" (W3C), and RFC 9116.

use kit::time::rfc3339;

use crate::http::{Problem, Profile, Response};
use crate::runtime::Context;

/// How long security.txt holds, in milliseconds: less than a year is recommended.
const HOLDS_MS: i64 = 180 * 86_400_000;

/// GET /.well-known/change-password
pub async fn change_password(_: &Context<'_>) -> Result<Response, Problem> {
    let mut answer = Response::no_content().with_header("location", "/reset");
    answer.status = 303;
    Ok(answer)
}

/// GET /.well-known/security.txt
pub async fn security(cx: &Context<'_>) -> Result<Response, Problem> {
    let config = &cx.state.config;
    let contact = config.security_contact.as_deref();
    let contact = contact.ok_or_else(Problem::not_found)?;
    let text = format!(
        "Contact: {contact}\nExpires: {}\nPreferred-Languages: en\nCanonical: {}/.well-known/security.txt\n",
        rfc3339(cx.now_ms() + HOLDS_MS),
        config.issuer,
    );
    Ok(Response::bytes(200, Profile::Plain, text.into_bytes()))
}
