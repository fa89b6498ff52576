//! The response: the assignment, what it lacks, what would improve it, and what proves the bound. It has
//! all that `scripts/check-assignment.mjs` needs to check it.

use std::collections::HashSet;

use assignment::certificate::Relaxed;
use assignment::constraint::Constraint;
use assignment::explain::{best_changes, whom_to_ask, why_benched};
use assignment::pricing::SCALE;
use assignment::problem::{Function, Placement, UNBOUNDED};
use assignment::state::State;
use serde_json::{Value, json};

use crate::game::model::ROLES;
use crate::squads::functions::model::{DEFAULTS, FunctionKind, function_index, name_of};

use super::input::{Asked, Label, Question};
use super::model::Solved;
use super::words::{build_name, reason};

/// Suggestions of whom to ask, at most.
const ASKED: usize = 5;

pub fn write(question: &Question, solved: &Solved) -> Value {
    let state = State::of(&solved.kernel, &solved.found.placements);
    let (groups, squad, preferences) = state.parts();
    let (score, bound) = (i64::from(solved.found.score), solved.certificate.bound);
    let points = bound - score;
    let basis_points = (points * 10_000).div_euclid(bound.max(1))
        + i64::from((points * 10_000).rem_euclid(bound.max(1)) > 0);
    let subgroups: Vec<Value> = groups
        .iter()
        .enumerate()
        .map(|(group, score)| subgroup(question, solved, group, *score))
        .collect();
    json!({
        "score": score,
        "parts": { "subgroups": groups.iter().sum::<i32>(), "squad": squad, "preferences": preferences },
        "bound": bound,
        "gap": { "points": points, "basis_points": basis_points },
        "is_optimal": points == 0,
        "seed": solved.effort.seed,
        "moves": solved.effort.moves,
        "starts": solved.effort.starts,
        "cut_short": solved.effort.moves < question.effort.moves,
        "subgroups": subgroups,
        "squad": { "score": squad, "shortfalls": shortfalls(question, solved, FunctionKind::Squad, None) },
        "bench": bench(question, solved),
        "changes": changes(question, solved),
        "ask_next": ask_next(question, solved),
        "rerun": solved.rerun.as_ref().map(|(moved, best)| json!({
            "moved": moved.iter().map(|player| &question.names[*player]).collect::<Vec<_>>(),
            "best_score": best,
        })),
        "certificate": certificate(question, solved),
        "model": model(question),
    })
}

/// The builds played in one subgroup, or in all.
fn played<'a>(
    question: &'a Question,
    solved: &'a Solved,
    group: Option<usize>,
) -> impl Iterator<Item = (usize, usize, &'a Label)> {
    let seats = solved.found.placements.iter().enumerate();
    seats.filter_map(move |(player, seat)| {
        let seat = seat.filter(|seat| group.is_none_or(|group| group == seat.group))?;
        Some((player, seat.build, &question.labels[player][seat.build]))
    })
}

fn subgroup(question: &Question, solved: &Solved, group: usize, score: i32) -> Value {
    let players: Vec<Value> = played(question, solved, Some(group))
        .map(|(player, build, label)| {
            json!({
                "player": question.names[player],
                "build": build,
                "build_name": build_name(label, build),
                "specialization": label.specialization,
                "role": label.role,
            })
        })
        .collect();
    let from_others: Vec<Value> = question
        .of_kind(FunctionKind::Party)
        .map(|(at, asked)| {
            let units = || played(question, solved, Some(group)).map(|(.., label)| label.units[at]);
            let whole: u32 = units().sum();
            let is_covered = |own: &u32| whole - own >= asked.function.target;
            let covered = units().filter(is_covered).count();
            json!({ "function": asked.id, "players": covered })
        })
        .collect();
    json!({
        "subgroup": group + 1,
        "score": score,
        "players": players,
        "shortfalls": shortfalls(question, solved, FunctionKind::Party, Some(group)),
        "from_others": from_others,
    })
}

