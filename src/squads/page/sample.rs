//! A full page for the unit tests: fifty players in ten subgroups. `tests/api` has real ones.

use super::view::{
    Bar, PageView, ShortfallView, ShownBuild, ShownRoleCount, ShownSlot, ShownSubgroup,
};
use crate::game::model::{ROLES, SPECIALIZATIONS};
use crate::squads::functions::model::{FUNCTIONS, Function};

const CODE: &str = "[&DQEqJS4aPio6AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=]";

fn bars(functions: &'static [Function], seed: usize) -> Vec<Bar> {
    let bar = |(index, function): (usize, &'static Function)| {
        let have = u32::try_from((index * 7 + seed * 5) % 9).expect("small");
        Bar {
            name: function.name,
            have,
            target: 5,
            others: Some(index % 6),
        }
    };
    functions.iter().enumerate().map(bar).collect()
}

/// Fifty players in ten subgroups.
pub fn full() -> PageView {
    let elite: Vec<_> = SPECIALIZATIONS.iter().filter(|it| it.elite).collect();
    let slot = |index: usize| {
        let specialization = elite[index * 5 % elite.len()];
        let role = &ROLES[index % ROLES.len()];
        let is_open = index % 17 == 16;
        ShownSlot {
            player: (!is_open).then(|| match index % 11 {
                7 => "Þórr der Große von und zu Immerwährend".to_owned(),
                9 => "شجاع المحارب".to_owned(),
                10 => format!(
                    "Z{}a{}lgo",
                    "\u{0316}\u{0351}\u{0300}".repeat(9),
                    "\u{0351}".repeat(20)
                ),
                _ => format!("Player {index}"),
            }),
            specialization: (!is_open).then_some(specialization.name),
            profession: (!is_open).then_some(specialization.profession),
            role: (index % 6 != 5).then_some((role.id, role.name)),
            note: if index % 8 == 3 {
                "Swap to hammer when the gate is down.".to_owned()
            } else {
                String::new()
            },
            build: match index % 5 {
                _ if is_open => ShownBuild::None,
                4 => ShownBuild::None,
                3 => ShownBuild::Private,
                _ => ShownBuild::Shown {
                    name: format!("Build {index} for zergs"),
                    code: Some(CODE.to_owned()),
                },
            },
        }
    };
    let group = |number: usize| ShownSubgroup {
        number,
        name: if number.is_multiple_of(3) {
            String::new()
        } else {
            format!("Wing {number}")
        },
        slots: (0..5).map(|place| slot((number - 1) * 5 + place)).collect(),
        bars: bars(&FUNCTIONS[..12], number),
    };
    let shortfall = |function: &str, number: usize| ShortfallView {
        short: format!("{function} in subgroup {number}"),
        text: format!("Subgroup {number} has no {function}: put a Firebrand or a Luminary there."),
    };
    PageView {
        url: "https://builds.guild.gg/c/0123456789ABCDEFGHIJab".to_owned(),
        version: "0123456789abcdef".to_owned(),
        title: "Thursday zerg".to_owned(),
        mode: "Zerg",
        preset: Some("Zerg, 30"),
        team: Some("Red Guard".to_owned()),
        updated_at: "2026-11-22T18:30:00.000Z".to_owned(),
        players: 48,
        open: 2,
        notes: "Meet at 20:00 at the northern camp.\nBring siege.".to_owned(),
        tags: vec!["zerg".to_owned(), "thursday".to_owned()],
        shortfalls: vec![
            shortfall("stability", 2),
            shortfall("cleanse", 3),
            shortfall("healing", 5),
            shortfall("aegis", 7),
        ],
        warnings: vec![
            "Anna stands in two places.".to_owned(),
            "Subgroup 4 has six players.".to_owned(),
        ],
        edited: vec!["Firebrand: stability 1 (default 3)".to_owned()],
        sure: vec![
            (
                "Seen in the game or in what guilds play",
                "Firebrand, Scourge".to_owned(),
            ),
            ("A guess to be checked", "Galeshot".to_owned()),
        ],
        roles: ROLES
            .iter()
            .take(6)
            .zip([4, 6, 4, 0, 3, 12])
            .map(|(role, have)| ShownRoleCount {
                id: role.id,
                name: role.name,
                have,
                open: have % 2,
                target: (have != 0).then_some(6),
            })
            .collect(),
        // The squad's row counts subgroups.
        spread: vec![Bar {
            name: FUNCTIONS[8].name,
            have: 4,
            target: 10,
            others: None,
        }],
        squad: bars(&FUNCTIONS[12..19], 3),
        subgroups: (1..=10).map(group).collect(),
    }
}
