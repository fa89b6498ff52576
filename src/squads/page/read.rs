//! Makes a view from the rows of the store and the result of the analysis. Ids that the tables do not
//! know are omitted from the page; they are no error. `store` decides what may be shown.

use serde_json::Value;

use crate::game::model::{profession_by_id, role_by_id, specialization_by_id};
use crate::http::problem::Problem;
use crate::squads::analysis::model::{
    self as analysis, Analysis, Coverage, Facts, SubgroupCoverage,
};
use crate::squads::compositions::model as compositions;
use crate::squads::functions::model::{Confidence, FUNCTIONS, function_index};
use crate::squads::functions::scores::Edits;
use crate::squads::presets;

use super::store::Shared;
use super::view::{
    Bar, PageView, ShortfallView, ShownBuild, ShownRoleCount, ShownSlot, ShownSubgroup, clip,
};

/// Warnings that tell who looks at the page something new. What is missing is among the shortfalls, open
/// places can be seen, and a build that may not be shown is no mistake.
const WARNINGS: [&str; 5] = [
    "subgroup_over_five",
    "duplicate_player",
    "stale_build",
    "unknown_game_build",
    "weapon_gating",
];

/// Bytes of HTML that a name takes at most, a note of a place, the notes of the whole, a warning.
const NAME: usize = 48;
const NOTE: usize = 100;
const NOTES: usize = 1_500;
const WARNING: usize = 300;
/// Characters of a chat code. Those of the game have fewer; a part of one is none.
const CODE: usize = 200;

/// The page of what was read.
pub fn view(
    shared: &Shared,
    balance_build: Option<i64>,
    url: String,
    version: String,
) -> Result<PageView, Problem> {
    let mut plan = compositions::Composition::parse(&shared.document)?;
    let builds: Value = serde_json::from_str(&shared.builds).map_err(Problem::internal)?;
    let facts = Facts {
        // Without them the page shows what was copied: better than no page.
        builds: serde_json::from_str(&shared.builds).unwrap_or_default(),
        players: serde_json::from_str(&shared.players).unwrap_or_default(),
        edits: Edits::stored(shared.scores.as_deref().unwrap_or("{}")),
        balance_build,
    };
    facts.refresh(&mut plan);
    let analysis = analysis::analyze(&plan, &facts);
    let subgroups = subgroups(&plan, &builds, &analysis);
    let slots: usize = subgroups.iter().map(|group| group.slots.len()).sum();
    let players = analysis.player_count;
    let preset = analysis.roles.preset.and_then(presets::find);
    // Where nobody is planned yet, all that could be said is missing.
    let (rows, shortfalls) = match players {
        0 => (&[][..], &[][..]),
        _ => (&analysis.squad[..], &analysis.shortfalls[..]),
    };
    let is_spread = |row: &&Coverage| row.subgroups.is_some();
    let (spread, squad) = rows.iter().partition::<Vec<_>, _>(is_spread);
    let [spread, squad] = [spread, squad].map(bars);
    Ok(PageView {
        url,
        version,
        mode: mode(&plan.mode),
        preset: preset.map(|preset| preset.name),
        team: shared.team.clone(),
        players,
        open: slots.saturating_sub(players),
        shortfalls: shortfalls.iter().map(shortfall).collect(),
        warnings: warnings(&analysis, &subgroups),
        roles: analysis.roles.counts.iter().map(role_count).collect(),
        squad,
        spread,
        edited: edited(&analysis),
        sure: sure(&analysis),
        subgroups,
        title: plan.name,
        updated_at: plan.updated_at,
        notes: clip(&plan.notes, NOTES),
        tags: plan.tags,
    })
}

/// A mode as people write it.
fn mode(id: &str) -> &'static str {
    match id {
        "zerg" => "Zerg",
        "boon_ball" => "Boon ball",
        "blob" => "Blob",
        "gvg" => "GvG",
        "havoc" => "Havoc",
        "roaming" => "Roaming",
        _ => "Squad",
    }
}

fn subgroups(
    plan: &compositions::Composition,
    builds: &Value,
    analysis: &Analysis<'_>,
) -> Vec<ShownSubgroup> {
    let groups = plan.subgroups.iter().zip(&analysis.subgroups);
    let subgroup =
        |(group, found): (&compositions::Subgroup, &SubgroupCoverage<'_>)| ShownSubgroup {
            number: found.subgroup,
            name: clip(&group.name, NAME),
            slots: group.slots.iter().map(|it| slot(it, builds)).collect(),
            bars: if found.player_count == 0 {
                Vec::new()
            } else {
                bars(&found.coverage)
            },
        };
    groups.map(subgroup).collect()
}

fn slot(slot: &compositions::Slot, builds: &Value) -> ShownSlot {
    let specialization = slot.specialization.and_then(specialization_by_id);
    let profession = slot.profession.as_deref().and_then(profession_by_id);
    let profession = specialization
        .map(|it| it.profession)
        .or(profession.map(|it| it.id));
    let unnamed = slot.player_id.as_ref();
    let unnamed = unnamed.map(|_| "Somebody of the roster".to_owned());
    let role = slot.role.as_deref().and_then(role_by_id);
    ShownSlot {
        player: slot.player.as_ref().map(|it| clip(it, NAME)).or(unnamed),
        // Without an elite specialization players speak of the profession.
        specialization: specialization
            .filter(|it| it.elite)
            .map(|it| it.name)
            .or(profession),
        profession,
        role: role.map(|role| (role.id, role.name)),
        note: clip(&slot.note, NOTE),
        build: build(slot.build_id.as_deref(), builds),
    }
}

