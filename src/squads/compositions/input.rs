//! Validates the body that makes or changes a composition, across members. All mistakes are reported at
//! once. What passes has at most 50 slots, only builds that the writer may see, and each player of the
//! roster at most once. `schemas` checks single members.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use crate::builds::model::{Visibility, read_tags};
use crate::game::model::specialization_by_id;
use crate::http::problem::{FieldError, Problem};
use crate::ids::TeamId;
use crate::squads::presets;

use super::model::{Composition, Slot, Subgroup};
use super::schemas::MAX_PLAYERS;

/// What is played with a build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Played {
    /// Its elite specialization, or the last of its core ones.
    pub specialization: Option<u8>,
    /// The API's id.
    pub profession: Option<String>,
}

/// What the ids in a body stand for.
#[derive(Debug, Default)]
pub struct Known {
    /// Builds that the writer may see, or that the composition had.
    pub builds: HashMap<String, Played>,
    /// Players of the team's roster, or that the composition had.
    pub players: HashSet<String>,
}

impl Known {
    /// What the composition has already is kept, even if it has been deleted or hidden since.
    pub fn add(&mut self, composition: &Composition) {
        for slot in composition.slots() {
            if let Some(build) = &slot.build_id {
                let played = Played {
                    specialization: slot.specialization,
                    profession: slot.profession.clone(),
                };
                self.builds.entry(build.clone()).or_insert(played);
            }
            self.players.extend(slot.player_id.clone());
        }
    }
}

/// All texts of this member in the places of a body.
pub fn named<'b>(body: &'b Value, member: &str) -> Vec<&'b str> {
    let subgroups = body["subgroups"].as_array().into_iter().flatten();
    let slots = subgroups.filter_map(|subgroup| subgroup["slots"].as_array());
    slots
        .flatten()
        .filter_map(|slot| slot[member].as_str())
        .take(MAX_PLAYERS)
        .collect()
}

/// Takes a body that [`super::schemas::INPUT`] has checked (its mistakes are in `errors`) and gives
/// the composition that it makes, still without its own id, owner and times. `team` is the one that
/// it names, where the writer may plan.
pub fn read(
    body: &Value,
    team: Option<TeamId>,
    known: &Known,
    mut errors: Vec<FieldError>,
) -> Result<Composition, Problem> {
    let text = |name: &str| body[name].as_str().unwrap_or_default();
    let has_team = !body["team_id"].is_null();
    let usual = if has_team {
        Visibility::Team
    } else {
        Visibility::Private
    };
    let visibility = Visibility::parse(text("visibility")).unwrap_or(usual);
    match (visibility, has_team) {
        (Visibility::Team, false) => errors.push(FieldError::new(
            "/team_id",
            "required",
            "Visibility team needs the team.",
        )),
        (Visibility::Private, true) => errors.push(FieldError::new(
            "/visibility",
            "conflicting_fields",
            "A team sees its compositions: use team, unlisted or public, or no team_id.",
        )),
        _ => {}
    }
    let name = text("name").to_owned();
    let tags = read_tags(&body["tags"], &mut errors);
    let preset = body["preset"].as_str().and_then(presets::find);
    let subgroups = match (body.get("subgroups"), preset) {
        (None, Some(preset)) => laid_out(preset),
        _ => read_subgroups(body, known, &mut errors),
    };
    if !errors.is_empty() {
        return Err(Problem::invalid(errors));
    }
    let slots = || subgroups.iter().flat_map(|subgroup| &subgroup.slots);
    Ok(Composition {
        id: String::new(),
        owner_id: String::new(),
        team_id: team.map(|team| team.to_string()),
        name,
        mode: text("mode").to_owned(),
        preset: preset.map(|preset| preset.id.to_owned()),
        visibility,
        is_template: body["is_template"].as_bool().unwrap_or(false),
        notes: text("notes").to_owned(),
        tags,
        player_count: slots().filter(|slot| !slot.is_open()).count(),
        subgroups,
        updated_by: String::new(),
        created_at: String::new(),
        updated_at: String::new(),
    })
}

