//! Faults on demand, for the edge tests alone (cargo feature `fault-injection`).
//! Promises to be in no build that is deployed; leaves judging the damage to the tests.

use crate::context::Context;
use crate::http::operation::{Operation, PLAIN};
use crate::http::problem::Problem;
use crate::http::response::Response;
use crate::platform::Statement;

/// POST /faults/panic
pub const PANIC: Operation = Operation {
    id: "panic",
    ..PLAIN
};
/// POST /faults/panic-later
pub const PANIC_LATER: Operation = Operation {
    id: "panic_later",
    ..PLAIN
};

/// POST /faults/abort
pub const ABORT: Operation = Operation {
    id: "abort",
    ..PLAIN
};

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
