//! Properties of the kernel on random questions of any size.

mod support;

use assignment::certificate::{Work, certify};
use assignment::constraint::Constraint;
use assignment::feasible::{Feasibility, check, minimal_clash};
use assignment::problem::{Input, InputError, MAX_PLAYERS, Problem};
use assignment::random::Random;
use assignment::rerun::rerun;
use assignment::search::{Effort, search};
use assignment::state::{State, Step};
use proptest::prelude::*;
use support::{Shape, constraint, is_allowed, question, score};

const LARGE: Shape = Shape {
    players: (9, 50),
    groups: (2, 10),
    group_size: (3, 6),
    builds: (1, 4),
    functions: 9,
};

fn large(seed: u64, constraints: usize) -> Input {
    let mut random = Random::new(seed);
    let mut input = question(&mut random, &LARGE);
    for _ in 0..constraints {
        let next = constraint(&mut random, &input);
        input.constraints.push(next);
        let problem = Problem::new(&input, &input.constraints).unwrap();
        if !matches!(check(&problem, &mut 2_000), Feasibility::Met(_)) {
            input.constraints.pop();
        }
    }
    input
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(40)
    })]

    #[test]
    fn deltas_are_those_of_a_full_evaluation(seed: u64, constraints in 0_usize..8, home: bool) {
        let input = large(seed, constraints);
        let mut problem = Problem::new(&input, &input.constraints).unwrap();
        let mut random = Random::new(seed);
        if home {
            problem.max_moved = 3;
            for player in 0..problem.players {
                let option = problem.options_of(player).start;
                problem.home[player] = Some((u8::try_from(random.below(problem.groups)).unwrap(), u16::try_from(option).unwrap()));
            }
        }
        let mut state = State::new(&problem);
        for _ in 0..100 {
            let (a, b) = (random.below(problem.players), random.below(problem.players));
            let any = |random: &mut Random, player: usize, place: usize| {
                let options = problem.options_of(player);
                if place == problem.groups { 0 } else { options.start + random.below(options.len()) }
            };
            let (at_a, at_b) = (usize::from(state.place[a]), usize::from(state.place[b]));
            let (gain, broken, steps) = if at_a == at_b {
                let place = random.below(problem.groups + 1);
                let step = Step::new(a, place, any(&mut random, a, place));
                let (gain, broken) = state.gain_of(&[step]);
                (gain, broken, vec![step])
            } else {
                let (new_a, new_b) = (any(&mut random, a, at_b), any(&mut random, b, at_a));
                let (gain, broken) = state.gain_of_swap(a, b, new_a, new_b);
                (gain, broken, vec![Step::new(a, at_b, new_a), Step::new(b, at_a, new_b)])
            };
            let (score, violation) = state.evaluate();
            state.apply(&steps);
            prop_assert_eq!(state.evaluate(), (score + gain, violation + broken));
            prop_assert!(state.is_consistent());
            let place = usize::from(state.place[a]);
            if place < problem.groups {
                let option = any(&mut random, a, place);
                let (score, violation) = state.evaluate();
                let (gain, broken) = state.gain_of_build(a, option);
                state.apply(&[Step::new(a, place, option)]);
                prop_assert_eq!(state.evaluate(), (score + gain, violation + broken));
            }
        }
    }

    #[test]
    fn answers_are_allowed_bounded_and_the_same_again(seed: u64, constraints in 0_usize..10) {
        let input = large(seed, constraints);
        let problem = Problem::new(&input, &input.constraints).unwrap();
        let Feasibility::Met(witness) = check(&problem, &mut 5_000) else { return Ok(()) };
        prop_assert!(is_allowed(&input, &witness));
        let effort = Effort { seed, moves: 4_000, starts: 2 };
        let found = search(&problem, effort, Some(&witness));
        prop_assert!(found.violation == 0 && is_allowed(&input, &found.placements));
        prop_assert_eq!(score(&input, &found.placements), i64::from(found.score));
        prop_assert_eq!(&search(&problem, effort, Some(&witness)), &found);
        let certificate = certify(&problem, &found.placements, Work { steps: 30, nodes: 3_000, rounds: 2 });
        prop_assert!(certificate.bound >= i64::from(found.score));
    }

    #[test]
    fn a_re_run_moves_few_and_is_good(seed: u64) {
        let input = large(seed, 0);
        let problem = Problem::new(&input, &[]).unwrap();
        let effort = Effort { seed, moves: 8_000, starts: 1 };
        let found = search(&problem, effort, None);
        let again = rerun(&problem, &found.placements, &found, effort);
        prop_assert!(again.moved.is_empty());
        // One leaves.
        let mut less = input.clone();
        let gone = less.players.len() - 1;
        less.players.truncate(gone);
        let problem = Problem::new(&less, &[]).unwrap();
        let best = search(&problem, effort, None);
        let again = rerun(&problem, &found.placements[..gone], &best, effort);
        prop_assert!(again.found.score >= again.floor && is_allowed(&less, &again.found.placements));
        let differs = |player: &usize| found.placements[*player].is_some() && found.placements[*player] != again.found.placements[*player];
        let moved: Vec<usize> = (0..gone).filter(differs).collect();
        prop_assert_eq!(&moved, &again.moved);
    }
}

