//! Reads constraints and the present assignment from a body that `schemas::INPUT` has checked. Every
//! name, subgroup and build in them belongs to the question.

use std::collections::{BTreeSet, HashMap};

use assignment::constraint::Constraint;
use assignment::problem::{Placement, Seat};
use serde_json::Value;

use crate::http::problem::FieldError;

use super::input::{Label, Said, number, role_number};

pub(super) struct Constraints<'a> {
    pub(super) body: &'a Value,
    pub(super) by_name: &'a HashMap<String, usize>,
    pub(super) labels: &'a [Vec<Label>],
    pub(super) groups: usize,
    pub(super) said: Vec<Said>,
    pub(super) errors: &'a mut Vec<FieldError>,
}

impl Constraints<'_> {
    pub(super) fn read(&mut self) {
        let body = self.body;
        let items = |name: &str| body[name].as_array().into_iter().flatten().enumerate();
        for (at, pin) in items("pins") {
            self.pin(pin, &format!("/pins/{at}"));
        }
        for name in ["together", "apart"] {
            for (at, members) in items(name) {
                let pointer = format!("/{name}/{at}");
                let members = members.as_array().into_iter().flatten().enumerate();
                let players: BTreeSet<usize> = members
                    .filter_map(|(place, it)| self.player(it, format!("{pointer}/{place}")))
                    .collect();
                let players = players.into_iter().collect();
                let constraint = match name {
                    "apart" => Constraint::Apart(players),
                    _ => Constraint::Together(players),
                };
                self.say(constraint, pointer);
            }
        }
        let count = |value: &Value| value.as_i64().and_then(|it| i32::try_from(it).ok());
        for (at, bound) in items("roles") {
            let Some(role) = bound["role"].as_str().and_then(role_number) else {
                continue;
            };
            if let Some(min) = count(&bound["min"]).filter(|min| *min > 0) {
                let constraint = Constraint::RoleMin { role, min };
                self.say(constraint, format!("/roles/{at}/min"));
            }
            if let Some(max) = count(&bound["max"]) {
                let constraint = Constraint::RoleMax { role, max };
                self.say(constraint, format!("/roles/{at}/max"));
            }
        }
        let mut named = vec![];
        for (at, copies) in items("copies") {
            let id = number(&copies["specialization"]);
            if let (Some(specialization), Some(max)) = (id, count(&copies["max"])) {
                named.push(specialization);
                self.copies(specialization, max, format!("/copies/{at}"));
            }
        }
        if let Some(max) = count(&body["copies_max"]) {
            let labels = self.labels.iter().flatten();
            let owned: BTreeSet<u16> = labels
                .filter_map(|it| it.specialization.map(u16::from))
                .collect();
            for specialization in owned.into_iter().filter(|it| !named.contains(it)) {
                self.copies(specialization, max, "/copies_max".to_owned());
            }
        }
        if let Some(max) = count(&body["squad_size"]) {
            self.say(Constraint::SquadSize(max), "/squad_size".to_owned());
        }
        if let Some(max) = count(&body["bench_max"]) {
            self.say(Constraint::BenchMax(max), "/bench_max".to_owned());
        }
    }

    fn say(&mut self, constraint: Constraint, pointer: String) {
        self.said.push(Said {
            constraint,
            pointer,
        });
    }

    fn copies(&mut self, specialization: u16, max: i32, pointer: String) {
        let constraint = Constraint::Copies {
            specialization,
            max,
        };
        self.say(constraint, pointer);
    }

    fn pin(&mut self, pin: &Value, pointer: &str) {
        let Some(player) = self.player(&pin["player"], format!("{pointer}/player")) else {
            return;
        };
        self.say(Constraint::Plays(player), pointer.to_owned());
        if let Some(group) = self.group(&pin["subgroup"], pointer) {
            let constraint = Constraint::PinGroup { player, group };
            self.say(constraint, format!("{pointer}/subgroup"));
        }
        if let Some(build) = self.build(player, &pin["build"], pointer) {
            let constraint = Constraint::PinBuild { player, build };
            self.say(constraint, format!("{pointer}/build"));
        }
    }

    fn player(&mut self, name: &Value, pointer: String) -> Option<usize> {
        let name = name.as_str()?;
        let found = self.by_name.get(name).copied();
        if found.is_none() {
            let detail = "Use the name of one of players.";
            self.errors
                .push(FieldError::new(pointer, "unknown_player", detail));
        }
        found
    }

    fn group(&mut self, subgroup: &Value, pointer: &str) -> Option<usize> {
        let number: usize = number(subgroup)?;
        if number > self.groups {
            let detail = format!("There are {} subgroups, counted from 1.", self.groups);
            let pointer = format!("{pointer}/subgroup");
            self.errors
                .push(FieldError::new(pointer, "unknown_subgroup", detail));
            return None;
        }
        number.checked_sub(1)
    }

    fn build(&mut self, player: usize, build: &Value, pointer: &str) -> Option<usize> {
        let build = number(build)?;
        if build >= self.labels[player].len() {
            let detail = "Must be the place of one of the player's builds, counted from 0.";
            let pointer = format!("{pointer}/build");
            self.errors
                .push(FieldError::new(pointer, "unknown_build", detail));
            return None;
        }
        Some(build)
    }

    /// The present assignment, if there is one.
    pub(super) fn present(&mut self) -> Option<Vec<Placement>> {
        let present = self.body["present"].as_array()?;
        let mut placements = vec![None; self.labels.len()];
        for (at, seat) in present.iter().enumerate() {
            let pointer = format!("/present/{at}");
            // A player who has left is no error: that is what a re-run is for.
            let name = seat["player"].as_str().unwrap_or_default();
            let Some(player) = self.by_name.get(name).copied() else {
                continue;
            };
            let group = self.group(&seat["subgroup"], &pointer);
            let build = self.build(player, &seat["build"], &pointer);
            if let (Some(group), Some(build)) = (group, build) {
                placements[player] = Some(Seat { group, build });
            }
        }
        Some(placements)
    }
}
