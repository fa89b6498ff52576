//! All SQL on builds.
//! Promises keyset pages by id, that a write changes a build only in the version it was read in,
//! and that lists come back as JSON that SQL has put together. Leaves visibility of one build,
//! once read, to `model`.

use std::fmt::Write as _;

use serde_json::json;

use crate::game::model::REFERENCE_VERSION;
use crate::http::pagination::Page;
use crate::identity::permissions::{ManageAccount, Permit, WriteBuilds};
use crate::ids::{BuildId, TeamId, UserId};
use crate::platform::{DatabaseError, Platform, Row, Statement, Text, Value};
use crate::teams::permissions::{DeleteTeam, TeamPermit};

use super::model::{BuildInput, StoredBuild, Visibility, WriteGrant};

/// Greater than every id, for the first page.
const PAST_ALL_IDS: &str = "build_~";
/// A page ends early rather than pass this many characters: D1 bounds the size of one value.
const PAGE_CHARACTERS: i64 = 500_000;

/// Adds a build of the caller's.
pub fn insert(
    permit: &Permit<'_, WriteBuilds>,
    id: &BuildId,
    input: &BuildInput,
    document: String,
) -> Vec<Statement> {
    let build = Statement::new(
        "INSERT INTO builds (id, owner_id, visibility, document, rendered_with, search_text, \
         team_id, number, version) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, CAST(?8 AS INTEGER), 1)",
        vec![
            id.as_str().into(),
            permit.user_id().as_str().into(),
            input.visibility.as_str().into(),
            document.into(),
            REFERENCE_VERSION.into(),
            search_text(input).into(),
            team_id(input),
            // As text: D1 takes numbers as doubles.
            id.number().to_string().into(),
        ],
    );
    vec![build, insert_facets(id, 1, input)]
}

/// Replaces a build; stale when it has moved on since it was read.
pub fn replace(grant: &WriteGrant<'_>, input: &BuildInput, document: String) -> Vec<Statement> {
    let StoredBuild { id, version, .. } = grant.build();
    let version = *version;
    vec![
        Statement::new(
            "DELETE FROM build_facets WHERE build_id = ?1 AND EXISTS \
             (SELECT 1 FROM builds WHERE id = ?1 AND version = ?2)",
            vec![id.as_str().into(), version.into()],
        ),
        insert_facets(id, version, input),
        Statement::new(
            "UPDATE builds SET visibility = ?3, document = ?4, rendered_with = ?5, \
             search_text = ?6, team_id = ?7, version = version + 1 WHERE id = ?1 AND version = ?2",
            vec![
                id.as_str().into(),
                version.into(),
                input.visibility.as_str().into(),
                document.into(),
                REFERENCE_VERSION.into(),
                search_text(input).into(),
                team_id(input),
            ],
        ),
        Statement::must_change(),
    ]
}

/// Removes a build in the version it was read in, else stale; its facets go with it.
pub fn delete(grant: &WriteGrant<'_>) -> Vec<Statement> {
    let StoredBuild { id, version, .. } = grant.build();
    let delete = Statement::new(
        "DELETE FROM builds WHERE id = ?1 AND version = ?2",
        vec![id.as_str().into(), (*version).into()],
    );
    vec![delete, Statement::must_change()]
}

/// What a team's deletion does to builds that were shared with it alone: only their owners see them.
pub fn leave_team(permit: &TeamPermit<DeleteTeam>) -> Statement {
    Statement::new(
        "UPDATE builds SET team_id = NULL, version = version + 1, \
         visibility = iif(visibility = 'team', 'private', visibility), \
         document = json_set(document, '$.team_id', NULL, \
         '$.visibility', iif(visibility = 'team', 'private', visibility)) WHERE team_id = ?1",
        vec![permit.team().as_str().into()],
    )
}

/// Removes all builds of the caller's; their facets go with them.
pub fn delete_all(permit: &Permit<'_, ManageAccount>) -> Statement {
    Statement::new(
        "DELETE FROM builds WHERE owner_id = ?1",
        vec![permit.user_id().as_str().into()],
    )
}