#[test]
fn fifty_who_are_all_apart_clash_with_nobody_on_the_bench() {
    let mut input = large(1, 0);
    let build = input.players[0][0].clone();
    input.players = vec![vec![build]; 50];
    (input.groups, input.group_size) = (10, 5);
    let all: Vec<usize> = (0..50).collect();
    input.constraints = vec![
        Constraint::Apart(all),
        Constraint::Plays(3),
        Constraint::BenchMax(39),
    ];
    let clash = minimal_clash(&input, 100_000, 10_000).unwrap();
    assert_eq!((clash.constraints, clash.is_minimal), (vec![0, 2], true));
    input.constraints[2] = Constraint::BenchMax(40);
    let problem = Problem::new(&input, &input.constraints).unwrap();
    assert!(matches!(check(&problem, &mut 10_000), Feasibility::Met(_)));
    // As 1,225 pairs: those of eleven who are apart from each other are enough.
    let pairs = (0..50).flat_map(|a| (0..a).map(move |b| Constraint::Apart(vec![b, a])));
    input.constraints = pairs.collect();
    input.constraints.push(Constraint::BenchMax(0));
    let clash = minimal_clash(&input, 400_000, 10_000).unwrap();
    assert!(clash.is_minimal);
    assert_eq!(clash.constraints.len(), 11 * 10 / 2 + 1);
}

type Change<'a> = &'a dyn Fn(&mut Input);

#[test]
fn what_has_no_room_is_refused() {
    let input = large(2, 0);
    let refused = |change: &dyn Fn(&mut Input)| {
        let mut input = input.clone();
        change(&mut input);
        Problem::new(&input, &input.constraints).err()
    };
    assert_eq!(refused(&|_| {}), None);
    let changes: [(Change<'_>, InputError); 8] = [
        (&|it| it.groups = 16, InputError::Shape),
        (&|it| it.groups = 0, InputError::Shape),
        (&|it| it.players[0].clear(), InputError::Shape),
        (
            &|it| it.players = vec![it.players[0].clone(); MAX_PLAYERS + 1],
            InputError::Shape,
        ),
        (
            &|it| it.constraints = vec![Constraint::Plays(64)],
            InputError::Shape,
        ),
        (
            &|it| {
                it.constraints = vec![Constraint::PinGroup {
                    player: 0,
                    group: 10,
                }];
            },
            InputError::Shape,
        ),
        (&|it| it.party[0].weight = u32::MAX, InputError::Range),
        (
            &|it| it.players[0][0].preference = u32::MAX,
            InputError::Range,
        ),
    ];
    for (at, (change, expected)) in changes.into_iter().enumerate() {
        assert_eq!(refused(change), Some(expected), "{at}");
    }
}
