//! Solves one instance: JSON in, JSON out, the same natively and as a Wasm module.
//! The form of instances is that of `benches/assign/generate.mjs`.

use assignment::certificate::{Work, certify};
use assignment::constraint::Constraint;
use assignment::feasible::{Feasibility, check};
use assignment::problem::{Build, Function, Input, Placement, Problem};
use assignment::search::{Effort, search};
use serde_json::{Value, json};

/// Solves `{"instance", "seed", "moves", "starts", "steps", "rounds"}`; without steps there is no bound.
///
/// # Panics
/// When the request is not of this form: a bench has no use for errors.
pub fn solve(request: &Value) -> Value {
    let input = read(&request["instance"]);
    let problem = Problem::new(&input, &input.constraints).expect("an instance that fits");
    let number = |name: &str| request[name].as_u64().unwrap_or(0);
    let small = |name: &str| u32::try_from(number(name)).expect("a small number");
    let witness = match check(&problem, &mut 100_000) {
        Feasibility::Met(witness) => Some(witness),
        Feasibility::Unknown => None,
        Feasibility::Clash => return json!({ "infeasible": true }),
    };
    let effort = Effort {
        seed: number("seed"),
        moves: small("moves"),
        starts: small("starts"),
    };
    let placements: Vec<Placement> = if let Some(given) = request.get("placements") {
        given.as_array().into_iter().flatten().map(seat).collect()
    } else {
        let found = search(&problem, effort, witness.as_deref());
        assert_eq!(found.violation, 0);
        found.placements
    };
    let state = assignment::state::State::of(&problem, &placements);
    let mut answer = json!({
        "score": state.score(),
        "violation": state.violation,
        "placements": placements.iter().map(|seat| seat.map(|seat| [seat.group, seat.build])).collect::<Vec<_>>(),
    });
    if small("steps") > 0 {
        let work = Work {
            steps: small("steps"),
            nodes: 100_000,
            rounds: small("rounds"),
        };
        let certificate = certify(&problem, &placements, work);
        answer["bound"] = certificate.bound.into();
        answer["certificate"] = json!({
            "players": certificate.players,
            "squad": certificate.squad,
            "classes": certificate.classes,
            "subgroup": certificate.subgroup,
            "is_complete": certificate.is_complete,
        });
    }
    answer
}

fn seat(value: &Value) -> Placement {
    let at = |place: usize| {
        value[place]
            .as_u64()
            .and_then(|it| usize::try_from(it).ok())
    };
    Some(assignment::problem::Seat {
        group: at(0)?,
        build: at(1)?,
    })
}

fn numbers(value: &Value) -> Vec<u32> {
    let list = value.as_array().into_iter().flatten();
    list.filter_map(Value::as_u64)
        .filter_map(|it| u32::try_from(it).ok())
        .collect()
}

fn read(instance: &Value) -> Input {
    let functions = |targets: &str, weights: &str| -> Vec<Function> {
        let both = numbers(&instance[targets])
            .into_iter()
            .zip(numbers(&instance[weights]));
        both.map(|(target, weight)| Function { weight, target })
            .collect()
    };
    let size = |value: &Value| {
        value
            .as_u64()
            .and_then(|it| usize::try_from(it).ok())
            .expect("a size")
    };
    let role = |build: &Value| {
        ["pri", "sec", "dps", "strip"]
            .iter()
            .position(|it| build["role"] == *it)
    };
    let build = |owned: &Value| {
        let at = size(&owned[0]);
        let build = &instance["builds"][at];
        Build {
            specialization: u16::try_from(at).expect("few builds"),
            role: role(build).and_then(|it| u8::try_from(it).ok()),
            party: numbers(&build["p"]),
            squad: numbers(&build["s"]),
            // The instances' preferences count twenty points each.
            preference: 20 * u32::try_from(size(&owned[1])).expect("a small preference"),
        }
    };
    let players = instance["players"].as_array().expect("players").iter();
    Input {
        party: functions("PT", "PW"),
        squad: functions("ST", "SW"),
        players: players
            .map(|owned| {
                owned
                    .as_array()
                    .expect("builds")
                    .iter()
                    .map(build)
                    .collect()
            })
            .collect(),
        groups: size(&instance["G"]),
        group_size: size(&instance["cap"]),
        constraints: constraints(&instance["constraints"]),
    }
}

fn constraints(given: &Value) -> Vec<Constraint> {
    let read = |it: &Value| {
        let at = |name: &str| usize::try_from(it[name].as_u64().expect(name)).expect(name);
        let count = |name: &str| i32::try_from(it[name].as_i64().expect(name)).expect(name);
        let players = || {
            numbers(&it["players"])
                .into_iter()
                .map(|player| player as usize)
                .collect()
        };
        let role = || u8::try_from(at("role")).expect("a role");
        match it["kind"].as_str().expect("a kind") {
            "plays" => Constraint::Plays(at("player")),
            "pin_subgroup" => Constraint::PinGroup {
                player: at("player"),
                group: at("subgroup"),
            },
            "pin_build" => Constraint::PinBuild {
                player: at("player"),
                build: at("build"),
            },
            "together" => Constraint::Together(players()),
            "apart" => Constraint::Apart(players()),
            "role_min" => Constraint::RoleMin {
                role: role(),
                min: count("min"),
            },
            "role_max" => Constraint::RoleMax {
                role: role(),
                max: count("max"),
            },
            "copies" => Constraint::Copies {
                specialization: u16::try_from(at("specialization")).expect("a build"),
                max: count("max"),
            },
            "squad_size" => Constraint::SquadSize(count("max")),
            "bench_max" => Constraint::BenchMax(count("max")),
            other => panic!("{other} is no kind of constraint"),
        }
    };
    given.as_array().into_iter().flatten().map(read).collect()
}

#[cfg(target_arch = "wasm32")]
mod entry {
    //! Without glue: the host writes a request at `room(length)`, calls `run`, and reads the answer there.
    #![allow(unsafe_code)] // Names for the host; no memory is touched unsafely.

    use std::cell::RefCell;

    thread_local! {
        static TEXT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    }

    /// Room for a request of so many bytes.
    #[unsafe(no_mangle)]
    pub extern "C" fn room(length: usize) -> *const u8 {
        TEXT.with_borrow_mut(|text| {
            *text = vec![0; length];
            text.as_ptr()
        })
    }

    /// Solves what stands there; gives the length of the answer, which `answer` points to.
    #[unsafe(no_mangle)]
    pub extern "C" fn run() -> usize {
        TEXT.with_borrow_mut(|text| {
            let request = serde_json::from_slice(text).expect("JSON");
            *text = super::solve(&request).to_string().into_bytes();
            text.len()
        })
    }

    /// Where the answer is.
    #[unsafe(no_mangle)]
    pub extern "C" fn answer() -> *const u8 {
        TEXT.with_borrow(Vec::as_ptr)
    }
}
