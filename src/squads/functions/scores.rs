//! A team's scores: the defaults, overridden by the team's own numbers. Stored scores read back
//! unchanged and in one order, whatever the order of the input. `teams::scores` stores them.

use serde_json::{Map, Value, json};

use crate::game::model::specialization_by_id;
use crate::http::json::pointer_token;
use crate::http::problem::FieldError;
use crate::http::schema::whole;

use super::model::{FUNCTION_COUNT, FUNCTION_IDS, SCORE_MAX, Scores, defaults_of, function_index};

/// One number that is another than the default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edit {
    pub specialization: u8,
    /// The place of the function in the table.
    pub function: usize,
    pub score: u8,
}

/// All that a team sees otherwise, in the order of the ids.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Edits(Vec<Edit>);

impl Edits {
    /// Reads `{"62": {"stability": 3}}`, naming every mistake below `pointer`.
    pub fn read(value: &Value, pointer: &str, errors: &mut Vec<FieldError>) -> Self {
        let mut edits = Vec::new();
        let Some(specializations) = value.as_object() else {
            errors.push(wrong_type(pointer));
            return Self::default();
        };
        for (id, scores) in specializations {
            let pointer = format!("{pointer}/{}", pointer_token(id));
            // `062` would name the same one twice.
            let known = id.parse::<u8>().ok().and_then(specialization_by_id);
            let Some(known) = known.filter(|known| known.id.to_string() == *id) else {
                let detail = "Use an id of GET /api/v1/game/specializations.";
                errors.push(FieldError::new(pointer, "unknown_specialization", detail));
                continue;
            };
            let Some(scores) = scores.as_object() else {
                errors.push(wrong_type(&pointer));
                continue;
            };
            for (name, score) in scores {
                let pointer = format!("{pointer}/{}", pointer_token(name));
                let function = function_index(name);
                let score = whole(score).and_then(|score| u8::try_from(score).ok());
                match (function, score.filter(|score| *score <= SCORE_MAX)) {
                    (Some(function), Some(score)) => edits.push(Edit {
                        specialization: known.id,
                        function,
                        score,
                    }),
                    (None, _) => {
                        let detail = "Use an id of GET /api/v1/game/functions.";
                        errors.push(FieldError::new(pointer, "unknown_function", detail));
                    }
                    (_, None) => {
                        let detail = "Must be a whole number from 0 to 3.";
                        errors.push(FieldError::new(pointer, "out_of_range", detail));
                    }
                }
            }
        }
        edits.sort_unstable();
        Self(edits)
    }

    /// Reads what [`Self::to_json`] has written. What has left the tables since is left out.
    pub fn stored(text: &str) -> Self {
        let value = serde_json::from_str(text).unwrap_or(Value::Null);
        Self::read(&value, "", &mut Vec::new())
    }

    /// As it is kept and answered.
    pub fn to_json(&self) -> Value {
        let mut specializations = Map::new();
        for edit in &self.0 {
            let row = specializations
                .entry(edit.specialization.to_string())
                .or_insert_with(|| json!({}));
            row[FUNCTION_IDS[edit.function]] = json!(edit.score);
        }
        Value::Object(specializations)
    }

    /// What is said of this specialization.
    pub fn of(&self, specialization: u8) -> &[Edit] {
        let from = self
            .0
            .partition_point(|edit| edit.specialization < specialization);
        let rest = &self.0[from..];
        &rest[..rest.partition_point(|edit| edit.specialization == specialization)]
    }

    /// The scores of a specialization: the default ones, with the team's over them.
    pub fn scores_of(&self, specialization: u8) -> Scores {
        let mut scores = defaults_of(specialization).map_or([0; FUNCTION_COUNT], |row| row.scores);
        for edit in self.of(specialization) {
            scores[edit.function] = edit.score;
        }
        scores
    }

    pub fn score_of(&self, specialization: u8, function: usize) -> u8 {
        let mut edits = self.of(specialization).iter();
        let edit = edits.find(|edit| edit.function == function);
        edit.map_or_else(
            || defaults_of(specialization).map_or(0, |row| row.scores[function]),
            |edit| edit.score,
        )
    }
}

fn wrong_type(pointer: &str) -> FieldError {
    FieldError::new(pointer, "invalid_type", "Must be an object.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::squads::functions::model::STABILITY;

    #[test]
    fn a_team_sees_what_it_has_said_and_else_the_defaults() {
        let said = json!({ "62": { "stability": 0, "strip": 2 }, "46": { "aegis": 1 } });
        let mut errors = Vec::new();
        let edits = Edits::read(&said, "", &mut errors);
        assert!(errors.is_empty());
        let firebrand = edits.scores_of(62);
        assert_eq!(firebrand[STABILITY], 0);
        assert_eq!(firebrand[function_index("strip").expect("strip")], 2);
        let aegis = function_index("aegis").expect("aegis");
        assert_eq!((firebrand[aegis], edits.scores_of(46)[aegis]), (3, 1));
        assert_eq!(edits.scores_of(81)[STABILITY], 3);
        let text = edits.to_json().to_string();
        assert_eq!(Edits::stored(&text), edits);
        assert_eq!(text, r#"{"46":{"aegis":1},"62":{"stability":0,"strip":2}}"#);
    }

    #[test]
    fn every_mistake_has_its_place() {
        let said = json!({
            "062": {}, "2000": {}, "Firebrand": {}, "62": { "hugs": 1, "strip": 4, "heal": -1,
            "aegis": 1.5, "fury": 2.0, "might": "3", "a/b": 1 }, "81": 3, "27": null
        });
        let mut errors = Vec::new();
        Edits::read(&said, "/scores", &mut errors);
        let found: Vec<_> = errors
            .iter()
            .map(|e| (e.pointer.as_str(), e.code))
            .collect();
        let expected = [
            ("/scores/062", "unknown_specialization"),
            ("/scores/2000", "unknown_specialization"),
            ("/scores/Firebrand", "unknown_specialization"),
            ("/scores/62/hugs", "unknown_function"),
            ("/scores/62/strip", "out_of_range"),
            ("/scores/62/heal", "out_of_range"),
            ("/scores/62/aegis", "out_of_range"),
            ("/scores/62/might", "out_of_range"),
            ("/scores/62/a~1b", "unknown_function"),
            ("/scores/81", "invalid_type"),
            ("/scores/27", "invalid_type"),
        ];
        assert_eq!(found, expected);
    }
}
