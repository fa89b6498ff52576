//! The one route table, with the guard and the documentation of each route. `app` runs the guards.

use crate::accounts::{
    account, admin, api_keys, audit, email, factor_removal, keys, pages, password_reset,
    reauthentication, sessions, two_factor,
};
use crate::auth::permissions::{
    AimWebhooks, GovernTeams, ManageAccount, Permission as _, ReadAccount, ReadAdmin, ReadBuilds,
    ReadCompositions, ReadTeams, ReadWebhooks, Rule, SecureAccount, WriteAdmin, WriteBuilds,
    WriteCompositions, WriteTeams, WriteWebhooks,
};
use crate::http::operation::{Condition, Content, Operation};
use crate::http::problem::Problem;
use crate::http::query::UnknownParameters;
use crate::http::request::Method;
use crate::http::response::Response;
use crate::limits::policies::{Bucket, Limit};
use crate::platform::LocalFuture;
use crate::runtime::Context;
use crate::squads::{
    analysis, assign, compare, compositions, functions, page, presets, share_links, versions,
};
use crate::teams::{invitations, members, oversight, roster, scores};
use crate::webhooks::{endpoints, log};
use crate::{builds, dashboard, docs, end_everything, game, health, personal_data, tags, teams};

/// Who may call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everyone; a token is not looked at.
    Public,
    /// Everyone; a credential, if there is one, must be valid and pass the rule.
    Optional(Rule),
    /// Whoever has a valid credential that passes the rule.
    Required(Rule),
}

impl Access {
    /// What a credential must pass.
    pub const fn rule(self) -> Option<Rule> {
        match self {
            Self::Public => None,
            Self::Optional(rule) | Self::Required(rule) => Some(rule),
        }
    }
}

/// A handler.
pub type Handler = for<'a> fn(&'a Context<'a>) -> LocalFuture<'a, Result<Response, Problem>>;

/// One row.
pub struct Route {
    /// The method; GET answers HEAD too.
    pub method: Method,
    /// The path; two segments at most may be `{name}`.
    pub path: &'static str,
    /// Who may call.
    pub access: Access,
    /// What a request counts as.
    pub limit: Limit,
    /// What it does.
    pub handler: Handler,
    /// What it takes and gives.
    pub operation: &'static Operation,
}

impl Route {
    /// Whether scripts of every origin may read it: data for which nobody's credential is looked at.
    pub fn is_open(&self) -> bool {
        let is_data = match self.operation.response.content {
            Content::Media(media_type) => media_type == "application/json",
            _ => true,
        };
        self.method == Method::Get && self.access == Access::Public && is_data
    }

    /// Whether it changes something that has no tag.
    pub fn takes_no_condition(&self) -> bool {
        let is_write = matches!(self.method, Method::Put | Method::Patch | Method::Delete);
        is_write && self.operation.condition == Condition::None
    }

    /// A page's or a document's address gets parameters of those who pass it on (`?fbclid=x`).
    pub fn unknown_parameters(&self) -> UnknownParameters {
        if self.path.starts_with("/api/") {
            UnknownParameters::Refused
        } else {
            UnknownParameters::Ignored
        }
    }
}

macro_rules! routes {
    ($($method:ident $path:literal $access:expr, $limit:expr, $handler:path, $operation:path;)*) => {
        &[$(Route {
            method: Method::$method,
            path: $path,
            access: $access,
            limit: $limit,
            handler: |cx| Box::pin($handler(cx)),
            operation: &const { $operation.for_requests() },
        },)*]
    };
}

use Access::{Optional, Public, Required};
use Limit::{Address, Caller, Unlimited};

