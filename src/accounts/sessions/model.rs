//! Sessions as values: schemas, documents, and lifetimes. A renewal never moves the absolute end.

use kit::time::rfc3339;
use serde_json::{Value, json};

use crate::accounts::account::model::ANY_PASSWORD;
use crate::accounts::reauthentication::model::ABOUT_OPTIONAL_CODE;
use crate::accounts::two_factor::model::{ABOUT_CODE, CODE};
use crate::auth::model::{OPTIONAL_TIME, TIME};
use crate::config::Config;
use crate::http::schema::{Schema, Text};
use crate::http::{body, object};
use crate::ids::{SessionId, UserId};

const DAY_MS: i64 = 86_400_000;
/// Characters kept of a `User-Agent`.
const USER_AGENT_MAX: usize = 200;
/// Longer than any refresh token.
const TOKEN_MAX: usize = 1024;

body! {
    /// Body of POST /auth/login.
    pub struct LoginInput = "Login", r#"{"email":"commander@guild.gg","password":"four words in a row"}"# {
        required email: String = Text::of(0, 1024), "The account's address.";
        required password: String = ANY_PASSWORD, "The account's password.";
        optional device_token: String = DEVICE_TOKEN,
            "From an earlier login of this device: wrong attempts elsewhere do not lock it out.";
    }
}

body! {
    /// Body of POST /auth/refresh and POST /auth/logout.
    pub struct Refresh = "Refresh", r#"{"refresh_token":"wvwr_01kanp2xc0e8br5v0xmvhv7j2dc2VjcmV0"}"# {
        required refresh_token: String = Text::of(0, TOKEN_MAX), "The refresh token in force.";
    }
}

body! {
    /// Body of POST /auth/password.
    pub struct PasswordChange = "PasswordChange", r#"{"current_password":"four words in a row","new_password":"five other words in a row"}"# {
        required current_password: String = ANY_PASSWORD, "The password as it is.";
        required new_password: Option<String> = ANY_PASSWORD,
            "The password as it shall be; the rules of registration hold.";
        optional code: Option<String> = CODE, ABOUT_OPTIONAL_CODE;
    }
}

/// Answer of POST /auth/login and POST /auth/refresh.
pub const TOKENS: Schema = object! { "Tokens":
    required access_token: Text::of(1, 4096), "JWT (RFC 9068), EdDSA.";
    required token_type: Schema::Choice(&["Bearer"]), "RFC 6750.";
    required expires_in: SECONDS, "Seconds until access_token ends.";
    required refresh_token: Text::of(1, 128), "256 random bits; works once, keep it secret.";
    required refresh_expires_in: SECONDS, "Seconds until refresh_token ends unused.";
    optional device_token: DEVICE_TOKEN,
        "Only at login: keep it on the device, and send it at the next login from there.";
};

/// Proof that the account was logged in to with this device.
const DEVICE_TOKEN: Schema = Text::of(1, 128);

body! {
    /// Body of POST /auth/login/two-factor.
    pub struct TwoFactorLogin = "TwoFactorLogin", r#"{"challenge":"wvwc_c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2U","code":"287082"}"# {
        required challenge: String = Text::of(1, 128), "From the answer of POST /auth/login.";
        required code: String = CODE, ABOUT_CODE;
    }
}

pub const SECONDS: Schema = Schema::integer(0, 31_536_000);

const AMR: Schema = Schema::list(&Schema::Choice(&["pwd", "otp"]), 1, 2);

/// A login as its owner sees it.
pub const SESSION: Schema = object! { "Session":
    required id: Text::formatted(34, 34, "typeid"),
        "TypeID with the prefix session; the sid claim of its access tokens.";
    required created_at: TIME, "When it began.";
    required refreshed_at: TIME, "When it was last renewed.";
    required expires_at: TIME, "When it ends unless it is renewed.";
    required amr: AMR, "How its owner was authenticated (RFC 8176).";
    required user_agent: Schema::Nullable(&Text::of(0, USER_AGENT_MAX)),
        "What the client said of itself at login.";
    required current: Schema::Boolean, "Whether it is the one that asks.";
};

