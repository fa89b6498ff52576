//! The call that places players. It is public and stores nothing. `model` does the work.

use crate::http::{Problem, Profile, Response};
use crate::runtime::Context;

use super::{answer, input, model};

/// POST /squads/assign
pub async fn assign(cx: &Context<'_>) -> Result<Response, Problem> {
    let (body, mut errors) = cx.body()?;
    if !errors.is_empty() {
        return Err(Problem::invalid(errors));
    }
    let question = input::read(&body, &mut errors);
    if !errors.is_empty() {
        return Err(Problem::invalid(errors));
    }
    let solved = model::solve(&question, cx.state.config.assign_max_moves)?;
    Response::json(200, Profile::Live, &answer::write(&question, &solved))
}
