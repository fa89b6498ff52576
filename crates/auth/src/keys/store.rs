//! All SQL on signing keys, and on the columns that are sealed under the master key.
//! Concurrent creations of the next key make one key: the generation is unique. `ring`, `rotation` and
//! `reseal` run the statements.

use platform::{DatabaseError, Platform, Row, Statement};

use super::PublicKey;
use super::model::{Life, SKEW_MS, VERIFIES_MS};

/// A key that is to be added.
pub struct NewSigningKey {
    /// RFC 7638 thumbprint.
    pub kid: String,
    /// RFC 8032.
    pub public_key: Vec<u8>,
    /// Sealed under the master key.
    pub sealed_private_key: Vec<u8>,
    /// Its times.
    pub life: Life,
    /// One more than that of the newest key.
    pub generation: i64,
}

/// A stored key.
pub struct KeyRow {
    /// RFC 7638 thumbprint.
    pub kid: String,
    /// Counts up.
    pub generation: i64,
    /// Its times.
    pub life: Life,
    /// Sealed under the master key; wiped when the key stops signing.
    pub sealed_private_key: Option<Vec<u8>>,
}

/// Whether the generation was taken: another key was created meanwhile.
pub fn is_lost_race(error: &DatabaseError) -> bool {
    matches!(error, DatabaseError::Unique(column) if column == "signing_keys.generation")
}

fn life(row: &Row, first: usize) -> Result<Life, DatabaseError> {
    Ok(Life {
        created_at: row.integer(first)?,
        activates_at: row.integer(first + 1)?,
        retires_at: row.optional_integer(first + 2)?,
        removed_at: row.optional_integer(first + 3)?,
        revoked_at: row.optional_integer(first + 4)?,
    })
}

/// All keys, newest first.
pub async fn all(platform: &Platform) -> Result<Vec<KeyRow>, DatabaseError> {
    let statement = Statement::new(
        "SELECT kid, generation, created_at, activates_at, retires_at, removed_at, revoked_at, \
         sealed_private_key FROM signing_keys ORDER BY generation DESC",
        Vec::new(),
    );
    let read = |row: &Row| {
        Ok(KeyRow {
            kid: row.text(0)?.to_owned(),
            generation: row.integer(1)?,
            life: life(row, 2)?,
            sealed_private_key: row.optional_blob(7)?.map(<[u8]>::to_vec),
        })
    };
    platform.all(statement, read).await
}

/// The public halves of all keys that are not revoked, newest first.
pub async fn public(platform: &Platform) -> Result<Vec<(PublicKey, Life)>, DatabaseError> {
    let statement = Statement::new(
        "SELECT public_key, created_at, activates_at, retires_at, removed_at, revoked_at \
         FROM signing_keys WHERE revoked_at IS NULL ORDER BY generation DESC",
        Vec::new(),
    );
    let rows = platform.database.query(statement).await?;
    let mut keys = Vec::with_capacity(rows.len());
    for row in &rows {
        if let Some(key) = PublicKey::from_bytes(row.blob(0)?) {
            keys.push((key, life(row, 1)?));
        }
    }
    Ok(keys)
}

/// Id and sealed private half of the key that signs now. With clock skew there may be none yet, or
/// its private half may be wiped: then the one nearest in time. A retired key comes last: after a
/// rotation it may be nearer in time than the active one.
pub fn signing(now: i64) -> Statement {
    Statement::new(
        "SELECT kid, sealed_private_key FROM signing_keys \
         WHERE sealed_private_key IS NOT NULL AND revoked_at IS NULL \
         ORDER BY coalesce(retires_at <= ?1, FALSE), activates_at > ?1, abs(activates_at - ?1), \
         generation DESC LIMIT 1",
        vec![now.into()],
    )
}

/// Adds a key. Fails as in [`is_lost_race`] when its generation exists.
pub fn insert(key: NewSigningKey) -> Statement {
    Statement::new(
        "INSERT INTO signing_keys (kid, generation, public_key, sealed_private_key, created_at, \
         activates_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        vec![
            key.kid.into(),
            key.generation.into(),
            key.public_key.into(),
            key.sealed_private_key.into(),
            key.life.created_at.into(),
            key.life.activates_at.into(),
        ],
    )
}

/// Retires all keys but `kid` that would sign after `at`.
pub fn retire_others(kid: &str, at: i64) -> Statement {
    Statement::new(
        "UPDATE signing_keys SET retires_at = ?2, removed_at = ?3 \
         WHERE kid <> ?1 AND revoked_at IS NULL AND (retires_at IS NULL OR retires_at > ?2)",
        vec![kid.into(), at.into(), (at + VERIFIES_MS).into()],
    )
}

/// Revokes all keys but `kid` that begin to sign after `activates_after`, and wipes their private
/// halves. The rows stay for a day, for display.
pub fn revoke_others(kid: &str, activates_after: i64, now: i64) -> Statement {
    Statement::new(
        "UPDATE signing_keys SET revoked_at = ?3, removed_at = ?4, sealed_private_key = NULL \
         WHERE kid <> ?1 AND revoked_at IS NULL AND activates_at > ?2",
        vec![
            kid.into(),
            activates_after.into(),
            now.into(),
            (now + VERIFIES_MS).into(),
        ],
    )
}

/// Wipes private halves that no longer sign and deletes keys that no longer verify, clock skew
/// included.
pub fn clean(now: i64) -> Vec<Statement> {
    let params = || vec![(now - SKEW_MS).into()];
    vec![
        Statement::new("DELETE FROM signing_keys WHERE removed_at <= ?1", params()),
        Statement::new(
            "UPDATE signing_keys SET sealed_private_key = NULL \
             WHERE sealed_private_key IS NOT NULL AND retires_at <= ?1",
            params(),
        ),
    ]
}

/// A column whose values are sealed under the master key.
#[derive(Debug)]
pub struct SealedColumn {
    /// The table.
    pub table: &'static str,
    /// Its primary key.
    pub key: &'static str,
    /// The column.
    pub column: &'static str,
    /// The label of a value is this, followed by the primary key of its row.
    pub label: &'static str,
}

impl SealedColumn {
    fn is_elsewhere(&self) -> String {
        // NULL is excluded: a comparison with it is not true.
        format!("substr({}, 1, 5) <> ?1", self.column)
    }

    /// Counts values that do not begin with `prefix`, that of the current master key.
    pub fn count_elsewhere(&self, prefix: &[u8]) -> Statement {
        let (table, is_elsewhere) = (self.table, self.is_elsewhere());
        Statement::new(
            format!("SELECT count(*) FROM {table} WHERE {is_elsewhere}"),
            vec![prefix.to_vec().into()],
        )
    }

    /// Primary key and value of at most `limit` of them. In random order: values that do not open
    /// must not block the others.
    pub fn some_elsewhere(&self, prefix: &[u8], limit: usize) -> Statement {
        let Self {
            table, key, column, ..
        } = self;
        let is_elsewhere = self.is_elsewhere();
        Statement::new(
            format!(
                "SELECT {key}, {column} FROM {table} WHERE {is_elsewhere} \
                 ORDER BY random() LIMIT {limit}"
            ),
            vec![prefix.to_vec().into()],
        )
    }

    /// Replaces a value, if it is still the one that was read.
    pub fn replace(&self, id: &str, old: &[u8], new: Vec<u8>) -> Statement {
        let Self {
            table, key, column, ..
        } = self;
        Statement::new(
            format!("UPDATE {table} SET {column} = ?3 WHERE {key} = ?1 AND {column} = ?2"),
            vec![id.into(), old.to_vec().into(), new.into()],
        )
    }
}