/// A login in its owner's export.
pub const RECORD: Schema = object! { "SessionRecord":
    required id: Text::formatted(34, 34, "typeid"), "TypeID with the prefix session.";
    required created_at: TIME, "When it began.";
    required refreshed_at: TIME, "When it was last renewed.";
    required authenticated_at: TIME, "When a password was last given.";
    required refresh_expires_at: TIME, "When it ends unless it is renewed.";
    required expires_at: TIME, "When it ends at the latest.";
    required ended_at: OPTIONAL_TIME, "When it was ended.";
    required amr: AMR, "How its owner was authenticated (RFC 8176).";
    required user_agent: Schema::Nullable(&Text::of(0, USER_AGENT_MAX)),
        "What the client said of itself at login.";
};

/// A session to open.
pub struct Login<'a> {
    pub user_id: &'a UserId,
    /// The factors (RFC 8176), separated by blanks.
    pub amr: &'static str,
    pub user_agent: Option<&'a str>,
    pub now: i64,
    /// Its end unless it is renewed.
    pub refresh_expires_at: i64,
    /// Its absolute end.
    pub expires_at: i64,
}

impl<'a> Login<'a> {
    /// A session that begins now and lasts as configured.
    pub fn new(
        config: &Config,
        user_id: &'a UserId,
        amr: &'static str,
        user_agent: Option<&'a str>,
        now: i64,
    ) -> Self {
        let expires_at = now + config.refresh_absolute_days * DAY_MS;
        Self {
            user_id,
            amr,
            user_agent: user_agent.map(shortened),
            now,
            refresh_expires_at: idle_end(config, now, expires_at),
            expires_at,
        }
    }
}

/// When a session that is renewed now ends, unless it is renewed again.
pub fn idle_end(config: &Config, now: i64, expires_at: i64) -> i64 {
    expires_at.min(now + config.refresh_idle_days * DAY_MS)
}

fn shortened(text: &str) -> &str {
    let end = text.char_indices().nth(USER_AGENT_MAX);
    end.map_or(text, |(index, _)| &text[..index])
}

/// A live login.
#[derive(Debug, Clone)]
pub struct Session {
    pub id: SessionId,
    pub created_at: i64,
    pub refreshed_at: i64,
    pub refresh_expires_at: i64,
    pub amr: String,
    pub user_agent: Option<String>,
}

impl Session {
    /// As its owner sees it ([`SESSION`]).
    pub fn document(&self, current: Option<&SessionId>) -> Value {
        let amr: Vec<&str> = self.amr.split(' ').collect();
        json!({
            "id": self.id.as_str(),
            "created_at": rfc3339(self.created_at),
            "refreshed_at": rfc3339(self.refreshed_at),
            "expires_at": rfc3339(self.refresh_expires_at),
            "amr": amr,
            "user_agent": self.user_agent,
            "current": current == Some(&self.id),
        })
    }
}

/// A session in an export: all that is stored, except hashes of tokens.
#[derive(Debug, Clone)]
pub struct Record {
    pub session: Session,
    pub authenticated_at: i64,
    /// Its absolute end.
    pub expires_at: i64,
    pub ended_at: Option<i64>,
}

impl Record {
    /// As its owner's export has it ([`RECORD`]).
    pub fn document(&self) -> Value {
        let Session { id, amr, .. } = &self.session;
        json!({
            "id": id.as_str(),
            "created_at": rfc3339(self.session.created_at),
            "refreshed_at": rfc3339(self.session.refreshed_at),
            "authenticated_at": rfc3339(self.authenticated_at),
            "refresh_expires_at": rfc3339(self.session.refresh_expires_at),
            "expires_at": rfc3339(self.expires_at),
            "ended_at": self.ended_at.map(rfc3339),
            "amr": amr.split(' ').collect::<Vec<_>>(),
            "user_agent": self.session.user_agent,
        })
    }
}
