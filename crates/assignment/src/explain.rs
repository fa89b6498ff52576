//! Answers on an assignment: what one change would gain, why a player is on the bench, and who would add
//! most.

use crate::problem::{
    BENCHED, Function, InputError, PARTY, PLAYING, Placement, Problem, SQUAD, Seat, row, whole,
};
use crate::state::{State, Step, worth};

/// The best single change of one player.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// Where to; none is the bench.
    pub seat: Placement,
    /// Who takes the old place, as what.
    pub with: Option<(usize, Placement)>,
    /// Points; below 0 where every change costs some.
    pub gain: i32,
}

/// Why a player is on the bench.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// All places are taken; changing with anyone costs this much at least.
    NoRoom,
    /// As many play as may.
    SquadFull,
    /// There is room, but a constraint is in the way.
    Constraint,
    /// There is room, but nobody gains.
    NoGain,
}

/// The best change for each player that breaks nothing; none for who has no other.
pub fn best_changes(problem: &Problem, placements: &[Placement]) -> Vec<Option<Move>> {
    let state = State::of(problem, placements);
    (0..problem.players)
        .map(|player| best_change(problem, &state, player))
        .collect()
}

fn best_change(problem: &Problem, state: &State, player: usize) -> Option<Move> {
    let mut best: Option<Move> = None;
    let mut take = |seat, with, (gain, broken): (i32, i32)| {
        if broken <= 0 && best.as_ref().is_none_or(|best| gain > best.gain) {
            best = Some(Move { seat, with, gain });
        }
    };
    let seat = |place: usize, option: usize| {
        (place < problem.groups).then(|| Seat {
            group: place,
            build: usize::from(problem.build[option]),
        })
    };
    let from = usize::from(state.place[player]);
    for option in problem.options_of(player) {
        for place in 0..problem.groups {
            let is_same = place == from && option == usize::from(state.option[player]);
            let has_room = place == from || state.size(place) < problem.group_size;
            if is_same || !has_room || !problem.may_stand(player, place) {
                continue;
            }
            let step = Step::new(player, place, option);
            let seat = seat(place, option);
            take(seat, None, state.gain_of(&[step]));
        }
    }
    for other in 0..problem.players {
        let to = usize::from(state.place[other]);
        if to == from || !problem.may_stand(player, to) || !problem.may_stand(other, from) {
            continue;
        }
        for mine in options_at(problem, player, to) {
            for theirs in options_at(problem, other, from) {
                // One change: of two who both play, only one may change the build as well.
                let keeps = theirs == usize::from(state.option[other])
                    || from == problem.groups
                    || to == problem.groups;
                if keeps {
                    let with = Some((other, seat(from, theirs)));
                    let gain = state.gain_of_swap(player, other, mine, theirs);
                    take(seat(to, mine), with, gain);
                }
            }
        }
    }
    best
}

fn options_at(problem: &Problem, player: usize, place: usize) -> std::ops::Range<usize> {
    if place == problem.groups {
        0..1
    } else {
        problem.options_of(player)
    }
}

/// Why someone who is on the bench is there, and the points that the best place would gain.
pub fn why_benched(problem: &Problem, placements: &[Placement], player: usize) -> (Reason, i32) {
    let state = State::of(problem, placements);
    let playing = whole(placements.iter().flatten().count());
    let change = best_change(problem, &state, player).map_or(0, |change| change.gain);
    if playing >= problem.ranges[PLAYING].max
        && (0..problem.groups).any(|group| state.size(group) < problem.group_size)
    {
        return (Reason::SquadFull, change);
    }
    let mut best: Option<(i32, i32)> = None;
    for place in (0..problem.groups).filter(|group| state.size(*group) < problem.group_size) {
        for option in problem.options_of(player) {
            let step = Step::new(player, place, option);
            let (gain, broken) = state.gain_of(&[step]);
            if best.is_none_or(|best| (broken, -gain) < best) {
                best = Some((broken, -gain));
            }
        }
    }
    match best {
        None => (Reason::NoRoom, change),
        Some((broken, _)) if broken > 0 => (Reason::Constraint, change),
        Some(_) => (Reason::NoGain, change),
    }
}

/// A build of a player who could be asked to join.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Units for each function for allies.
    pub party: Vec<u32>,
    /// Units for each function for the squad.
    pub squad: Vec<u32>,
}

/// What a candidate would add at their best place, and whom they would stand in for there, if anyone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Addition {
    /// Points.
    pub gain: i32,
    /// The subgroup.
    pub group: usize,
    /// Who would make room.
    pub instead_of: Option<usize>,
}

/// What each candidate would add by coming as one more player, in the order of the candidates.
pub fn whom_to_ask(
    problem: &Problem,
    functions: (&[Function], &[Function]),
    placements: &[Placement],
    candidates: &[Candidate],
) -> Result<Vec<Option<Addition>>, InputError> {
    let state = State::of(problem, placements);
    let playing = whole(placements.iter().flatten().count());
    let most = whole(problem.groups * problem.group_size);
    let is_full = playing >= most;
    let mut additions = Vec::with_capacity(candidates.len());
    for candidate in candidates {
        let party: [i32; PARTY] = row(&candidate.party, functions.0)?;
        let squad: [i32; SQUAD] = row(&candidate.squad, functions.1)?;
        let gain_at = |group: usize, out: usize| {
            let (mut cover, mut whole) = (state.cover[group], state.squad);
            for k in 0..PARTY {
                cover[k] += party[k] - problem.party[out][k];
            }
            for k in 0..SQUAD {
                whole[k] += squad[k] - problem.squad[out][k];
            }
            worth(&problem.party_target, &cover) - worth(&problem.party_target, &state.cover[group])
                + worth(&problem.squad_target, &whole)
                - worth(&problem.squad_target, &state.squad)
                - problem.preference[out]
        };
        let mut best: Option<Addition> = None;
        let mut take = |group: usize, out: usize, instead_of: Option<usize>| {
            let gain = gain_at(group, out);
            if best.is_none_or(|best| gain > best.gain) {
                best = Some(Addition {
                    gain,
                    group,
                    instead_of,
                });
            }
        };
        let has_room = |group: &usize| !is_full && state.size(*group) < problem.group_size;
        for group in (0..problem.groups).filter(has_room) {
            take(group, usize::from(BENCHED), None);
        }
        if is_full {
            for player in (0..problem.players).filter(|player| problem.may_rest(*player)) {
                let group = usize::from(state.place[player]);
                if group < problem.groups {
                    take(group, usize::from(state.option[player]), Some(player));
                }
            }
        }
        additions.push(best);
    }
    Ok(additions)
}
