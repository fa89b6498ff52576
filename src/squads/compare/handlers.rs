//! The call for a comparison.
//! Promises three statements at most.
//! Leaves what differs to `model`, and who may see a composition to `compositions`.

use crate::context::Context;
use crate::http::problem::Problem;
use crate::http::response::Response;
use crate::squads::analysis::handlers::{Gathered, answer, own_team};
use crate::squads::compositions::handlers::{find, find_by};
use crate::squads::compositions::model::Composition;

use super::model::compare;

/// GET /compositions/{id}/compare/{other}
pub async fn get(cx: &Context<'_>) -> Result<Response, Problem> {
    let base = find(cx).await?;
    let other = find_by(cx, cx.inner_path_value).await?;
    let [base_plan, other_plan] =
        [&base, &other].map(|it| Composition::parse(it.document.as_str()));
    let (mut base_plan, mut other_plan) = (base_plan?, other_plan?);
    // Both are measured by the same numbers.
    let team = own_team(&base).or_else(|| own_team(&other));
    let gathered = Gathered::read(cx, team, &[&base_plan, &other_plan]).await?;
    let versions = format!("{} {}", base.version, other.version);
    let tag = gathered.etag(&[base.id.as_str(), other.id.as_str(), &versions]);
    answer(cx, tag, || {
        let facts = gathered.facts()?;
        facts.refresh(&mut base_plan);
        facts.refresh(&mut other_plan);
        let comparison = compare(&base_plan, &other_plan, &facts.edits);
        serde_json::to_string(&comparison).map_err(Problem::internal)
    })
}