fn shortfalls(
    question: &Question,
    solved: &Solved,
    kind: FunctionKind,
    group: Option<usize>,
) -> Vec<Value> {
    let mut lacking: Vec<(u64, &Asked, u32)> = question
        .of_kind(kind)
        .map(|(at, asked)| {
            let have: u32 = played(question, solved, group)
                .map(|(.., label)| label.units[at])
                .sum();
            let missing = asked.function.target.saturating_sub(have);
            let points = u64::from(missing) * u64::from(asked.function.weight);
            (points, asked, have)
        })
        .filter(|(points, ..)| *points > 0)
        .collect();
    lacking.sort_by_key(|(points, ..)| std::cmp::Reverse(*points));
    let row = |(points, asked, have): (u64, &Asked, u32)| json!({ "function": asked.id, "have": have, "target": asked.function.target, "points": points });
    lacking.into_iter().map(row).collect()
}

fn bench(question: &Question, solved: &Solved) -> Vec<Value> {
    let placements = &solved.found.placements;
    let benched = (0..placements.len()).filter(|player| placements[*player].is_none());
    benched
        .map(|player| {
            let (why, best) = why_benched(&solved.kernel, placements, player);
            let (code, text) = reason(why, best);
            json!({ "player": question.names[player], "reason": code, "text": text })
        })
        .collect()
}

fn place(seat: Placement) -> Value {
    seat.map_or(
        Value::Null,
        |seat| json!({ "subgroup": seat.group + 1, "build": seat.build }),
    )
}

fn changes(question: &Question, solved: &Solved) -> Vec<Value> {
    let changes = best_changes(&solved.kernel, &solved.found.placements);
    let rows = changes.into_iter().enumerate().filter_map(|(player, change)| {
        let change = change?;
        Some(json!({
            "player": question.names[player],
            "to": place(change.seat),
            "with": change.with.map(|(other, seat)| json!({ "player": question.names[other], "to": place(seat) })),
            "gain": change.gain,
        }))
    });
    rows.collect()
}

/// The candidates who would add most or, without candidates, the specializations.
fn ask_next(question: &Question, solved: &Solved) -> Vec<Value> {
    let mut asked: Vec<(Option<&str>, Label)> = vec![];
    if question.candidates.is_empty() {
        for row in DEFAULTS {
            let scores = question.edits.scores_of(row.specialization);
            let units = question
                .functions
                .iter()
                .map(|it| function_index(&it.id).map_or(0, |at| u32::from(scores[at])));
            let label = Label {
                name: None,
                specialization: Some(row.specialization),
                role: None,
                units: units.collect(),
            };
            asked.push((None, label));
        }
    }
    for (name, labels) in &question.candidates {
        let labels = labels.iter().cloned();
        asked.extend(labels.map(|label| (Some(name.as_str()), label)));
    }
    let brings = asked.iter().map(|(_, label)| question.brings(&label.units));
    let brings: Vec<_> = brings.collect();
    let functions = |kind: FunctionKind| -> Vec<Function> {
        question.of_kind(kind).map(|(_, it)| it.function).collect()
    };
    let (party, squad) = (
        functions(FunctionKind::Party),
        functions(FunctionKind::Squad),
    );
    let Ok(additions) = whom_to_ask(
        &solved.kernel,
        (&party, &squad),
        &solved.found.placements,
        &brings,
    ) else {
        return vec![];
    };
    let both = additions.into_iter().zip(&asked).enumerate();
    let mut rows: Vec<_> = both
        .filter_map(|(at, (addition, asked))| Some((addition?, at, asked)))
        .collect();
    rows.retain(|(addition, ..)| addition.gain > 0);
    rows.sort_by_key(|(addition, at, _)| (std::cmp::Reverse(addition.gain), *at));
    // Of one candidate, the best build.
    let mut named = HashSet::new();
    rows.retain(|(.., (name, _))| name.is_none_or(|name| named.insert(name)));
    let row = |(addition, _, (name, label)): (
        assignment::explain::Addition,
        usize,
        &(Option<&str>, Label),
    )| {
        json!({
            "player": name,
            "specialization": label.specialization,
            "build_name": build_name(label, 0),
            "subgroup": addition.group + 1,
            "instead_of": addition.instead_of.map(|player| &question.names[player]),
            "gain": addition.gain,
        })
    };
    rows.into_iter().take(ASKED).map(row).collect()
}

