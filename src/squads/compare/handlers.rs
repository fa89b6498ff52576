//! The call for a comparison.
//! Promises three statements at most.
//! Leaves what differs to `model`, and who may see a composition to `compositions`.

use crate::context::Context;
use crate::http::problem::Problem;
use crate::http::response::Response;
use crate::squads::analysis::handlers::{answer, own_team, read_scores, tag};
use crate::squads::compositions::handlers::{find, find_by};
use crate::squads::compositions::model::Composition;
use crate::squads::functions::scores::Edits;

use super::model::compare;

/// GET /compositions/{id}/compare/{other}
pub async fn get(cx: &Context<'_>) -> Result<Response, Problem> {
    let base = find(cx).await?;
    let other = find_by(cx, cx.inner_path_value).await?;
    // Both are measured by the same numbers.
    let team = own_team(&base).or_else(|| own_team(&other));
    let scores = read_scores(&cx.state.platform, team).await?;
    let versions = format!("{} {}", base.version, other.version);
    let tag = tag(&[base.id.as_str(), other.id.as_str(), &versions, &scores]);
    answer(cx, tag, || {
        let [base, other] = [&base, &other].map(|it| Composition::parse(it.document.as_str()));
        let edits = Edits::stored(&scores);
        serde_json::to_string(&compare(&base?, &other?, &edits)).map_err(Problem::internal)
    })
}
