//! Lists of documents: one statement for one page, whoever looks and whatever it is filtered by.
//! Each part of a page is an index range, cut short, in the order of the ids. Public things are filtered by
//! an index of terms; those of one account or team are scanned, in an index that has all it takes.

use std::fmt::Write as _;

use http::pagination::Page;
use kit::ids::{TeamId, UserId};
use platform::{DatabaseError, Platform, Row, Statement, Text, Value};

/// A page ends early rather than pass this many characters: D1 bounds the size of one value.
const PAGE_CHARACTERS: i64 = 500_000;
/// Letters of the longest terms of a text; longer ones are phrases of them, or of words (migrations
/// 0013 and 0016).
const GRAM: usize = 3;

/// Where documents are kept: `id`, `number`, `document`, `visibility`, `facets`, `search_text`.
#[derive(Debug)]
pub struct Source {
    /// The table.
    pub table: &'static str,
    /// The index of the terms of what is public: `-number` is its rowid.
    pub search: &'static str,
    /// What its column `rendered_with` says of documents that need not be rendered again, if it has
    /// one.
    pub rendered_with: Option<&'static str>,
    /// What of `b` is shown to the user `?` beside what is public. No document passes two of these.
    pub seen: &'static [&'static str],
    /// What of `b` is the user's own, where `?` is the user.
    pub own: &'static str,
}

/// What a list shows.
#[derive(Debug, Clone, Copy)]
pub enum Shown<'a> {
    /// What is public.
    Public,
    /// What this user sees.
    Seen(&'a UserId),
    /// What is this user's own.
    Own(&'a UserId),
    /// What is shared with the team of the filter.
    Team,
}

/// A part of a list: no document is in two.
#[derive(Clone, Copy)]
struct Part<'a> {
    /// What must hold. Where there is a value, it is compared with `?`, once.
    condition: &'static str,
    value: Option<&'a UserId>,
}

const IS_PUBLIC: &str = "b.visibility = 'public'";

impl<'a> Shown<'a> {
    fn parts(self, source: &Source) -> Vec<Part<'a>> {
        let part = |value, condition| Part { condition, value };
        match self {
            Self::Public => vec![part(None, IS_PUBLIC)],
            Self::Seen(user) => {
                let seen = source.seen.iter().map(|seen| part(Some(user), *seen));
                [part(None, IS_PUBLIC)].into_iter().chain(seen).collect()
            }
            Self::Own(user) => vec![part(Some(user), source.own)],
            // The filter says which.
            Self::Team => vec![part(None, "")],
        }
    }
}

/// What a list is narrowed by.
#[derive(Debug, Default)]
pub struct Filters {
    /// Facet and value; all of them must hold.
    pub facets: Vec<(&'static str, String)>,
    /// Text in what is searched.
    pub search: Option<String>,
    /// The team that they are shared with.
    pub team: Option<TeamId>,
}

/// A term of `kind`: nothing that a tokenizer folds or splits.
fn push_term(text: &mut String, kind: char, parts: &[&str]) {
    text.push(kind);
    for part in parts {
        text.push_str(&kit::hex::encode(part.as_bytes()));
    }
}

/// The term of a facet between spaces.
fn push_facet(text: &mut String, facet: &str, value: &str) {
    text.push(' ');
    push_term(text, 'k', &[facet, "=", value]);
    text.push(' ');
}

/// What the column `facets` has: one term after another, with spaces around each.
pub fn facets<'a>(all: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut text = String::new();
    for (facet, value) in all {
        push_facet(&mut text, facet, value);
    }
    text
}

impl Filters {
    /// What the index of terms is asked for; nothing when there is nothing to ask for.
    fn terms(&self) -> Terms {
        let mut terms = Terms::default();
        for (facet, value) in &self.facets {
            terms.and();
            push_facet(&mut terms.text, facet, value);
        }
        if let Some(search) = &self.search {
            terms.search(search);
        }
        terms
    }
}

/// A question to the index of terms.
#[derive(Debug, Default)]
struct Terms {
    text: String,
    /// Whether it finds more than what is asked for.
    is_loose: bool,
}

impl Terms {
    fn and(&mut self) {
        if !self.text.is_empty() {
            self.text.push_str(" AND ");
        }
    }

