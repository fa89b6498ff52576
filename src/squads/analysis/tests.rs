use proptest::prelude::*;

use super::coverage::{self, Tally, covered};
use super::model::{Analysis, BuildFacts, Facts, Numbered, analyze};
use super::{lacks, warnings};
use crate::game::model::{ROLES, SPECIALIZATIONS};
use crate::squads::compositions::model::{Composition, Slot, Subgroup};
use crate::squads::functions::model::{FUNCTION_IDS, FUNCTIONS, Kind};
use crate::squads::functions::scores::Edits;
use serde_json::json;

const FIREBRAND: u8 = 62;
const DRUID: u8 = 5;
const REAPER: u8 = 34;
const VIRTUES: u8 = 46;

fn plays(specialization: u8) -> Slot {
    Slot {
        specialization: Some(specialization),
        ..Slot::default()
    }
}

fn named(name: &'static str) -> Slot {
    Slot {
        player: Some(name.into()),
        ..Slot::default()
    }
}

/// A composition of these places.
pub(crate) fn plan(subgroups: Vec<Vec<Slot>>) -> Composition {
    let mut plan: Composition =
        serde_json::from_str(include_str!("../compositions/composition.example.json"))
            .expect("the example");
    plan.preset = None;
    let subgroups = subgroups.into_iter().map(|slots| Subgroup {
        name: String::new(),
        slots,
    });
    plan.subgroups = subgroups.collect();
    plan
}

