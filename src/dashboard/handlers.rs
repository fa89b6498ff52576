//! The call for the dashboard. SQL assembles the response; nothing of it is parsed here.

use crate::auth::permissions::ManageAccount;
use crate::http::{Problem, Profile, Response};
use crate::platform::Text;
use crate::runtime::Context;

use super::store;

/// GET /users/me/dashboard
pub async fn get(cx: &Context<'_>) -> Result<Response, Problem> {
    let permit = cx.permit::<ManageAccount>()?;
    let (platform, user) = (&cx.state.platform, permit.user_id());
    let balance_build = cx.state.config.game_balance_build;
    let counted = store::counts_and_attention(platform, user, balance_build, cx.now_ms()).await?;
    let activity = store::activity(platform, user).await?;
    let [counted, activity] = [&counted, &activity].map(Text::as_str);
    let body = ["{", counted, ",\"activity\":", activity, "}"].concat();
    Ok(Response::text(200, Profile::Private, body))
}
