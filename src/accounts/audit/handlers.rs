//! The call that reads the audit log. `npm run audit -- verify` checks its chain of hashes.

use serde_json::Value;

use crate::auth::audit::model::{LogFilters, to_millis};
use crate::auth::audit::store;
use crate::auth::permissions::ReadAdmin;
use crate::http::{Page, Problem, Response};
use crate::runtime::Context;

/// GET /admin/audit-log
pub async fn list(cx: &Context<'_>) -> Result<Response, Problem> {
    cx.permit::<ReadAdmin>()?;
    let is_seq = |text: &str| text.parse::<i64>().is_ok_and(|seq| seq > 0);
    let page = Page::from_query(&cx.query, |text| is_seq(text).then_some(()))?;
    let text = |name: &str| cx.query.text(name).map(str::to_owned);
    let filters = LogFilters {
        actor: text("actor"),
        target: text("target"),
        team: text("team_id"),
        action: text("action"),
        since: cx.query.text("since").and_then(to_millis),
        until: cx.query.text("until").and_then(to_millis),
    };
    let rows = store::page(&cx.state.platform, &filters, &page).await?;
    let mut items = Vec::with_capacity(rows.len());
    for row in rows {
        let mut document: Value = serde_json::from_str(&row.entry).map_err(Problem::internal)?;
        document["hash"] = row.hash.into();
        items.push((row.seq.to_string(), document));
    }
    Ok(cx.page(&page, items))
}
