//! Reads the question from a body that `schemas::INPUT` has checked. All further mistakes are reported
//! at once: unknown names, unknown functions, builds that contribute nothing.

use std::collections::HashMap;

use assignment::constraint::Constraint;
use assignment::explain::Candidate;
use assignment::problem::{Build, Function, Input, Placement};
use assignment::search::Effort;
use serde_json::Value;

use crate::game::model::{ROLES, specialization_by_id};
use crate::http::json::pointer_token;
use crate::http::problem::FieldError;
use crate::http::schema::whole;
use crate::squads::functions::model::{FUNCTION_IDS, FUNCTIONS, FunctionKind, function_index};
use crate::squads::functions::scores::Edits;
use crate::squads::presets;

use super::constraints::Constraints;
use super::schemas::{DEFAULT_MOVES, DEFAULT_STARTS, MAX_SUBGROUPS, SCORE_MAX};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Its id: one of the tables', or the caller's own.
    pub id: String,
    pub kind: FunctionKind,
    /// Points and enough.
    pub function: Function,
}

/// A build as the answer shows it.
#[derive(Debug, Clone)]
pub struct Label {
    pub name: Option<String>,
    pub specialization: Option<u8>,
    pub role: Option<&'static str>,
    /// Units for each function in force, in their order.
    pub units: Vec<u32>,
}

/// A constraint and the JSON Pointer to its place in the body.
#[derive(Debug, Clone)]
pub struct Said {
    pub constraint: Constraint,
    pub pointer: String,
}

#[derive(Debug)]
pub struct Question {
    pub names: Vec<String>,
    pub labels: Vec<Vec<Label>>,
    pub functions: Vec<Asked>,
    /// Where each of `input`'s constraints comes from.
    pub said: Vec<Said>,
    pub input: Input,
    pub effort: Effort,
    /// The present assignment, for a re-run.
    pub present: Option<Vec<Placement>>,
    /// Players who could be asked to join, with their builds.
    pub candidates: Vec<(String, Vec<Label>)>,
    pub edits: Edits,
}

/// Above all ids of specializations: each build without one counts as its own.
const OWN_BUILDS: u16 = 1_000;

/// Reads the question, which must not be used when there are errors.
pub fn read(body: &Value, errors: &mut Vec<FieldError>) -> Question {
    let edits = match &body["scores"] {
        Value::Null => Edits::default(),
        scores => Edits::read(scores, "/scores", errors),
    };
    let count = |name: &str| number::<usize>(&body[name]);
    let players = body["players"].as_array().map_or(&[][..], Vec::as_slice);
    let group_size = count("subgroup_size").unwrap_or(5);
    let like = body["preset"].as_str().and_then(presets::find);
    let most = count("squad_size").unwrap_or(50).min(players.len());
    let planned = like.map_or(most, presets::Preset::players);
    let groups = most.max(1).div_ceil(group_size).min(MAX_SUBGROUPS);
    let groups = count("subgroups").unwrap_or(groups);
    let functions = read_functions(&body["functions"], planned, errors);
    let reader = Reader {
        functions: &functions,
        edits: &edits,
    };
    let mut names = vec![];
    let mut labels = vec![];
    let mut by_name = HashMap::new();
    for (at, player) in players.iter().enumerate() {
        let name = player["name"].as_str().unwrap_or_default().to_owned();
        if by_name.insert(name.clone(), at).is_some() {
            let detail = "Two players have this name: names tell them apart.";
            errors.push(FieldError::new(
                format!("/players/{at}/name"),
                "duplicate_player",
                detail,
            ));
        }
        names.push(name);
        labels.push(reader.builds(&player["builds"], &format!("/players/{at}/builds"), errors));
    }
    let candidates = body["candidates"]
        .as_array()
        .into_iter()
        .flatten()
        .enumerate()
        .map(|(at, player)| {
            let pointer = format!("/candidates/{at}/builds");
            let builds = reader.builds(&player["builds"], &pointer, errors);
            let name = player["name"].as_str().unwrap_or_default();
            (name.to_owned(), builds)
        });
    let candidates = candidates.collect();
    let mut said = Constraints {
        body,
        by_name: &by_name,
        labels: &labels,
        groups,
        said: vec![],
        errors,
    };
    said.read();
    let present = said.present();
    let said = said.said;
    let split = |kind: FunctionKind| {
        let of_kind = functions.iter().filter(|it| it.kind == kind);
        of_kind.map(|it| it.function).collect()
    };
    let input = Input {
        party: split(FunctionKind::Party),
        squad: split(FunctionKind::Squad),
        players: kernel_builds(&labels, &functions, players),
        groups,
        group_size,
        constraints: said.iter().map(|said| said.constraint.clone()).collect(),
    };
    Question {
        names,
        labels,
        said,
        input,
        effort: Effort {
            seed: number(&body["seed"]).unwrap_or(1),
            moves: number(&body["moves"]).unwrap_or(DEFAULT_MOVES),
            starts: number(&body["starts"]).unwrap_or(DEFAULT_STARTS),
        },
        present,
        candidates,
        functions,
        edits,
    }
}

