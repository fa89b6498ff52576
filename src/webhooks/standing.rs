//! The standing of an endpoint's creator, as SQL conditions: account exists and is enabled, role in the
//! team, API key exists and has not ended, with the event's scope. `endpoints::endings` disables
//! endpoints that have lost it. `w` is a row of `webhooks`, `e` one of `webhook_events`; `$roles` are the
//! roles that may have webhooks of a team, `$now` milliseconds since 1970.

use crate::membership::permissions::{ManageWebhooks, TeamPermission as _};

/// The roles that may have webhooks of a team, as the parameter `$roles`.
pub fn roles() -> String {
    ManageWebhooks::RULE.roles()
}

/// The account of `w` exists and is enabled.
macro_rules! account_stands {
    () => {
        $crate::auth::standing::account_stands!("w.user_id")
    };
}

/// The owner of `w` has a role in its team, if any. Endpoints of a deleted team are told of the deletion.
macro_rules! role_stands {
    ($roles:literal) => {
        concat!(
            "(w.team_id IS NULL OR ",
            $crate::membership::store::still_is!("w.team_id", "w.user_id", $roles),
            " OR NOT ",
            $crate::membership::store::team_exists!("w.team_id"),
            ")"
        )
    };
}

/// The key that made `w`, if one did, is there and has not ended, and `$more` of it, a row `k`.
macro_rules! key_stands {
    ($now:literal, $more:expr) => {
        $crate::auth::standing::key_stands!(
            "w.api_key_id",
            $now,
            concat!(" AND k.user_id = w.user_id", $more)
        )
    };
}

/// The key of `w`, a row `k`, has the scope of `e`, if `e` still exists.
macro_rules! key_reads {
    () => {
        " AND (coalesce(e.scope, '') = '' \
         OR instr(' ' || k.scopes || ' ', ' ' || e.scope || ' ') > 0)"
    };
}

/// The creator of `w` may still have it.
macro_rules! maker_stands {
    ($roles:literal, $now:literal) => {
        concat!(
            $crate::webhooks::standing::account_stands!(),
            " AND ",
            $crate::webhooks::standing::role_stands!($roles),
            " AND ",
            $crate::webhooks::standing::key_stands!($now, "")
        )
    };
}

/// `w` is to be told of `e`, now or once its account is enabled again.
macro_rules! is_told {
    ($roles:literal, $now:literal) => {
        concat!(
            "w.disabled_at IS NULL AND ",
            $crate::webhooks::standing::role_stands!($roles),
            " AND ",
            $crate::webhooks::standing::key_stands!($now, $crate::webhooks::standing::key_reads!())
        )
    };
}

/// `e` may be sent to `w` now; to an unproved endpoint only a ping.
macro_rules! may_be_sent {
    ($roles:literal, $now:literal) => {
        concat!(
            $crate::webhooks::standing::is_told!($roles, $now),
            " AND ",
            $crate::webhooks::standing::account_stands!(),
            " AND (w.is_proven = 1 OR coalesce(e.type, '') = 'ping')"
        )
    };
}

pub(in crate::webhooks) use {
    account_stands, is_told, key_reads, key_stands, maker_stands, may_be_sent, role_stands,
};
