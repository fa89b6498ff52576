//! The SQL that reads versions: keyset pages by number, latest first. `compositions::store` writes them.

use kit::time::rfc3339;
use serde_json::{Value, json};

use crate::http::pagination::Page;
use crate::platform::{DatabaseError, Platform, Statement, Text, params};
use crate::squads::compositions::model::{MEMBERS, WriteGrant};

/// A page of a composition's versions, one more than it takes: number and what is said of it.
pub async fn list(
    platform: &Platform,
    grant: &WriteGrant<'_>,
    page: &Page,
) -> Result<Vec<(String, Value)>, DatabaseError> {
    let after = page.after.as_deref().and_then(|number| number.parse().ok());
    // What differs from the version before, where that is still kept.
    let statement = Statement::new(
        "SELECT v.version, v.changed_by, v.changed_at, v.change, v.document ->> '$.name', \
         v.document ->> '$.player_count', iif(p.version IS NULL, NULL, coalesce(\
         (SELECT group_concat(m.value, ' ') FROM json_each(?4) m \
         WHERE v.document -> m.value IS NOT p.document -> m.value), '')) \
         FROM composition_versions v LEFT JOIN composition_versions p \
         ON p.composition_id = v.composition_id AND p.version = v.version - 1 \
         WHERE v.composition_id = ?1 AND v.version < ?2 ORDER BY v.version DESC LIMIT ?3",
        params![
            &grant.composition().id,
            after.unwrap_or(i64::from(u32::MAX)),
            page.limit + 1,
            json!(MEMBERS).to_string(),
        ],
    );
    platform.all(statement, |row| {
            let version = row.integer(0)?;
            let item = json!({
                "version": version,
                "changed_by": row.text(1)?,
                "changed_at": rfc3339(row.integer(2)?),
                "change": row.text(3)?,
                "name": row.text(4)?,
                "player_count": row.integer(5)?,
                "changed": row.optional_text(6)?.map(|all| all.split_whitespace().collect::<Vec<_>>()),
            });
            Ok((version.to_string(), item))
        }).await
}

/// The composition as it was in these two versions, the first one first, if both are kept.
pub async fn pair(
    platform: &Platform,
    grant: &WriteGrant<'_>,
    versions: [i64; 2],
) -> Result<Option<[Text; 2]>, DatabaseError> {
    let [base, other] = versions;
    let statement = Statement::new(
        "SELECT b.document, o.document FROM composition_versions b JOIN composition_versions o \
         ON o.composition_id = b.composition_id AND o.version = ?3 \
         WHERE b.composition_id = ?1 AND b.version = ?2",
        params![&grant.composition().id, base, other],
    );
    let row = platform.database.query(statement).await?.into_iter().next();
    row.map(|mut row| Ok([row.take_text(0)?, row.take_text(1)?]))
        .transpose()
}

/// The composition as it was in this version.
pub async fn find(
    platform: &Platform,
    grant: &WriteGrant<'_>,
    version: i64,
) -> Result<Option<Text>, DatabaseError> {
    let statement = Statement::new(
        "SELECT document FROM composition_versions WHERE composition_id = ?1 AND version = ?2",
        params![&grant.composition().id, version],
    );
    let rows = platform.database.query(statement).await?;
    let row = rows.into_iter().next();
    row.map(|mut row| row.take_text(0)).transpose()
}