impl Question {
    /// A build's units, split by kind for the kernel.
    pub fn brings(&self, units: &[u32]) -> Candidate {
        let of = |kind: FunctionKind| split_units(units, &self.functions, kind);
        Candidate {
            party: of(FunctionKind::Party),
            squad: of(FunctionKind::Squad),
        }
    }

    /// The functions of a kind with their index among all functions in force.
    pub fn of_kind(&self, kind: FunctionKind) -> impl Iterator<Item = (usize, &Asked)> {
        self.functions
            .iter()
            .enumerate()
            .filter(move |(_, it)| it.kind == kind)
    }
}

fn split_units(units: &[u32], functions: &[Asked], kind: FunctionKind) -> Vec<u32> {
    units
        .iter()
        .zip(functions)
        .filter(|(_, it)| it.kind == kind)
        .map(|(units, _)| *units)
        .collect()
}

fn kernel_builds(labels: &[Vec<Label>], functions: &[Asked], players: &[Value]) -> Vec<Vec<Build>> {
    let mut own = OWN_BUILDS;
    let mut all = Vec::with_capacity(labels.len());
    for (builds, player) in labels.iter().zip(players) {
        let build = |(at, label): (usize, &Label)| {
            own = own.saturating_add(1);
            Build {
                specialization: label.specialization.map_or(own, u16::from),
                role: label.role.and_then(role_number),
                party: split_units(&label.units, functions, FunctionKind::Party),
                squad: split_units(&label.units, functions, FunctionKind::Squad),
                preference: number(&player["builds"][at]["preference"]).unwrap_or(0),
            }
        };
        all.push(builds.iter().enumerate().map(build).collect());
    }
    all
}

/// The index of a role, for the kernel.
pub fn role_number(id: &str) -> Option<u8> {
    let at = ROLES.iter().position(|role| role.id == id)?;
    u8::try_from(at).ok()
}

/// A number of a body that its schema has checked.
pub fn number<T: TryFrom<u64>>(value: &Value) -> Option<T> {
    T::try_from(value.as_u64()?).ok()
}

