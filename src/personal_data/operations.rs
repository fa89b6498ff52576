//! The calls on the caller's personal data, for the OpenAPI document and the checks.

use crate::http::body::Body;
use crate::http::operation::Answer;
use crate::http::{operations, problems};

use super::model::{self, Deletion};

const TAG: &str = "Identity";

operations! { TAG;
    DELETE = "delete_me", "Delete my account and all that belongs to it" {
        description: "Takes the password, and where there is a second factor a code too, or a proof from the last five minutes (POST /api/v1/auth/reauthenticate). At once and for good: the account, its logins and keys, all builds, public ones too, all compositions that are no team's, all webhooks, and its entries in the rosters of teams, of those that it has left too. It leaves its teams: where it was the last leader, the officer who has been there longest becomes leader, else the member; a team with nobody else goes. Links that it has made show nothing more. What it has planned for teams stays theirs, without it: user_00000000000000000000000000 stands where its id was, in all versions, and places for its entries in rosters say (deleted). The audit log keeps what an account with this id has done; it holds no address and no name. What others have typed themselves, such as a name in a note, stays with them. Events that others' webhooks were told of go with their log, copies of rendered pages within a day.",
        request: Deletion::TAKEN,
        problems: problems![
            WRONG_PASSWORD, WRONG_TWO_FACTOR_CODE, REAUTHENTICATION_REQUIRED, TOO_MANY_ATTEMPTS,
            NOT_FOUND, LAST_ADMINISTRATOR,
        ],
    }

    EXPORT = "export_me", "Export all my personal data" {
        description: "Everything but secrets, as one JSON document to keep. What a team plans is the team's: of compositions that I changed, but did not make or see no more, it has ids and times.",
        response: Answer::ok(
            "The document; browsers save it as a file.",
            &model::EXPORT,
            r#"{"exported_at":"2026-11-22T18:00:00.000Z","account":{"id":"user_01kanp2xc0e8br5v0xmvhv7j2d","email":"commander@guild.gg","email_verified":true,"email_verified_at":"2026-11-22T18:00:00.000Z","pending_email":null,"display_name":"Commander","role":"user","created_at":"2026-11-22T18:00:00.000Z","updated_at":"2026-11-22T18:00:00.000Z","disabled_at":null,"password_changed_at":"2026-11-22T18:00:00.000Z","password_disabled_at":null},"two_factor":{"enabled":false},"sessions":[{"id":"session_01kanp2xc0e8br5v0xmvhv7j2d","created_at":"2026-11-22T18:00:00.000Z","refreshed_at":"2026-11-22T18:00:00.000Z","authenticated_at":"2026-11-22T18:00:00.000Z","refresh_expires_at":"2026-12-06T18:00:00.000Z","expires_at":"2027-02-20T18:00:00.000Z","ended_at":null,"amr":["pwd"],"user_agent":"curl/8.5.0"}],"api_keys":[],"webhooks":[],"email_links":[],"teams":[],"invitations":[],"team_bans":[],"builds":[],"compositions":[],"composition_authorship":[],"players":[],"audit_log":[{"seq":1,"at":"2026-11-22T18:00:00.000Z","action":"account.registered","actor":"user_01kanp2xc0e8br5v0xmvhv7j2d","via":null,"target":"user_01kanp2xc0e8br5v0xmvhv7j2d","detail":null}]}"#,
        ),
        problems: problems![NOT_FOUND],
    }
}