/// Open places with the roles of a preset.
fn laid_out(preset: &presets::Preset) -> Vec<Subgroup> {
    let slot = |role: &str| Slot {
        role: Some(role.to_owned()),
        ..Slot::default()
    };
    let subgroups = preset.subgroups().into_iter();
    subgroups
        .map(|roles| Subgroup {
            name: String::new(),
            slots: roles.into_iter().map(slot).collect(),
        })
        .collect()
}

fn read_subgroups(body: &Value, known: &Known, errors: &mut Vec<FieldError>) -> Vec<Subgroup> {
    let subgroups = body["subgroups"].as_array().map_or(&[][..], Vec::as_slice);
    let slots = |subgroup: &Value| subgroup["slots"].as_array().cloned().unwrap_or_default();
    let places: usize = subgroups.iter().map(|subgroup| slots(subgroup).len()).sum();
    if places > MAX_PLAYERS {
        errors.push(FieldError::new(
            "/subgroups",
            "too_many_players",
            format!("A squad has 50 places at most; these are {places}."),
        ));
        return Vec::new();
    }
    let mut seen = HashSet::new();
    let mut read = Vec::with_capacity(subgroups.len());
    for (index, subgroup) in subgroups.iter().enumerate() {
        let name = subgroup["name"].as_str().unwrap_or_default();
        let places = slots(subgroup);
        let places = places.iter().enumerate().map(|(place, slot)| {
            let pointer = format!("/subgroups/{index}/slots/{place}");
            read_slot(slot, &pointer, known, &mut seen, errors)
        });
        read.push(Subgroup {
            slots: places.collect(),
            name: name.to_owned(),
        });
    }
    read
}

fn read_slot(
    slot: &Value,
    pointer: &str,
    known: &Known,
    seen: &mut HashSet<String>,
    errors: &mut Vec<FieldError>,
) -> Slot {
    let text = |name: &str| slot[name].as_str().map(str::to_owned);
    let mut refuse = |member: &str, code, detail: &'static str| {
        let pointer = format!("{pointer}/{member}");
        // What the schema rejects is reported once.
        if errors.iter().all(|error| error.pointer != pointer) {
            errors.push(FieldError::new(pointer, code, detail));
        }
    };
    let (build_id, player_id) = (text("build_id"), text("player_id"));
    let player = text("player");
    if let Some(id) = &player_id {
        if !known.players.contains(id) {
            refuse(
                "player_id",
                "unknown_player",
                "Use the id of a player of the team's roster.",
            );
        } else if !seen.insert(id.clone()) {
            refuse(
                "player_id",
                "duplicate_player",
                "This player has a place already: nobody stands in two.",
            );
        }
    }
    let given = slot["specialization"]
        .as_u64()
        .and_then(|id| u8::try_from(id).ok());
    let mut shown = Played {
        specialization: None,
        profession: None,
    };
    match (&build_id, given) {
        (Some(_), Some(_)) => refuse(
            "specialization",
            "conflicting_fields",
            "The build says what is played: send one of the two.",
        ),
        (Some(id), None) => match known.builds.get(id) {
            Some(found) => shown = found.clone(),
            None => refuse(
                "build_id",
                "unknown_build",
                "Use the id of a build that you may see.",
            ),
        },
        (None, Some(id)) => match specialization_by_id(id) {
            Some(found) => {
                shown.specialization = Some(id);
                shown.profession = Some(found.profession.to_owned());
            }
            None => refuse(
                "specialization",
                "unknown_specialization",
                "Use an id of GET /api/v1/game/specializations.",
            ),
        },
        (None, None) => {}
    }
    Slot {
        player,
        player_id,
        build_id,
        specialization: shown.specialization,
        profession: shown.profession,
        role: text("role"),
        note: text("note").unwrap_or_default(),
    }
}