fn build(id: Option<&str>, builds: &Value) -> ShownBuild {
    let Some(id) = id else {
        return ShownBuild::None;
    };
    let mut shown = builds.as_array().into_iter().flatten();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    match shown.find(|build| build["id"] == id) {
        None => ShownBuild::Private,
        Some(build) => ShownBuild::Shown {
            name: clip(&text(&build["name"]), NAME),
            code: Some(text(&build["code"])).filter(|code| code.len() <= CODE),
        },
    }
}

/// What nobody asks for has no target, and no bar.
fn bars<'a>(coverage: impl IntoIterator<Item = &'a Coverage>) -> Vec<Bar> {
    let bar = |row: &Coverage| {
        let (name, target) = (function(row.function), row.target?);
        let asked = function_index(row.function).and_then(|index| FUNCTIONS[index].target);
        Some(match (&row.subgroups, asked) {
            // A sum over all of them would hide the one that has nothing.
            (Some(spread), Some(asked)) => Bar {
                name,
                have: u32::try_from(spread.covered).unwrap_or(u32::MAX),
                target: (target / asked.max(1)).into(),
                others: None,
            },
            _ => Bar {
                name,
                have: row.sum.into(),
                target: target.into(),
                others: row.from_others.as_ref().map(|it| it.players),
            },
        })
    };
    coverage.into_iter().filter_map(bar).collect()
}

fn function(id: &'static str) -> &'static str {
    function_index(id).map_or(id, |index| FUNCTIONS[index].name)
}

fn role_name(id: &'static str) -> &'static str {
    role_by_id(id).map_or("Without a role", |role| role.name)
}

fn role_count(count: &analysis::RoleCount) -> ShownRoleCount {
    ShownRoleCount {
        id: count.role,
        name: role_name(count.role),
        have: count.have.into(),
        open: count.open.into(),
        target: count.target.map(u32::from),
    }
}

fn shortfall(shortfall: &analysis::Shortfall) -> ShortfallView {
    let missing = shortfall.target.saturating_sub(shortfall.have);
    let what = match (shortfall.function, shortfall.role) {
        (Some(id), _) => function(id).to_lowercase(),
        (None, Some(id)) => format!("{missing} {}", role_name(id).to_lowercase()),
        (None, None) => shortfall.code.to_owned(),
    };
    ShortfallView {
        short: match shortfall.subgroup {
            Some(number) => format!("{what} in subgroup {number}"),
            None => what,
        },
        text: shortfall.text.clone(),
    }
}

/// What else is odd. A text on a build says whose it is: it has no pointer here to go by.
fn warnings(analysis: &Analysis<'_>, subgroups: &[ShownSubgroup]) -> Vec<String> {
    let shown = analysis.warnings.iter();
    let shown = shown.filter(|warning| WARNINGS.contains(&warning.code));
    let sentence = |warning: &analysis::Warning| {
        let pointer = warning.pointers.first().map_or("", String::as_str);
        let place = pointer.strip_suffix("/build_id").and_then(|pointer| {
            let mut numbers = pointer.split('/').filter_map(|part| part.parse().ok());
            let group: &ShownSubgroup = subgroups.get(numbers.next()?)?;
            Some((group, group.slots.get::<usize>(numbers.next()?)?))
        });
        match place {
            None => clip(&warning.text, WARNING),
            Some((group, slot)) => {
                let (number, whose) = (group.number, slot.whose());
                format!("Subgroup {number}, {whose}: {}", warning.text)
            }
        }
    };
    shown.map(sentence).collect()
}

/// Scores that the team has edited.
fn edited(analysis: &Analysis<'_>) -> Vec<String> {
    let used = analysis.scores.iter();
    let edits = used.flat_map(|it| it.edited.iter().map(|edit| (it.name, edit)));
    let text = |(name, edit): (&str, &analysis::EditUsed)| {
        let function = function(edit.function).to_lowercase();
        let (score, default) = (edit.score, edit.default);
        format!("{name}: {function} {score} (default {default})")
    };
    edits.map(text).collect()
}

/// How sure the defaults are of the specializations that are there.
fn sure(analysis: &Analysis<'_>) -> Vec<(&'static str, String)> {
    let words = [
        (
            "Seen in the game or in what guilds play",
            Some(Confidence::A),
        ),
        ("Known from playing", Some(Confidence::B)),
        ("A guess to be checked", Some(Confidence::C)),
        ("Without defaults, so nothing unless edited", None),
    ];
    let named = |confidence: Option<Confidence>| {
        let of = analysis.scores.iter();
        let of = of.filter(|it| it.confidence == confidence);
        of.map(|it| it.name).collect::<Vec<_>>().join(", ")
    };
    let sure = words.map(|(words, confidence)| (words, named(confidence)));
    let sure = sure.into_iter().filter(|(_, names)| !names.is_empty());
    sure.collect()
}
