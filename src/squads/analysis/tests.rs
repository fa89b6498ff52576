use super::coverage::covered;
use super::model::{Analysis, BuildFacts, Coverage, Facts, Numbered, analyze};
use crate::squads::compositions::model::{Composition, Slot, Subgroup};
use crate::squads::functions::model::FUNCTION_IDS;
use crate::squads::functions::scores::Edits;
use serde_json::json;

const FIREBRAND: u8 = 62;
const DRUID: u8 = 5;
const REAPER: u8 = 34;
const VIRTUES: u8 = 46;

/// A slot with these members.
macro_rules! slot {
    ($($member:ident: $value:expr),*) => {
        Slot { $($member: Some($value.into()),)* ..Slot::default() }
    };
}

fn plays(specialization: u8) -> Slot {
    slot!(specialization: specialization)
}

fn named(name: &str) -> Slot {
    slot!(player: name)
}

fn kept_for(role: &str) -> Slot {
    slot!(role: role)
}

fn edited(scores: &serde_json::Value) -> Facts {
    Facts {
        edits: Edits::read(scores, "", &mut Vec::new()),
        ..Facts::default()
    }
}

/// A composition of these slots.
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

fn row_of<'a>(rows: &'a [Coverage], function: &str) -> &'a Coverage {
    let row = rows.iter().find(|row| row.function == function);
    row.expect("a row for it")
}

/// The row of a function in a subgroup: sum, percent, the least that one gets from the others, and
/// how many get enough from them.
fn row(
    analysis: &Analysis<'_>,
    group: usize,
    function: &str,
) -> (u16, Option<u16>, Option<(u16, usize)>) {
    let row = row_of(&analysis.subgroups[group].coverage, function);
    let others = row.from_others.as_ref().map(|it| (it.least, it.players));
    (row.sum, row.covered, others)
}

fn texts(analysis: &Analysis<'_>) -> Vec<String> {
    let shortfalls = analysis.shortfalls.iter();
    shortfalls.map(|it| it.text.clone()).collect()
}

#[test]
fn a_subgroup_has_what_its_players_bring_and_the_others_get_less() {
    let plan = plan(vec![vec![plays(FIREBRAND), plays(DRUID), plays(REAPER)]]);
    let analysis = analyze(&plan, &Facts::default());
    assert_eq!(analysis.player_count, 3);
    assert_eq!(row(&analysis, 0, "stability"), (3, Some(100), Some((0, 2))));
    assert_eq!(row(&analysis, 0, "cleanse"), (5, Some(100), Some((2, 1))));
    assert_eq!(row(&analysis, 0, "fury"), (0, Some(0), Some((0, 0))));
    assert_eq!(row(&analysis, 0, "alacrity"), (0, None, Some((0, 0))));
    // What is done for the squad is asked of the squad: here is what this subgroup brings of it.
    assert_eq!(row(&analysis, 0, "dps_melee"), (3, None, None));
    let firebrand = &analysis.players[0];
    let place = (firebrand.pointer.as_str(), firebrand.subgroup);
    assert_eq!(place, ("/subgroups/0/slots/0", 1));
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
    let melee = row_of(&analysis.squad, "dps_melee");
    assert_eq!((melee.sum, melee.target), (9, Some(24)));
    assert_eq!(melee.covered, Some(37));
    assert!(analysis.players[0].only_source_of.contains(&"aegis"));
    let mut others = analysis.players[1..].iter();
    assert!(others.all(|it| !it.only_source_of.contains(&"dps_melee")));
    assert_eq!(codes(&analysis), ["no_stability"]);
}

/// One Firebrand covers the four others, not itself; two cover all five. It reaches no more than five.
#[test]
fn what_players_get_from_the_others_of_their_subgroup() {
    for (firebrands, others, expected) in [
        (1, 0, (0, 0)),
        (1, 1, (0, 1)),
        (1, 4, (0, 4)),
        (2, 3, (3, 5)),
        (2, 0, (3, 2)),
        (0, 5, (0, 0)),
        (1, 7, (0, 4)),
        (2, 6, (3, 5)),
        (6, 2, (15, 5)),
    ] {
        let mut slots = vec![plays(REAPER); others];
        slots.extend(vec![plays(FIREBRAND); firebrands]);
        let plan = plan(vec![slots]);
        let analysis = analyze(&plan, &Facts::default());
        let (_, _, found) = row(&analysis, 0, "stability");
        assert_eq!(found, Some(expected), "{firebrands} and {others}");
    }
    // Two that bring less than is enough each: enough for the three others, not for each other.
    let facts = edited(&json!({ "62": { "stability": 2 } }));
    let mut slots = vec![plays(REAPER); 3];
    slots.extend(vec![plays(FIREBRAND); 2]);
    let plan = plan(vec![slots]);
    let analysis = analyze(&plan, &facts);
    assert_eq!(row(&analysis, 0, "stability"), (4, Some(100), Some((2, 3))));
}

