//! The SQL of mails. Of two who would send the same mail at once, one does.

use db::purge::PurgeQuery;

use crate::auth::standing::proved_address;
use crate::ids::{MailId, UserId};
use crate::mac::Tag;
use crate::platform::{DatabaseError, Platform, Row, Statement};

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// A mail to be written.
pub struct NewMail<'a> {
    /// Its id.
    pub id: &'a MailId,
    /// What it says, sealed.
    pub sealed: Vec<u8>,
    /// Milliseconds since 1970.
    pub now: i64,
    /// Milliseconds since 1970: nobody needs it after that.
    pub expires_at: i64,
}

/// Writes a mail to an address.
pub fn insert(mail: &NewMail<'_>, user: Option<&UserId>, recipient: &str) -> Statement {
    Statement::new(
        "INSERT INTO mails (id, user_id, recipient, sealed_content, next_at, created_at, expires_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6)",
        vec![
            mail.id.as_str().into(),
            user.map(|user| user.as_str().to_owned()).into(),
            recipient.into(),
            mail.sealed.clone().into(),
            mail.now.into(),
            mail.expires_at.into(),
        ],
    )
}

/// Writes a mail to the address that an account has proved, if it has proved one.
pub fn insert_to_owner(mail: &NewMail<'_>, user: &UserId) -> Statement {
    Statement::new(
        concat!(
            "INSERT INTO mails (id, user_id, recipient, sealed_content, next_at, created_at, \
             expires_at) SELECT ?1, ?2, email, ?3, ?4, ?4, ?5 FROM ",
            proved_address!("?2")
        ),
        vec![
            mail.id.as_str().into(),
            user.as_str().into(),
            mail.sealed.clone().into(),
            mail.now.into(),
            mail.expires_at.into(),
        ],
    )
}

/// A mail that one may send now.
pub struct Leased {
    /// Where it goes.
    pub recipient: String,
    /// What it says, sealed.
    pub sealed: Vec<u8>,
    /// How often it was tried, this time among them.
    pub tries: i64,
    /// Milliseconds since 1970.
    pub created_at: i64,
    /// Milliseconds since 1970.
    pub expires_at: i64,
}

/// Takes a mail that is due until `until`; `None` when someone else has, or it is gone.
pub async fn lease(
    platform: &Platform,
    id: &MailId,
    now: i64,
    until: i64,
) -> Result<Option<Leased>, DatabaseError> {
    let update = Statement::new(
        "UPDATE mails SET tries = tries + 1, next_at = ?3 WHERE id = ?1 AND next_at <= ?2",
        vec![id.as_str().into(), now.into(), until.into()],
    );
    if platform.database.batch(vec![update]).await? != [1] {
        return Ok(None);
    }
    let select = Statement::new(
        "SELECT recipient, sealed_content, tries, created_at, expires_at FROM mails \
         WHERE id = ?1 AND next_at = ?2",
        vec![id.as_str().into(), until.into()],
    );
    let read = |row: &Row| {
        Ok(Leased {
            recipient: row.text(0)?.to_owned(),
            sealed: row.blob(1)?.to_vec(),
            tries: row.integer(2)?,
            created_at: row.integer(3)?,
            expires_at: row.integer(4)?,
        })
    };
    platform.first(select, read).await
}

/// It was sent, or never will be.
pub fn remove(id: &MailId) -> Statement {
    Statement::new("DELETE FROM mails WHERE id = ?1", vec![id.as_str().into()])
}

/// It is tried again then.
pub fn postpone(id: &MailId, next_at: i64) -> Statement {
    Statement::new(
        "UPDATE mails SET next_at = ?2 WHERE id = ?1",
        vec![id.as_str().into(), next_at.into()],
    )
}

/// Counts a mail to an address; stale when that has had `hourly` in an hour or `daily` in a day.
pub fn count(
    id: &MailId,
    address: &Tag,
    is_by_anyone: bool,
    (hourly, daily): (i64, i64),
    now: i64,
) -> Vec<Statement> {
    let insert = Statement::new(
        "INSERT INTO mails_sent (address, by_anyone, at, mail) SELECT ?1, ?2, ?3, ?4 \
         WHERE (SELECT count(*) FROM mails_sent WHERE address = ?1 AND by_anyone = ?2 AND at > ?5) < ?6 \
         AND (SELECT count(*) FROM mails_sent WHERE address = ?1 AND by_anyone = ?2 AND at > ?7) < ?8",
        vec![
            address.to_vec().into(),
            i64::from(is_by_anyone).into(),
            now.into(),
            id.as_str().into(),
            (now - HOUR_MS).into(),
            hourly.into(),
            (now - DAY_MS).into(),
            daily.into(),
        ],
    );
    vec![insert, Statement::must_change()]
}

/// Some mails that are due and that nobody has taken.
pub async fn due(platform: &Platform, now: i64) -> Result<Vec<String>, DatabaseError> {
    let statement = Statement::new(
        "SELECT id FROM mails WHERE next_at <= ?1 ORDER BY next_at LIMIT 100",
        vec![now.into()],
    );
    let read = |row: &Row| Ok(row.text(0)?.to_owned());
    platform.all(statement, read).await
}

/// Counts that mean nothing any more.
pub fn old_counts(now: i64) -> PurgeQuery {
    PurgeQuery {
        change: "DELETE FROM mails_sent",
        key: "address, by_anyone, at, mail",
        among: "FROM mails_sent WHERE at <= ?1",
        params: vec![(now - DAY_MS).into()],
    }
}
