//! Random questions, and the score and the rules of an assignment read from the question itself.
#![allow(dead_code)] // Each test binary uses its part.

use assignment::constraint::Constraint;
use assignment::problem::{Build, Function, Input, Placement};
use assignment::random::Random;

/// How large random questions are.
pub struct Shape {
    pub players: (usize, usize),
    pub groups: (usize, usize),
    pub group_size: (usize, usize),
    pub builds: (usize, usize),
    pub functions: usize,
}

pub const SMALL: Shape = Shape {
    players: (2, 8),
    groups: (1, 3),
    group_size: (1, 4),
    builds: (1, 2),
    functions: 3,
};

pub fn between(random: &mut Random, (least, most): (usize, usize)) -> usize {
    least + random.below(most - least + 1)
}

fn units(random: &mut Random, count: usize) -> Vec<u32> {
    (0..count)
        .map(|_| u32::try_from(random.below(4) * random.below(3)).unwrap())
        .collect()
}

/// A question without constraints.
pub fn question(random: &mut Random, shape: &Shape) -> Input {
    let function = |random: &mut Random| Function {
        weight: u32::try_from(random.below(10)).unwrap(),
        target: u32::try_from(1 + random.below(9)).unwrap(),
    };
    let players = between(random, shape.players);
    Input {
        party: (0..shape.functions).map(|_| function(random)).collect(),
        squad: (0..2).map(|_| function(random)).collect(),
        players: (0..players)
            .map(|_| {
                let builds = between(random, shape.builds);
                (0..builds)
                    .map(|_| Build {
                        specialization: u16::try_from(random.below(4)).unwrap(),
                        role: [None, Some(0), Some(1), Some(2)][random.below(4)],
                        party: units(random, shape.functions),
                        squad: units(random, 2),
                        preference: u32::try_from(random.below(12)).unwrap(),
                    })
                    .collect()
            })
            .collect(),
        groups: between(random, shape.groups),
        group_size: between(random, shape.group_size),
        constraints: vec![],
    }
}

/// One more constraint, of any kind.
pub fn constraint(random: &mut Random, input: &Input) -> Constraint {
    let all = input.players.len();
    let player = random.below(all);
    let several = |random: &mut Random| {
        let mut players: Vec<usize> = (0..2 + random.below(3))
            .map(|_| random.below(all))
            .collect();
        players.sort_unstable();
        players.dedup();
        players
    };
    let count = |random: &mut Random| i32::try_from(random.below(all + 1)).unwrap();
    let role = u8::try_from(random.below(3)).unwrap();
    match random.below(10) {
        0 => Constraint::Plays(player),
        1 => Constraint::PinGroup {
            player,
            group: random.below(input.groups),
        },
        2 => Constraint::PinBuild {
            player,
            build: random.below(input.players[player].len()),
        },
        3 => Constraint::Together(several(random)),
        4 => Constraint::Apart(several(random)),
        5 => Constraint::RoleMin {
            role,
            min: 1 + count(random) / 3,
        },
        6 => Constraint::RoleMax {
            role,
            max: count(random),
        },
        7 => Constraint::Copies {
            specialization: u16::try_from(random.below(4)).unwrap(),
            max: count(random) / 2,
        },
        8 => Constraint::SquadSize(count(random)),
        _ => Constraint::BenchMax(count(random)),
    }
}

/// Points, read from the question.
pub fn score(input: &Input, placements: &[Placement]) -> i64 {
    let seated = || {
        placements
            .iter()
            .enumerate()
            .filter_map(|(player, seat)| seat.map(|seat| (player, seat)))
    };
    let mut score = 0;
    for (k, function) in input.party.iter().enumerate() {
        for group in 0..input.groups {
            let there = seated().filter(|(_, seat)| seat.group == group);
            let units: u32 = there
                .map(|(player, seat)| input.players[player][seat.build].party[k])
                .sum();
            score += i64::from(function.weight) * i64::from(units.min(function.target));
        }
    }
    for (k, function) in input.squad.iter().enumerate() {
        let units: u32 = seated()
            .map(|(player, seat)| input.players[player][seat.build].squad[k])
            .sum();
        score += i64::from(function.weight) * i64::from(units.min(function.target));
    }
    score
        + seated()
            .map(|(player, seat)| i64::from(input.players[player][seat.build].preference))
            .sum::<i64>()
}

/// Whether an assignment is allowed.
pub fn is_allowed(input: &Input, placements: &[Placement]) -> bool {
    let group_of = |player: &usize| placements[*player].map(|seat| seat.group);
    let count = |of: &dyn Fn(&Build) -> bool| {
        let seats = placements.iter().enumerate();
        let played =
            seats.filter_map(|(player, seat)| seat.map(|seat| &input.players[player][seat.build]));
        i32::try_from(played.filter(|build| of(build)).count()).unwrap()
    };
    let fits = |group| {
        placements
            .iter()
            .flatten()
            .filter(|seat| seat.group == group)
            .count()
            <= input.group_size
    };
    let all = i32::try_from(placements.len()).unwrap();
    (0..input.groups).all(fits)
        && input.constraints.iter().all(|constraint| match constraint {
            Constraint::Plays(player) => placements[*player].is_some(),
            Constraint::PinGroup { player, group } => group_of(player) == Some(*group),
            Constraint::PinBuild { player, build } => {
                placements[*player].is_some_and(|seat| seat.build == *build)
            }
            Constraint::Together(players) => players
                .iter()
                .all(|it| group_of(it) == group_of(&players[0])),
            Constraint::Apart(players) => {
                let mut groups: Vec<usize> = players.iter().filter_map(group_of).collect();
                let all = groups.len();
                groups.sort_unstable();
                groups.dedup();
                groups.len() == all
            }
            Constraint::RoleMin { role, min } => count(&|build| build.role == Some(*role)) >= *min,
            Constraint::RoleMax { role, max } => count(&|build| build.role == Some(*role)) <= *max,
            Constraint::Copies {
                specialization,
                max,
            } => count(&|build| build.specialization == *specialization) <= *max,
            Constraint::SquadSize(max) => count(&|_| true) <= *max,
            Constraint::BenchMax(max) => all - count(&|_| true) <= *max,
        })
}

/// The best score of all allowed assignments, by trying every one.
pub fn exhaustive(input: &Input) -> Option<i64> {
    let mut best = None;
    every_allowed(input, &mut |placements| {
        best = best.max(Some(score(input, placements)));
    });
    best
}

/// Calls back with every allowed assignment.
pub fn every_allowed(input: &Input, take: &mut dyn FnMut(&[Placement])) {
    try_all(input, 0, &mut vec![None; input.players.len()], take);
}

fn try_all(
    input: &Input,
    player: usize,
    placements: &mut Vec<Placement>,
    take: &mut dyn FnMut(&[Placement]),
) {
    if player == placements.len() {
        if is_allowed(input, placements) {
            take(placements);
        }
        return;
    }
    placements[player] = None;
    try_all(input, player + 1, placements, take);
    for group in 0..input.groups {
        let there = placements[..player]
            .iter()
            .flatten()
            .filter(|seat| seat.group == group)
            .count();
        if there < input.group_size {
            for build in 0..input.players[player].len() {
                placements[player] = Some(assignment::problem::Seat { group, build });
                try_all(input, player + 1, placements, take);
            }
        }
    }
    placements[player] = None;
}