/// The functions in force: those of the table, or exactly those given.
fn read_functions(given: &Value, planned: usize, errors: &mut Vec<FieldError>) -> Vec<Asked> {
    let of_table = |index: usize| {
        let row = &FUNCTIONS[index];
        let target = match row.kind {
            FunctionKind::Party => row.target,
            FunctionKind::Squad => row.target_for_squad(planned),
        };
        Asked {
            id: row.id.to_owned(),
            kind: row.kind,
            function: Function {
                weight: u32::from(row.weight),
                target: u32::from(target.unwrap_or(0)),
            },
        }
    };
    let Some(given) = given.as_array() else {
        let all = (0..FUNCTION_IDS.len()).map(of_table);
        return all
            .filter(|it| it.function.weight > 0 && it.function.target > 0)
            .collect();
    };
    let mut functions: Vec<Asked> = vec![];
    for (at, item) in given.iter().enumerate() {
        let id = item["id"].as_str().unwrap_or_default();
        let kind = match item["kind"].as_str() {
            Some("squad") => Some(FunctionKind::Squad),
            Some(_) => Some(FunctionKind::Party),
            None => None,
        };
        let known = function_index(id).map(of_table);
        let (weight, target) = (number(&item["weight"]), number(&item["target"]));
        let read = match (known, kind, weight, target) {
            (Some(known), ..) => Some(Asked {
                kind: kind.unwrap_or(known.kind),
                function: Function {
                    weight: weight.unwrap_or(known.function.weight),
                    target: target.unwrap_or(known.function.target),
                },
                ..known
            }),
            (None, Some(kind), Some(weight), Some(target)) => Some(Asked {
                id: id.to_owned(),
                kind,
                function: Function { weight, target },
            }),
            _ => None,
        };
        let pointer = format!("/functions/{at}/id");
        match read {
            None => errors.push(FieldError::new(
                pointer,
                "unknown_function",
                "Use an id of GET /api/v1/game/functions, or give a function of your own its kind, weight and target.",
            )),
            Some(read) if functions.iter().any(|it| it.id == read.id) => {
                errors.push(FieldError::new(pointer, "duplicate_function", "Name each function once."));
            }
            Some(read) => functions.push(read),
        }
    }
    for (kind, most) in [
        (FunctionKind::Party, assignment::problem::PARTY),
        (FunctionKind::Squad, assignment::problem::SQUAD),
    ] {
        if functions.iter().filter(|it| it.kind == kind).count() > most {
            errors.push(FieldError::new(
                "/functions",
                "too_many_functions",
                format!(
                    "At most {} functions for allies (party) and {} for the squad.",
                    assignment::problem::PARTY,
                    assignment::problem::SQUAD
                ),
            ));
        }
    }
    functions
}

struct Reader<'a> {
    functions: &'a [Asked],
    edits: &'a Edits,
}

impl Reader<'_> {
    fn builds(&self, builds: &Value, pointer: &str, errors: &mut Vec<FieldError>) -> Vec<Label> {
        let builds = builds.as_array().into_iter().flatten().enumerate();
        builds
            .map(|(at, build)| self.build(build, &format!("{pointer}/{at}"), errors))
            .collect()
    }

    fn build(&self, build: &Value, pointer: &str, errors: &mut Vec<FieldError>) -> Label {
        let id = number(&build["specialization"]);
        let known = id.and_then(specialization_by_id);
        if id.is_some() && known.is_none() {
            errors.push(FieldError::new(
                format!("{pointer}/specialization"),
                "unknown_specialization",
                "Use an id of GET /api/v1/game/specializations.",
            ));
        }
        let mut units = vec![0; self.functions.len()];
        if let Some(known) = known {
            let scores = self.edits.scores_of(known.id);
            for (units, asked) in units.iter_mut().zip(self.functions) {
                *units = function_index(&asked.id).map_or(0, |index| u32::from(scores[index]));
            }
        }
        match build["scores"].as_object() {
            Some(scores) => {
                for (id, score) in scores {
                    let pointer = format!("{pointer}/scores/{}", pointer_token(id));
                    let at = self.functions.iter().position(|it| it.id == *id);
                    let score = whole(score).and_then(|score| u32::try_from(score).ok());
                    match (at, score.filter(|score| *score <= SCORE_MAX)) {
                        (Some(at), Some(score)) => units[at] = score,
                        // A function of the table that is not in force.
                        (None, Some(_)) if function_index(id).is_some() => {}
                        (None, _) => errors.push(FieldError::new(
                            pointer,
                            "unknown_function",
                            "Use an id of GET /api/v1/game/functions, or one of functions.",
                        )),
                        (Some(_), None) => errors.push(FieldError::new(
                            pointer,
                            "out_of_range",
                            format!("Must be a whole number from 0 to {SCORE_MAX}."),
                        )),
                    }
                }
            }
            None if build.get("scores").is_some() => {
                errors.push(FieldError::new(
                    format!("{pointer}/scores"),
                    "invalid_type",
                    "Must be an object.",
                ));
            }
            None if id.is_none() => errors.push(FieldError::new(
                format!("{pointer}/specialization"),
                "required",
                "A build has a specialization, or scores of its own.",
            )),
            None => {}
        }
        let role = build["role"].as_str();
        Label {
            name: build["name"].as_str().map(str::to_owned),
            specialization: known.map(|known| known.id),
            role: ROLES.iter().map(|it| it.id).find(|it| Some(*it) == role),
            units,
        }
    }
}
