//! Constraints and reasons in words that commanders use.

use assignment::constraint::Constraint;
use assignment::explain::Reason;

use crate::game::model::ROLES;
use crate::squads::functions::model::name_of;

use super::input::{Label, Question};

pub fn constraint(question: &Question, constraint: &Constraint) -> String {
    let name = |player: &usize| question.names[*player].as_str();
    let all = |players: &[usize]| {
        let names: Vec<&str> = players.iter().map(name).collect();
        match names.as_slice() {
            [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
            names => names.concat(),
        }
    };
    let role = |role: u8| ROLES.get(usize::from(role)).map_or("?", |role| role.name);
    match constraint {
        Constraint::Plays(player) => format!("{} must play.", name(player)),
        Constraint::PinGroup { player, group } => {
            format!("{} must be in subgroup {}.", name(player), group + 1)
        }
        Constraint::PinBuild { player, build } => {
            let label = &question.labels[*player][*build];
            format!("{} must play {}.", name(player), build_name(label, *build))
        }
        Constraint::Together(players) => format!("{} must be in one subgroup.", all(players)),
        Constraint::Apart(players) => {
            format!("{} must be in different subgroups.", all(players))
        }
        Constraint::RoleMin { role: it, min } => {
            format!("At least {min} must play the role {}.", role(*it))
        }
        Constraint::RoleMax { role: it, max } => {
            format!("At most {max} may play the role {}.", role(*it))
        }
        Constraint::Copies {
            specialization,
            max,
        } => {
            let name = u8::try_from(*specialization).map_or("?", name_of);
            format!("At most {max} may play {name}.")
        }
        Constraint::SquadSize(max) => format!("At most {max} may play."),
        Constraint::BenchMax(0) => "Nobody may be on the bench.".to_owned(),
        Constraint::BenchMax(max) => format!("At most {max} may be on the bench."),
    }
}

pub fn build_name(label: &Label, build: usize) -> String {
    match (&label.name, label.specialization) {
        (Some(name), _) => name.clone(),
        (None, Some(specialization)) => name_of(specialization).to_owned(),
        (None, None) => format!("build {build}"),
    }
}

/// The code and the text of why a player is on the bench.
pub fn reason(reason: Reason, best: i32) -> (&'static str, String) {
    let lost = -best;
    let change = match best {
        1.. => format!(" Letting them play would gain {best} points."),
        0 => " Letting them play would change nothing.".to_owned(),
        _ => format!(" The best way to let them play would cost {lost} points."),
    };
    let (code, words) = match reason {
        Reason::NoRoom => ("no_room", "All places are taken."),
        Reason::SquadFull => ("squad_full", "As many play as the squad may have."),
        Reason::Constraint => (
            "constraint",
            "There is room, but a constraint keeps them out.",
        ),
        Reason::NoGain => ("no_gain", "There is room, but they would add nothing."),
    };
    (code, format!("{words}{change}"))
}
