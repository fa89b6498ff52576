//! Finds good prices: a descent along the smoothed bound of the subgroups known so far, which finds
//! further subgroups as it proceeds. It uses only sums, products, quotients and roots of 64-bit floats,
//! which are the same on every machine. The prices are rounded and the bound is proved elsewhere, so no
//! rounding error here can invalidate a bound.

use std::collections::HashSet;

use crate::pricing::Column;
use crate::problem::{BENCHED, PARTY, Problem, SQUAD, UNBOUNDED};
use crate::state::{State, Step, worth};

#[derive(Debug, Clone)]
pub struct Prices {
    pub players: Vec<f64>,
    /// By function for the squad, from 0 to 1.
    pub squad: [f64; SQUAD],
    /// By class: of its minimum, and of its maximum.
    pub classes: Vec<[f64; 2]>,
}

/// Step length and smoothing, first and last, in parts of a player's mean worth. They fall geometrically.
const STEP: (f64, f64) = (0.03, 0.000_5);
const SMOOTH: (f64, f64) = (0.05, 0.002);
/// How fast the running means of slopes and of their squares forget (Adam).
const FORGET: (f64, f64) = (0.9, 0.99);
/// Columns that are kept at most, so that a step costs no more than so many.
const MAX_COLUMNS: usize = 2_000;
/// The step of the index of the column that is improved beside the best one.
const SPREAD: usize = 7_919;

/// The prices and what is known of them.
pub struct Descent<'p> {
    problem: &'p Problem,
    /// Where it stands.
    pub prices: Prices,
    pub columns: Vec<Column>,
    worths: Vec<f64>,
    known: HashSet<Column>,
    reduced: Vec<f64>,
    values: Vec<f64>,
    shares: Vec<f64>,
    slopes: Vec<f64>,
    means: Vec<[f64; 2]>,
    /// A player's mean worth.
    unit: f64,
    turn: usize,
}

impl<'p> Descent<'p> {
    /// Starts where each player costs what the squad would lose without them.
    pub fn new(problem: &'p Problem, state: &State) -> Self {
        let loss = |player: usize| {
            let step = Step::new(player, problem.groups, BENCHED.into());
            f64::from(-state.gain_of(&[step]).0.min(0))
        };
        let players: Vec<f64> = (0..problem.players).map(loss).collect();
        let mut squad = [0.0; SQUAD];
        for (price, (have, target)) in squad
            .iter_mut()
            .zip(state.squad.iter().zip(problem.squad_target))
        {
            *price = match have.cmp(&target) {
                std::cmp::Ordering::Less => 1.0,
                std::cmp::Ordering::Equal => 0.5,
                std::cmp::Ordering::Greater => 0.0,
            };
        }
        let count = f64::from(u32::try_from(problem.players.max(1)).unwrap_or(u32::MAX));
        let coordinates = problem.players + SQUAD + 2 * problem.ranges.len();
        Self {
            problem,
            prices: Prices {
                players,
                squad,
                classes: vec![[0.0; 2]; problem.ranges.len()],
            },
            columns: vec![],
            worths: vec![],
            known: HashSet::new(),
            reduced: vec![0.0; problem.party.len()],
            values: vec![],
            shares: vec![0.0; problem.party.len()],
            slopes: vec![0.0; coordinates],
            means: vec![[0.0; 2]; coordinates],
            unit: (f64::from(state.score()) / count).max(1.0),
            turn: 0,
        }
    }

    /// Adds a subgroup as a column.
    pub fn add(&mut self, mut options: Vec<u16>) {
        options.sort_unstable();
        let column = Column { options };
        if self.columns.len() < MAX_COLUMNS && !self.known.contains(&column) {
            let cover = self.problem.cover_of(&column.options);
            self.worths
                .push(f64::from(worth(&self.problem.party_target, &cover)));
            self.known.insert(column.clone());
            self.columns.push(column);
        }
    }

