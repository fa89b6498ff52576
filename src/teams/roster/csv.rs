//! Rosters as CSV (RFC 4180) for spreadsheets. An exported file is read back unchanged, no cell is a
//! formula, and errors name the line of the file.

use csv_core::{ReadRecordResult, Reader};
use serde_json::{Map, Value, json};

use crate::http::body::Body as _;
use crate::http::json::pointer_token;
use crate::http::problem::{FieldError, MAX_ERRORS, Problem};
use crate::http::problems;
use crate::platform::Unicode;

use super::model::{Draft, PlayerInput};
use super::schemas::MAX_PLAYERS;

/// The columns, in the order in which they are written.
const COLUMNS: [&str; 5] = ["name", "user_id", "builds", "availability", "notes"];
/// The byte order mark: spreadsheets take what begins with it for UTF-8.
pub const MARK: &str = "\u{feff}";
/// The first line of what is written.
pub const HEADER: &str = "name,user_id,builds,availability,notes\r\n";
/// Cells a line may have: the columns, and empty ones that a spreadsheet left behind.
const MAX_CELLS: usize = 64;
/// How much of a cell a message quotes.
const QUOTED_CHARS: usize = 40;

/// Where a spreadsheet may begin another cell or line; with German settings, at semicolons in quotes too.
const SEPARATORS: [char; 5] = [',', ';', '\t', '\r', '\n'];

/// Whether a spreadsheet might take `text` for a formula (OWASP, CSV injection; full-width signs too).
fn is_formula(text: &str) -> bool {
    let is_dropped = |c: char| c.is_whitespace() || c == '\'' || c == '"';
    let text = text.trim_start_matches(is_dropped);
    text.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠'])
}

/// Whether a spreadsheet drops the first character of a cell before it looks for a formula.
fn begins_with_break(text: &str) -> bool {
    let text = text.trim_start_matches('\'');
    text.starts_with(['\t', '\r', '\n'])
}

/// The text with an apostrophe before each piece that a reader might take for a formula.
fn protected(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    out.push_str(if begins_with_break(text) { "'" } else { "" });
    for piece in text.split_inclusive(SEPARATORS) {
        out.push_str(if is_formula(piece) { "'" } else { "" });
        out.push_str(piece);
    }
    out
}

/// The text that [`protected`] was given.
fn unprotected(cell: &str) -> String {
    let without = |text: &'_ str, is_dangerous: fn(&str) -> bool| match text.strip_prefix('\'') {
        Some(rest) if is_dangerous(rest) => text.len() - rest.len(),
        _ => 0,
    };
    let cell = &cell[without(cell, begins_with_break)..];
    let pieces = cell.split_inclusive(SEPARATORS);
    pieces
        .map(|piece| &piece[without(piece, is_formula)..])
        .collect()
}

fn push_cell(text: &str, out: &mut String) {
    let sent = text;
    let text = protected(sent);
    let special = |c: char| c == '"' || SEPARATORS.contains(&c);
    if text == sent && !text.contains(special) {
        out.push_str(&text);
        return;
    }
    out.push('"');
    for (index, part) in text.split('"').enumerate() {
        if index > 0 {
            out.push_str("\"\"");
        }
        out.push_str(part);
    }
    out.push('"');
}

/// Writes one line.
pub fn push_line(player: &PlayerInput, out: &mut String) {
    push_cell(&player.name, out);
    out.push(',');
    out.push_str(player.user_id.as_deref().unwrap_or_default());
    out.push(',');
    for (index, owned) in player.builds.iter().enumerate() {
        let separator = if index > 0 { ";" } else { "" };
        let preference = owned.preference.to_string();
        out.extend([separator, &owned.build_id, ":", &preference]);
    }
    out.push(',');
    for (index, time) in player.availability.iter().enumerate() {
        let separator = if index > 0 { ";" } else { "" };
        out.extend([separator, &time.day, " ", &time.from, "-", &time.to]);
    }
    out.push(',');
    push_cell(&player.notes, out);
    out.push_str("\r\n");
}

/// Lines that end in `bytes[from..to]`: at CR LF, LF or CR, in quotes too.
fn line_ends(bytes: &[u8], from: usize, to: usize) -> usize {
    let ends = |at: &usize| match bytes[*at] {
        b'\r' => true,
        b'\n' => *at == 0 || bytes[*at - 1] != b'\r',
        _ => false,
    };
    (from..to).filter(ends).count()
}

fn unreadable(detail: String) -> Problem {
    Problem::new(&problems::INVALID_CSV).with_detail(detail)
}

