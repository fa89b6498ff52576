//! Small squads against exhaustive enumeration: value at most the optimum, bound at least.

mod support;

use assignment::certificate::{Work, certify};
use assignment::feasible::{Feasibility, check, minimal_clash};
use assignment::problem::{Placement, Problem, Seat};
use assignment::random::Random;
use assignment::rerun::rerun;
use assignment::search::{Effort, search};
use support::{SMALL, constraint, every_allowed, exhaustive, is_allowed, question, score};

/// Without optimisation, each change is also checked against a full evaluation, which takes long.
const SQUADS: u64 = if cfg!(debug_assertions) { 60 } else { 2_000 };
const CLASHES: usize = 40;

fn effort(seed: u64) -> Effort {
    Effort {
        seed,
        moves: 6_000,
        starts: 2,
    }
}

#[test]
fn value_is_at_most_the_optimum_and_the_bound_at_least() {
    let (mut optimal, mut proved, mut feasible) = (0, 0, 0);
    for seed in 0..SQUADS {
        let mut random = Random::new(seed);
        let mut input = question(&mut random, &SMALL);
        for _ in 0..random.below(4) {
            input.constraints.push(constraint(&mut random, &input));
        }
        let problem = Problem::new(&input, &input.constraints).unwrap();
        let optimum = exhaustive(&input);
        let mut nodes = 100_000;
        let met = check(&problem, &mut nodes);
        let Some(optimum) = optimum else {
            assert_eq!(met, Feasibility::Clash, "seed {seed}");
            continue;
        };
        let Feasibility::Met(witness) = met else {
            panic!("seed {seed}: {met:?}, and it can be met")
        };
        assert!(is_allowed(&input, &witness), "seed {seed}");
        feasible += 1;
        let found = search(&problem, effort(seed), Some(&witness));
        let is_met = found.violation == 0 && is_allowed(&input, &found.placements);
        assert!(is_met, "seed {seed}");
        let points = score(&input, &found.placements);
        assert_eq!(points, i64::from(found.score), "seed {seed}");
        let work = Work {
            steps: 40,
            nodes: 10_000,
            rounds: 2,
        };
        let bound = certify(&problem, &found.placements, work).bound;
        let is_between = points <= optimum && optimum <= bound;
        assert!(is_between, "seed {seed}: {points}, {optimum}, {bound}");
        optimal += usize::from(points == optimum);
        proved += usize::from(points == bound);
    }
    println!("{feasible} that can be met: {optimal} optimal, {proved} proved");
    assert!(
        optimal + 1 + feasible / 200 >= feasible,
        "{optimal} of {feasible} are optimal"
    );
}

#[test]
fn clashes_are_minimal() {
    let mut clashes = 0;
    let mut sizes = [0; 8];
    for seed in 0.. {
        let mut random = Random::new(seed ^ 0xC1A5);
        let mut input = question(&mut random, &SMALL);
        if input.players.len() > 6 {
            continue;
        }
        for _ in 0..3 + random.below(6) {
            input.constraints.push(constraint(&mut random, &input));
        }
        if exhaustive(&input).is_some() {
            continue;
        }
        let clash = minimal_clash(&input, 1_000_000, 100_000).unwrap();
        assert!(clash.is_minimal);
        let keep = |left_out: Option<usize>| {
            let kept = clash.constraints.iter().filter(|at| Some(**at) != left_out);
            let mut input = input.clone();
            input.constraints = kept.map(|at| input.constraints[*at].clone()).collect();
            exhaustive(&input).is_some()
        };
        let constraints = &clash.constraints;
        assert!(!keep(None), "seed {seed}: {constraints:?} can be met");
        for left_out in constraints {
            let is_needed = keep(Some(*left_out));
            assert!(is_needed, "seed {seed}: {left_out} is not needed");
        }
        sizes[clash.constraints.len().min(7)] += 1;
        clashes += 1;
        if clashes == CLASHES {
            break;
        }
    }
    println!("by size: {sizes:?}");
    assert!(
        sizes[2..].iter().sum::<usize>() >= 10,
        "too few of more than one: {sizes:?}"
    );
}

#[test]
fn a_re_run_moves_as_few_as_enumeration_finds() {
    let squads = if cfg!(debug_assertions) { 40 } else { 300 };
    let (mut fewest, mut all) = (0, 0);
    for seed in 0..squads {
        let mut random = Random::new(seed ^ 0x0E0E);
        let input = question(&mut random, &SMALL);
        let effort = effort(seed);
        // The present squad is of some of the players, and without care.
        let present: Vec<Placement> = (0..input.players.len())
            .map(|player| {
                let group = player % (input.groups + 1);
                let build = random.below(input.players[player].len());
                (group < input.groups && player / (input.groups + 1) < input.group_size)
                    .then_some(Seat { group, build })
            })
            .collect();
        let problem = Problem::new(&input, &[]).unwrap();
        let best = search(&problem, effort, None);
        let again = rerun(&problem, &present, &best, effort);
        assert!(is_allowed(&input, &again.found.placements) && again.found.score >= again.floor);
        let mut least = usize::MAX;
        every_allowed(&input, &mut |placements| {
            if score(&input, placements) >= i64::from(again.floor) {
                let moved = present
                    .iter()
                    .zip(placements)
                    .filter(|(was, is)| was.is_some() && was != is)
                    .count();
                least = least.min(moved);
            }
        });
        assert!(again.moved.len() >= least, "seed {seed}");
        fewest += usize::from(again.moved.len() == least);
        all += 1;
    }
    println!("{fewest} of {all} re-runs move the fewest");
    assert!(fewest * 20 >= all * 19, "{fewest} of {all}");
}