#[test]
fn the_squad_and_each_subgroup_have_a_row_for_every_function() {
    let mut plan = plan(vec![
        vec![plays(FIREBRAND), plays(FIREBRAND)],
        vec![plays(REAPER)],
        vec![],
        vec![plays(27)],
    ]);
    plan.preset = Some("gvg_15".into());
    let analysis = analyze(&plan, &Facts::default());
    assert_eq!(analysis.planned_players, 15);
    let subgroups = analysis.subgroups.iter().map(|it| &it.coverage);
    for rows in subgroups.chain([&analysis.squad]) {
        let ids: Vec<_> = rows.iter().map(|row| row.function).collect();
        assert_eq!(ids, FUNCTION_IDS);
    }
    // Six in one subgroup are no more than three there: 3 and 1 of the 9 for three subgroups.
    let stability = row_of(&analysis.squad, "stability");
    assert_eq!((stability.sum, stability.target), (7, Some(9)));
    assert_eq!(stability.covered, Some(44));
    let spread = stability.subgroups.as_ref().expect("a spread");
    assert_eq!((spread.covered, spread.worst), (1, Some(2)));
    let alacrity = row_of(&analysis.squad, "alacrity");
    assert_eq!((alacrity.target, alacrity.covered), (None, None));
    let strip = row_of(&analysis.squad, "strip");
    assert_eq!((strip.target, &strip.subgroups), (Some(6), &None));
}

#[test]
fn builds_count_as_they_are_now_and_the_roster_has_names() {
    let of = |build: &str, specialization: u8| slot!(build_id: build, profession: "Guardian", specialization: specialization);
    let mut known = of("changed", FIREBRAND);
    known.player_id = Some("player_1".into());
    let called = slot!(player: "Ben", player_id: "player_2");
    let hidden = of("hidden", FIREBRAND);
    let mut plan = plan(vec![vec![known, hidden, called, named(" anna")]]);
    let facts = Facts {
        builds: vec![build("changed", 34, 50, None)],
        players: vec![
            ("player_1".to_owned(), "Anna".to_owned()),
            ("player_2".to_owned(), "Benjamin".to_owned()),
        ],
        ..Facts::default()
    };
    facts.refresh(&mut plan);
    let analysis = analyze(&plan, &facts);
    assert_eq!(row(&analysis, 0, "stability").0, 3);
    let players = analysis.players.iter().map(|it| (it.player, it.name));
    let players: Vec<_> = players.collect();
    let expected = [
        (Some("Anna"), Some("Reaper")),
        (None, Some("Firebrand")),
        (Some("Ben"), None),
        (Some(" anna"), None),
    ];
    assert_eq!(players, expected);
    assert_eq!(codes(&analysis), ["duplicate_player", "missing_build"]);
    let twice = &analysis.warnings[0].pointers;
    assert_eq!(*twice, ["/subgroups/0/slots/0", "/subgroups/0/slots/3"]);
}

/// The roster's name counts beside what is typed at the place.
#[test]
fn a_typed_name_does_not_hide_whom_the_roster_knows() {
    let nicknamed = slot!(player: "Nan", player_id: "player_1");
    let plan = plan(vec![vec![plays(FIREBRAND), nicknamed, named("Anna")]]);
    let facts = Facts {
        players: vec![("player_1".to_owned(), "Anna".to_owned())],
        ..Facts::default()
    };
    assert_eq!(codes(&analyze(&plan, &facts)), ["duplicate_player"]);
}

#[test]
fn shortfalls_come_in_a_commanders_words_the_worst_first() {
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
    for other in ["Subgroup 1 has no stab", "lacrity"] {
        assert!(!texts.iter().any(|text| text.contains(other)));
    }
    let worst = &analysis.shortfalls[0];
    assert_eq!(
        (worst.code, worst.function, worst.subgroup, worst.importance),
        ("none_in_subgroup", Some("stability"), Some(2), 100)
    );
    let helpers = &analysis.suggestions[0];
    assert_eq!(helpers.function, "stability");
    let names: Vec<_> = helpers.specializations.iter().map(|it| it.name).collect();
    assert_eq!(names, ["Firebrand", "Luminary", "Chronomancer"]);
    let shortfalls = analysis.shortfalls.iter().rev();
    assert!(shortfalls.is_sorted_by_key(|it| it.importance));
}