/// Every route. The busiest come first. What is served from the Wasm or from static files, without
/// the database, is unlimited: counting it would cost more than answering.
pub static ROUTES: &[Route] = routes! {
    Get    "/api/v1/builds/{id}" Optional(ReadBuilds::RULE), Caller(1), builds::handlers::get, builds::operations::GET;
    Get    "/api/v1/builds" Optional(ReadBuilds::RULE), Caller(1), builds::handlers::list, builds::operations::LIST;
    Post   "/api/v1/builds" Required(WriteBuilds::RULE), Caller(1), builds::handlers::create, builds::operations::CREATE;
    Put    "/api/v1/builds/{id}" Required(WriteBuilds::RULE), Caller(1), builds::handlers::replace, builds::operations::REPLACE;
    Patch  "/api/v1/builds/{id}" Required(WriteBuilds::RULE), Caller(1), builds::handlers::patch, builds::operations::PATCH;
    Delete "/api/v1/builds/{id}" Required(WriteBuilds::RULE), Caller(1), builds::handlers::delete, builds::operations::DELETE;

    Post   "/api/v1/chat-codes/decode" Public, Caller(1), game::handlers::decode, game::operations::DECODE;
    Post   "/api/v1/chat-codes/encode" Public, Caller(1), game::handlers::encode, game::operations::ENCODE;

    Post   "/api/v1/squads/assign" Public, Caller(20), assign::handlers::assign, assign::operations::ASSIGN;
    Get    "/api/v1/compositions/{id}/analysis" Optional(ReadCompositions::RULE), Caller(1), analysis::handlers::get, analysis::operations::GET;
    Get    "/api/v1/compositions/{id}/compare/{other}" Optional(ReadCompositions::RULE), Caller(1), compare::handlers::get, compare::operations::GET;
    Get    "/api/v1/compositions/{id}" Optional(ReadCompositions::RULE), Caller(1), compositions::handlers::get, compositions::operations::GET;
    Get    "/api/v1/compositions" Optional(ReadCompositions::RULE), Caller(1), compositions::handlers::list, compositions::operations::LIST;
    Post   "/api/v1/compositions" Required(WriteCompositions::RULE), Caller(1), compositions::handlers::create, compositions::operations::CREATE;
    Put    "/api/v1/compositions/{id}" Required(WriteCompositions::RULE), Caller(1), compositions::handlers::replace, compositions::operations::REPLACE;
    Patch  "/api/v1/compositions/{id}" Required(WriteCompositions::RULE), Caller(1), compositions::handlers::patch, compositions::operations::PATCH;
    Delete "/api/v1/compositions/{id}" Required(WriteCompositions::RULE), Caller(1), compositions::handlers::delete, compositions::operations::DELETE;
    Get    "/api/v1/compositions/{id}/versions" Required(WriteCompositions::RULE), Caller(1), versions::handlers::list, versions::operations::LIST;
    Get    "/api/v1/compositions/{id}/versions/{version}" Required(WriteCompositions::RULE), Caller(1), versions::handlers::get, versions::operations::GET;
    Post   "/api/v1/compositions/{id}/versions/{version}/restore" Required(WriteCompositions::RULE), Caller(1), versions::handlers::restore, versions::operations::RESTORE;
    Post   "/api/v1/compositions/{id}/copy" Required(WriteCompositions::RULE), Caller(1), compositions::copy::copy, compositions::operations::COPY;
    Post   "/api/v1/compositions/{id}/share-links" Required(WriteCompositions::RULE), Caller(1), share_links::handlers::create, share_links::operations::CREATE;
    Get    "/api/v1/compositions/{id}/share-links" Required(WriteCompositions::RULE), Caller(1), share_links::handlers::list, share_links::operations::LIST;
    Delete "/api/v1/compositions/{id}/share-links/{link_id}" Required(WriteCompositions::RULE), Caller(1), share_links::handlers::delete, share_links::operations::DELETE;

    Post   "/api/v1/auth/register" Public, Address(Bucket::Registration), account::handlers::register, account::operations::REGISTER;
    Post   "/api/v1/auth/login" Public, Address(Bucket::Login), sessions::login::log_in, sessions::operations::LOG_IN;
    Post   "/api/v1/auth/login/two-factor" Public, Address(Bucket::Login), sessions::login::log_in_two_factor, sessions::operations::LOG_IN_TWO_FACTOR;
    Post   "/api/v1/auth/refresh" Public, Limit::Login, sessions::handlers::refresh, sessions::operations::REFRESH_TOKENS;
    Post   "/api/v1/auth/logout" Public, Limit::Login, sessions::handlers::log_out, sessions::operations::LOG_OUT;
    Get    "/api/v1/auth/sessions" Required(ManageAccount::RULE), Caller(1), sessions::handlers::list, sessions::operations::LIST;
    Delete "/api/v1/auth/sessions" Required(ManageAccount::RULE), Caller(1), sessions::handlers::end_others, sessions::operations::END_OTHERS;
    Delete "/api/v1/auth/sessions/{id}" Required(ManageAccount::RULE), Caller(1), sessions::handlers::end, sessions::operations::END;
    Post   "/api/v1/auth/password" Required(ManageAccount::RULE), Caller(1), sessions::handlers::change_password, sessions::operations::CHANGE_PASSWORD;
    Post   "/api/v1/auth/reauthenticate" Required(ManageAccount::RULE), Caller(1), reauthentication::handlers::reauthenticate, reauthentication::operations::REAUTHENTICATE;
    Post   "/api/v1/auth/end-everything" Required(SecureAccount::RULE), Caller(1), end_everything::handlers::end, end_everything::operations::END;
    Post   "/api/v1/auth/two-factor" Required(SecureAccount::RULE), Caller(1), two_factor::handlers::begin, two_factor::operations::BEGIN;
    Delete "/api/v1/auth/two-factor" Required(ManageAccount::RULE), Caller(1), two_factor::handlers::disable, two_factor::operations::DISABLE;
    Post   "/api/v1/auth/two-factor/confirm" Required(SecureAccount::RULE), Caller(1), two_factor::handlers::confirm, two_factor::operations::CONFIRM;
    Post   "/api/v1/auth/two-factor/recovery-codes" Required(SecureAccount::RULE), Caller(1), two_factor::handlers::make_recovery_codes, two_factor::operations::MAKE_RECOVERY_CODES;

    Post   "/api/v1/auth/two-factor/removal" Public, Caller(1), factor_removal::handlers::begin, factor_removal::operations::BEGIN;
    Delete "/api/v1/auth/two-factor/removal" Required(ManageAccount::RULE), Caller(1), factor_removal::handlers::stop, factor_removal::operations::STOP;
    Post   "/api/v1/auth/email/verification" Required(ManageAccount::RULE), Caller(1), email::handlers::send_again, email::operations::SEND_AGAIN;
    Post   "/api/v1/auth/email/verify" Public, Caller(1), email::handlers::verify, email::operations::VERIFY;
    Post   "/api/v1/auth/email/undo" Public, Caller(1), email::undo::undo, email::operations::UNDO;
    Post   "/api/v1/auth/password-reset" Public, Address(Bucket::Reset), password_reset::handlers::request, password_reset::operations::REQUEST;
    Post   "/api/v1/auth/password-reset/confirm" Public, Caller(1), password_reset::handlers::confirm, password_reset::operations::CONFIRM;

    Post   "/api/v1/auth/api-keys" Required(SecureAccount::RULE), Caller(1), api_keys::handlers::create, api_keys::operations::CREATE;
    Get    "/api/v1/auth/api-keys" Required(ManageAccount::RULE), Caller(1), api_keys::handlers::list, api_keys::operations::LIST;
    Delete "/api/v1/auth/api-keys/{id}" Required(ManageAccount::RULE), Caller(1), end_everything::handlers::revoke_api_key, api_keys::operations::REVOKE;

    Get    "/api/v1/teams/{id}/players" Required(ReadTeams::RULE), Caller(1), roster::handlers::list, roster::operations::LIST;
    Post   "/api/v1/teams/{id}/players" Required(WriteTeams::RULE), Caller(1), roster::handlers::create, roster::operations::CREATE;
    Get    "/api/v1/teams/{id}/players/export" Required(ReadTeams::RULE), Caller(20), roster::handlers::export, roster::operations::EXPORT;
    Post   "/api/v1/teams/{id}/players/import" Required(WriteTeams::RULE), Caller(20), roster::handlers::import, roster::operations::IMPORT;
    Get    "/api/v1/teams/{id}/players/{player_id}" Required(ReadTeams::RULE), Caller(1), roster::handlers::get, roster::operations::GET;
    Put    "/api/v1/teams/{id}/players/{player_id}" Required(WriteTeams::RULE), Caller(1), roster::handlers::replace, roster::operations::REPLACE;
    Patch  "/api/v1/teams/{id}/players/{player_id}" Required(WriteTeams::RULE), Caller(1), roster::handlers::patch, roster::operations::PATCH;
    Delete "/api/v1/teams/{id}/players/{player_id}" Required(WriteTeams::RULE), Caller(1), roster::handlers::delete, roster::operations::DELETE;

    Get    "/api/v1/webhooks/event-types" Public, Unlimited, endpoints::handlers::event_types, endpoints::operations::EVENT_TYPES;
    Post   "/api/v1/webhooks" Required(AimWebhooks::RULE), Caller(1), endpoints::handlers::create, endpoints::operations::CREATE;
    Get    "/api/v1/webhooks" Required(ReadWebhooks::RULE), Caller(1), endpoints::handlers::list, endpoints::operations::LIST;
    Get    "/api/v1/webhooks/{id}" Required(ReadWebhooks::RULE), Caller(1), endpoints::handlers::get, endpoints::operations::GET;
    Patch  "/api/v1/webhooks/{id}" Required(AimWebhooks::RULE), Caller(1), endpoints::handlers::patch, endpoints::operations::PATCH;
    Delete "/api/v1/webhooks/{id}" Required(WriteWebhooks::RULE), Caller(1), endpoints::handlers::delete, endpoints::operations::DELETE;
    Post   "/api/v1/webhooks/{id}/rotate-secret" Required(AimWebhooks::RULE), Caller(1), endpoints::handlers::rotate_secret, endpoints::operations::ROTATE_SECRET;
    Post   "/api/v1/webhooks/{id}/test" Required(WriteWebhooks::RULE), Caller(1), endpoints::test_send::test, endpoints::operations::TEST_SEND;
    Get    "/api/v1/webhooks/{id}/deliveries" Required(ReadWebhooks::RULE), Caller(1), log::handlers::list, log::operations::LIST;
    Post   "/api/v1/webhooks/{id}/recover" Required(WriteWebhooks::RULE), Caller(1), log::handlers::recover, log::operations::RECOVER;
    Get    "/api/v1/webhooks/deliveries/{id}" Required(ReadWebhooks::RULE), Caller(1), log::handlers::get, log::operations::GET;
    Post   "/api/v1/webhooks/deliveries/{id}/retry" Required(WriteWebhooks::RULE), Caller(1), log::handlers::retry, log::operations::RETRY;

    Post   "/api/v1/teams" Required(WriteTeams::RULE), Caller(1), teams::handlers::create, teams::operations::CREATE;
    Get    "/api/v1/teams" Required(ReadTeams::RULE), Caller(1), teams::handlers::list, teams::operations::LIST;
    Get    "/api/v1/teams/{id}" Required(ReadTeams::RULE), Caller(1), teams::handlers::get, teams::operations::GET;
    Patch  "/api/v1/teams/{id}" Required(WriteTeams::RULE), Caller(1), teams::handlers::patch, teams::operations::PATCH_TEAM;
    Delete "/api/v1/teams/{id}" Required(GovernTeams::RULE), Caller(1), teams::handlers::delete, teams::operations::DELETE;
    Get    "/api/v1/teams/{id}/members" Required(ReadTeams::RULE), Caller(1), members::handlers::list, members::operations::LIST;
    Patch  "/api/v1/teams/{id}/members/{user_id}" Required(GovernTeams::RULE), Caller(1), members::handlers::change, members::operations::CHANGE;
    Delete "/api/v1/teams/{id}/members/{user_id}" Required(WriteTeams::RULE), Caller(1), members::handlers::remove, members::operations::REMOVE;
    Post   "/api/v1/teams/{id}/hand-over" Required(GovernTeams::RULE), Caller(1), members::handlers::hand_over, members::operations::HAND_OVER_TEAM;
    Post   "/api/v1/teams/{id}/invitations" Required(WriteTeams::RULE), Caller(1), invitations::handlers::create, invitations::operations::CREATE;
    Get    "/api/v1/teams/{id}/invitations" Required(ReadTeams::RULE), Caller(1), invitations::handlers::list, invitations::operations::LIST;
    Delete "/api/v1/teams/{id}/invitations/{invitation_id}" Required(WriteTeams::RULE), Caller(1), invitations::handlers::withdraw, invitations::operations::WITHDRAW;
    Post   "/api/v1/invitations/accept" Required(WriteTeams::RULE), Caller(1), invitations::handlers::accept, invitations::operations::ACCEPT;
    Get    "/api/v1/invitations/{code}" Public, Caller(1), invitations::handlers::show, invitations::operations::SHOW;
    Get    "/api/v1/teams/{id}/bans" Required(ReadTeams::RULE), Caller(1), oversight::handlers::bans, oversight::operations::BANS;
    Delete "/api/v1/teams/{id}/bans/{user_id}" Required(WriteTeams::RULE), Caller(1), oversight::handlers::lift_ban, oversight::operations::LIFT_BAN;
    Get    "/api/v1/teams/{id}/webhooks" Required(ReadWebhooks::RULE), Caller(1), oversight::handlers::webhooks, oversight::operations::WEBHOOKS;
    Delete "/api/v1/teams/{id}/webhooks/{webhook_id}" Required(WriteWebhooks::RULE), Caller(1), oversight::handlers::end_webhook, oversight::operations::END_WEBHOOK;
    Get    "/api/v1/teams/{id}/share-links" Required(ReadCompositions::RULE), Caller(1), oversight::handlers::links, oversight::operations::LINKS;
    Delete "/api/v1/teams/{id}/share-links/{link_id}" Required(WriteCompositions::RULE), Caller(1), oversight::handlers::end_link, oversight::operations::END_LINK;
    Get    "/api/v1/teams/{id}/scores" Required(ReadTeams::RULE), Caller(1), scores::handlers::get, scores::operations::GET;
    Put    "/api/v1/teams/{id}/scores" Required(WriteTeams::RULE), Caller(1), scores::handlers::replace, scores::operations::REPLACE;

    Get    "/api/v1/users/me" Required(ReadAccount::RULE), Caller(1), account::handlers::me, account::operations::ME;
    Patch  "/api/v1/users/me" Required(ManageAccount::RULE), Caller(1), account::handlers::change, account::operations::CHANGE;
    Delete "/api/v1/users/me" Required(ManageAccount::RULE), Caller(1), personal_data::handlers::delete, personal_data::operations::DELETE;
    Get    "/api/v1/users/me/export" Required(ManageAccount::RULE), Caller(20), personal_data::handlers::export, personal_data::operations::EXPORT;
    Get    "/api/v1/users/me/dashboard" Required(ManageAccount::RULE), Caller(1), dashboard::handlers::get, dashboard::operations::GET;
    Get    "/.well-known/jwks.json" Public, Caller(1), keys::handlers::jwks, keys::operations::JWKS;

    Get    "/api/v1/admin/signing-keys" Required(ReadAdmin::RULE), Caller(1), keys::handlers::list, keys::operations::LIST;
    Post   "/api/v1/admin/signing-keys/rotate" Required(WriteAdmin::RULE), Caller(1), keys::handlers::rotate, keys::operations::ROTATE;
    Get    "/api/v1/admin/users/{id}" Required(ReadAdmin::RULE), Caller(1), admin::handlers::get, admin::operations::GET;
    Patch  "/api/v1/admin/users/{id}" Required(WriteAdmin::RULE), Caller(1), admin::handlers::change, admin::operations::CHANGE;
    Get    "/api/v1/admin/audit-log" Required(ReadAdmin::RULE), Caller(1), audit::handlers::list, audit::operations::LIST;

    Get    "/api/v1/game/professions" Public, Caller(1), game::handlers::professions, game::operations::PROFESSIONS;
    Get    "/api/v1/game/professions/{id}" Public, Caller(1), game::handlers::profession, game::operations::GET_PROFESSION;
    Get    "/api/v1/game/specializations" Public, Caller(1), game::handlers::specializations, game::operations::SPECIALIZATIONS;
    Get    "/api/v1/game/weapons" Public, Caller(1), game::handlers::weapons, game::operations::WEAPONS;
    Get    "/api/v1/game/roles" Public, Caller(1), game::handlers::roles, game::operations::ROLES;
    Get    "/api/v1/game/functions" Public, Caller(1), functions::handlers::functions, functions::operations::FUNCTIONS;
    Get    "/api/v1/game/presets" Public, Caller(1), presets::handlers::presets, presets::operations::PRESETS;

    Get    "/api/v1/tags" Public, Caller(5), tags::handlers::list, tags::operations::LIST;
    Get    "/c/{slug}" Public, Caller(1), page::handlers::page, page::operations::PAGE;
    Get    "/c/{slug}/card.png" Public, Caller(1), page::handlers::card, page::operations::CARD;
    Get    "/i/{code}" Public, Caller(1), invitations::handlers::page, invitations::operations::PAGE;

    Get    "/reset" Public, Caller(1), pages::reset::show, pages::operations::SHOW_RESET;
    Post   "/reset" Public, Address(Bucket::Reset), pages::reset::submit, pages::operations::SUBMIT_RESET;
    Get    "/verify" Public, Caller(1), pages::links::show_verify, pages::operations::SHOW_VERIFY;
    Post   "/verify" Public, Caller(1), pages::links::verify, pages::operations::SUBMIT_VERIFY;
    Get    "/undo" Public, Caller(1), pages::links::show_undo, pages::operations::SHOW_UNDO;
    Post   "/undo" Public, Caller(1), pages::links::undo, pages::operations::SUBMIT_UNDO;
    Get    "/remove-factor" Public, Caller(1), pages::links::show_remove_factor, pages::operations::SHOW_REMOVE_FACTOR;
    Post   "/remove-factor" Public, Caller(1), pages::links::remove_factor, pages::operations::SUBMIT_REMOVE_FACTOR;
    Get    "/.well-known/change-password" Public, Unlimited, pages::well_known::change_password, pages::operations::CHANGE_PASSWORD;
    Get    "/.well-known/security.txt" Public, Unlimited, pages::well_known::security, pages::operations::SECURITY;

    Get    "/health/live" Public, Unlimited, health::live, health::LIVE;
    Get    "/health/ready" Public, Caller(1), health::ready, health::READY;
    Get    "/openapi.json" Public, Unlimited, docs::openapi, docs::OPENAPI;
    Get    "/docs" Public, Unlimited, docs::page, docs::PAGE;
    Get    "/docs/{file}" Public, Unlimited, docs::file, docs::FILE;
    Get    "/docs/problems/{code}" Public, Unlimited, docs::problem, docs::PROBLEM;
};

