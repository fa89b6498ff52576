//! Makes a view of what the store has read.
//! Promises that what a document lacks is left out of the page rather than an error.
//! Leaves what may be shown to `store`, and how it looks to `view`.

use serde_json::Value;

use crate::game::model::{ROLES, Role, profession_by_id, role_by_id, specialization_by_id};
use crate::http::problem::Problem;

use super::store::Shared;
use super::view::{Build, PageView, RoleCount, Slot, Subgroup};

/// The page of what was read.
pub fn view(shared: &Shared, url: String, version: String) -> Result<PageView, Problem> {
    let document = parse(&shared.document)?;
    let builds = parse(&shared.builds)?;
    let subgroups: Vec<Subgroup> = list(&document["subgroups"])
        .zip(1..)
        .map(|(group, number)| Subgroup {
            number,
            name: text(&group["name"]),
            slots: list(&group["slots"]).map(|it| slot(it, &builds)).collect(),
            bars: Vec::new(),
        })
        .collect();
    let players = subgroups.iter().map(Subgroup::players).sum();
    let slots: usize = subgroups.iter().map(|group| group.slots.len()).sum();
    Ok(PageView {
        url,
        version,
        title: text(&document["name"]),
        mode: mode(document["mode"].as_str()),
        preset: None,
        team: shared.team.clone(),
        updated_at: text(&document["updated_at"]),
        players,
        open: slots - players,
        notes: text(&document["notes"]),
        tags: list(&document["tags"]).map(text).collect(),
        lacks: Vec::new(),
        warnings: Vec::new(),
        roles: roles(&subgroups),
        squad: Vec::new(),
        subgroups,
    })
}

fn parse(text: &str) -> Result<Value, Problem> {
    serde_json::from_str(text).map_err(Problem::internal)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// A mode as people write it.
fn mode(id: Option<&str>) -> &'static str {
    match id {
        Some("zerg") => "Zerg",
        Some("boon_ball") => "Boon ball",
        Some("blob") => "Blob",
        Some("gvg") => "GvG",
        Some("havoc") => "Havoc",
        Some("roaming") => "Roaming",
        _ => "Squad",
    }
}

fn slot(slot: &Value, builds: &Value) -> Slot {
    let specialization = slot["specialization"].as_u64();
    let specialization = specialization.and_then(|id| u8::try_from(id).ok());
    let specialization = specialization.and_then(specialization_by_id);
    let profession = slot["profession"].as_str().and_then(profession_by_id);
    let profession = profession.map(|it| it.id);
    Slot {
        player: slot["player"].as_str().map(str::to_owned),
        specialization: specialization.map(|it| it.name).or(profession),
        profession: specialization.map(|it| it.profession).or(profession),
        role: role(slot).map(|role| (role.id, role.name)),
        note: text(&slot["note"]),
        build: build(slot["build_id"].as_str(), builds),
    }
}

fn role(slot: &Value) -> Option<&'static Role> {
    slot["role"].as_str().and_then(role_by_id)
}

fn build(id: Option<&str>, builds: &Value) -> Build {
    let Some(id) = id else {
        return Build::None;
    };
    match list(builds).find(|build| build["id"] == id) {
        None => Build::Private,
        Some(build) => Build::Shown {
            name: text(&build["name"]),
            code: text(&build["code"]),
        },
    }
}

/// The roles that somebody has.
fn roles(subgroups: &[Subgroup]) -> Vec<RoleCount> {
    let slots = || subgroups.iter().flat_map(|group| &group.slots);
    let count = |role: &'static Role| {
        let filled = slots().filter(|slot| !slot.is_open());
        let have = filled.filter(|slot| slot.role.is_some_and(|(id, _)| id == role.id));
        RoleCount {
            id: role.id,
            name: role.name,
            have: u32::try_from(have.count()).unwrap_or(u32::MAX),
            target: None,
        }
    };
    ROLES
        .iter()
        .map(count)
        .filter(|role| role.have > 0)
        .collect()
}
