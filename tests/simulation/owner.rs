//! What owners of webhooks do while deliveries are under way, at any moment. `tests/api` has what they are answered.

use kit::time::rfc3339;
use serde_json::json;
use wvw_builder::app::App;
use wvw_builder::http::request::{Body, Header, Method, Request};
use wvw_builder::platform::Clock as _;
use wvw_builder::platform::native::TestPlatform;

use crate::faults::Dice;
use crate::world::DAY_MS;

/// What an owner may do; deleting is the last.
pub const ACTS: [&str; 6] = ["disable", "enable", "retry", "recover", "rotate", "delete"];

/// One call: its name, its endpoint, and what is sent.
pub struct Act {
    pub name: &'static str,
    pub webhook: String,
    request: Request,
}

impl Act {
    /// Any of them, for any endpoint there is; `None` when there is nothing to do it with.
    pub fn any(test: &TestPlatform, dice: &Dice, token: &str) -> Option<Self> {
        // Endpoints are few: each that goes is one less to look at.
        let last = if dice.one_in(3) { 6 } else { 5 };
        let name = ACTS[dice.roll(last) as usize];
        let any = |sql: &str| {
            let rows = test.database.execute(sql);
            let count = u32::try_from(rows.len()).ok().filter(|count| *count > 0)?;
            let row = &rows[dice.roll(count) as usize];
            Some(row.text(0).expect("an id").to_owned())
        };
        let webhook = any("SELECT id FROM webhooks ORDER BY id")?;
        let path = format!("/api/v1/webhooks/{webhook}");
        let since = test.clock.now_ms() - dice.up_to(4) * DAY_MS - 1;
        let (method, path, body) = match name {
            "disable" => (Method::Patch, path, json!({ "enabled": false })),
            "enable" => (Method::Patch, path, json!({ "enabled": true })),
            "retry" => {
                let delivery = any(&format!(
                    "SELECT id FROM webhook_deliveries WHERE webhook_id = '{webhook}' ORDER BY id"
                ))?;
                let path = format!("/api/v1/webhooks/deliveries/{delivery}/retry");
                (Method::Post, path, json!(null))
            }
            "recover" => {
                let body = json!({ "since": rfc3339(since) });
                (Method::Post, path + "/recover", body)
            }
            "rotate" => {
                let body = json!({ "overlap_seconds": dice.roll(3) * 3_600 });
                (Method::Post, path + "/rotate-secret", body)
            }
            _ => (Method::Delete, path, json!(null)),
        };
        let mut headers = vec![None; Header::NAMES.len()];
        headers[Header::Authorization as usize] = Some(token.to_owned());
        let media_type = if method == Method::Patch {
            "application/merge-patch+json"
        } else {
            "application/json"
        };
        let bytes = if body.is_null() {
            Vec::new()
        } else {
            headers[Header::ContentType as usize] = Some(media_type.to_owned());
            body.to_string().into_bytes()
        };
        Some(Self {
            name,
            webhook,
            request: Request::new(method, &path, headers, Body::Bytes(bytes)),
        })
    }

    /// Does it; says how it was answered.
    pub async fn run(&self, app: &App) -> u16 {
        app.handle(&self.request).await.status
    }
}
