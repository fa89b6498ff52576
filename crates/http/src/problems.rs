//! The catalogue of problems: every `code` the API can answer with. A code never changes its meaning.

/// One kind of problem: a row of this catalogue.
#[derive(Debug, PartialEq, Eq)]
pub struct ProblemKind {
    /// Stable, `snake_case`; the last part of its `type` URI.
    pub code: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// A short name for people.
    pub title: &'static str,
    /// What to do about it.
    pub help: &'static str,
}

impl ProblemKind {
    /// Its `type`: a page of ours at `base`, or the registered name where there is one.
    pub fn type_uri(&self, base: &str) -> String {
        if self.code == QUOTA_EXCEEDED.code {
            // draft-ietf-httpapi-ratelimit-headers registers it.
            return "https://iana.org/assignments/http-problem-types#quota-exceeded".to_owned();
        }
        format!("{base}/docs/problems/{}", self.code)
    }
}

/// Kinds of problems by their names in this catalogue.
#[macro_export]
macro_rules! problems {
    ($($name:ident),* $(,)?) => { &[$(&$crate::problems::$name),*] };
}

macro_rules! catalogue {
    ($($name:ident $status:literal $code:literal $title:literal, $help:literal;)*) => {
        $(#[doc = $title]
        pub const $name: ProblemKind = ProblemKind {
            code: $code,
            status: $status,
            title: $title,
            help: $help,
        };)*

        /// All of them.
        pub const ALL: &[&ProblemKind] = &[$(&$name,)*];
    };
}

