//! The call for the dashboard, for the OpenAPI document.

use crate::http::operation::Answer;
use crate::http::operations;

use super::schemas::DASHBOARD;

operations! { "Identity";
    GET = "get_dashboard", "Dashboard: counts, recent activity, what needs attention" {
        description: "Needs a login: an API key sees each part by its own call.",
        response: Answer::ok(
            "The dashboard.",
            &DASHBOARD,
            r#"{"counts":{"builds":12,"compositions":3,"teams":1,"webhooks":1},"attention":{"stale_builds":{"count":1,"data":[{"id":"build_01kanp2xc0e8br5v0xmvhv7j2d","name":"Support Firebrand","game_build":115267}]},"failing_webhooks":[],"invitations":{"count":0,"data":[]}},"activity":[{"type":"build.created","id":"build_01kanp2xc0e8br5v0xmvhv7j2d","name":"Support Firebrand","team_id":null,"by":"user_01kanp2xc0e8br5v0xmvhv7j2d","at":"2026-11-22T18:00:00.000Z"}]}"#,
        ),
    }
}