    /// Terms that stand one after another. `AND` goes before the first, if there is one.
    fn phrase<'t>(&mut self, kind: char, terms: impl Iterator<Item = [&'t str; 3]>) {
        let mut terms = terms.peekable();
        if terms.peek().is_none() {
            return;
        }
        self.and();
        self.text.push('"');
        for parts in terms {
            self.text.push(' ');
            push_term(&mut self.text, kind, &parts);
        }
        self.text.push('"');
    }

    fn search(&mut self, search: &str) {
        let words: Vec<&str> = search.split(' ').collect();
        // The first one may be the end of a word and the last one the beginning of one: of these,
        // two letters are sure. What is between is whole.
        let firsts = words.windows(2).enumerate().skip(1);
        let firsts = firsts.filter_map(|(at, pair)| {
            let first = &pair[1][..cut(pair[1], 2)];
            let is_sure = at + 2 < words.len() || first.chars().count() == 2;
            is_sure.then_some([pair[0], " ", first])
        });
        let lasts = words.windows(2).enumerate();
        let lasts = lasts.take(words.len().saturating_sub(2));
        let lasts = lasts.filter_map(|(at, pair)| {
            let last = &pair[0][cut_back(pair[0], 2)..];
            let is_sure = at > 0 || last.chars().count() == 2;
            is_sure.then_some([last, " ", pair[1]])
        });
        let before = self.text.len();
        self.phrase('f', firsts);
        self.phrase('l', lasts);
        self.is_loose = self.text.len() > before;
        let ends = search.char_indices().map(|(at, _)| at);
        let ends: Vec<usize> = ends.chain([search.len()]).collect();
        // Of less than three letters there is a term of its own.
        let size = GRAM.min(ends.len() - 1);
        let gram = |ends: &[usize]| ["", "", &search[ends[0]..ends[size]]];
        if self.is_loose {
            // Of what is not whole, words say the least.
            let (first, last) = (&ends[..=size], &ends[ends.len() - 1 - size..]);
            for ends in [first, last] {
                self.phrase('g', std::iter::once(gram(ends)));
            }
        } else {
            self.phrase('g', ends.windows(size + 1).map(gram));
        }
    }
}

/// Where the first `count` letters end.
fn cut(text: &str, count: usize) -> usize {
    text.char_indices()
        .nth(count)
        .map_or(text.len(), |(at, _)| at)
}

/// Where the last `count` letters begin.
fn cut_back(text: &str, count: usize) -> usize {
    text.char_indices()
        .rev()
        .take(count)
        .last()
        .map_or(text.len(), |(at, _)| at)
}

/// One page of a list.
#[derive(Debug)]
pub struct Listed {
    /// A JSON array of documents.
    pub data: Text,
    /// The id that the next page begins after, if there is one.
    pub last: Option<String>,
    /// Some document was rendered with other tables than today's.
    pub is_stale: bool,
}

/// SQL that is put together, with its values.
#[derive(Default)]
struct Sql {
    text: String,
    params: Vec<Value>,
}

impl Sql {
    fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    fn bind(&mut self, value: impl Into<Value>) {
        self.params.push(value.into());
        // Writing to a String cannot fail.
        let _ = write!(self.text, "?{}", self.params.len());
    }

    /// The ids of the newest of one part that pass the filters, `limit` + 1 of them.
    fn select(&mut self, source: &Source, page: &Page, filters: &Filters, part: Part<'_>) {
        let Source { table, search, .. } = source;
        let terms = if part.condition == IS_PUBLIC {
            filters.terms()
        } else {
            Terms::default()
        };
        let is_looked_up = !terms.text.is_empty();
        let is_loose = !is_looked_up || terms.is_loose;
        if is_looked_up {
            self.push(&format!(
                "SELECT b.id FROM {search} s CROSS JOIN {table} b ON b.number = -s.rowid \
                 WHERE s.{search} MATCH "
            ));
            self.bind(terms.text);
            if let Some(after) = &page.after {
                self.push(&format!(
                    " AND s.rowid >= (SELECT -number FROM {table} WHERE id < "
                ));
                self.bind(after.as_str());
                self.push(" ORDER BY id DESC LIMIT 1)");
            }
        } else {
            self.push(&format!("SELECT b.id FROM {table} b WHERE b.id < "));
            self.bind(page.before());
        }
        let (before, behind) = part
            .condition
            .split_once('?')
            .unwrap_or((part.condition, ""));
        if !before.is_empty() {
            self.push(" AND ");
            self.push(before);
        }
        if let Some(value) = part.value {
            self.bind(value.as_str());
            self.push(behind);
        }
        if let Some(team) = &filters.team {
            self.push(" AND b.team_id = ");
            self.bind(team.as_str());
        }
        if !is_looked_up {
            for (facet, value) in &filters.facets {
                self.push(" AND instr(b.facets, ");
                self.bind(facets([(*facet, value.as_str())]));
                self.push(") > 0");
            }
        }
        if let Some(search) = filters.search.as_ref().filter(|_| is_loose) {
            self.push(" AND instr(b.search_text, ");
            self.bind(search.as_str());
            self.push(") > 0");
        }
        self.push(if is_looked_up {
            " ORDER BY s.rowid"
        } else {
            " ORDER BY b.id DESC"
        });
        self.push(" LIMIT ");
        self.bind(page.limit + 1);
    }
}

