//! The best priced subgroup against every subgroup.

mod support;

use assignment::pricing::{exact, kinds, value_of};
use assignment::problem::Problem;
use assignment::random::Random;
use support::{SMALL, constraint, question};

#[test]
fn the_best_subgroup_is_the_best_of_all() {
    for seed in 0..400 {
        let mut random = Random::new(seed ^ 0xBE57);
        let mut input = question(&mut random, &SMALL);
        for _ in 0..random.below(3) {
            input.constraints.push(constraint(&mut random, &input));
        }
        let problem = Problem::new(&input, &input.constraints).unwrap();
        let price = |random: &mut Random| i64::try_from(random.below(60)).unwrap() * 512 - 20_000;
        let mut reduced: Vec<i64> = problem.party.iter().map(|_| price(&mut random)).collect();
        reduced[0] = 0;
        let mut best = 0;
        every_subgroup(&problem, &reduced, 0, &mut vec![], &mut best);
        let priced = exact(&problem, &kinds(&problem), &reduced, 0, 1_000_000);
        assert!(priced.is_complete);
        assert_eq!(priced.bound, best, "seed {seed}");
        if let Some(column) = priced.found.last() {
            assert_eq!(
                value_of(&problem, &reduced, &column.options),
                best,
                "seed {seed}"
            );
        }
        // With its nodes cut off it says more, never less.
        let cut = exact(&problem, &kinds(&problem), &reduced, 0, 2);
        assert!(cut.bound >= best, "seed {seed}");
    }
}

fn every_subgroup(
    problem: &Problem,
    reduced: &[i64],
    player: usize,
    taken: &mut Vec<u16>,
    best: &mut i64,
) {
    *best = (*best).max(value_of(problem, reduced, taken));
    if player == problem.players || taken.len() == problem.group_size {
        return;
    }
    every_subgroup(problem, reduced, player + 1, taken, best);
    let is_near =
        |option: &u16| problem.apart[player] & (1 << problem.owner[usize::from(*option)]) != 0;
    if taken.iter().any(is_near) {
        return;
    }
    for option in problem.options_of(player) {
        taken.push(u16::try_from(option).unwrap());
        every_subgroup(problem, reduced, player + 1, taken, best);
        taken.pop();
    }
}