fn certificate(question: &Question, solved: &Solved) -> Value {
    let certificate = &solved.certificate;
    let mut squad = certificate.squad.iter();
    let functions: Vec<i64> = question
        .functions
        .iter()
        .map(|it| match it.kind {
            FunctionKind::Squad => squad.next().copied().unwrap_or(0),
            FunctionKind::Party => 0,
        })
        .collect();
    let relaxed = Relaxed::of(&solved.kernel);
    let words = [
        (relaxed.groups, "subgroup_pins"),
        (relaxed.together, "together"),
        (relaxed.must_play, "must_play"),
    ];
    json!({
        "scale": SCALE,
        "players": certificate.players,
        "functions": functions,
        "counts": counts(solved),
        "subgroup": certificate.subgroup,
        "is_exact": certificate.is_complete,
        "relaxed": words.iter().filter(|(is_there, _)| *is_there).map(|(_, word)| word).collect::<Vec<_>>(),
    })
}

/// The priced classes, in the order of the kernel.
fn counts(solved: &Solved) -> Vec<Value> {
    let role_id = |role: &u8| json!(ROLES.get(usize::from(*role)).map(|role| role.id));
    let roles = solved.kernel.roles.iter().map(role_id);
    let copies = solved.kernel.copies.iter().map(|id| json!(id.to_string()));
    let names = std::iter::once(("playing", Value::Null))
        .chain(roles.map(|id| ("role", id)))
        .chain(copies.map(|id| ("specialization", id)));
    let rows = names
        .zip(&solved.kernel.ranges)
        .zip(&solved.certificate.classes);
    rows.map(|(((kind, id), range), [min_price, max_price])| {
        json!({
            "counts": kind,
            "id": id,
            "min": range.min,
            "max": (range.max < UNBOUNDED).then_some(range.max),
            "min_price": min_price,
            "max_price": max_price,
        })
    })
    .collect()
}

fn model(question: &Question) -> Value {
    let functions: Vec<Value> = question
        .functions
        .iter()
        .map(|it| json!({ "id": it.id, "kind": it.kind, "weight": it.function.weight, "target": it.function.target }))
        .collect();
    let players = question
        .names
        .iter()
        .zip(&question.labels)
        .zip(&question.input.players);
    let players: Vec<Value> = players
        .map(|((name, labels), builds)| {
            let builds: Vec<Value> = labels
                .iter()
                .zip(builds)
                .map(|(label, build)| {
                    json!({
                        "specialization": label.specialization,
                        "role": label.role,
                        "preference": build.preference,
                        "units": label.units,
                    })
                })
                .collect();
            json!({ "name": name, "builds": builds })
        })
        .collect();
    json!({
        "subgroups": question.input.groups,
        "subgroup_size": question.input.group_size,
        "functions": functions,
        "players": players,
        "constraints": question.input.constraints.iter().map(constraint).collect::<Vec<_>>(),
    })
}

fn constraint(constraint: &Constraint) -> Value {
    let role_id = |role: u8| ROLES.get(usize::from(role)).map(|role| role.id);
    match constraint {
        Constraint::Plays(player) => json!({ "kind": "plays", "player": player }),
        Constraint::PinGroup { player, group } => {
            json!({ "kind": "pin_subgroup", "player": player, "subgroup": group })
        }
        Constraint::PinBuild { player, build } => {
            json!({ "kind": "pin_build", "player": player, "build": build })
        }
        Constraint::Together(players) => json!({ "kind": "together", "players": players }),
        Constraint::Apart(players) => json!({ "kind": "apart", "players": players }),
        Constraint::RoleMin { role, min } => {
            json!({ "kind": "role_min", "role": role_id(*role), "min": min })
        }
        Constraint::RoleMax { role, max } => {
            json!({ "kind": "role_max", "role": role_id(*role), "max": max })
        }
        Constraint::Copies {
            specialization,
            max,
        } => json!({
            "kind": "copies", "specialization": specialization,
            "name": u8::try_from(*specialization).map_or("?", name_of), "max": max,
        }),
        Constraint::SquadSize(max) => json!({ "kind": "squad_size", "max": max }),
        Constraint::BenchMax(max) => json!({ "kind": "bench_max", "max": max }),
    }
}
