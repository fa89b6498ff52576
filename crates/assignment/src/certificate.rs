//! Prices for players, squad functions and counted classes, and the bound that they prove. The bound
//! holds for every assignment, whatever the prices are. Subgroups that are prescribed and players who
//! must be together or off the bench are not priced: the bound holds for them too, but may be loose.

use crate::descent::{Descent, Prices};
use crate::pricing::{Column, SCALE, SCALE_BITS, exact, kinds, value_of};
use crate::problem::{ANYWHERE, Placement, Problem, SQUAD, bits};
use crate::state::State;

/// A bound and what proves it. Prices are in 1/1024 of a point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// For a place in the squad, by player.
    pub players: Vec<i64>,
    /// For one point of each function for the squad: from 0 to 1,024.
    pub squad: [i64; SQUAD],
    /// For each class: for what it must have at least, and for what it may have at most.
    pub classes: Vec<[i64; 2]>,
    /// No subgroup is worth more under these prices.
    pub subgroup: i64,
    /// No assignment has more points.
    pub bound: i64,
    /// Whether every subgroup was looked at, so that `subgroup` is the value of one.
    pub is_complete: bool,
}

/// How much work the bound may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Work {
    /// Steps of the descent in the first round; further rounds take a quarter.
    pub steps: u32,
    /// Nodes of each search for the best subgroup.
    pub nodes: u32,
    /// Rounds of a descent and such a search.
    pub rounds: u32,
}

/// Constraints that the bound leaves out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Relaxed {
    /// Prescribed subgroups.
    pub groups: bool,
    /// Players who are together.
    pub together: bool,
    /// Players who must play.
    pub must_play: bool,
}

impl Relaxed {
    /// What of this problem is left out.
    pub fn of(problem: &Problem) -> Self {
        Self {
            groups: problem.fixed.iter().any(|group| *group != ANYWHERE),
            together: problem.together.iter().any(|set| *set != 0),
            must_play: problem.must_play != 0,
        }
    }
}

/// Looks for prices whose bound is near the score of `assignment`, a good one.
pub fn certify(problem: &Problem, assignment: &[Placement], work: Work) -> Certificate {
    let kinds = kinds(problem);
    let state = State::of(problem, assignment);
    let mut descent = Descent::new(problem, &state);
    for group in 0..problem.groups {
        let options = bits(state.members[group]).map(|player| state.option[player]);
        descent.add(options.collect());
    }
    let mut best: Option<Certificate> = None;
    for round in 0..work.rounds.max(1) {
        // The first round finds the region; the others start halfway down the cooling.
        let (steps, from) = if round == 0 {
            (work.steps, 0.0)
        } else {
            (work.steps / 4, 0.5)
        };
        descent.run(steps, from);
        let (certificate, found) = prove(problem, &kinds, &descent, work.nodes);
        for column in found {
            descent.add(column.options);
        }
        let is_better = |best: &Certificate| certificate.bound < best.bound;
        if best.as_ref().is_none_or(is_better) {
            best = Some(certificate);
        }
        let is_proved = |best: &Certificate| best.bound <= i64::from(state.score());
        if best.as_ref().is_some_and(is_proved) {
            break;
        }
    }
    best.unwrap_or_else(|| prove(problem, &kinds, &descent, work.nodes).0)
}

/// What the present prices prove: the best subgroup is looked for among all of them.
fn prove(
    problem: &Problem,
    kinds: &[u16],
    descent: &Descent,
    nodes: u32,
) -> (Certificate, Vec<Column>) {
    let mut certificate = rounded(&descent.prices);
    let reduced = certificate.reduced(problem);
    let columns = descent.columns.iter();
    let known = columns.map(|column| value_of(problem, &reduced, &column.options));
    let priced = exact(problem, kinds, &reduced, known.max().unwrap_or(0), nodes);
    certificate.subgroup = priced.bound;
    certificate.is_complete = priced.is_complete;
    certificate.bound = certificate.total(problem) >> SCALE_BITS;
    (certificate, priced.found)
}

#[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)] // Prices are far below 2^53.
fn rounded(prices: &Prices) -> Certificate {
    let round = |price: f64| (price * SCALE as f64 + 0.5) as i64;
    Certificate {
        players: prices.players.iter().map(|price| round(*price)).collect(),
        squad: prices.squad.map(round),
        classes: prices.classes.iter().map(|it| it.map(round)).collect(),
        subgroup: 0,
        bound: 0,
        is_complete: false,
    }
}

impl Certificate {
    /// The points of each option and what it adds to squad and classes at their prices, less its
    /// player's price.
    pub fn reduced(&self, problem: &Problem) -> Vec<i64> {
        let mut reduced = vec![0];
        for option in 1..problem.party.len() {
            let mut value = i64::from(problem.preference[option]) << SCALE_BITS;
            for (points, price) in problem.squad[option].iter().zip(self.squad) {
                value += i64::from(*points) * price;
            }
            for class in problem.classes[option] {
                let [least, most] = self.classes[usize::from(class)];
                value += least - most;
            }
            reduced.push(value - self.players[usize::from(problem.owner[option])]);
        }
        reduced
    }

    /// The bound in units of a price.
    pub fn total(&self, problem: &Problem) -> i64 {
        let mut total: i64 = self.players.iter().sum();
        for (target, price) in problem.squad_target.iter().zip(self.squad) {
            total += (SCALE - price).max(0) * i64::from(*target);
        }
        for (range, [least, most]) in problem.ranges.iter().zip(&self.classes) {
            // A class without a bound has no price.
            total += most * i64::from(range.max) - least * i64::from(range.min);
        }
        total + i64::try_from(problem.groups).unwrap_or(i64::MAX) * self.subgroup
    }
}
