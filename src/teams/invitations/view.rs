//! The HTML page of an invitation. The template escapes all user text. `model` decides whom it admits.

use askama::Template;
use kit::time::rfc3339;

use crate::http::problem::Problem;
use crate::membership::model::TeamRole;

use super::code::InvitationCode;
use super::model::Invitation;

#[derive(Template)]
#[template(path = "invitation.html")]
struct Page<'a> {
    team: &'a str,
    tag: &'a str,
    description: &'a str,
    inviter: &'a str,
    role: &'static str,
    summary: String,
    uses_left: i64,
    expires_at: &'a str,
    until: String,
    code: &'a str,
    accept: String,
}

#[derive(Template)]
#[template(path = "no_invitation.html")]
struct Nothing;

/// The page of an open invitation.
pub fn page(
    invitation: &Invitation,
    code: &InvitationCode,
    issuer: &str,
) -> Result<String, Problem> {
    let text = |name: &str| invitation.team[name].as_str().unwrap_or_default();
    let expires_at = rfc3339(invitation.expires_at);
    let (day, time) = (&expires_at[..10], &expires_at[11..16]);
    let role = match invitation.role {
        TeamRole::Leader => "a leader",
        TeamRole::Officer => "an officer",
        TeamRole::Member => "a member",
    };
    let until = format!("{day}, {time} UTC");
    let page = Page {
        team: text("name"),
        tag: text("tag"),
        description: text("description"),
        inviter: &invitation.inviter,
        role,
        summary: format!(
            "{} invites you to be {role}, until {until}.",
            invitation.inviter
        ),
        uses_left: invitation.uses_left,
        expires_at: &expires_at,
        until,
        code: code.expose(),
        accept: [issuer, "/api/v1/invitations/accept"].concat(),
    };
    page.render().map_err(Problem::internal)
}

/// The page for every invitation that does not work.
pub fn nothing() -> Result<String, Problem> {
    Nothing.render().map_err(Problem::internal)
}