/// Reads a file. Mistakes go to `errors`, each with the line it is in, counted as an editor does.
pub fn read(
    bytes: &[u8],
    unicode: &dyn Unicode,
    errors: &mut Vec<FieldError>,
) -> Result<Vec<Draft>, Problem> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let line = 1 + line_ends(bytes, 0, error.valid_up_to());
        unreadable(format!(
            "Line {line} is not UTF-8. Save the file as CSV in UTF-8."
        ))
    })?;
    // With this line end, an incomplete last record can only be an open quote.
    let input = [text.trim_start_matches(MARK), "\n"].concat().into_bytes();
    let mut reader = Reader::new();
    let (mut output, mut ends) = (vec![0; input.len()], [0; MAX_CELLS]);
    let (mut at, mut line) = (0, 1);
    let mut columns = Vec::new();
    let mut drafts = Vec::new();
    loop {
        let blank = input[at..]
            .iter()
            .take_while(|byte| matches!(byte, b'\r' | b'\n'));
        let begin = at + blank.count();
        line += line_ends(&input, at, begin);
        if begin == input.len() || errors.len() >= MAX_ERRORS {
            break;
        }
        let (result, taken, _, count) = reader.read_record(&input[begin..], &mut output, &mut ends);
        match result {
            ReadRecordResult::Record => {}
            ReadRecordResult::OutputEndsFull => {
                errors.push(too_many_cells(line));
                break;
            }
            _ => {
                return Err(unreadable(format!(
                    "A cell that begins in line {line}, or in a line after it, is never closed: its last double quote is missing."
                )));
            }
        }
        let starts = std::iter::once(0).chain(ends.iter().copied());
        let cells = starts
            .zip(&ends[..count])
            .map(|(from, to)| &output[from..*to]);
        // Cut at commas and quotes only: what was UTF-8 still is.
        let cells: Vec<&str> = cells
            .map(|cell| std::str::from_utf8(cell).unwrap_or_default())
            .collect();
        if columns.is_empty() {
            columns = read_header(&cells, line)?;
        } else if cells.iter().any(|cell| !cell.trim().is_empty()) {
            if drafts.len() == MAX_PLAYERS {
                errors.push(FieldError::new(
                    format!("/lines/{line}"),
                    "too_many_lines",
                    format!("A roster has at most {MAX_PLAYERS} players."),
                ));
                break;
            }
            drafts.push(read_line(&columns, &cells, unicode, line, errors));
        }
        at = begin + taken;
        line += line_ends(&input, begin, at);
    }
    if columns.is_empty() {
        return Err(unreadable(
            "There is no header row. The first line names the columns, name at least.".to_owned(),
        ));
    }
    Ok(drafts)
}

fn too_many_cells(line: usize) -> FieldError {
    FieldError::new(
        format!("/lines/{line}"),
        "too_many_cells",
        "This line has more cells than the header row. Put a cell with commas in double quotes.",
    )
}

/// Which column each cell of a line is in.
fn read_header(cells: &[&str], line: usize) -> Result<Vec<&'static str>, Problem> {
    let mut errors = Vec::new();
    let mut columns: Vec<&'static str> = Vec::new();
    for cell in cells {
        let name = cell.trim().to_lowercase();
        let known = COLUMNS.into_iter().find(|known| *known == name);
        let mistake = match known {
            Some(known) if columns.contains(&known) => Some((
                "duplicate_column",
                "This column is there more than once.".to_owned(),
            )),
            Some(_) => None,
            None => Some((
                "unknown_column",
                format!(
                    "Known columns, separated by commas: {}.",
                    COLUMNS.join(", ")
                ),
            )),
        };
        columns.extend(known);
        if let Some((code, detail)) = mistake {
            let name = pointer_token(&start_of(cell.trim()));
            errors.push(FieldError::new(
                format!("/lines/{line}/{name}"),
                code,
                detail,
            ));
        }
    }
    if !columns.contains(&"name") {
        errors.push(FieldError::new(
            format!("/lines/{line}/name"),
            "required",
            "The header row must name this column.",
        ));
    }
    Problem::check(errors)?;
    Ok(columns)
}

