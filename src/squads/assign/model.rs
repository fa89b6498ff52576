//! Answers a question: feasibility first, then the search, the re-run and the bound. Conflicting
//! constraints are named; none is ever dropped.

use assignment::certificate::{Certificate, Work, certify};
use assignment::feasible::{Feasibility, check, minimal_clash};
use assignment::problem::{Input, InputError, Problem as Kernel};
use assignment::rerun::rerun;
use assignment::search::{Effort, Found, search};

use crate::http::problem::{FieldError, MAX_ERRORS, Problem};
use crate::http::problems;

use super::input::{Question, Said};
use super::words;

/// The effort for the bound: at most the time of a search with the usual effort.
const WORK: Work = Work {
    steps: 200,
    nodes: 100_000,
    rounds: 4,
};
/// Nodes of the feasibility check.
const FEASIBILITY_NODES: u32 = 100_000;
/// Nodes for finding the conflicting constraints, in all and for one question.
const CLASH_NODES: (u32, u32) = (400_000, 20_000);

/// Constraints named in the detail of a clash, at most.
const TOLD: usize = 5;

#[derive(Debug)]
pub struct Solved {
    pub kernel: Kernel,
    pub found: Found,
    pub certificate: Certificate,
    /// Of a re-run: the players who moved, and the best score.
    pub rerun: Option<(Vec<usize>, i32)>,
    pub effort: Effort,
}

/// Solves a question with at most `max_moves` moves.
pub fn solve(question: &Question, max_moves: u32) -> Result<Solved, Problem> {
    let input = &question.input;
    let kernel = Kernel::new(input, &input.constraints).map_err(refused)?;
    let witness = match check(&kernel, &mut FEASIBILITY_NODES.clone()) {
        Feasibility::Met(witness) => Some(witness),
        Feasibility::Clash => return Err(clash(question)),
        Feasibility::Unknown => None,
    };
    let effort = Effort {
        moves: question.effort.moves.min(max_moves),
        ..question.effort
    };
    let best = search(&kernel, effort, witness.as_deref());
    if best.violation > 0 {
        return Err(Problem::new(&problems::CONSTRAINTS_UNDECIDED));
    }
    let certificate = certify(&kernel, &best.placements, WORK);
    let again = question
        .present
        .as_ref()
        .map(|present| rerun(&kernel, present, &best, effort));
    let (found, rerun) = match again {
        Some(again) => (again.found, Some((again.moved, best.score))),
        None => (best, None),
    };
    Ok(Solved {
        kernel,
        found,
        certificate,
        rerun,
        effort,
    })
}

fn refused(refusal: InputError) -> Problem {
    let (code, detail) = match refusal {
        InputError::Range => (
            "weights_too_large",
            "Weights times targets, added up over all subgroups, must stay below 2^30 points. Divide all weights and preferences by the same number.",
        ),
        InputError::Shape => (
            "invalid_length",
            "At most 50 players, 15 subgroups, 16 functions for allies and 8 for the squad.",
        ),
    };
    Problem::invalid(vec![FieldError::new("/functions", code, detail)])
}

/// 422 with a set of conflicting constraints.
fn clash(question: &Question) -> Problem {
    let found = match minimal_clash(&question.input, CLASH_NODES.0, CLASH_NODES.1) {
        Ok(found) => found,
        Err(refusal) => return refused(refusal),
    };
    let said: Vec<_> = found
        .constraints
        .iter()
        .map(|at| &question.said[*at])
        .collect();
    let text = |said: &&Said| words::constraint(question, &said.constraint);
    let mut detail: Vec<String> = vec!["These cannot all hold:".to_owned()];
    detail.extend(said.iter().take(TOLD).map(text));
    if said.len() > TOLD {
        detail.push(format!("And {} more.", said.len() - TOLD));
    }
    let Input {
        groups, group_size, ..
    } = &question.input;
    detail.push(format!(
        "There is room for {group_size} in each subgroup, and the number of subgroups is {groups}."
    ));
    detail.push(if found.is_minimal {
        "Give one of them up: without any one of them the others can be met.".to_owned()
    } else {
        "Give one of them up. Fewer of them may clash, too: to look further would take too long."
            .to_owned()
    });
    let error =
        |said: &&Said| FieldError::new(said.pointer.clone(), "clashing_constraint", text(said));
    let mut problem = Problem::new(&problems::CONSTRAINTS_CLASH).with_detail(detail.join(" "));
    problem.errors = said.iter().take(MAX_ERRORS).map(error).collect();
    problem
}