#[test]
fn who_is_away_from_the_squad_needs_nothing_of_a_subgroup() {
    let mut roamers = vec![slot!(specialization: REAPER, role: "roamer"); 2];
    let analysis = plan(vec![roamers.clone()]);
    let analysis = analyze(&analysis, &Facts::default());
    assert!(analysis.shortfalls.is_empty(), "{:?}", analysis.shortfalls);
    assert!(analysis.warnings.is_empty());
    // Open places for them are no wish either.
    let open = plan(vec![vec![kept_for("scout")]]);
    assert!(analyze(&open, &Facts::default()).shortfalls.is_empty());
    roamers[0].role = None;
    let analysis = plan(vec![roamers]);
    let analysis = analyze(&analysis, &Facts::default());
    assert_eq!(codes(&analysis), ["no_stability"]);
}

#[test]
fn roles_are_counted_against_the_preset() {
    let support = slot!(specialization: FIREBRAND, role: "primary_support");
    let mut plan = plan(vec![vec![support, kept_for("strip"), plays(REAPER)]]);
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
    assert!(analysis.shortfalls.iter().all(|it| it.role.is_none()));
}

#[test]
fn open_places_are_no_players() {
    let analysis = plan(vec![vec![plays(FIREBRAND), Slot::default()], vec![]]);
    let analysis = analyze(&analysis, &Facts::default());
    assert_eq!(analysis.player_count, 1);
    assert_eq!(codes(&analysis), ["open_slots"]);
    assert_eq!(analysis.warnings[0].pointers, ["/subgroups/0/slots/1"]);
    assert_eq!(analysis.players.len(), 1);
    // What is planned lacks what it is planned to have, so that nobody brings a shortfall by coming.
    let worst = &analysis.shortfalls[0];
    let place = (worst.function, worst.subgroup);
    assert_eq!(place, (Some("stability"), Some(2)));
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
        specialization: u8::try_from(specialization).ok(),
        weapons: Some(vec![Numbered { id: weapon }, Numbered { id: 90 }]),
    }
}

#[test]
fn warnings_of_builds() {
    let of = |id: &str| slot!(build_id: id, specialization: FIREBRAND);
    let plan = plan(vec![
        "old new gone unknown bow".split(' ').map(of).collect(),
    ]);
    let axe = 5;
    let mut facts = Facts {
        builds: vec![
            build("old", 62, axe, Some(99)),
            build("new", 62, axe, Some(100)),
            build("unknown", 62, axe, None),
            build("bow", 62, 35, Some(100)),
        ],
        balance_build: Some(100),
        ..Facts::default()
    };
    let analysis = analyze(&plan, &facts);
    let warnings = analysis.warnings.iter();
    let found: Vec<_> = warnings
        .map(|it| (it.code, it.pointers[0].as_str()))
        .collect();
    let expected = [
        ("stale_build", "/subgroups/0/slots/0/build_id"),
        ("missing_build", "/subgroups/0/slots/2/build_id"),
        ("unknown_game_build", "/subgroups/0/slots/3/build_id"),
        ("weapon_gating", "/subgroups/0/slots/4/build_id"),
    ];
    assert_eq!(found, expected);
    for (place, words) in [(0, "(build 100 of the game)"), (3, "of Dragonhunter,")] {
        assert!(analysis.warnings[place].text.contains(words));
    }
    facts.balance_build = None;
    let left = ["missing_build", "weapon_gating"];
    assert_eq!(codes(&analyze(&plan, &facts)), left);
}

#[test]
fn the_answer_says_where_its_scores_come_from() {
    let said = json!({ "62": { "stability": 1 }, "46": { "heal": 2 }, "81": { "strip": 3 } });
    let plan = plan(vec![vec![plays(FIREBRAND), plays(VIRTUES), plays(DRUID)]]);
    let analysis = analyze(&plan, &edited(&said));
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
    let specializations = &strip.expect("strip").specializations;
    let names: Vec<_> = specializations.iter().map(|it| it.name).collect();
    assert_eq!(names, ["Spellbreaker", "Untamed", "Luminary"]);
}

#[test]
fn percent() {
    for (sum, target, expected) in [(0, 3, 0), (1, 3, 33), (3, 3, 100), (9, 3, 100), (0, 0, 100)] {
        assert_eq!(covered(sum, target), expected);
    }
}

mod properties;
