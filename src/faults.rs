//! Faults on demand, and mails, for the edge tests alone (cargo feature `fault-injection`).

use serde_json::{Value, json};

use crate::http::operations;
use crate::http::problem::Problem;
use crate::http::response::{Profile, Response};
use crate::platform::{MailMessage, Statement};
use crate::runtime::Context;

operations! { "Faults";
    PANIC = "panic", "Panic before the first await" {}
    PANIC_LATER = "panic_later", "Panic after an await" {}
    ABORT = "abort", "Abort" {}
    MAIL = "send_mail", "Send a mail" {}
}

/// Aborts: nothing unwinds, and the Wasm instance is past help.
pub async fn abort(_: &Context<'_>) -> Result<Response, Problem> {
    std::process::abort()
}

/// Panics before the first await.
///
/// # Panics
/// Always.
pub async fn panic_now(_: &Context<'_>) -> Result<Response, Problem> {
    panic!("a fault on demand")
}

/// Panics after an await, where the request has become a promise.
///
/// # Panics
/// Always.
pub async fn panic_later(cx: &Context<'_>) -> Result<Response, Problem> {
    let statement = Statement::new("SELECT 1", Vec::new());
    let rows = cx.state.platform.database.query(statement).await?;
    panic!("a fault on demand after {} row", rows.len())
}

/// Sends the mail that the body describes, as it is, and answers what became of it.
pub async fn send_mail(cx: &Context<'_>) -> Result<Response, Problem> {
    let body: Value = serde_json::from_slice(cx.request.body()?).unwrap_or_default();
    let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    let message = MailMessage {
        id: text("id"),
        written_ms: cx.now_ms(),
        to: text("to"),
        subject: text("subject"),
        text: text("text"),
        html: text("html"),
    };
    let outcome = cx.state.platform.mail.send(&message).await;
    let error = outcome.err().map(|error| error.to_string());
    Response::json(200, Profile::Live, &json!({ "error": error }))
}