fn codes(analysis: &Analysis<'_>) -> Vec<&'static str> {
    analysis.warnings.iter().map(|it| it.code).collect()
}

/// The row of a function in a subgroup: sum, percent, and what the others get at least.
fn row(analysis: &Analysis<'_>, group: usize, function: &str) -> (u16, Option<u16>, Option<u16>) {
    let rows = &analysis.subgroups[group].coverage;
    let row = rows.iter().find(|row| row.function == function);
    let row = row.expect("a row for it");
    (row.sum, row.covered, row.of_the_other_four)
}

fn texts(analysis: &Analysis<'_>) -> Vec<String> {
    analysis.lacks.iter().map(|it| it.text.clone()).collect()
}

#[test]
fn a_subgroup_has_what_its_players_bring_and_the_others_get_less() {
    let plan = plan(vec![vec![plays(FIREBRAND), plays(DRUID), plays(REAPER)]]);
    let analysis = analyze(&plan, &Facts::default());
    assert_eq!(analysis.player_count, 3);
    assert_eq!(row(&analysis, 0, "stability"), (3, Some(100), Some(0)));
    assert_eq!(row(&analysis, 0, "cleanse"), (5, Some(100), Some(2)));
    assert_eq!(row(&analysis, 0, "fury"), (0, Some(0), Some(0)));
    assert_eq!(row(&analysis, 0, "alacrity"), (0, None, Some(0)));
    let firebrand = &analysis.players[0];
    assert_eq!(
        (firebrand.pointer.as_str(), firebrand.subgroup),
        ("/subgroups/0/slots/0", 1)
    );
    assert!(firebrand.only_source_of.contains(&"stability"));
    assert!(!firebrand.only_source_of.contains(&"heal"));
    assert!(analysis.players[2].only_source_of.contains(&"corrupt"));
}

#[test]
fn allies_of_other_subgroups_get_nothing_and_the_squad_gets_all() {
    let plan = plan(vec![
        vec![plays(FIREBRAND), plays(REAPER)],
        vec![plays(REAPER), plays(REAPER)],
    ]);
    let analysis = analyze(&plan, &Facts::default());
    assert_eq!(row(&analysis, 1, "stability").0, 0);
    let melee = analysis.squad.iter().find(|it| it.function == "dps_melee");
    let melee = melee.expect("a row");
    assert_eq!((melee.sum, melee.target), (9, Some(4)));
    assert_eq!(melee.covered, Some(100));
    assert!(analysis.players[0].only_source_of.contains(&"aegis"));
    assert!(
        analysis.players[1..]
            .iter()
            .all(|player| !player.only_source_of.contains(&"dps_melee"))
    );
    assert_eq!(codes(&analysis), ["no_stability"]);
}

#[test]
fn lacks_come_in_a_commanders_words_the_worst_first() {
    let firebrand = || plays(FIREBRAND);
    let plan = plan(vec![
        vec![firebrand(), plays(DRUID)],
        vec![plays(REAPER), plays(REAPER)],
        vec![plays(27), plays(REAPER)],
    ]);
    let analysis = analyze(&plan, &Facts::default());
    let texts = texts(&analysis);
    let first = "Subgroup 2 has no stability: put a Firebrand or Luminary there.";
    assert_eq!(texts[0], first);
    let low = "Subgroup 3 is short of stability (1 of 3): put a Firebrand or Luminary there.";
    assert!(texts.iter().any(|text| text == low), "{texts:#?}");
    assert!(
        !texts
            .iter()
            .any(|text| text.starts_with("Subgroup 1 has no stab"))
    );
    assert!(!texts.iter().any(|text| text.contains("lacrity")));
    let worst = &analysis.lacks[0];
    assert_eq!(
        (worst.code, worst.function, worst.subgroup, worst.importance),
        ("none_in_subgroup", Some("stability"), Some(2), 100)
    );
    let helpers = &analysis.suggestions[0];
    assert_eq!(helpers.function, "stability");
    let names: Vec<_> = helpers.specializations.iter().map(|it| it.name).collect();
    assert_eq!(names, ["Firebrand", "Luminary", "Chronomancer"]);
    assert!(
        analysis
            .lacks
            .is_sorted_by(|a, b| a.importance >= b.importance)
    );
}

#[test]
fn who_is_away_from_the_squad_needs_nothing_of_a_subgroup() {
    let mut roamers = vec![plays(REAPER), plays(REAPER)];
    for slot in &mut roamers {
        slot.role = Some("roamer".into());
    }
    let analysis = plan(vec![roamers.clone()]);
    let analysis = analyze(&analysis, &Facts::default());
    assert!(analysis.lacks.is_empty(), "{:?}", analysis.lacks);
    assert!(analysis.warnings.is_empty());
    roamers[0].role = None;
    let analysis = plan(vec![roamers]);
    assert_eq!(
        codes(&analyze(&analysis, &Facts::default())),
        ["no_stability"]
    );
}

#[test]
fn roles_are_counted_against_the_preset() {
    let mut support = plays(FIREBRAND);
    support.role = Some("primary_support".into());
    let kept = Slot {
        role: Some("strip".into()),
        ..Slot::default()
    };
    let mut plan = plan(vec![vec![support, kept, plays(REAPER)]]);
    plan.preset = Some("gvg_15".into());
    let analysis = analyze(&plan, &Facts::default());
    let count = |role: &str| {
        let found = analysis.roles.counts.iter().find(|it| it.role == role);
        found.map(|it| (it.have, it.open, it.target, it.missing))
    };
    assert_eq!(analysis.roles.preset, Some("gvg_15"));
    assert_eq!(count("primary_support"), Some((1, 0, Some(3), 2)));
    assert_eq!(count("strip"), Some((0, 1, Some(1), 1)));
    assert_eq!(count("none"), Some((1, 0, None, 0)));
    assert_eq!(count("scout"), None);
    let text = "Primary support: the preset asks for 3, there is 1. Find 2 more.";
    assert!(texts(&analysis).iter().any(|it| it == text));
    plan.preset = None;
    let analysis = analyze(&plan, &Facts::default());
    assert!(analysis.lacks.iter().all(|lack| lack.role.is_none()));
}

#[test]
fn open_places_are_no_players() {
    let analysis = plan(vec![vec![plays(FIREBRAND), Slot::default()], vec![]]);
    let analysis = analyze(&analysis, &Facts::default());
    assert_eq!(analysis.player_count, 1);
    assert_eq!(codes(&analysis), ["open_slots"]);
    assert_eq!(analysis.warnings[0].pointers, ["/subgroups/0/slots/1"]);
    assert_eq!(analysis.players.len(), 1);
    // An empty subgroup lacks nothing.
    assert!(analysis.lacks.iter().all(|it| it.subgroup != Some(2)));
    let nobody = plan(vec![vec![Slot::default()]]);
    assert!(analyze(&nobody, &Facts::default()).lacks.is_empty());
}

#[test]
fn warnings_of_subgroups_and_names() {
    let mut six: Vec<_> = (0..5).map(|_| plays(FIREBRAND)).collect();
    six.push(named("Änna"));
    let plan = plan(vec![
        six,
        vec![named(" äNNA "), plays(FIREBRAND), named("Ben")],
    ]);
    let analysis = analyze(&plan, &Facts::default());
    assert_eq!(codes(&analysis), ["subgroup_over_five", "duplicate_player"]);
    assert_eq!(analysis.warnings[0].pointers, ["/subgroups/0"]);
    let places = ["/subgroups/0/slots/5", "/subgroups/1/slots/0"];
    assert_eq!(analysis.warnings[1].pointers, places);
}

fn build(id: &str, specialization: u16, weapon: u16, game_build: Option<i64>) -> BuildFacts {
    BuildFacts {
        id: id.to_owned(),
        profession: "Guardian".to_owned(),
        game_build,
        elite: Some(specialization),
        weapons: Some(vec![Numbered { id: weapon }, Numbered { id: 90 }]),
    }
}

#[test]
fn warnings_of_builds() {
    let of = |id: &'static str| Slot {
        build_id: Some(id.into()),
        ..plays(FIREBRAND)
    };
    let plan = plan(vec![vec![
        of("old"),
        of("new"),
        of("gone"),
        of("unknown"),
        of("bow"),
    ]]);
    let axe = 5;
    let mut facts = Facts {
        builds: vec![
            build("old", 62, axe, Some(99)),
            build("new", 62, axe, Some(100)),
            build("unknown", 62, axe, None),
            build("bow", 62, 35, None),
        ],
        balance_build: Some(100),
        ..Facts::default()
    };
    let analysis = analyze(&plan, &facts);
    let found: Vec<_> = analysis
        .warnings
        .iter()
        .map(|it| (it.code, it.pointers[0].as_str()))
        .collect();
    let expected = [
        ("stale_build", "/subgroups/0/slots/0/build_id"),
        ("missing_build", "/subgroups/0/slots/2/build_id"),
        ("weapon_gating", "/subgroups/0/slots/4/build_id"),
    ];
    assert_eq!(found, expected);
    assert!(analysis.warnings[2].text.contains("of Dragonhunter,"));
    facts.balance_build = None;
    assert_eq!(
        codes(&analyze(&plan, &facts)),
        ["missing_build", "weapon_gating"]
    );
}