/// One statement for one page: `select` ends with what is read from the rows that are `shown`.
fn statement(
    source: &Source,
    shown: Shown<'_>,
    filters: &Filters,
    page: &Page,
    select: &str,
) -> Statement {
    let mut sql = Sql::default();
    sql.push("WITH ids AS (");
    let parts = shown.parts(source);
    if let [part] = parts[..] {
        sql.select(source, page, filters, part);
    } else {
        // Index ranges, each in order and cut short, instead of one OR that must be sorted.
        for (index, part) in parts.into_iter().enumerate() {
            sql.push(if index == 0 {
                "SELECT * FROM ("
            } else {
                " UNION ALL SELECT * FROM ("
            });
            sql.select(source, page, filters, part);
            sql.push(")");
        }
        sql.push(" ORDER BY id DESC LIMIT ");
        sql.bind(page.limit + 1);
    }
    // Documents are read last: of what is on the page, and of nothing that was passed over.
    let is_stale = source.rendered_with.map_or("0".to_owned(), |version| {
        format!("d.rendered_with <> '{version}'")
    });
    sql.push(&format!(
        "), page AS (SELECT d.id, d.document, {is_stale} AS is_stale, \
         row_number() OVER (ORDER BY d.id DESC) AS n, \
         sum(length(d.document)) OVER (ORDER BY d.id DESC) AS size \
         FROM ids CROSS JOIN {} d ON d.id = ids.id), shown AS (SELECT * FROM page WHERE n <= ",
        source.table
    ));
    sql.bind(page.limit);
    sql.push(&format!(" AND (n = 1 OR size <= {PAGE_CHARACTERS})) "));
    sql.push(select);
    Statement::new(sql.text, sql.params)
}

/// A page as one JSON array that SQL has put together.
pub async fn list(
    platform: &Platform,
    source: &Source,
    shown: Shown<'_>,
    filters: &Filters,
    page: &Page,
) -> Result<Listed, DatabaseError> {
    let select = "SELECT '[' || coalesce(group_concat(document, ',' ORDER BY id DESC), '') || ']', \
         min(id), count(*) < (SELECT count(*) FROM page), coalesce(max(is_stale), 0) FROM shown";
    let statement = statement(source, shown, filters, page, select);
    let rows = platform.database.query(statement).await?;
    let mut rows = rows.into_iter();
    let mut row = rows
        .next()
        .ok_or_else(|| DatabaseError::Other("no aggregate".to_owned()))?;
    let has_more = row.integer(2)? == 1;
    Ok(Listed {
        data: row.take_text(0)?,
        last: if has_more {
            row.optional_text(1)?.map(str::to_owned)
        } else {
            None
        },
        is_stale: row.integer(3)? == 1,
    })
}

/// The documents of the same page one by one, for those that must be rendered again.
pub async fn list_documents(
    platform: &Platform,
    source: &Source,
    shown: Shown<'_>,
    filters: &Filters,
    page: &Page,
) -> Result<Vec<String>, DatabaseError> {
    let select = "SELECT document FROM shown ORDER BY id DESC";
    let statement = statement(source, shown, filters, page, select);
    let read = |row: &Row| row.text(0).map(str::to_owned);
    platform.all(statement, read).await
}
