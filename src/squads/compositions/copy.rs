//! Copies a composition. A copy reveals nothing that the original hides from the caller: builds that
//! they may not see become specializations, players of a roster that they do not share become names.
//! `handlers` stores the copy.

use serde_json::Value;

use crate::auth::permissions::WriteCompositions;
use crate::http::{Problem, Response};
use crate::ids::TeamId;
use crate::runtime::Context;

use super::handlers::{find, read, store_new};
use super::model::Composition;
use super::schemas::{NewComposition, NewCopy};
use super::store;

/// POST /compositions/{id}/copy
pub async fn copy(cx: &Context<'_>) -> Result<Response, Problem> {
    let permit = cx.permit::<WriteCompositions>()?;
    let original = Composition::parse(find(cx).await?.document.as_str())?;
    let (copy, errors) = cx.body_as::<NewCopy>()?;
    let keeps_players = copy.keep_players.unwrap_or(!original.is_template);
    let wanted = NewComposition {
        name: copy.name.unwrap_or_else(|| original.name.clone()),
        mode: original.mode.clone(),
        preset: original.preset.clone(),
        team_id: copy.team_id,
        visibility: copy.visibility,
        is_template: copy.is_template,
        notes: original.notes.clone(),
        tags: original.tags.clone(),
        // Judged below, as if they had been sent: with what the maker may not see left out.
        subgroups: Some(Value::Array(Vec::new())),
    };
    let mut made = read(cx, permit.user_id(), wanted, None, errors).await?;
    let slots = || original.slots();
    let builds: Vec<&str> = slots()
        .filter_map(|slot| slot.build_id.as_deref())
        .collect();
    let players: Vec<&str> = slots()
        .filter_map(|slot| slot.player_id.as_deref())
        .collect();
    let team = made.team_id.as_deref().and_then(TeamId::parse);
    let (platform, user) = (&cx.state.platform, permit.user_id());
    let known = store::known(platform, user, team.as_ref(), &builds, &players).await?;
    made.subgroups.clone_from(&original.subgroups);
    let subgroups = made.subgroups.iter_mut();
    for slot in subgroups.flat_map(|subgroup| &mut subgroup.slots) {
        slot.build_id.take_if(|id| !known.builds.contains_key(id));
        slot.player_id.take_if(|id| !known.players.contains(id));
        if !keeps_players {
            slot.player = None;
            slot.player_id = None;
        }
    }
    made.player_count = made.slots().filter(|slot| !slot.is_open()).count();
    store_new(cx, made).await
}
