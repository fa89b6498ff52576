//! The calls on a team's scores. Only members who may edit them do, and only in the version they read.

use serde_json::{Value, json};

use crate::auth::audit::{Action, Entry};
use crate::http::{Problem, Profile, Response, etag, problems};
use crate::ids::TeamId;
use crate::membership::model::Membership;
use crate::membership::permissions::{EditScores, TeamPermit, ViewTeam};
use crate::runtime::{Context, Tx};
use crate::squads::functions::scores::Edits;

use super::store;

/// The caller's role in the team of the path, and the stored scores.
async fn find(cx: &Context<'_>) -> Result<(Membership, String), Problem> {
    let team = cx.path("id", TeamId::parse)?;
    let found = store::find(&cx.state.platform, &team, &cx.caller()?.user_id).await?;
    found.ok_or_else(Problem::not_found)
}

/// The strong `ETag`. Equal scores have equal tags, whoever has set them.
fn tag(scores: &Value) -> String {
    etag::of_parts(&[&scores.to_string()])
}

fn answer(scores: &Value) -> Result<Response, Problem> {
    let answer = Response::json(200, Profile::Private, &json!({ "scores": scores }))?;
    Ok(answer.with_header("etag", tag(scores)))
}

/// GET /teams/{id}/scores
pub async fn get(cx: &Context<'_>) -> Result<Response, Problem> {
    let (membership, kept) = find(cx).await?;
    TeamPermit::<ViewTeam>::of(membership)?;
    let scores = Edits::stored(&kept).to_json();
    let tag = tag(&scores);
    if etag::is_not_modified(cx.request, &tag) {
        return Ok(Response::not_modified(Profile::Private, tag));
    }
    answer(&scores)
}

/// PUT /teams/{id}/scores
pub async fn replace(cx: &Context<'_>) -> Result<Response, Problem> {
    let (membership, kept) = find(cx).await?;
    let permit = TeamPermit::<EditScores>::of(membership)?;
    etag::check_if_match(cx.request, &tag(&Edits::stored(&kept).to_json()))?;
    let (body, mut errors) = cx.body()?;
    let edits = match body.get("scores") {
        Some(scores) => Edits::read(scores, "/scores", &mut errors),
        None => Edits::default(),
    };
    Problem::check(errors)?;
    let scores = edits.to_json();
    let writes = store::replace(&permit, &kept, scores.to_string());
    let entry = Entry::by(cx.caller()?, Action::TeamScoresChanged, permit.team());
    Tx::new(writes)
        .log(entry)
        .commit(
            cx,
            answer(&scores)?,
            Problem::new(&problems::PRECONDITION_FAILED),
        )
        .await
}
