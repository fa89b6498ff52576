//! Properties of analyses for any squad: what order, one more player and the whole may change. Squads of
//! every mode and preset are tried, with any team's scores. Single figures and words are tested in the
//! parent module.

use proptest::prelude::*;
use serde_json::json;

use super::{plan, plays, row_of};
use crate::game::model::{ROLES, SPECIALIZATIONS};
use crate::squads::analysis::coverage::{self, CoverageTally};
use crate::squads::analysis::model::{Analysis, Facts, analyze};
use crate::squads::analysis::{shortfalls, warnings};
use crate::squads::compositions::model::{Composition, MODES, Slot, Subgroup};
use crate::squads::functions::model::{FUNCTION_IDS, FUNCTIONS};
use crate::squads::functions::scores::Edits;
use crate::squads::presets;

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

/// A plan for any mode and preset.
fn any_squad() -> impl Strategy<Value = Composition> {
    let preset = prop::option::of(0..presets::IDS.len());
    (any_plan(), 0..MODES.len(), preset).prop_map(|(mut plan, mode, preset)| {
        MODES[mode].clone_into(&mut plan.mode);
        plan.preset = preset.map(|index| presets::IDS[index].to_owned());
        plan
    })
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

/// Every figure of coverage, in an order that more places do not change: of each row the sum, the
/// percent, what the others get and to how many, and the subgroups that are covered.
fn figures(analysis: &Analysis<'_>) -> Vec<[usize; 5]> {
    let rows = analysis.squad.iter();
    let rows = rows.chain(analysis.subgroups.iter().flat_map(|it| &it.coverage));
    rows.map(|it| {
        let others = it.from_others.as_ref();
        [
            it.sum.into(),
            it.covered.unwrap_or(0).into(),
            others.map_or(0, |it| it.least.into()),
            others.map_or(0, |it| it.players),
            it.subgroups.as_ref().map_or(0, |it| it.covered),
        ]
    })
    .collect()
}

/// What a shortfall is of, whatever it says.
fn missing(analysis: &Analysis<'_>) -> Vec<(Option<&'static str>, Option<&'static str>, usize)> {
    let shortfalls = analysis.shortfalls.iter();
    let shortfalls = shortfalls.map(|it| (it.function, it.role, it.subgroup.unwrap_or(0)));
    shortfalls.collect()
}

fn is_away(slot: &Slot) -> bool {
    matches!(slot.role.as_deref(), Some("roamer" | "scout"))
}

/// The numbers alone: what does not speak of places.
fn numbers(analysis: &Analysis<'_>) -> String {
    let shortfalls = &analysis.shortfalls;
    let counts = &analysis.roles.counts;
    format!("{:?} {shortfalls:?} {counts:?}", figures(analysis))
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

    /// At a place of their own, in a subgroup of their own, or at an open place.
    #[test]
    fn one_more_player_never_takes_anything_away(
        before in any_squad(), facts in any_facts(), added in any_slot(),
        at in any::<prop::sample::Index>(), way in 0..3,
    ) {
        let mut after = before.clone();
        let group = at.index(after.subgroups.len());
        let is_away = is_away(&added);
        let slots = &mut after.subgroups[group].slots;
        let open = slots.iter().position(Slot::is_open);
        match (way, open) {
            (0, Some(open)) => slots[open] = Slot { role: slots[open].role.clone(), ..added },
            (1, _) => after.subgroups.push(Subgroup { name: String::new(), slots: vec![added] }),
            _ => slots.push(added),
        }
        let (less, more) = (analyze(&before, &facts), analyze(&after, &facts));
        for (less, more) in figures(&less).iter().zip(figures(&more)) {
            prop_assert!(less.iter().zip(more).all(|(less, more)| *less <= more));
        }
        // Nothing is asked of roamers and scouts alone; the first of the squad among them begins it.
        let asked = |plan: &Composition| {
            let tally = CoverageTally::of(plan, &facts.edits);
            let subgroups = tally.subgroups.iter().take(before.subgroups.len());
            std::iter::once(&tally.squad).chain(subgroups).map(|it| it.needs).collect::<Vec<_>>()
        };
        let asked_before = asked(&before);
        if is_away || way == 0 && open.is_some() {
            prop_assert!(asked(&after).iter().zip(&asked_before).all(|(after, before)| after <= before));
        }
        let known = missing(&less);
        let was_asked = |shortfall: &(_, _, usize)| asked_before.get(shortfall.2).is_some_and(|asked| *asked);
        for shortfall in missing(&more).iter().filter(|shortfall| was_asked(shortfall)) {
            prop_assert!(known.contains(shortfall), "{shortfall:?}");
        }
    }

    #[test]
    fn the_sum_of_the_parts_is_the_whole(plan in any_plan(), facts in any_facts()) {
        let analysis = analyze(&plan, &facts);
        for (index, function) in FUNCTIONS.iter().enumerate() {
            let of_players: u16 = analysis.players.iter().map(|it| u16::from(it.adds[index])).sum();
            let of_subgroups: u16 = analysis.subgroups.iter()
                .map(|it| row_of(&it.coverage, function.id).sum)
                .sum();
            prop_assert_eq!(of_players, of_subgroups);
            prop_assert_eq!(of_players, row_of(&analysis.squad, function.id).sum);
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
    let tally = CoverageTally::of(&plan, &facts.edits);
    let roles = coverage::roles(&plan);
    let json = || serde_json::to_string(&analysis).expect("JSON");
    println!(
        "shortfalls: {}, bytes: {}",
        analysis.shortfalls.len(),
        json().len()
    );
    time_of("adding up", || CoverageTally::of(&plan, &facts.edits));
    time_of("coverage", || coverage::subgroups(&plan, &tally));
    time_of("players", || coverage::players(&plan, &tally));
    time_of("shortfalls", || {
        shortfalls::find(&tally, 30, &roles, &facts.edits)
    });
    time_of("warnings", || warnings::find(&plan, &tally, &facts));
    time_of("all", || analyze(&plan, &facts));
    time_of("JSON", json);
}
