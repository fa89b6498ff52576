//! Liveness and readiness, with the response time of each dependency.

use serde_json::json;

use crate::http::operation::Answer;
use crate::http::problem::Problem;
use crate::http::response::{Profile, Response};
use crate::http::schema::{Schema, Text};
use crate::http::{object, operations};
use crate::platform::Statement;
use crate::runtime::Context;

const TAG: &str = "Operations";
const VERSION: &str = env!("CARGO_PKG_VERSION");
const COMMIT: &str = env!("WVW_GIT_COMMIT");

const WORD: Schema = Text::of(1, 100);
const MILLISECONDS: Schema = Schema::integer(0, 600_000);
const DEPENDENCY: Schema = object! {
    required name: WORD, "d1, kv or mail.";
    required status: Schema::Choice(&["ok", "failed", "configured", "off"]),
        "Whether it answered. Mail is not asked: configured, or switched off.";
    required duration_ms: MILLISECONDS, "Milliseconds it took.";
};
const DEPENDENCIES: Schema = Schema::list(&DEPENDENCY, 0, 10);

/// GET /health/live
pub async fn live(_: &Context<'_>) -> Result<Response, Problem> {
    let answer = json!({ "status": "ok", "version": VERSION, "commit": COMMIT });
    Response::json(200, Profile::Live, &answer)
}

/// GET /health/ready
pub async fn ready(cx: &Context<'_>) -> Result<Response, Problem> {
    let platform = &cx.state.platform;
    let begun = cx.now_ms();
    // A table of ours, so that a database without its migrations is not called ready.
    let statement = Statement::new("SELECT 1 FROM builds LIMIT 1", Vec::new());
    let database = platform.database.query(statement).await;
    let between = cx.now_ms();
    let cache = platform.cache.get("health").await;
    let ended = cx.now_ms();
    let of_answer = |is_ok: bool| if is_ok { "ok" } else { "failed" };
    let is_off = cx.state.config.mail.is_off();
    let mail = if is_off { "off" } else { "configured" };
    let dependency = |name: &str, status: &str, ms: i64| json!({ "name": name, "status": status, "duration_ms": ms.clamp(0, 600_000) });
    let (code, status) = match (&database, &cache) {
        (Ok(_), Ok(_)) => (200, "ok"),
        (Ok(_), Err(_)) => (200, "degraded"),
        (Err(_), _) => (503, "failed"),
    };
    let answer = json!({
        "status": status,
        "dependencies": [
            dependency("d1", of_answer(database.is_ok()), between - begun),
            dependency("kv", of_answer(cache.is_ok()), ended - between),
            // A mail server is not logged in to whenever someone asks how we are.
            dependency("mail", mail, 0),
        ],
    });
    let response = Response::json(code, Profile::Live, &answer)?;
    Ok(match code {
        503 => response.with_header("retry-after", "5"),
        _ => response,
    })
}

const LIVENESS: Schema = object! { "Live":
    required status: Schema::Choice(&["ok"]), "ok.";
    required version: WORD, "Of this service.";
    required commit: WORD, "The git commit it was built from.";
};
const READINESS: Schema = object! { "Ready":
    required status: Schema::Choice(&["ok", "degraded", "failed"]),
        "failed: the database is away; degraded: a cache is.";
    required dependencies: DEPENDENCIES, "Each with its time.";
};

operations! { TAG;
    LIVE = "health_live", "Liveness" {
        response: Answer::ok(
            "It lives.",
            &LIVENESS,
            r#"{"status":"ok","version":"0.1.0","commit":"0123456"}"#,
        ),
    }

    READY = "health_ready", "Readiness, with each dependency" {
        description: "503 with the same form when something it cannot do without has failed.",
        response: Answer::ok(
            "It can work.",
            &READINESS,
            r#"{"status":"ok","dependencies":[{"name":"d1","status":"ok","duration_ms":2},{"name":"kv","status":"ok","duration_ms":1},{"name":"mail","status":"configured","duration_ms":0}]}"#,
        ),
    }
}