    /// Makes `steps` steps; `from` is the part of the cooling at the first.
    pub fn run(&mut self, steps: u32, from: f64) {
        self.means.fill([0.0; 2]);
        let (mut forgotten, mut forgotten_squares) = (1.0, 1.0);
        for step in 0..steps {
            let part = from + (1.0 - from) * f64::from(step) / f64::from(steps);
            let best = self.evaluate();
            self.share(best, self.unit * between(SMOOTH, part));
            self.slope();
            forgotten *= FORGET.0;
            forgotten_squares *= FORGET.1;
            self.go(
                self.unit * between(STEP, part),
                1.0 - forgotten,
                1.0 - forgotten_squares,
            );
            self.look_for_columns();
        }
    }

    fn price_options(&mut self) {
        let problem = self.problem;
        for option in 1..problem.party.len() {
            let mut value = f64::from(problem.preference[option]);
            for (points, price) in problem.squad[option].iter().zip(self.prices.squad) {
                value += f64::from(*points) * price;
            }
            for class in problem.classes[option] {
                let [least, most] = self.prices.classes[usize::from(class)];
                value += least - most;
            }
            self.reduced[option] = value - self.prices.players[usize::from(problem.owner[option])];
        }
    }

    /// Prices all columns; gives the best value, which is at least that of an empty subgroup.
    fn evaluate(&mut self) -> f64 {
        self.price_options();
        self.values.clear();
        let mut best = 0.0_f64;
        for (column, worth) in self.columns.iter().zip(&self.worths) {
            let mut value = *worth;
            for option in &column.options {
                value += self.reduced[usize::from(*option)];
            }
            best = best.max(value);
            self.values.push(value);
        }
        best
    }

    /// How often each option is in a subgroup when columns are drawn by `exp(value / smooth)`.
    fn share(&mut self, best: f64, smooth: f64) {
        self.shares.fill(0.0);
        let mut sum = exponential(-best / smooth);
        for (column, value) in self.columns.iter().zip(&self.values) {
            let weight = exponential((value - best) / smooth);
            if weight > 0.0 {
                sum += weight;
                for option in &column.options {
                    self.shares[usize::from(*option)] += weight;
                }
            }
        }
        let groups = f64::from(u32::try_from(self.problem.groups).unwrap_or(u32::MAX));
        for share in &mut self.shares {
            *share *= groups / sum;
        }
    }

    /// The slope of the bound in each coordinate.
    fn slope(&mut self) {
        let problem = self.problem;
        let (players, rest) = self.slopes.split_at_mut(problem.players);
        let (squad, classes) = rest.split_at_mut(SQUAD);
        players.fill(1.0);
        for (slope, target) in squad.iter_mut().zip(problem.squad_target) {
            *slope = -f64::from(target) / self.unit;
        }
        for (slopes, range) in classes.chunks_exact_mut(2).zip(&problem.ranges) {
            slopes[0] = -f64::from(range.min);
            slopes[1] = f64::from(range.max);
        }
        for option in 1..self.shares.len() {
            let share = self.shares[option];
            if share == 0.0 {
                continue;
            }
            players[usize::from(problem.owner[option])] -= share;
            for (slope, points) in squad.iter_mut().zip(problem.squad[option]) {
                *slope += share * f64::from(points) / self.unit;
            }
            for class in problem.classes[option] {
                classes[2 * usize::from(class)] += share;
                classes[2 * usize::from(class) + 1] -= share;
            }
        }
    }

    /// One step of Adam, clamped to valid prices.
    fn go(&mut self, length: f64, known: f64, known_squares: f64) {
        let count = self.problem.players;
        for at in 0..self.means.len() {
            let slope = self.slopes[at];
            let [mean, square] = &mut self.means[at];
            *mean = FORGET.0 * *mean + (1.0 - FORGET.0) * slope;
            *square = FORGET.1 * *square + (1.0 - FORGET.1) * slope * slope;
            let by = length * (*mean / known) / ((*square / known_squares).sqrt() + 0.001);
            if at < count {
                let price = &mut self.prices.players[at];
                *price = (*price - by).max(0.0);
            } else if at < count + SQUAD {
                let price = &mut self.prices.squad[at - count];
                *price = (*price - by / self.unit).clamp(0.0, 1.0);
            } else {
                let (class, side) = ((at - count - SQUAD) / 2, (at - count - SQUAD) % 2);
                let range = self.problem.ranges[class];
                let is_bound = if side == 0 {
                    range.min > 0
                } else {
                    range.max < UNBOUNDED
                };
                if is_bound {
                    let price = &mut self.prices.classes[class][side];
                    *price = (*price - by).max(0.0);
                }
            }
        }
    }

