//! Changes a present assignment as little as a good score allows: as few players as the search can find
//! leave their subgroup or their build.

use crate::problem::{BENCHED, Placement, Problem, whole};
use crate::random::Random;
use crate::search::{Effort, Found, anneal, insert_missing, record};
use crate::state::State;

/// What a re-run has found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rerun {
    /// The assignment.
    pub found: Found,
    /// Players of the present assignment who change their subgroup or their build.
    pub moved: Vec<usize>,
    /// Points that were asked for.
    pub floor: i32,
}

/// Parts of the effort that one question "with so many moves?" takes.
const PART: u32 = 8;

/// The fewest moves from `present` that come within 0.5 % of `best`. Who is not in `present` is new and moves freely.
pub fn rerun(problem: &Problem, present: &[Placement], best: &Found, effort: Effort) -> Rerun {
    let mut problem = problem.clone();
    for (player, seat) in present.iter().enumerate().take(problem.players) {
        let option = seat.and_then(|seat| problem.option_of(player, seat.build));
        problem.home[player] = seat.and_then(|seat| {
            let group = u8::try_from(seat.group).ok()?;
            // A build that may not be played any more is left whatever happens.
            let option = option.map_or(BENCHED, |option| u16::try_from(option).unwrap_or(BENCHED));
            Some((group, option))
        });
    }
    // 99.5 %, rounded up.
    let floor = i32::try_from((i64::from(best.score) * 995).div_euclid(1_000) + 1)
        .unwrap_or(i32::MAX)
        .min(best.score);
    let is_enough = |found: &Found| found.violation == 0 && found.score >= floor;
    let mut random = Random::new(effort.seed ^ 0x5EED);
    let mut ask = |most: i32| {
        problem.max_moved = most;
        let mut start = State::of(&problem, present);
        insert_missing(&problem, &mut start, present);
        let start = (record(&start), start);
        if is_enough(&start.0) {
            return start.0;
        }
        anneal(&problem, start.1, (effort.moves / PART).max(1), &mut random)
    };
    let known = whole(problem_size(present));
    let (mut low, mut high) = (0, 1);
    let mut answer = ask(0);
    if !is_enough(&answer) {
        // The least number that is enough lies above `low`.
        loop {
            answer = ask(high.min(known));
            if is_enough(&answer) || high >= known {
                break;
            }
            low = high;
            high *= 2;
        }
        high = high.min(known);
        while high - low > 1 && is_enough(&answer) {
            let middle = i32::midpoint(low, high);
            let found = ask(middle);
            if is_enough(&found) {
                (high, answer) = (middle, found);
            } else {
                low = middle;
            }
        }
    }
    if !is_enough(&answer) {
        answer = best.clone();
    }
    let is_moved = |player: &usize| {
        present
            .get(*player)
            .is_some_and(|seat| seat.is_some() && *seat != answer.placements[*player])
    };
    let moved = (0..answer.placements.len()).filter(is_moved).collect();
    Rerun {
        moved,
        found: answer,
        floor,
    }
}

fn problem_size(present: &[Placement]) -> usize {
    present.iter().flatten().count().max(1)
}
