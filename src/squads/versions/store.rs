//! The SQL that reads versions.
//! Promises pages by number, latest first. Leaves writing them to `compositions::store`.

use serde_json::{Value, json};

use crate::http::pagination::Page;
use crate::platform::{DatabaseError, Platform, Statement, Text};
use crate::squads::compositions::model::WriteGrant;
use crate::telemetry::rfc3339;

/// A page of a composition's versions, one more than it takes: number and what is said of it.
pub async fn list(
    platform: &Platform,
    grant: &WriteGrant<'_>,
    page: &Page,
) -> Result<Vec<(String, Value)>, DatabaseError> {
    let after = page.after.as_deref().and_then(|number| number.parse().ok());
    let statement = Statement::new(
        "SELECT version, changed_by, changed_at, change, document ->> '$.name', \
         document ->> '$.player_count' FROM composition_versions \
         WHERE composition_id = ?1 AND version < ?2 ORDER BY version DESC LIMIT ?3",
        vec![
            grant.composition().id.as_str().into(),
            after.unwrap_or(i64::from(u32::MAX)).into(),
            (page.limit + 1).into(),
        ],
    );
    let rows = platform.database.query(statement).await?;
    rows.iter()
        .map(|row| {
            let version = row.integer(0)?;
            let item = json!({
                "version": version,
                "changed_by": row.text(1)?,
                "changed_at": rfc3339(row.integer(2)?),
                "change": row.text(3)?,
                "name": row.text(4)?,
                "player_count": row.integer(5)?,
            });
            Ok((version.to_string(), item))
        })
        .collect()
}

/// The composition as it was in this version.
pub async fn find(
    platform: &Platform,
    grant: &WriteGrant<'_>,
    version: i64,
) -> Result<Option<Text>, DatabaseError> {
    let statement = Statement::new(
        "SELECT document FROM composition_versions WHERE composition_id = ?1 AND version = ?2",
        vec![grant.composition().id.as_str().into(), version.into()],
    );
    let rows = platform.database.query(statement).await?;
    let row = rows.into_iter().next();
    row.map(|mut row| row.take_text(0)).transpose()
}