/// Routes that exist only in the builds of the edge tests.
#[cfg(feature = "fault-injection")]
pub static FAULTS: &[Route] = routes! {
    Post   "/faults/panic" Public, Unlimited, crate::faults::panic_now, crate::faults::PANIC;
    Post   "/faults/abort" Public, Unlimited, crate::faults::abort, crate::faults::ABORT;
    Post   "/faults/mail" Public, Unlimited, crate::faults::send_mail, crate::faults::MAIL;
    Post   "/faults/panic-later" Public, Unlimited, crate::faults::panic_later, crate::faults::PANIC_LATER;
};
/// Routes that exist only in the builds of the edge tests.
#[cfg(not(feature = "fault-injection"))]
pub static FAULTS: &[Route] = &[];

/// The parts of a path that stand for the `{...}` of its pattern; empty where there is none.
pub type Values<'p> = [&'p str; 2];

/// The values of `path`, if it has the form of `pattern`.
fn match_path<'p>(mut pattern: &str, mut path: &'p str) -> Option<Values<'p>> {
    let mut values = Values::default();
    for place in &mut values {
        let Some((prefix, rest)) = pattern.split_once('{') else {
            break;
        };
        path = path.strip_prefix(prefix)?;
        (*place, path) = path.split_at(path.find('/').unwrap_or(path.len()));
        if place.is_empty() {
            return None;
        }
        pattern = rest.split_once('}').map_or("", |(_, pattern)| pattern);
    }
    (pattern == path).then_some(values)
}

