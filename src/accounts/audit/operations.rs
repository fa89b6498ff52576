//! The call that reads the audit log: documentation and schemas.

use crate::accounts::admin::operations::TAG;
use crate::auth::audit::model::{Action, MOMENT, ROW, WHO};
use crate::http::operation::Answer;
use crate::http::pagination::{CURSOR, LIMIT};
use crate::http::schema::Schema;
use crate::http::{fields, operations};

operations! { TAG;
    LIST = "list_audit_log", "List the audit log, latest first" {
        description: "All filters given must hold. An entry holds ids only.",
        query: fields! {
            ..LIMIT;
            ..CURSOR;
            optional actor: WHO, "Only what this id did, or system, or operator.";
            optional target: WHO, "Only what was done to this id.";
            optional team_id: WHO,
                "Only what is about this team: what was done to it, to its members, invitations and compositions.";
            optional action: Schema::Choice(Action::WORDS), "Only this.";
            optional since: MOMENT, "From this moment on: RFC 3339, UTC.";
            optional until: MOMENT, "Before this moment: RFC 3339, UTC.";
        },
        response: Answer::page(
            &ROW,
            r#"{"seq":1,"at":"2026-11-22T18:00:00.000Z","action":"account.registered","actor":"user_01kanp2xc0e8br5v0xmvhv7j2d","via":null,"target":"user_01kanp2xc0e8br5v0xmvhv7j2d","detail":null,"hash":"a453da8151216b5ae0a15c5377bc79da35cc4f629a9e9a3dcab70bf0b485609a"}"#,
        ),
    }
}