    /// Improves the best column and one other under the new prices.
    fn look_for_columns(&mut self) {
        self.price_options();
        if self.columns.is_empty() || self.columns.len() == MAX_COLUMNS {
            return;
        }
        let values = self.values.iter().enumerate();
        let best = values
            .max_by(|a, b| a.1.total_cmp(b.1))
            .map_or(0, |(at, _)| at);
        self.turn = (self.turn + SPREAD) % self.columns.len();
        for at in [best, self.turn] {
            self.improve(self.columns[at].options.clone());
        }
    }

    /// Exchanges members for better ones until none is better.
    #[allow(clippy::cast_possible_truncation)] // Options fit: `Problem::new`.
    #[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
    fn improve(&mut self, mut options: Vec<u16>) {
        let problem = self.problem;
        // Each change gains, so this ends; the limit only guards against rounding.
        for _ in 0..64 {
            let cover = problem.cover_of(&options);
            let whole = worth(&problem.party_target, &cover);
            let players = options
                .iter()
                .fold(0_u64, |set, it| set | 1 << problem.owner[usize::from(*it)]);
            let mut best = (0.000_001, 0, BENCHED);
            for (at, out) in options.iter().enumerate() {
                let out = usize::from(*out);
                let others = players & !(1 << problem.owner[out]);
                let mut missing = [0; PARTY];
                let mut rest = cover;
                for k in 0..PARTY {
                    rest[k] -= problem.party[out][k];
                    missing[k] = (problem.party_target[k] - rest[k]).max(0);
                }
                let lost =
                    f64::from(whole - worth(&problem.party_target, &rest)) + self.reduced[out];
                for into in 1..problem.party.len() {
                    let owner = usize::from(problem.owner[into]);
                    if (others & (1 << owner | problem.apart[owner])) == 0 {
                        let gain = f64::from(worth(&missing, &problem.party[into]))
                            + self.reduced[into]
                            - lost;
                        if gain > best.0 {
                            best = (gain, at, into as u16);
                        }
                    }
                }
            }
            if best.2 == BENCHED {
                break;
            }
            options[best.1] = best.2;
        }
        self.add(options);
    }
}

/// A geometric fall from the first to the last.
fn between((first, last): (f64, f64), part: f64) -> f64 {
    // ln(last / first) of both pairs is known well enough: they are constants of this file.
    let whole = last / first;
    first * exponential(part * logarithm(whole))
}

/// The natural logarithm of a number from 2^-32 to 1.
fn logarithm(number: f64) -> f64 {
    let (mut mantissa, mut halvings) = (number, 0.0);
    while mantissa < 0.5 {
        mantissa *= 2.0;
        halvings += 1.0;
    }
    // The series of ln((1 + z) / (1 - z)).
    let z = (mantissa - 1.0) / (mantissa + 1.0);
    let square = z * z;
    let series =
        1.0 + square * (1.0 / 3.0 + square * (1.0 / 5.0 + square * (1.0 / 7.0 + square / 9.0)));
    2.0 * z * series - halvings * std::f64::consts::LN_2
}

/// `e` to the power of a number that is not above 0; 0 for what is too small to count.
fn exponential(power: f64) -> f64 {
    if power < -20.0 {
        return 0.0;
    }
    // (e^(power / 64))^64: the series needs few terms near 0.
    let x = power / 64.0;
    let mut result =
        1.0 + x * (1.0 + x / 2.0 * (1.0 + x / 3.0 * (1.0 + x / 4.0 * (1.0 + x / 5.0))));
    for _ in 0..6 {
        result *= result;
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_elementary_functions_are_near_enough() {
        for step in 0..=200 {
            let x = -f64::from(step) / 10.0;
            assert!((exponential(x) - x.exp()).abs() < 1e-7, "{x}");
        }
        for number in [1.0, 0.9, 0.5, 0.04, 0.016_7, 0.001] {
            assert!(
                (logarithm(number) - f64::ln(number)).abs() < 1e-4,
                "{number}"
            );
        }
    }
}
