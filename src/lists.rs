//! Lists of documents: one statement for one page, whoever looks and whatever it is narrowed by.
//! Promises that each part of a page is an index range, cut short, in the order of the ids, and that
//! it comes as JSON that SQL has put together. Leaves who sees what to the stores of the features.

use std::fmt::Write as _;

use crate::http::pagination::Page;
use crate::ids::{TeamId, UserId};
use crate::platform::{DatabaseError, Platform, Statement, Text, Value};

/// Greater than every id, for the first page.
const PAST_ALL_IDS: &str = "~";
/// A page ends early rather than pass this many characters: D1 bounds the size of one value.
const PAGE_CHARACTERS: i64 = 500_000;
/// Facets so rare that looking through what has them costs less than a look into the search index.
const RARE_FACETS: [&str; 2] = ["tag", "game_build"];

/// Where documents are kept: `id`, `document`, `visibility`, `search_text`.
#[derive(Debug)]
pub struct Source {
    /// The table.
    pub table: &'static str,
    /// The table of its facets: `facet`, `value` and the id.
    pub facets: &'static str,
    /// What the id is called there.
    pub facet_key: &'static str,
    /// The search index of what is public.
    pub search: &'static str,
    /// What its column `rendered_with` says of documents that need not be rendered again, if it has
    /// one.
    pub rendered_with: Option<&'static str>,
}

/// What is public.
pub const PUBLIC: Part<'_> = Part {
    condition: " AND b.visibility = 'public'",
    value: None,
};

/// A part of a list: no document is in two.
#[derive(Debug, Clone, Copy)]
pub struct Part<'a> {
    /// What must hold. Where there is a value, it is compared with `?`, once.
    pub condition: &'static str,
    /// The value.
    pub value: Option<&'a str>,
}

/// Everything.
pub const ALL: Part<'_> = Part {
    condition: "",
    value: None,
};

impl<'a> Part<'a> {
    /// What passes `condition` for this user.
    pub fn of(condition: &'static str, user: &'a UserId) -> Self {
        Self {
            condition,
            value: Some(user.as_str()),
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

impl Filters {
    /// The text that the search index is asked for: it holds what is public, by three letters.
    fn looked_up(&self, part: Part<'_>) -> Option<&str> {
        let is_rare = |(facet, _): &(&str, String)| RARE_FACETS.contains(facet);
        self.search.as_deref().filter(|text| {
            part.condition == PUBLIC.condition
                && text.chars().nth(2).is_some()
                && !self.facets.iter().any(is_rare)
        })
    }
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

    /// The newest of one part that pass the filters, `limit` + 1 of them.
    fn select(&mut self, source: &Source, page: &Page, filters: &Filters, part: Part<'_>) {
        let after = page.after.as_deref().unwrap_or(PAST_ALL_IDS);
        self.push("SELECT b.id, b.document, ");
        match source.rendered_with {
            Some(version) => self.push(&format!("b.rendered_with <> '{version}'")),
            None => self.push("0"),
        }
        self.push(" AS is_stale FROM ");
        let mut facets = filters.facets.iter();
        // What leads has an index in the order of the pages.
        let leading = if let Some(search) = filters.looked_up(part) {
            let Source {
                search: index,
                table,
                ..
            } = source;
            self.push(&format!(
                "{index} s CROSS JOIN {table} b ON b.id = s.id WHERE s.{index} MATCH "
            ));
            self.bind(format!("\"{}\"", search.replace('"', "\"\"")));
            if page.after.is_some() {
                self.push(&format!(
                    " AND s.rowid <= (SELECT number FROM {table} WHERE id < "
                ));
                self.bind(after);
                self.push(" ORDER BY id DESC LIMIT 1)");
            }
            "s.rowid".to_owned()
        } else if let Some((facet, value)) = facets.next() {
            self.push(&format!(
                "{} f CROSS JOIN {} b ON b.id = f.{} WHERE f.facet = ",
                source.facets, source.table, source.facet_key
            ));
            self.bind(*facet);
            self.push(" AND f.value = ");
            self.bind(value.as_str());
            self.push(&format!(" AND f.{} < ", source.facet_key));
            self.bind(after);
            format!("f.{}", source.facet_key)
        } else {
            self.push(source.table);
            self.push(" b WHERE b.id < ");
            self.bind(after);
            "b.id".to_owned()
        };
        let (before, behind) = part
            .condition
            .split_once('?')
            .unwrap_or((part.condition, ""));
        self.push(before);
        if let Some(value) = part.value {
            self.bind(value);
            self.push(behind);
        }
        for (facet, value) in facets {
            self.push(&format!(
                " AND EXISTS (SELECT 1 FROM {} WHERE {} = b.id AND facet = ",
                source.facets, source.facet_key
            ));
            self.bind(*facet);
            self.push(" AND value = ");
            self.bind(value.as_str());
            self.push(")");
        }
        if let Some(team) = &filters.team {
            self.push(" AND b.team_id = ");
            self.bind(team.as_str());
        }
        if let Some(search) = &filters.search {
            self.push(" AND instr(b.search_text, ");
            self.bind(search.as_str());
            self.push(") > 0");
        }
        self.push(&format!(" ORDER BY {leading} DESC LIMIT "));
        self.bind(page.limit + 1);
    }
}

/// One statement for one page: `select` ends with what is read from the rows that are `shown`.
fn statement(
    source: &Source,
    parts: &[Part<'_>],
    filters: &Filters,
    page: &Page,
    select: &str,
) -> Statement {
    let mut sql = Sql::default();
    sql.push(
        "WITH page AS (SELECT id, document, is_stale, row_number() OVER (ORDER BY id DESC) AS n, \
         sum(length(document)) OVER (ORDER BY id DESC) AS size FROM (",
    );
    if let [part] = parts {
        sql.select(source, page, filters, *part);
    } else {
        // Index ranges, each in order and cut short, instead of one OR that must be sorted.
        for (index, part) in parts.iter().enumerate() {
            sql.push(if index == 0 {
                "SELECT * FROM ("
            } else {
                " UNION ALL SELECT * FROM ("
            });
            sql.select(source, page, filters, *part);
            sql.push(")");
        }
        sql.push(" ORDER BY id DESC LIMIT ");
        sql.bind(page.limit + 1);
    }
    sql.push(")), shown AS (SELECT * FROM page WHERE n <= ");
    sql.bind(page.limit);
    sql.push(&format!(" AND (n = 1 OR size <= {PAGE_CHARACTERS})) "));
    sql.push(select);
    Statement::new(sql.text, sql.params)
}

/// A page as one JSON array that SQL has put together.
pub async fn list(
    platform: &Platform,
    source: &Source,
    parts: &[Part<'_>],
    filters: &Filters,
    page: &Page,
) -> Result<Listed, DatabaseError> {
    let select = "SELECT '[' || coalesce(group_concat(document, ',' ORDER BY id DESC), '') || ']', \
         min(id), count(*) < (SELECT count(*) FROM page), coalesce(max(is_stale), 0) FROM shown";
    let statement = statement(source, parts, filters, page, select);
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
    parts: &[Part<'_>],
    filters: &Filters,
    page: &Page,
) -> Result<Vec<String>, DatabaseError> {
    let select = "SELECT document FROM shown ORDER BY id DESC";
    let statement = statement(source, parts, filters, page, select);
    let rows = platform.database.query(statement).await?;
    rows.iter()
        .map(|row| row.text(0).map(str::to_owned))
        .collect()
}
