//! Entries of the audit log as values, and their hash chain.
//! An entry holds ids only, no address and no name: deleting an account leaves nothing to erase here.
//! `store` has the SQL.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::model::{Caller, TIME, Via};
use http::object;
use http::schema::{Field, Schema, Text};
use kit::ids::{SessionId, UserId};

kit::words! {
    /// What was done.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum Action {
        /// An account was made.
        AccountRegistered = "account.registered",
        /// Its profile was changed.
        AccountChanged = "account.changed",
        /// Someone registered with an address that another account has: the account is created only when
        /// the address is proved.
        RegistrationPending = "account.registration_pending",
        /// The address was proved by the link in a mail.
        EmailVerified = "email.verified",
        /// Someone else proved the address, which the account had not: it has none now.
        EmailLost = "email.lost",
        /// The owner restored an old address by the link in a mail.
        EmailRestored = "email.restored",
        /// The account was deleted with all that belongs to it.
        AccountDeleted = "account.deleted",
        /// The data of the account was exported.
        AccountExported = "account.exported",
        /// An administrator disabled the account.
        AccountDisabled = "account.disabled",
        /// An administrator enabled the account again.
        AccountEnabled = "account.enabled",
        /// The role of the account was changed.
        RoleChanged = "account.role_changed",
        /// The password was changed.
        PasswordChanged = "password.changed",
        /// Sessions, API keys, webhooks, share links and invitations were ended at once.
        EverythingEnded = "account.everything_ended",
        /// A new password was set by the link in a mail.
        PasswordReset = "password.reset",
        /// Too many consecutive failures disabled the password.
        PasswordDisabled = "password.disabled",
        /// The password was enabled again.
        PasswordEnabled = "password.enabled",
        /// Someone logged in.
        SessionCreated = "session.created",
        /// The password, and a code where there is a second factor, was given again in a session.
        Reauthenticated = "session.reauthenticated",
        /// A session was ended.
        SessionEnded = "session.ended",
        /// All sessions but one were ended.
        OtherSessionsEnded = "session.others_ended",
        /// A spent refresh token was reused: its session was ended.
        RefreshReused = "session.refresh_token_reused",
        /// The second factor was enabled.
        TwoFactorEnabled = "two_factor.enabled",
        /// The second factor was disabled.
        TwoFactorDisabled = "two_factor.disabled",
        /// The removal of the second factor was requested by the link in a mail.
        FactorRemovalBegun = "two_factor.removal_begun",
        /// The removal was stopped.
        FactorRemovalStopped = "two_factor.removal_stopped",
        /// A recovery code was used.
        RecoveryCodeUsed = "two_factor.recovery_code_used",
        /// New recovery codes have replaced the old ones.
        RecoveryCodesMade = "two_factor.recovery_codes_made",
        /// An API key was made.
        ApiKeyCreated = "api_key.created",
        /// An API key was revoked.
        ApiKeyRevoked = "api_key.revoked",
        /// A webhook endpoint was created.
        WebhookCreated = "webhook.created",
        /// An endpoint was changed, disabled or enabled again.
        WebhookChanged = "webhook.changed",
        /// An endpoint was deleted with its delivery log.
        WebhookDeleted = "webhook.deleted",
        /// The secret of an endpoint was rotated.
        WebhookSecretRotated = "webhook.secret_rotated",
        /// A team was made.
        TeamCreated = "team.created",
        /// Its name, tag or description was changed.
        TeamChanged = "team.changed",
        /// The scores that rate the team's squads were changed.
        TeamScoresChanged = "team.scores_changed",
        /// A file was imported into the roster.
        TeamRosterImported = "team.roster_imported",
        /// A player was removed from the roster.
        TeamPlayerRemoved = "team.player_removed",
        /// An invitation to a team was created.
        InvitationCreated = "team.invitation_created",
        /// An invitation was withdrawn.
        InvitationWithdrawn = "team.invitation_withdrawn",
        /// Someone joined a team.
        TeamMemberJoined = "team.member_joined",
        /// A member was removed from a team by another member.
        TeamMemberRemoved = "team.member_removed",
        /// A leader banned someone from a team.
        TeamMemberBanned = "team.member_banned",
        /// A leader lifted a ban.
        TeamBanLifted = "team.ban_lifted",
        /// A member left a team.
        TeamMemberLeft = "team.member_left",
        /// The role of a member was changed.
        TeamRoleChanged = "team.role_changed",
        /// A leader handed the team over to another member and is now an officer.
        TeamHandedOver = "team.handed_over",
        /// The last leader of a team deleted their account, and another member became leader.
        TeamLeaderSucceeded = "team.leader_succeeded",
        /// A team was deleted with all that belongs to it.
        TeamDeleted = "team.deleted",
        /// A composition was deleted with its versions and links.
        CompositionDeleted = "composition.deleted",
        /// A share link of a composition was created.
        ShareLinkCreated = "share_link.created",
        /// A share link was withdrawn.
        ShareLinkWithdrawn = "share_link.withdrawn",
        /// A signing key was made.
        SigningKeyCreated = "signing_key.created",
        /// A signing key was revoked, with immediate effect.
        SigningKeyRevoked = "signing_key.revoked",
    }
}

