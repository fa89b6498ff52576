//! What is missing, in words that commanders use. The most important comes first, and ties have a fixed
//! order. `warnings` reports what is merely odd.

use crate::game::model::{SPECIALIZATIONS, role_by_id};
use crate::squads::functions::model::{
    Confidence, FUNCTION_COUNT, FUNCTIONS, FunctionKind, defaults_of, name_of,
};
use crate::squads::functions::scores::Edits;

use super::coverage::{CoverageTally, NO_ROLE, Sums, of_kind};
use super::model::{RoleCount, Roles, Shortfall, Suggestion, Suggestions};

/// Suggested specializations, at most.
const SUGGESTIONS: usize = 3;
/// Of these, how many the text names.
const NAMED: usize = 2;
/// Functions of less weight are reported only when more than half is missing.
const ALWAYS_MENTIONED: u16 = 5;
/// The weight of a missing player of a preset.
const ROLE_WEIGHT: u16 = 6;

/// All shortfalls, and the specializations that would fill them.
pub fn find(
    tally: &CoverageTally,
    planned: usize,
    roles: &Roles,
    edits: &Edits,
) -> (Vec<Shortfall>, Vec<Suggestions>) {
    // A function may be missing in many subgroups: its helpers are computed once.
    let mut helpers: [Option<Helpers>; FUNCTION_COUNT] = [const { None }; FUNCTION_COUNT];
    let mut shortfalls = Vec::new();
    let mut look = |function: usize, sums: &Sums, target, subgroup: Option<usize>| {
        if let Some(short) = Short::of(function, sums, target) {
            let helpers = helpers[function].get_or_insert_with(|| Helpers::of(function, edits));
            shortfalls.push(short.shortfall(function, subgroup, helpers));
        }
    };
    for (index, sums) in tally.subgroups.iter().enumerate() {
        if sums.needs {
            of_kind(FunctionKind::Party).for_each(|function| {
                look(function, sums, FUNCTIONS[function].target, Some(index + 1));
            });
        }
    }
    if tally.squad.needs {
        of_kind(FunctionKind::Squad).for_each(|function| {
            let target = FUNCTIONS[function].target_for_squad(planned);
            look(function, &tally.squad, target, None);
        });
    }
    shortfalls.extend(roles.counts.iter().filter_map(missing_role));
    // A stable sort: equals keep the order of subgroups and of the table.
    shortfalls.sort_by_key(|shortfall| std::cmp::Reverse(shortfall.importance));
    let helpers = FUNCTIONS.iter().zip(helpers);
    let suggestions = helpers.filter_map(|(function, helpers)| {
        Some(Suggestions {
            function: function.id,
            specializations: helpers?.specializations,
        })
    });
    (shortfalls, suggestions.collect())
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
    fn of(function: usize, sums: &Sums, target: Option<u16>) -> Option<Self> {
        let target = target?;
        let (sum, weight) = (sums.sum(function), FUNCTIONS[function].weight);
        let is_mentioned = sum < target && (weight >= ALWAYS_MENTIONED || sum * 2 < target);
        is_mentioned.then(|| Self {
            sum,
            target,
            importance: importance(weight, sum, target),
        })
    }

    fn shortfall(&self, function: usize, subgroup: Option<usize>, helpers: &Helpers) -> Shortfall {
        let Self { sum, target, .. } = *self;
        let Helpers { what, who, .. } = helpers;
        let (place, bring) = match subgroup {
            Some(number) => (format!("Subgroup {number}"), ("put", " there")),
            None => ("The squad".to_owned(), ("bring", "")),
        };
        let have = if sum == 0 {
            format!("{place} has no {what}")
        } else {
            format!("{place} is short of {what} ({sum} of {target})")
        };
        let text = if who.is_empty() {
            format!("{have}.")
        } else {
            format!("{have}: {} {who}{}.", bring.0, bring.1)
        };
        let code = match (subgroup, sum) {
            (Some(_), 0) => "none_in_subgroup",
            (Some(_), _) => "low_in_subgroup",
            (None, 0) => "none_in_squad",
            (None, _) => "low_in_squad",
        };
        Shortfall {
            code,
            function: Some(FUNCTIONS[function].id),
            role: None,
            subgroup,
            importance: self.importance,
            have: sum,
            target,
            text,
        }
    }
}

/// "a Firebrand or Luminary".
fn choice(helpers: &[Suggestion]) -> String {
    let best = helpers.iter().take(NAMED);
    let names: Vec<&str> = best.map(|helper| helper.name).collect();
    let Some(first) = names.first() else {
        return String::new();
    };
    let is_vowel = first.starts_with(['A', 'E', 'I', 'O', 'U']);
    let article = if is_vowel { "an" } else { "a" };
    format!("{article} {}", names.join(" or "))
}

/// The specializations that bring a function, and the words for both.
struct Helpers {
    /// The function's name in running text.
    what: String,
    /// The best two: "a Firebrand or Luminary".
    who: String,
    /// Those with the greatest score, and those with one less.
    specializations: Vec<Suggestion>,
}

impl Helpers {
    fn of(function: usize, edits: &Edits) -> Self {
        let mut ranked: Vec<(u8, Confidence, u8)> = SPECIALIZATIONS
            .iter()
            .filter_map(|known| {
                let score = edits.score_of(known.id, function);
                // A team's own score counts as well known.
                let confidence = || defaults_of(known.id).map_or(Confidence::A, |it| it.confidence);
                (score > 0).then(|| (score, confidence(), known.id))
            })
            .collect();
        ranked.sort_unstable_by_key(|(score, confidence, id)| (u8::MAX - score, *confidence, *id));
        let best = ranked.first().map_or(0, |(score, _, _)| *score);
        let specializations: Vec<Suggestion> = ranked
            .into_iter()
            .take_while(|(score, _, _)| *score + 1 >= best)
            .take(SUGGESTIONS)
            .map(|(score, _, id)| Suggestion {
                specialization: id,
                name: name_of(id),
                score,
            })
            .collect();
        Self {
            what: FUNCTIONS[function].name.to_lowercase(),
            who: choice(&specializations),
            specializations,
        }
    }
}

fn missing_role(count: &RoleCount) -> Option<Shortfall> {
    let (role, have, missing) = (count.role, count.have, count.missing);
    let target = count.target.filter(|_| missing > 0 && role != NO_ROLE)?;
    let name = role_by_id(role).map_or(role, |role| role.name);
    let there = if have == 1 { "is" } else { "are" };
    Some(Shortfall {
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
    })
}
