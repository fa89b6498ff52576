//! What is missing, in the words of commanders.
//! Promises the most important first, and one order for equals.
//! Leaves what is merely odd to `warnings`.

use crate::game::model::{SPECIALIZATIONS, role_by_id};
use crate::squads::functions::model::{
    Confidence, FUNCTION_COUNT, FUNCTIONS, Kind, defaults_of, name_of,
};
use crate::squads::functions::scores::Edits;

use super::coverage::{NO_ROLE, Sums, Tally, of_kind};
use super::model::{Lack, RoleCount, Roles, Suggestion};

/// How many specializations are named.
const SUGGESTIONS: usize = 3;
/// How many of them the text names.
const NAMED: usize = 2;
/// What weighs less is not mentioned unless more than half of it is missing.
const ALWAYS_MENTIONED: u16 = 5;
/// What a missing player of a preset weighs.
const ROLE_WEIGHT: u16 = 6;

/// All that is missing.
pub fn find(tally: &Tally, roles: &Roles, edits: &Edits) -> Vec<Lack> {
    // The same function is missing in many subgroups: who brings it is asked once.
    let mut helpers: [Option<Vec<Suggestion>>; FUNCTION_COUNT] = [const { None }; FUNCTION_COUNT];
    let mut lacks = Vec::new();
    let mut look = |function: usize, sums: &Sums, subgroup: Option<usize>| {
        let Some(short) = Short::of(function, sums) else {
            return;
        };
        let helpers = helpers[function].get_or_insert_with(|| suggestions(function, edits));
        lacks.push(short.lack(function, subgroup, helpers));
    };
    for (index, sums) in tally.subgroups.iter().enumerate() {
        if sums.present > 0 {
            of_kind(Kind::Party).for_each(|function| look(function, sums, Some(index + 1)));
        }
    }
    if tally.squad.present > 0 {
        of_kind(Kind::Squad).for_each(|function| look(function, &tally.squad, None));
    }
    lacks.extend(roles.counts.iter().filter_map(missing_role));
    // Stable: equals stay in the order of subgroups and of the table.
    lacks.sort_by_key(|lack| std::cmp::Reverse(lack.importance));
    lacks
}

struct Short {
    sum: u16,
    target: u16,
    importance: u16,
}

/// From 1 to ten times the weight: how much of the target is missing.
fn importance(weight: u16, have: u16, target: u16) -> u16 {
    let missing = target.saturating_sub(have);
    (weight * 10 * missing)
        .checked_div(target)
        .unwrap_or(0)
        .max(1)
}

impl Short {
    fn of(function: usize, sums: &Sums) -> Option<Self> {
        let target = FUNCTIONS[function].target_for(sums.players)?;
        let (sum, weight) = (sums.sum(function), FUNCTIONS[function].weight);
        let is_mentioned = sum < target && (weight >= ALWAYS_MENTIONED || sum * 2 < target);
        is_mentioned.then(|| Self {
            sum,
            target,
            importance: importance(weight, sum, target),
        })
    }

    fn lack(&self, function: usize, subgroup: Option<usize>, helpers: &[Suggestion]) -> Lack {
        let Self { sum, target, .. } = *self;
        let what = FUNCTIONS[function].name.to_lowercase();
        let place = subgroup.map_or_else(|| "The squad".to_owned(), |n| format!("Subgroup {n}"));
        let have = if sum == 0 {
            format!("{place} has no {what}")
        } else {
            format!("{place} is short of {what} ({sum} of {target})")
        };
        let who = choice(helpers);
        let text = match (who.is_empty(), subgroup) {
            (true, _) => format!("{have}."),
            (false, Some(_)) => format!("{have}: put {who} there."),
            (false, None) => format!("{have}: bring {who}."),
        };
        let code = match (subgroup, sum) {
            (Some(_), 0) => "none_in_subgroup",
            (Some(_), _) => "low_in_subgroup",
            (None, 0) => "none_in_squad",
            (None, _) => "low_in_squad",
        };
        Lack {
            code,
            function: Some(FUNCTIONS[function].id),
            role: None,
            subgroup,
            importance: self.importance,
            have: sum,
            target,
            text,
            suggestions: helpers.to_vec(),
        }
    }
}

/// "a Firebrand or Luminary".
fn choice(helpers: &[Suggestion]) -> String {
    let names: Vec<&str> = helpers
        .iter()
        .take(NAMED)
        .map(|helper| helper.name)
        .collect();
    let Some(first) = names.first() else {
        return String::new();
    };
    let article = if first.starts_with(['A', 'E', 'I', 'O', 'U']) {
        "an"
    } else {
        "a"
    };
    format!("{article} {}", names.join(" or "))
}

/// Who brings a function best: those with the greatest score, and those with one less.
fn suggestions(function: usize, edits: &Edits) -> Vec<Suggestion> {
    let mut ranked: Vec<(u8, Confidence, u8)> = SPECIALIZATIONS
        .iter()
        .filter_map(|known| {
            let score = edits.scores_of(known.id)[function];
            // The team's own word counts as much as what was seen.
            let confidence = defaults_of(known.id).map_or(Confidence::A, |row| row.confidence);
            (score > 0).then_some((score, confidence, known.id))
        })
        .collect();
    ranked.sort_by_key(|(score, confidence, id)| (std::cmp::Reverse(*score), *confidence, *id));
    let best = ranked.first().map_or(0, |(score, _, _)| *score);
    ranked
        .into_iter()
        .take_while(|(score, _, _)| *score + 1 >= best)
        .take(SUGGESTIONS)
        .map(|(score, _, id)| Suggestion {
            specialization: id,
            name: name_of(id),
            score,
        })
        .collect()
}

fn missing_role(count: &RoleCount) -> Option<Lack> {
    let target = count
        .target
        .filter(|_| count.missing > 0 && count.role != NO_ROLE)?;
    let RoleCount {
        role,
        have,
        missing,
        ..
    } = *count;
    let name = role_by_id(role).map_or(role, |role| role.name);
    let there = if have == 1 { "is" } else { "are" };
    Some(Lack {
        code: "role_short",
        function: None,
        role: Some(role),
        subgroup: None,
        importance: importance(ROLE_WEIGHT, have, target),
        have,
        target,
        text: format!(
            "{name}: the preset asks for {target}, there {there} {have}. Find {missing} more."
        ),
        suggestions: Vec::new(),
    })
}