/// Reads a line as JSON, so that the rules for JSON bodies check it.
fn read_line(
    columns: &[&'static str],
    cells: &[&str],
    unicode: &dyn Unicode,
    line: usize,
    errors: &mut Vec<FieldError>,
) -> Draft {
    let pointer = format!("/lines/{line}");
    let mut player = Map::new();
    for (column, cell) in columns.iter().zip(cells) {
        let trimmed = cell.trim();
        let value = match *column {
            "name" | "notes" => unprotected(cell).into(),
            "user_id" if trimmed.is_empty() => Value::Null,
            "user_id" => trimmed.into(),
            "builds" => read_parts(trimmed, read_owned),
            _ => {
                let times = read_parts(trimmed, read_time);
                let found = times
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter(|it| it.is_string());
                for part in found {
                    errors.push(FieldError::new(
                        format!("{pointer}/availability"),
                        "invalid_format",
                        format!("Write it as monday 19:00-23:00, several with ; between them, not as {part}."),
                    ));
                }
                times
            }
        };
        player.insert((*column).to_owned(), value);
    }
    if let Some(Value::Array(times)) = player.get_mut("availability") {
        times.retain(Value::is_object);
    }
    if cells
        .iter()
        .skip(columns.len())
        .any(|cell| !cell.trim().is_empty())
    {
        errors.push(too_many_cells(line));
    }
    let mut player = Value::Object(player);
    PlayerInput::SCHEMA.check(&mut player, unicode, &pointer, errors);
    Draft::of(PlayerInput::read(player), pointer, errors)
}

fn read_parts(cell: &str, read: fn(&str) -> Value) -> Value {
    let parts = cell
        .split(';')
        .map(str::trim)
        .filter(|part| !part.is_empty());
    parts.map(read).collect()
}

/// `build_01h...:5`.
fn read_owned(part: &str) -> Value {
    match part.split_once(':') {
        None => json!({ "build_id": part }),
        Some((id, preference)) => {
            let preference = preference.trim();
            let number = preference.parse::<i64>().map(Value::from);
            json!({ "build_id": id.trim_end(), "preference": number.unwrap_or_else(|_| preference.into()) })
        }
    }
}

/// `monday 19:00-23:00`; anything else stays a text.
fn read_time(part: &str) -> Value {
    let read = || {
        let (day, times) = part.split_once(' ')?;
        let (from, to) = times.split_once('-')?;
        Some(json!({ "day": day.to_lowercase(), "from": from.trim(), "to": to.trim() }))
    };
    read().unwrap_or_else(|| start_of(part).into())
}

fn start_of(text: &str) -> String {
    text.chars().take(QUOTED_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(name: &str, notes: &str) -> String {
        let player = PlayerInput {
            name: name.to_owned(),
            notes: notes.to_owned(),
            ..PlayerInput::default()
        };
        let mut out = String::new();
        push_line(&player, &mut out);
        out
    }

    /// Whether a reader that splits at `separator` and at lines finds a cell that begins like a formula.
    fn has_formula(line: &str, separator: char) -> bool {
        let begins = |cell: &str| {
            cell.trim_start_matches(|c: char| c == '"' || c.is_whitespace())
                .starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠'])
        };
        line.split(['\r', '\n'])
            .flat_map(|line| line.split(separator))
            .any(begins)
    }

    #[test]
    fn no_reader_finds_a_formula() {
        for (text, expected) in [
            ("=1+1", "'=1+1"),
            (
                "hi;=HYPERLINK(\"http://x\")",
                "hi;'=HYPERLINK(\"http://x\")",
            ),
            ("x\n=cmd|' /C calc'!A0", "x\n'=cmd|' /C calc'!A0"),
            ("x\r=1", "x\r'=1"),
            ("\t=1+1", "'\t'=1+1"),
            ("a,+1", "a,'+1"),
            ("a;\"=1+1\"", "a;'\"=1+1\""),
            ("a; @SUM(1)", "a;' @SUM(1)"),
            ("a\t-1", "a\t'-1"),
            ("a;＝1+1", "a;'＝1+1"),
            ("'=1", "''=1"),
            ("1-2 and a=b", "1-2 and a=b"),
            ("plain", "plain"),
        ] {
            assert_eq!(protected(text), expected, "{text:?}");
            assert_eq!(unprotected(expected), text, "{text:?}");
            for line in [written(text, "x"), written("x", text)] {
                for separator in [',', ';', '\t'] {
                    assert!(!has_formula(&line, separator), "{line:?} at {separator:?}");
                }
            }
        }
    }

    proptest! {
        #[test]
        fn what_is_protected_is_taken_back_and_no_formula(
            text in "[=+@＝'\" ;,\t\r\na-]{0,12}",
            other in "[=;,'\" \na]{0,6}",
        ) {
            prop_assert_eq!(unprotected(&protected(&text)), text.clone());
            let line = written(&text, &other);
            for separator in [',', ';', '\t'] {
                prop_assert!(!has_formula(&line, separator), "{:?} at {:?}", line, separator);
            }
            let mut reader = Reader::new();
            let (mut output, mut ends) = (vec![0; 200], [0; MAX_CELLS]);
            let (_, _, _, count) = reader.read_record(line.as_bytes(), &mut output, &mut ends);
            prop_assert_eq!(count, COLUMNS.len());
            let cell = |from: usize, to: usize| std::str::from_utf8(&output[from..to]).unwrap();
            prop_assert_eq!(unprotected(cell(0, ends[0])), text);
            prop_assert_eq!(unprotected(cell(ends[3], ends[4])), other);
        }
    }
}