fn insert_facets(id: &BuildId, version: i64, input: &BuildInput) -> Statement {
    let mut facets = vec![("profession", input.template.profession.id.to_owned())];
    for slot in input
        .template
        .specializations
        .iter()
        .filter(|slot| slot.id != 0)
    {
        facets.push(("specialization", slot.id.to_string()));
    }
    facets.extend(input.roles.iter().map(|role| ("role", role.clone())));
    facets.extend(input.tags.iter().map(|tag| ("tag", tag.clone())));
    facets.extend(
        input
            .game_build
            .map(|number| ("game_build", number.to_string())),
    );
    Statement::new(
        "INSERT INTO build_facets (facet, value, build_id) \
         SELECT value ->> 0, value ->> 1, ?1 FROM json_each(?3) WHERE EXISTS \
         (SELECT 1 FROM builds WHERE id = ?1 AND version = ?2)",
        vec![
            id.as_str().into(),
            version.into(),
            json!(facets).to_string().into(),
        ],
    )
}

fn team_id(input: &BuildInput) -> Value {
    input.team.as_ref().map(ToString::to_string).into()
}

fn search_text(input: &BuildInput) -> String {
    format!("{}\n{}", input.name, input.notes).to_lowercase()
}

/// The build with this id, for this user. All but the document comes as one short text: each cell
/// is a crossing of the boundary.
pub async fn find(
    platform: &Platform,
    id: BuildId,
    user: Option<&UserId>,
) -> Result<Option<StoredBuild>, DatabaseError> {
    let statement = Statement::new(
        "SELECT document, owner_id || ' ' || visibility || ' ' || rendered_with || ' ' || version \
         || iif(team_id IS NULL, '', ' ' || team_id || ' ' || EXISTS (SELECT 1 FROM team_members m \
         WHERE m.team_id = builds.team_id AND m.user_id = ?2)) FROM builds WHERE id = ?1",
        vec![id.as_str().into(), user.map_or("", UserId::as_str).into()],
    );
    let rows = platform.database.query(statement).await?;
    let row = rows.into_iter().next();
    row.map(|row| stored(id, row)).transpose()
}

fn stored(id: BuildId, mut row: Row) -> Result<StoredBuild, DatabaseError> {
    let document = row.take_text(0)?;
    let mut rest = row.text(1)?.split(' ');
    let mut next = || rest.next().unwrap_or_default();
    let (owner, visibility) = (UserId::parse(next()), Visibility::parse(next()));
    let (rendered_with, version) = (next().to_owned(), next().parse().ok());
    let (team, is_of_team) = (TeamId::parse(next()), next() == "1");
    let (Some(owner), Some(visibility), Some(version)) = (owner, visibility, version) else {
        return Err(DatabaseError::Other(
            "a build's row does not read".to_owned(),
        ));
    };
    Ok(StoredBuild {
        id,
        owner,
        visibility,
        team,
        is_of_team,
        document,
        rendered_with,
        version,
    })
}