catalogue! {
    INVALID_JSON 400 "invalid_json" "The body is not JSON",
        "Send one JSON value in UTF-8 (RFC 8259). The detail says where reading stopped.";
    INVALID_CSV 400 "invalid_csv" "The body is not CSV",
        "Send CSV in UTF-8 with a header row, commas between the cells, and cells in double quotes that are closed again (RFC 4180). The detail says where reading stopped.";
    DUPLICATE_KEY 400 "duplicate_key" "An object names a member twice",
        "Name each member of an object once.";
    TOO_DEEP 400 "too_deep" "The JSON is nested too deeply",
        "Nest at most 32 levels.";
    BODY_REQUIRED 400 "body_required" "The body is empty",
        "Send a JSON object; the reference shows an example.";
    BODY_INCOMPLETE 400 "body_incomplete" "The body is incomplete",
        "Send it again, with as many bytes as Content-Length says, or with complete chunks.";
    INVALID_CONDITION 400 "invalid_condition" "A condition of the request cannot be read",
        "Put each entity tag of If-Match and If-None-Match in double quotes, as ETag gives it, with commas between them, or send * alone (RFC 9110, section 13.1).";
    INVALID_IDEMPOTENCY_KEY 400 "invalid_idempotency_key" "The Idempotency-Key is not valid",
        "Send one key of 1 to 255 visible ASCII characters, with or without double quotes around it. A random UUID is a good one.";
    INVALID_TOKEN 401 "invalid_token" "The access token or API key is not valid",
        "Log in (POST /api/v1/auth/login) and send the access token as Authorization: Bearer. An API key that is refused has ended, or was revoked or mistyped.";
    AUTHENTICATION_REQUIRED 401 "authentication_required" "This call needs an access token or an API key",
        "Log in (POST /api/v1/auth/login) and send the access token as Authorization: Bearer; so an API key is sent, too.";
    INVALID_CREDENTIALS 401 "invalid_credentials" "The address or the password is wrong",
        "Check both. Passwords are case-sensitive, addresses are not.";
    TWO_FACTOR_REQUIRED 401 "two_factor_required" "A second factor is needed",
        "Send the challenge with a code of the authenticator app, or a recovery code, to POST /api/v1/auth/login/two-factor.";
    INVALID_TWO_FACTOR_CODE 401 "invalid_two_factor_code" "The code is wrong or was used before",
        "Wait for the next code of the authenticator app, or use a recovery code. Each counts once.";
    INVALID_CHALLENGE 401 "invalid_challenge" "The challenge is not valid any more",
        "Log in again (POST /api/v1/auth/login). A challenge ends with its login, after 5 minutes and after 5 wrong codes.";
    INVALID_REFRESH_TOKEN 401 "invalid_refresh_token" "The refresh token is not valid",
        "Log in again (POST /api/v1/auth/login). A refresh token works once, and ends with its login.";
    REFRESH_TOKEN_REUSED 401 "refresh_token_reused" "The refresh token was used before",
        "Log in again (POST /api/v1/auth/login). Someone may have a copy of the token, so this login was ended. Keep only the newest refresh token.";
    WRONG_PASSWORD 403 "wrong_password" "The current password is wrong",
        "Send the account's password as it is now. Passwords are case-sensitive.";
    WRONG_TWO_FACTOR_CODE 403 "wrong_two_factor_code" "The code is wrong or was used before",
        "Wait for the next code of the authenticator app, or use a recovery code. Each counts once.";
    INSUFFICIENT_SCOPE 403 "insufficient_scope" "The access token or API key does not allow this call",
        "Use one with the scope that WWW-Authenticate names. API keys cannot do what only a login may.";
    REAUTHENTICATION_REQUIRED 403 "reauthentication_required" "This needs a proof of who you are from the last five minutes",
        "Send the password, and a code where there is a second factor, to POST /api/v1/auth/reauthenticate, and make this call again with the access token of its answer; or log in again.";
    INSUFFICIENT_TEAM_ROLE 403 "insufficient_team_role" "Your role in the team does not allow this",
        "Ask a leader of the team to do it, or to give you the role: the table of team permissions says which one it takes.";
    MADE_BY_ANOTHER_KEY 403 "made_by_another_key" "Another API key has made this webhook",
        "Change it with that key, or logged in. Any key with webhooks:write may delete it.";
    INVITATION_REFUSED 403 "invitation_refused" "This invitation is not for you",
        "Ask a leader of the team for a new one, made for you.";
    ORIGIN_NOT_ALLOWED 403 "origin_not_allowed" "Pages of this origin may not call the API",
        "Ask the operator to add the origin to ALLOWED_ORIGINS.";
    NOT_OWNER 403 "not_owner" "Only its owner may change this",
        "Copy it and change the copy.";
    NOT_FOUND 404 "not_found" "Not found",
        "Check the path and the id. Resources that you may not see get the same answer.";
    METHOD_NOT_ALLOWED 405 "method_not_allowed" "This path does not take this method",
        "Use a method that the Allow header names.";
    EMAIL_TAKEN 409 "email_taken" "An account with this address exists",
        "Log in instead, or use another address.";
    TOO_MANY_API_KEYS 409 "too_many_api_keys" "The account has 50 API keys already",
        "Revoke one that is no longer used (DELETE /api/v1/auth/api-keys/{id}).";
    TOO_MANY_BUILDS 409 "too_many_builds" "The limit of builds is reached",
        "Delete one that is no longer used (DELETE /api/v1/builds/{id}), or share one less: an account can have 1,000, and 2,000 can be shared with a team.";
    TOO_MANY_COMPOSITIONS 409 "too_many_compositions" "The limit of compositions is reached",
        "Delete one that is no longer used (DELETE /api/v1/compositions/{id}): an account can have 200 that are no team's, a team 500.";
    TOO_MANY_SHARE_LINKS 409 "too_many_share_links" "The composition has 20 share links already",
        "Revoke one that is not needed any more.";
    TOO_MANY_WEBHOOKS 409 "too_many_webhooks" "The account has 50 webhooks already",
        "Delete one that is no longer used (DELETE /api/v1/webhooks/{id}). One webhook can listen to many event types.";
    WEBHOOK_URL_TAKEN 409 "webhook_url_taken" "You have a webhook with this URL already",
        "Change the one that is there (GET /api/v1/webhooks lists them): one webhook can listen to many event types.";
    WEBHOOK_UNPROVED 409 "webhook_unproved" "This webhook's URL has not answered a ping yet",
        "Let the receiver answer 2xx to a ping (POST /api/v1/webhooks/{id}/test sends one now): held deliveries are then sent.";
    TOO_MANY_TEAMS 409 "too_many_teams" "You are in 20 teams already",
        "Leave one of them (DELETE /api/v1/teams/{id}/members/{user_id}), or delete it.";
    TEAM_FULL 409 "team_full" "The team has 500 members already",
        "Ask a leader or officer to remove someone who has left the guild.";
    LAST_LEADER 409 "last_leader" "This is the team's last leader",
        "Hand the team over first (POST /api/v1/teams/{id}/hand-over), or delete it: without a leader, nobody could.";
    TOO_MANY_BANS 409 "too_many_bans" "The team has banned 1,000 people already",
        "Lift a ban that is not needed any more (DELETE /api/v1/teams/{id}/bans/{user_id}).";
    TOO_MANY_INVITATIONS 409 "too_many_invitations" "The team has 50 open invitations already",
        "Withdraw one (DELETE /api/v1/teams/{id}/invitations/{invitation_id}). One invitation can let up to 100 people in.";
    ALREADY_A_MEMBER 409 "already_a_member" "You are in this team already",
        "There is nothing to do. The invitation was not used.";
    TOO_MANY_SECRETS 409 "too_many_secrets" "This webhook has five signing secrets already",
        "Wait until the oldest has expired, or send overlap_seconds 0: then only the new one signs.";
    MEMBER_HAS_PLAYER 409 "member_has_player" "This member has an entry in the roster already",
        "Change the entry that is there: GET /api/v1/teams/{id}/players?user_id=... finds it.";
    ROSTER_TOO_LARGE 409 "roster_too_large" "The roster would be too large",
        "A roster has at most 10,000 players, and 8 million characters in all. Remove players who have left (DELETE /api/v1/teams/{id}/players/{player_id}), or import with mode=replace.";
    ROSTER_CHANGED 409 "roster_changed" "The team or its roster has changed in the meantime",
        "Send the same request again: it is then checked against what is there now.";
    WEBHOOK_DISABLED 409 "webhook_disabled" "This webhook is disabled",
        "Enable it first (PATCH /api/v1/webhooks/{id} with enabled true): held deliveries are then sent.";
    DELIVERY_IN_PROGRESS 409 "delivery_in_progress" "An attempt is in progress",
        "Read the delivery again in a minute: it may be delivered by then.";
    IDEMPOTENCY_KEY_IN_USE 409 "idempotency_key_in_use" "A request with this Idempotency-Key is running",
        "Send the same request again after the seconds in Retry-After. The reservation of an aborted request expires after a minute.";
    TWO_FACTOR_ENABLED 409 "two_factor_enabled" "The second factor is on already",
        "Switch it off first (DELETE /api/v1/auth/two-factor).";
    TWO_FACTOR_NOT_ENABLED 409 "two_factor_not_enabled" "There is no second factor",
        "Begin with POST /api/v1/auth/two-factor, then confirm it with a code.";
    NO_FACTOR_REMOVAL 409 "no_factor_removal" "There is no removal that this login could stop",
        "Nobody has asked for the removal of the second factor, or this login was opened without it: log in with a code first.";
    LAST_ADMINISTRATOR 409 "last_administrator" "This is the last administrator",
        "Make another account an administrator first: without one, nobody could administer the service.";
    INVITATION_USED_UP 410 "invitation_used_up" "The invitation is used up",
        "Ask whoever sent it for another one: it has been accepted as often as it allows.";
    INVITATION_EXPIRED 410 "invitation_expired" "The invitation has expired",
        "Ask whoever sent it for another one.";
    INVALID_LINK 410 "invalid_link" "The link is not valid any more",
        "Request another one. A link works once, expires, and ends when the account's address or password changes.";
    PRECONDITION_FAILED 412 "precondition_failed" "The resource has changed since you read it",
        "Read it again, apply your change, and send its new ETag in If-Match.";
    BODY_TOO_LARGE 413 "body_too_large" "The body is over 1 MiB",
        "Send at most 1048576 bytes.";
    TARGET_TOO_LONG 414 "target_too_long" "The URL is over 8 kB",
        "Shorten the path and the query.";
    UNSUPPORTED_MEDIA_TYPE 415 "unsupported_media_type" "This call does not accept the body's media type",
        "Send Content-Type: application/json (for PATCH application/merge-patch+json too) and no Content-Encoding.";
    INVALID_INPUT 422 "invalid_input" "The input is not valid",
        "Correct every entry of errors: each names the place and what is expected.";
    CONSTRAINTS_CLASH 422 "constraints_clash" "The constraints cannot all be met",
        "Drop one of those in errors. The detail says whether fewer of them conflict, too.";
    CONSTRAINTS_UNDECIDED 422 "constraints_undecided" "No assignment that meets the constraints was found",
        "There may be one, but a longer search would take too long. Drop a constraint, or allow more moves.";
    IDEMPOTENCY_KEY_REUSED 422 "idempotency_key_reused" "This Idempotency-Key came with another request",
        "Use a new key for a new request, and the same key only to send the same body and query again.";
    PRECONDITION_REQUIRED 428 "precondition_required" "This resource needs If-Match",
        "Read it, and send its ETag in If-Match with your change.";
    QUOTA_EXCEEDED 429 "quota_exceeded" "Too many requests",
        "Wait the seconds in Retry-After. RateLimit-Policy says what is allowed, violated-policies what was exceeded.";
    WEBHOOK_RATE_EXCEEDED 429 "webhook_rate_exceeded" "The webhook's own rate limit is exceeded",
        "Wait the seconds in Retry-After, or give the webhook a higher rate_limit.";
    TOO_MANY_ATTEMPTS 429 "too_many_attempts" "Too many wrong attempts",
        "Wait the seconds in Retry-After. Each further wrong attempt makes the wait longer.";
    INTERNAL 500 "internal" "Internal error",
        "Try again. If the error persists, give the operator the request_id.";
    MISCONFIGURED 503 "misconfigured" "The service is not configured",
        "The operator finds the reason in the log under the request_id.";
    UNAVAILABLE 503 "unavailable" "The service is not available right now",
        "Try again after the seconds in Retry-After.";
}

/// All codes.
pub const CODES: [&str; ALL.len()] = {
    let mut codes = [""; ALL.len()];
    let mut index = 0;
    while index < codes.len() {
        codes[index] = ALL[index].code;
        index += 1;
    }
    codes
};

/// The kind with this code.
pub fn by_code(code: &str) -> Option<&'static ProblemKind> {
    ALL.iter().copied().find(|kind| kind.code == code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_snake_case_and_each_there_once() {
        for (index, kind) in ALL.iter().enumerate() {
            assert!(
                kind.code
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b == b'_')
            );
            assert!((400..600).contains(&kind.status));
            let first = ALL.iter().position(|other| other.code == kind.code);
            assert_eq!(first, Some(index), "{}", kind.code);
        }
    }
}