/// The number of a row.
pub const SEQ: Schema = Schema::integer(1, 9_007_199_254_740_991);
/// An id, or `system` or `operator`.
pub const WHO: Schema = Text::line(1, 100);

const SEQ_FIELD: Field = Field::required("seq", &SEQ, "The number of its row; there is no gap.");
const AT_FIELD: Field = Field::required("at", &TIME, "When; never before the row before.");
const ACTION_FIELD: Field =
    Field::required("action", &Schema::Choice(Action::WORDS), "What was done.");
const ACTOR_FIELD: Field = Field::required(
    "actor",
    &WHO,
    "Who did it: an account's id, system (a rule or the cron) or operator (a script with access to the database).",
);
const VIA_FIELD: Field = Field::required(
    "via",
    &Schema::Nullable(&WHO),
    "With which login or API key.",
);
const TARGET_FIELD: Field = Field::required("target", &WHO, "The id of what it was done to.");
const DETAIL_FIELD: Field = Field::required(
    "detail",
    &Schema::raw("{}"),
    "What else there is to know: no address, no name, no secret.",
);

/// An entry as the account that it names sees it.
pub const ENTRY: Schema = object! { "AuditEntry":
    ..SEQ_FIELD;
    ..AT_FIELD;
    ..ACTION_FIELD;
    ..ACTOR_FIELD;
    ..VIA_FIELD;
    ..TARGET_FIELD;
    ..DETAIL_FIELD;
};

/// An entry as administrators see it.
pub const ROW: Schema = object! { "AuditRow":
    ..SEQ_FIELD;
    ..AT_FIELD;
    ..ACTION_FIELD;
    ..ACTOR_FIELD;
    ..VIA_FIELD;
    ..TARGET_FIELD;
    ..DETAIL_FIELD;
    required hash: Text::of(64, 64),
        "SHA-256 over the hash of the row before and this entry; note one elsewhere to find out later whether the log was cut or written anew.";
};

/// A time filter.
pub const MOMENT: Schema = Schema::Text(Text {
    min: 20,
    max: 24,
    format: "date-time",
    pattern: "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,3})?Z$",
    matches: |text| to_millis(text).is_some(),
});

/// Normalizes an RFC 3339 time in UTC to the format of the log, with milliseconds.
pub fn to_millis(text: &str) -> Option<String> {
    let (seconds, fraction) = match text.strip_suffix('Z')?.split_once('.') {
        Some((seconds, fraction)) => (seconds, fraction),
        None => (text.strip_suffix('Z')?, "0"),
    };
    let shape = "0000-00-00T00:00:00";
    let has_shape = seconds.len() == shape.len()
        && seconds.bytes().zip(shape.bytes()).all(|(byte, wanted)| {
            if wanted == b'0' {
                byte.is_ascii_digit()
            } else {
                byte == wanted
            }
        });
    let is_fraction =
        (1..=3).contains(&fraction.len()) && fraction.bytes().all(|byte| byte.is_ascii_digit());
    if !has_shape || !is_fraction {
        return None;
    }
    let within =
        |from: usize, least: &str, most: &str| (least..=most).contains(&&seconds[from..from + 2]);
    let is_moment = within(5, "01", "12")
        && within(8, "01", "31")
        && within(11, "00", "23")
        && within(14, "00", "59")
        && within(17, "00", "59");
    is_moment.then(|| format!("{seconds}.{fraction:0<3}Z"))
}

