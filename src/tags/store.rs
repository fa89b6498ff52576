//! The SQL on tags, across builds and compositions. Only public ones are counted. It reads every tag, so
//! callers cache the result; `handlers` does.

use serde::{Deserialize, Serialize};

use crate::builds;
use crate::platform::{DatabaseError, Platform, Row, Statement, params};
use crate::squads::compositions;

/// The most used ones that are answered.
const MAX_TAGS: i64 = 100;

/// A tag and how many public things have it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TagCount {
    /// In lower case.
    pub tag: String,
    /// Public builds.
    pub builds: i64,
    /// Public compositions.
    pub compositions: i64,
}

/// The most used tags, most used first.
pub async fn most_used(platform: &Platform) -> Result<Vec<TagCount>, DatabaseError> {
    let statement = Statement::new(
        format!(
            "SELECT tag, sum(kind = 'b') AS builds, sum(kind = 'c') AS compositions FROM \
             ({} UNION ALL {}) GROUP BY tag ORDER BY count(*) DESC, tag LIMIT ?1",
            builds::store::PUBLIC_TAGS,
            compositions::store::PUBLIC_TAGS
        ),
        params![MAX_TAGS],
    );
    let count = |row: &Row| {
        Ok(TagCount {
            tag: row.text(0)?.to_owned(),
            builds: row.integer(1)?,
            compositions: row.integer(2)?,
        })
    };
    platform.all(statement, count).await
}
