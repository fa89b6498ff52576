//! Links in mails. A link works once, for its own purpose, until it expires.

use db::purge::PurgeQuery;

use crate::accounts::account::model::EMAIL;
use crate::accounts::token;
use crate::auth::model::TIME;
use crate::http::schema::{Schema, Text};
use crate::http::{Problem, object, problems};
use crate::ids::UserId;
use crate::paging::{Order, sql_time};
use crate::platform::{DatabaseError, Platform, Row, Statement, params};

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// A token as people send it.
pub const TOKEN: Schema = Text::of(1, 200);
/// What it is.
pub const ABOUT_TOKEN: &str = "What follows ?token= in the link.";

/// A link in an export.
pub const LINK: Schema = object! { "EmailLink":
    required purpose: Schema::Choice(&["verify", "reset", "undo", "remove_factor"]),
        "What it is for.";
    required email: EMAIL, "The address that it was sent to, or that it puts back.";
    required created_at: TIME, "RFC 3339, UTC.";
    required expires_at: TIME, "It works until then.";
};

kit::words! {
    /// What a link is for.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum Purpose {
        /// Proves the address of an account.
        Verify = "verify",
        /// Makes the account that was registered, and proves its address.
        Register = "register",
        /// Lets a new password be chosen.
        Reset = "reset",
        /// Puts an old address back.
        Undo = "undo",
        /// Asks that the second factor be taken away.
        RemoveFactor = "remove_factor",
    }
}

impl Purpose {
    /// How long a link lasts, in milliseconds.
    pub const fn life_ms(self) -> i64 {
        match self {
            Self::Reset => HOUR_MS,
            Self::Verify | Self::Register => DAY_MS,
            Self::Undo => 7 * DAY_MS,
            Self::RemoveFactor => 30 * DAY_MS,
        }
    }
}

/// Tells the tokens of links from others.
pub struct LinkKind;

impl token::TokenKind for LinkKind {
    const PREFIX: &'static str = "wvwl_";
}

/// The token of a link.
pub type Token = token::RandomToken<LinkKind>;

/// A valid link, with the present state of its account.
pub struct FoundLink {
    /// SHA-256 of its token.
    pub hash: [u8; 32],
    /// What it is for.
    pub purpose: Purpose,
    /// The account, unless the link makes it.
    pub user_id: Option<UserId>,
    /// The link's address.
    pub email: String,
    /// The same for comparing.
    pub email_key: String,
    /// The account that the link makes: id, display name and PHC string.
    pub registration: Option<(UserId, String, String)>,
    /// Milliseconds since 1970.
    pub created_at: i64,
    /// The account's address for comparing; empty without an account.
    pub current_key: String,
    /// The account's display name; empty without an account.
    pub display_name: String,
}

/// The answer to every link that does not work.
pub fn invalid() -> Problem {
    Problem::new(&problems::INVALID_LINK)
}

/// The link of this token, if it works for one of `purposes` now. Reading spends nothing.
pub async fn find(
    platform: &Platform,
    token: &str,
    purposes: &[Purpose],
) -> Result<FoundLink, Problem> {
    let hash = Token::parse(token.trim()).ok_or_else(invalid)?.hash();
    let statement = Statement::new(
        "SELECT l.purpose, l.user_id, l.email, l.email_key, l.new_id, l.display_name, \
         l.password_hash, l.created_at, u.email_key, u.display_name \
         FROM email_links l LEFT JOIN users u ON u.id = l.user_id \
         WHERE l.hash = ?1 AND l.expires_at > ?2 AND u.disabled_at IS NULL",
        params![hash.to_vec(), platform.clock.now_ms()],
    );
    let rows = platform.database.query(statement).await?;
    let row = rows.first().ok_or_else(invalid)?;
    let word = row.text(0)?;
    let purpose = purposes.iter().find(|known| known.as_str() == word);
    let purpose = *purpose.ok_or_else(invalid)?;
    Ok(read(row, hash, purpose)?)
}

fn read(row: &Row, hash: [u8; 32], purpose: Purpose) -> Result<FoundLink, DatabaseError> {
    let registration = match row.optional_text(4)?.and_then(UserId::parse) {
        Some(id) => Some((id, row.text(5)?.to_owned(), row.text(6)?.to_owned())),
        None => None,
    };
    Ok(FoundLink {
        hash,
        purpose,
        user_id: row.optional_text(1)?.and_then(UserId::parse),
        email: row.text(2)?.to_owned(),
        email_key: row.text(3)?.to_owned(),
        registration,
        created_at: row.integer(7)?,
        current_key: row.optional_text(8)?.unwrap_or_default().to_owned(),
        display_name: row.optional_text(9)?.unwrap_or_default().to_owned(),
    })
}

/// Stores a link for the account's proved address; nothing when it has proved none.
pub fn insert_for_owner(token: &Token, purpose: Purpose, user: &UserId, now: i64) -> Statement {
    Statement::new(
        "INSERT INTO email_links (hash, purpose, user_id, email, email_key, created_at, expires_at) \
         SELECT ?1, ?2, id, email, email_key, ?4, ?5 FROM users \
         WHERE id = ?3 AND email_verified_at IS NOT NULL",
        params![
            token.hash().to_vec(),
            purpose.as_str(),
            user,
            now,
            now + purpose.life_ms(),
        ],
    )
}

/// Uses a link up; stale when it is used or expired.
pub fn spend(hash: &[u8; 32], now: i64) -> Vec<Statement> {
    Statement::checked(
        "DELETE FROM email_links WHERE hash = ?1 AND expires_at > ?2",
        params![hash.to_vec(), now],
    )
}

/// Ends what a new password invalidates: links to choose one, and an unproved change of address.
pub fn end_pending(user: &UserId) -> Vec<Statement> {
    let of_user = |sql: &'static str| Statement::new(sql, params![user]);
    vec![
        of_user(
            "DELETE FROM email_links WHERE user_id = ?1 AND (purpose = 'reset' OR \
             purpose = 'verify' AND email_key <> (SELECT email_key FROM users WHERE id = ?1))",
        ),
        of_user(
            "UPDATE users SET pending_email = NULL, version = version + 1 \
             WHERE id = ?1 AND pending_email IS NOT NULL",
        ),
    ]
}

/// For an export: the links of the user `?1`, after the one with the hash `?2` in hexadecimal.
pub const OF_USER: (&str, Order) = (
    concat!(
        "SELECT hex(hash) AS id, json_object('purpose', purpose, 'email', email, 'created_at', ",
        sql_time!("created_at"),
        ", 'expires_at', ",
        sql_time!("expires_at"),
        ") AS document FROM email_links WHERE user_id = ?1 AND hex(hash) > ?2"
    ),
    Order::Ascending,
);

/// Expired links.
pub fn expired(now: i64) -> PurgeQuery {
    PurgeQuery {
        change: "DELETE FROM email_links",
        key: "hash",
        among: "FROM email_links WHERE expires_at <= ?1",
        params: params![now],
    }
}