/// The filters of a page of the log; all must match.
#[derive(Debug, Default)]
pub struct LogFilters {
    /// The actor.
    pub actor: Option<String>,
    /// The target.
    pub target: Option<String>,
    /// The team.
    pub team: Option<String>,
    /// The action.
    pub action: Option<String>,
    /// At or after this time, as [`to_millis`] gives it.
    pub since: Option<String>,
    /// Before this time, as [`to_millis`] gives it.
    pub until: Option<String>,
}

/// The previous hash of the first row.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// An entry to be written.
#[derive(Debug, Clone)]
pub struct Entry {
    action: Action,
    actor: String,
    via: Option<String>,
    target: String,
    detail: Value,
}

impl Entry {
    /// An action of a caller on `target`, an id.
    pub fn by(caller: &Caller, action: Action, target: impl ToString) -> Self {
        let via = match &caller.via {
            Via::Session(id) => id.to_string(),
            Via::ApiKey(id) => id.to_string(),
        };
        Self {
            via: Some(via),
            ..Self::new(action, caller.user_id.to_string(), target.to_string())
        }
    }

    /// An action of a user on `target` in this session, which may not be committed yet.
    pub fn by_user(
        user: &UserId,
        session: Option<&SessionId>,
        action: Action,
        target: impl ToString,
    ) -> Self {
        Self {
            via: session.map(ToString::to_string),
            ..Self::new(action, user.to_string(), target.to_string())
        }
    }

    /// An action of a cron or a rule.
    pub fn by_system(action: Action, target: impl ToString) -> Self {
        Self::new(action, "system".to_owned(), target.to_string())
    }

    fn new(action: Action, actor: String, target: String) -> Self {
        Self {
            action,
            actor,
            via: None,
            target,
            detail: Value::Null,
        }
    }

    /// Adds a detail: no personal data, no secret.
    #[must_use]
    pub fn with_detail(mut self, detail: Value) -> Self {
        self.detail = detail;
        self
    }

    /// The entry as row `seq`, in the bytes that are hashed; `at` is RFC 3339.
    pub fn text(&self, seq: i64, at: &str) -> String {
        json!({
            "seq": seq,
            "at": at,
            "action": self.action.as_str(),
            "actor": self.actor,
            "via": self.via,
            "target": self.target,
            "detail": self.detail,
        })
        .to_string()
    }
}

/// The hash of a row: SHA-256, in hexadecimal, of the hash of the row before it (in hexadecimal),
/// a line feed, and the row's entry.
pub fn chain(previous: &str, entry: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(previous);
    hash.update("\n");
    hash.update(entry);
    kit::hex::encode(&hash.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_sha256_of_the_hash_before_and_the_entry() {
        // printf '%064d\n{"seq":1}' 0 | sha256sum
        assert_eq!(
            chain(GENESIS, "{\"seq\":1}"),
            "a453da8151216b5ae0a15c5377bc79da35cc4f629a9e9a3dcab70bf0b485609a"
        );
    }

    #[test]
    fn moments() {
        for (text, expected) in [
            ("2026-11-22T00:00:00Z", Some("2026-11-22T00:00:00.000Z")),
            ("2026-11-22T23:59:59.5Z", Some("2026-11-22T23:59:59.500Z")),
            ("2026-11-22T23:59:59.123Z", Some("2026-11-22T23:59:59.123Z")),
            ("2026-11-22T23:59:59.1234Z", None),
            ("2026-11-22T23:59:59.Z", None),
            ("2026-11-22T00:00:00", None),
            ("2026-11-22T00:00:00+00:00", None),
            ("2026-11-22t00:00:00z", None),
            ("2026-11-22 00:00:00Z", None),
            ("2026-13-22T00:00:00Z", None),
            ("2026-11-32T00:00:00Z", None),
            ("2026-11-22T24:00:00Z", None),
            ("2026-11-22T00:60:00Z", None),
            ("2026-11-22T00:00:60Z", None),
            ("2026-11-22", None),
            ("\u{fc}026-11-22T00:00:0Z", None),
            ("' OR 1=1 --", None),
        ] {
            assert_eq!(to_millis(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn words_are_each_there_once() {
        for (index, word) in Action::WORDS.iter().enumerate() {
            assert!(!Action::WORDS[..index].contains(word), "{word}");
        }
    }
}
