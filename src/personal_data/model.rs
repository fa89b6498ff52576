//! The schemas of deletion and export. An export holds no secret: no hash, token or other credential.

use kit::time::rfc3339;
use serde_json::{Value, json};

use crate::accounts::account::model::{
    ANY_PASSWORD, DISPLAY_NAME, Details, EMAIL, EMAIL_VERIFIED_FIELD, PENDING_EMAIL_FIELD,
};
use crate::accounts::api_keys::model::KEY;
use crate::accounts::links::LINK;
use crate::accounts::reauthentication::model::ABOUT_OPTIONAL_CODE;
use crate::accounts::sessions::model::RECORD;
use crate::accounts::two_factor::model::CODE;
use crate::auth::audit::model::ENTRY;
use crate::auth::model::{AccountRole, OPTIONAL_TIME, TIME};
use crate::builds::schemas::BUILD;
use crate::http::schema::{Schema, Text};
use crate::http::{body, object};
use crate::squads::authorship::schemas::AUTHORSHIP;
use crate::squads::compositions::schemas::COMPOSITION;
use crate::teams::invitations::schemas::OWN_INVITATION;
use crate::teams::oversight::schemas::OWN_BAN;
use crate::teams::roster::schemas::PLAYER;
use crate::teams::schemas::MEMBERSHIP;
use crate::webhooks::endpoints::schemas::WEBHOOK;

body! {
    /// Body of DELETE /users/me.
    pub struct Deletion = "AccountDeletion", r#"{"password":"four words in a row"}"# {
        required password: String = ANY_PASSWORD,
            "The account's password, as proof that its owner means it.";
        optional code: Option<String> = CODE, ABOUT_OPTIONAL_CODE;
    }
}

const ACCOUNT: Schema = object! { "ExportedAccount":
    required id: Text::formatted(31, 31, "typeid"), "TypeID with the prefix user.";
    required email: EMAIL, "As it was written.";
    ..EMAIL_VERIFIED_FIELD;
    required email_verified_at: OPTIONAL_TIME, "When it was proved, by the link in a mail.";
    ..PENDING_EMAIL_FIELD;
    required display_name: DISPLAY_NAME, "What others see.";
    required role: Schema::Choice(AccountRole::WORDS), "What the account is on this instance.";
    required created_at: TIME, "RFC 3339, UTC.";
    required updated_at: TIME, "RFC 3339, UTC.";
    required disabled_at: OPTIONAL_TIME, "Null: it may log in.";
    required password_changed_at: TIME, "Logins from before have ended.";
    required password_disabled_at: OPTIONAL_TIME,
        "When too many wrong guesses have disabled the password.";
};
const TWO_FACTOR: Schema = object! {
    required enabled: Schema::Boolean, "Whether a second factor is asked for.";
};
const RECORDS: Schema = all_of(&RECORD);
const KEYS: Schema = all_of(&KEY);
const WEBHOOKS: Schema = all_of(&WEBHOOK);
const MEMBERSHIPS: Schema = all_of(&MEMBERSHIP);
const EMAIL_LINKS: Schema = all_of(&LINK);
const BUILDS: Schema = all_of(&BUILD);
const COMPOSITIONS: Schema = all_of(&COMPOSITION);
const PLAYERS: Schema = all_of(&PLAYER);
const INVITATIONS: Schema = all_of(&OWN_INVITATION);
const BANS: Schema = all_of(&OWN_BAN);
const AUTHORSHIPS: Schema = all_of(&AUTHORSHIP);
const ENTRIES: Schema = all_of(&ENTRY);

const fn all_of(items: &'static Schema) -> Schema {
    Schema::list(items, 0, usize::MAX)
}

/// Answer of GET /users/me/export. A feature that keeps something on users adds a member here.
pub const EXPORT: Schema = object! { "Export":
    required exported_at: TIME, "When it was put together.";
    required account: ACCOUNT, "The account.";
    required two_factor: TWO_FACTOR, "The second factor.";
    required sessions: RECORDS, "Logins, ended ones too, oldest first.";
    required api_keys: KEYS, "API keys, without the keys themselves.";
    required webhooks: WEBHOOKS, "Webhooks, without their secrets, newest first.";
    required email_links: EMAIL_LINKS, "Links in mails that still work, without their tokens.";
    required teams: MEMBERSHIPS, "The teams that the account is in, newest first.";
    required invitations: INVITATIONS,
        "Invitations into teams that I made, without their codes, newest first.";
    required team_bans: BANS, "The teams that keep me out, oldest first.";
    required builds: BUILDS, "All builds, newest first.";
    required compositions: COMPOSITIONS,
        "All compositions that I made and still see, newest first.";
    required composition_authorship: AUTHORSHIPS,
        "What I did to compositions, those of teams that I have left too, newest first.";
    required players: PLAYERS,
        "My entries in rosters of teams, those that I have left too, oldest first.";
    required audit_log: ENTRIES, "What the account did and what was done to it, oldest first.";
};

pub fn account(details: &Details) -> Value {
    let mut document = details.user.document();
    document["email_verified_at"] = details.user.email_verified_at.map(rfc3339).into();
    document["disabled_at"] = details.disabled_at.map(rfc3339).into();
    document["password_changed_at"] = rfc3339(details.password_changed_at).into();
    document["password_disabled_at"] = details.password_disabled_at.map(rfc3339).into();
    document
}

pub fn two_factor(details: &Details) -> Value {
    json!({ "enabled": details.has_two_factor })
}
