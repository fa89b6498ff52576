//! Tables of cases as text, a row a line.

use serde_json::Value;

/// The rows of a table whose columns stand two or more spaces apart.
#[track_caller]
pub fn rows<const N: usize>(table: &str) -> Vec<[&str; N]> {
    let columns = |row| {
        let parts = str::split(row, "  ").map(str::trim);
        let parts: Vec<_> = parts.filter(|part| !part.is_empty()).collect();
        parts
            .try_into()
            .unwrap_or_else(|parts| panic!("{N} columns: {parts:?}"))
    };
    table.trim().lines().map(columns).collect()
}

/// Bodies that are refused: the mistakes, as `Answer::expect_mistakes` takes them, and the JSON.
#[track_caller]
pub fn refusals(table: &str) -> Vec<(&str, Value)> {
    let row = |[mistakes, body]: [_; 2]| (mistakes, json_of(body));
    rows(table).into_iter().map(row).collect()
}

#[track_caller]
pub fn json_of(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}