#[test]
fn the_answer_says_where_its_scores_come_from() {
    let said = json!({ "62": { "stability": 1 }, "46": { "heal": 2 }, "81": { "strip": 3 } });
    let edits = Edits::read(&said, "", &mut Vec::new());
    let plan = plan(vec![vec![plays(FIREBRAND), plays(VIRTUES), plays(DRUID)]]);
    let facts = Facts {
        edits,
        ..Facts::default()
    };
    let analysis = analyze(&plan, &facts);
    assert_eq!(row(&analysis, 0, "stability").0, 1);
    assert_eq!(
        serde_json::to_value(&analysis.scores).expect("JSON"),
        json!([
            { "specialization": 5, "name": "Druid", "confidence": "A", "edited": [] },
            { "specialization": 46, "name": "Virtues", "confidence": null,
              "edited": [{ "function": "heal", "default": 0, "score": 2 }] },
            { "specialization": 62, "name": "Firebrand", "confidence": "A",
              "edited": [{ "function": "stability", "default": 3, "score": 1 }] },
        ])
    );
    // What the team says of others counts for what it is told to bring.
    let mut helpers = analysis.suggestions.iter();
    let strip = helpers.find(|it| it.function == "strip");
    let names = strip.map(|it| {
        it.specializations
            .iter()
            .map(|it| it.name)
            .collect::<Vec<_>>()
    });
    assert_eq!(names, Some(vec!["Spellbreaker", "Untamed", "Luminary"]));
}

#[test]
fn percent() {
    for (sum, target, expected) in [(0, 3, 0), (1, 3, 33), (3, 3, 100), (9, 3, 100), (0, 0, 100)] {
        assert_eq!(covered(sum, target), expected);
    }
}

/// A place: open, with a player only, or with a specialization.
fn any_slot() -> impl Strategy<Value = Slot> {
    let role = prop::option::of(0..ROLES.len());
    let specialization = prop::option::of(0..SPECIALIZATIONS.len());
    (role, specialization, any::<bool>()).prop_map(|(role, specialization, has_name)| Slot {
        role: role.map(|index| ROLES[index].id.into()),
        specialization: specialization.map(|index| SPECIALIZATIONS[index].id),
        player: has_name.then(|| "Anna".into()),
        ..Slot::default()
    })
}

fn any_plan() -> impl Strategy<Value = Composition> {
    let subgroup = prop::collection::vec(any_slot(), 0..8);
    prop::collection::vec(subgroup, 1..6).prop_map(plan)
}

fn any_facts() -> impl Strategy<Value = Facts> {
    let edit = (0..SPECIALIZATIONS.len(), 0..FUNCTION_IDS.len(), 0u8..4);
    prop::collection::vec(edit, 0..20).prop_map(|edits| {
        let mut said = json!({});
        for (specialization, function, score) in edits {
            let id = SPECIALIZATIONS[specialization].id.to_string();
            said[id][FUNCTION_IDS[function]] = json!(score);
        }
        Facts {
            edits: Edits::read(&said, "", &mut Vec::new()),
            ..Facts::default()
        }
    })
}

/// All rows of the subgroups: sum, percent and what the others get.
fn party(analysis: &Analysis<'_>) -> Vec<[u16; 3]> {
    let rows = analysis.subgroups.iter().flat_map(|it| &it.coverage);
    rows.map(|it| {
        [
            it.sum,
            it.covered.unwrap_or(0),
            it.of_the_other_four.unwrap_or(0),
        ]
    })
    .collect()
}