/// Whose builds a list shows.
#[derive(Debug)]
pub enum Shown<'a> {
    /// Public ones.
    Public,
    /// Public ones, and all of this user's.
    PublicAndOwn(&'a UserId),
    /// All of this user's.
    Own(&'a UserId),
    /// Those that are shared with the team of the filter.
    Team,
}

/// What a list is narrowed by.
#[derive(Debug, Default)]
pub struct Filters {
    /// Facet and value; all of them must hold.
    pub facets: Vec<(&'static str, String)>,
    /// Text in the name or the notes.
    pub search: Option<String>,
    /// The team that they are shared with.
    pub team: Option<TeamId>,
}

/// Facets so rare that looking through their builds costs less than a look into the search index.
const RARE_FACETS: [&str; 2] = ["tag", "game_build"];

impl Filters {
    /// The text that the search index is asked for: it holds what is public, by three letters.
    fn looked_up(&self, condition: &str) -> Option<&str> {
        let is_rare = |(facet, _): &(&str, String)| RARE_FACETS.contains(facet);
        self.search.as_deref().filter(|text| {
            condition == PUBLIC && text.chars().nth(2).is_some() && !self.facets.iter().any(is_rare)
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

    /// The newest builds that pass `condition` and the filters, `limit` + 1 of them.
    fn select(&mut self, page: &Page, filters: &Filters, condition: &str, owner: Option<&str>) {
        self.push("SELECT b.id, b.document, b.rendered_with FROM ");
        let mut facets = filters.facets.iter();
        // What leads has an index in the order of the pages.
        let leading = if let Some(search) = filters.looked_up(condition) {
            self.push(
                "build_search s CROSS JOIN builds b ON b.id = s.id WHERE s.build_search MATCH ",
            );
            self.bind(format!("\"{}\"", search.replace('"', "\"\"")));
            if let Some(after) = &page.after {
                self.push(" AND s.rowid <= (SELECT number FROM builds WHERE id < ");
                self.bind(after.as_str());
                self.push(" ORDER BY id DESC LIMIT 1)");
            }
            "s.rowid"
        } else if let Some((facet, value)) = facets.next() {
            self.push("build_facets f CROSS JOIN builds b ON b.id = f.build_id WHERE f.facet = ");
            self.bind(*facet);
            self.push(" AND f.value = ");
            self.bind(value.as_str());
            self.push(" AND f.build_id < ");
            self.bind(page.after.as_deref().unwrap_or(PAST_ALL_IDS));
            "f.build_id"
        } else {
            self.push("builds b WHERE b.id < ");
            self.bind(page.after.as_deref().unwrap_or(PAST_ALL_IDS));
            "b.id"
        };
        self.push(condition);
        if let Some(owner) = owner {
            self.bind(owner);
        }
        for (facet, value) in facets {
            self.push(" AND EXISTS (SELECT 1 FROM build_facets WHERE build_id = b.id AND facet = ");
            self.bind(*facet);
            self.push(" AND value = ");
            self.bind(value.as_str());
            self.push(")");
        }
        if let Some(team) = &filters.team {
            self.push(OF_TEAM);
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

const PUBLIC: &str = " AND b.visibility = 'public'";
const OWN: &str = " AND b.owner_id = ";
const OF_TEAM: &str = " AND b.team_id = ";
const OWN_NOT_PUBLIC: &str = " AND b.visibility <> 'public' AND b.owner_id = ";

/// One statement for one page: `select` ends with what is read from the rows that are `shown`.
fn page_statement(shown: &Shown<'_>, filters: &Filters, page: &Page, select: &str) -> Statement {
    let mut sql = Sql::default();
    sql.push(
        "WITH page AS (SELECT id, document, rendered_with, \
         row_number() OVER (ORDER BY id DESC) AS n, \
         sum(length(document)) OVER (ORDER BY id DESC) AS size FROM (",
    );
    match shown {
        Shown::Public => sql.select(page, filters, PUBLIC, None),
        Shown::Own(owner) => sql.select(page, filters, OWN, Some(owner.as_str())),
        // The filter says which.
        Shown::Team => sql.select(page, filters, "", None),
        Shown::PublicAndOwn(owner) => {
            // Two index ranges, each in order and cut short, instead of one OR that must be sorted.
            sql.push("SELECT * FROM (");
            sql.select(page, filters, PUBLIC, None);
            sql.push(") UNION ALL SELECT * FROM (");
            sql.select(page, filters, OWN_NOT_PUBLIC, Some(owner.as_str()));
            sql.push(") ORDER BY id DESC LIMIT ");
            sql.bind(page.limit + 1);
        }
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
    shown: &Shown<'_>,
    filters: &Filters,
    page: &Page,
) -> Result<Listed, DatabaseError> {
    let select = format!(
        "SELECT '[' || coalesce(group_concat(document, ',' ORDER BY id DESC), '') || ']', min(id), \
         count(*) < (SELECT count(*) FROM page), \
         coalesce(max(rendered_with <> '{REFERENCE_VERSION}'), 0) FROM shown"
    );
    let statement = page_statement(shown, filters, page, &select);
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
    shown: &Shown<'_>,
    filters: &Filters,
    page: &Page,
) -> Result<Vec<String>, DatabaseError> {
    let select = "SELECT document FROM shown ORDER BY id DESC";
    let statement = page_statement(shown, filters, page, select);
    let rows = platform.database.query(statement).await?;
    rows.iter()
        .map(|row| row.text(0).map(str::to_owned))
        .collect()
}
