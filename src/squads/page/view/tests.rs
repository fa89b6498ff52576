use super::*;
use crate::squads::page::sample;

#[test]
fn steps_are_all_or_nothing_only_when_it_is_so() {
    for (have, target, step, word) in [
        (0, 5, 0, "none"),
        (1, 100, 5, "short"),
        (2, 5, 40, "short"),
        (99, 100, 95, "short"),
        (5, 5, 100, "enough"),
        (9, 5, 100, "enough"),
    ] {
        let bar = Bar {
            name: "Stability",
            have,
            target,
            others: None,
        };
        assert_eq!((bar.step(), bar.word()), (step, word), "{have} of {target}");
    }
}

#[test]
fn the_summary_names_the_worst_three() {
    let mut view = sample::full();
    for (shortfalls, players, expected) in [
        (
            4,
            48,
            "48 players, Zerg. Lacks stability in subgroup 2, cleanse in subgroup 3, healing in subgroup 5 and 1 more.",
        ),
        (1, 1, "1 player, Zerg. Lacks stability in subgroup 2."),
        (0, 1, "1 player, Zerg. Lacks nothing."),
        (0, 0, "0 players, Zerg."),
    ] {
        view.shortfalls.truncate(shortfalls);
        view.players = players;
        assert_eq!(view.summary(), expected);
    }
}

#[test]
fn what_is_too_long_ends_in_an_ellipsis() {
    for (text, most, expected) in [
        ("Anna", 4, "Anna"),
        ("Anna", 3, "Ann…"),
        ("語語語", 9, "語語語"),
        ("語語語", 8, "語語…"),
        ("<<<", 15, "<<<"),
        ("<<<", 14, "<<…"),
        ("one two", 5, "one t…"),
        ("one two", 4, "one…"),
        ("", 0, ""),
    ] {
        assert_eq!(clip(text, most), expected, "{text} {most}");
    }
}

/// Written for people to look at: `WVW_LOOK=<folder> cargo test --lib look`.
#[test]
fn the_full_page_and_its_files_stay_below_100_kb() {
    let html = sample::full().html().expect("a page");
    let files = [
        include_str!("../../../../docs/site/squad.css"),
        include_str!("../../../../docs/site/squad.js"),
    ];
    let size = html.len() + files.iter().map(|file| file.len()).sum::<usize>();
    assert!(size < 100_000, "{size}");
    assert!(!html.contains("style="), "the policy would refuse it");
    if let Ok(folder) = std::env::var("WVW_LOOK") {
        std::fs::write(format!("{folder}/page.html"), html).expect("written");
        let card = crate::squads::page::card::draw(&sample::full());
        std::fs::write(format!("{folder}/card.png"), card).expect("written");
    }
}