/// What a path leads to.
pub enum Match<'p> {
    /// This row, with the values of its `{...}`.
    Route(&'static Route, Values<'p>),
    /// Rows with other methods: what `Allow` says.
    OtherMethods(String),
    /// Nothing.
    Nothing,
}

/// Finds the row for a request.
pub fn find(method: Method, path: &str) -> Match<'_> {
    let wanted = if method == Method::Head {
        Method::Get
    } else {
        method
    };
    let mut methods: Vec<&str> = Vec::new();
    let mut is_literal = false;
    for route in ROUTES.iter().chain(FAULTS) {
        if let Some(values) = match_path(route.path, path) {
            // A row for this very path stands before those that take any id there.
            if is_literal && !values[0].is_empty() {
                continue;
            }
            is_literal |= values[0].is_empty();
            if route.method == wanted {
                return Match::Route(route, values);
            }
            methods.push(route.method.as_str());
        }
    }
    if methods.is_empty() {
        return Match::Nothing;
    }
    if methods.contains(&"GET") {
        methods.push("HEAD");
    }
    methods.push("OPTIONS");
    Match::OtherMethods(methods.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        for (pattern, path, expected) in [
            ("/a/{id}", "/a/x", Some(["x", ""])),
            ("/a/{id}", "/a/", None),
            ("/a/{id}", "/a/x/", None),
            ("/a/{id}", "/a/x/y", None),
            ("/a/{id}/b", "/a/x/b", Some(["x", ""])),
            ("/a/{id}/b", "/a/x/y/b", None),
            ("/a/{id}/b", "/a/x/bb", None),
            ("/a/{id}/b/{other}", "/a/x/b/y", Some(["x", "y"])),
            ("/a/{id}/b/{other}", "/a/x/b/", None),
            ("/a/{id}/b/{other}", "/a//b/y", None),
            ("/a/{id}/b/{other}", "/a/x/b/y/z", None),
            ("/a/{id}/b/{other}/c", "/a/x/b/y/c", Some(["x", "y"])),
            ("/a/{id}/b/{other}/c", "/a/x/b/y", None),
            ("/a", "/a", Some(["", ""])),
            ("/a", "/a/", None),
            ("/a", "/A", None),
            ("/a", "//a", None),
        ] {
            assert_eq!(match_path(pattern, path), expected, "{pattern} {path}");
        }
    }

    #[test]
    fn each_row_is_there_once_and_has_its_own_operation() {
        for (index, route) in ROUTES.iter().enumerate() {
            for other in &ROUTES[..index] {
                assert!(other.path != route.path || other.method != route.method);
                assert_ne!(other.operation.id, route.operation.id);
            }
            let parts = route.path.split('{').skip(1);
            let names: Vec<_> = parts.filter_map(|part| part.split_once('}')).collect();
            let documented = route.operation.path.iter().map(|field| field.name);
            assert!(names.len() <= Values::default().len());
            assert!(
                names.iter().map(|(name, _)| *name).eq(documented),
                "{}",
                route.path
            );
        }
    }

    #[test]
    fn a_row_for_a_very_path_stands_before_those_that_take_any_id_there() {
        for (index, route) in ROUTES.iter().enumerate() {
            if !route.path.contains('{') {
                let earlier = ROUTES[..index].iter();
                let mut clash = earlier.filter(|other| {
                    other.path.contains('{') && match_path(other.path, route.path).is_some()
                });
                assert!(clash.next().is_none(), "{}", route.path);
            }
        }
        let path = "/api/v1/webhooks/event-types";
        assert!(matches!(
            find(Method::Patch, path),
            Match::OtherMethods(allow) if allow == "GET, HEAD, OPTIONS"
        ));
    }

    #[test]
    fn a_path_with_other_methods_says_which() {
        assert!(matches!(
            find(Method::Delete, "/api/v1/builds"),
            Match::OtherMethods(allow) if allow == "GET, POST, HEAD, OPTIONS"
        ));
        assert!(matches!(find(Method::Get, "/nothing"), Match::Nothing));
        assert!(matches!(
            find(Method::Head, "/health/live"),
            Match::Route(_, ["", ""])
        ));
    }
}