fn squad_sums(analysis: &Analysis<'_>) -> Vec<u16> {
    analysis.squad.iter().map(|it| it.sum).collect()
}

/// The numbers alone: what does not speak of places.
fn numbers(analysis: &Analysis<'_>) -> String {
    let lacks = &analysis.lacks;
    let counts = &analysis.roles.counts;
    format!(
        "{:?} {:?} {lacks:?} {counts:?}",
        party(analysis),
        analysis.squad
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn order_within_a_subgroup_changes_nothing(
        before in any_plan(), facts in any_facts(), seed in any::<u64>(),
    ) {
        let mut after = before.clone();
        for subgroup in &mut after.subgroups {
            let count = subgroup.slots.len();
            subgroup.slots.rotate_left(usize::try_from(seed % 97).expect("small") % count.max(1));
            if seed % 2 == 0 {
                subgroup.slots.reverse();
            }
        }
        prop_assert_eq!(
            numbers(&analyze(&before, &facts)),
            numbers(&analyze(&after, &facts))
        );
    }

    #[test]
    fn one_more_player_never_takes_anything_away(
        before in any_plan(), facts in any_facts(), added in any_slot(), at in any::<prop::sample::Index>(),
    ) {
        let mut after = before.clone();
        let group = at.index(after.subgroups.len());
        after.subgroups[group].slots.push(added);
        let (less, more) = (analyze(&before, &facts), analyze(&after, &facts));
        for (less, more) in party(&less).iter().zip(party(&more)) {
            prop_assert!(less.iter().zip(more).all(|(less, more)| *less <= more));
        }
        // The percentages of the squad may fall: its targets grow with it.
        for (less, more) in squad_sums(&less).iter().zip(squad_sums(&more)) {
            prop_assert!(*less <= more);
        }
        // And without them all is as it was.
        after.subgroups[group].slots.pop();
        prop_assert_eq!(numbers(&less), numbers(&analyze(&after, &facts)));
    }

    #[test]
    fn the_sum_of_the_parts_is_the_whole(plan in any_plan(), facts in any_facts()) {
        let analysis = analyze(&plan, &facts);
        for (index, function) in FUNCTIONS.iter().enumerate() {
            let of_players: u16 = analysis.players.iter().map(|it| u16::from(it.adds[index])).sum();
            let rows: Vec<_> = match function.kind {
                Kind::Party => analysis.subgroups.iter().flat_map(|it| &it.coverage).collect(),
                Kind::Squad => analysis.squad.iter().collect(),
            };
            let of_rows: u16 = rows
                .iter()
                .filter(|it| it.function == function.id)
                .map(|it| it.sum)
                .sum();
            prop_assert_eq!(of_players, of_rows);
        }
        let counts = analysis.roles.counts.iter();
        prop_assert_eq!(counts.map(|it| usize::from(it.have)).sum::<usize>(), analysis.player_count);
    }
}

/// How long `act` takes.
// It measures this machine: no clock that can be moved would do.
#[allow(clippy::disallowed_methods)]
fn time_of<T>(what: &str, mut act: impl FnMut() -> T) {
    let rounds = 100;
    let mean = |_| {
        let start = std::time::Instant::now();
        for _ in 0..rounds {
            std::hint::black_box(act());
        }
        start.elapsed() / rounds
    };
    // The least of the means: others use the machine too.
    println!("{what}: {:?}", (0..20).map(mean).min());
}

/// Run it with `cargo test --release --lib -- --ignored --nocapture fifty_players`.
#[test]
#[ignore = "a measurement"]
fn time_of_fifty_players() {
    let specializations = SPECIALIZATIONS.iter().filter(|it| it.elite).cycle();
    let mut all = specializations.map(|it| plays(it.id));
    let groups = (0..10).map(|_| all.by_ref().take(5).collect()).collect();
    let plan = plan(groups);
    let facts = Facts::default();
    let analysis = analyze(&plan, &facts);
    let tally = Tally::of(&plan, &facts.edits);
    let roles = coverage::roles(&plan);
    let json = || serde_json::to_string(&analysis).expect("JSON");
    println!("lacks: {}, bytes: {}", analysis.lacks.len(), json().len());
    time_of("adding up", || Tally::of(&plan, &facts.edits));
    time_of("coverage", || coverage::subgroups(&plan, &tally));
    time_of("players", || coverage::players(&plan, &tally));
    time_of("lacks", || lacks::find(&tally, &roles, &facts.edits));
    time_of("warnings", || warnings::find(&plan, &tally, &facts));
    time_of("all", || analyze(&plan, &facts));
    time_of("JSON", json);
}
