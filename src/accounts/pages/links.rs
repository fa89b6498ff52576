//! The pages of links in mails. Each does what its API call does.

use kit::time::rfc3339;

use crate::accounts::{email, factor_removal};
use crate::http::{Problem, Response, problems};
use crate::runtime::Context;

use super::form;
use super::view::{Asks, Form, no_link, page};

/// A page whose form only has a button.
struct ByLink {
    path: &'static str,
    title: &'static str,
    about: &'static str,
    button: &'static str,
}

const VERIFY: ByLink = ByLink {
    path: "/verify",
    title: "Is this address yours?",
    about: "You were sent a link to an address that was given to WvW Builder. Press the button to show that it is yours. If you have not registered there, and have not moved your account to this address, close this page.",
    button: "This address is mine",
};
const UNDO: ByLink = ByLink {
    path: "/undo",
    title: "Put your old address back",
    about: "Your account gets the address that this link was sent to. All logins end, all API keys are revoked, and the password is worthless from then on: a link to choose a new one is sent to you.",
    button: "Put it back",
};
const REMOVE_FACTOR: ByLink = ByLink {
    path: "/remove-factor",
    title: "Have the second factor taken away",
    about: "It goes 72 hours after you press the button, unless someone who logs in with it stops that. Choose a new password first, so that whoever knows the old one cannot.",
    button: "Take it away in 72 hours",
};

/// The page of a link. The link is checked when its button is pressed.
fn show(cx: &Context<'_>, by_link: &ByLink) -> Result<Response, Problem> {
    let Some(token) = cx.query.text("token") else {
        return no_link(200);
    };
    let form = Form {
        action: by_link.path,
        token,
        asks: Asks::Nothing,
        mistake: "",
        button: by_link.button,
    };
    page(200, by_link.title, &[by_link.about], Some(&form))
}

/// The token that the button has sent.
fn sent_token(cx: &Context<'_>) -> Result<String, Problem> {
    let (fields, errors) = form::read(cx)?;
    Problem::check(errors)?;
    Ok(fields["token"].as_str().unwrap_or_default().to_owned())
}

/// Shows a page for a link that does not work, since a person follows it.
pub(super) fn or_page(outcome: Result<Response, Problem>) -> Result<Response, Problem> {
    match outcome {
        Err(problem) if problem.kind.code == problems::INVALID_LINK.code => no_link(410),
        outcome => outcome,
    }
}

/// GET /verify
pub async fn show_verify(cx: &Context<'_>) -> Result<Response, Problem> {
    show(cx, &VERIFY)
}

/// POST /verify
pub async fn verify(cx: &Context<'_>) -> Result<Response, Problem> {
    let token = sent_token(cx)?;
    let done = page(
        200,
        "The address is yours",
        &["You can close this page."],
        None,
    )?;
    or_page(email::handlers::prove(cx, &token, &done).await)
}

/// GET /undo
pub async fn show_undo(cx: &Context<'_>) -> Result<Response, Problem> {
    show(cx, &UNDO)
}

/// POST /undo
pub async fn undo(cx: &Context<'_>) -> Result<Response, Problem> {
    let token = sent_token(cx)?;
    let about = ["Look into your mailbox: there is a link to choose a new password."];
    let done = page(200, "Your old address is back", &about, None)?;
    or_page(email::undo::put_back(cx, &token, &done).await)
}

/// GET /remove-factor
pub async fn show_remove_factor(cx: &Context<'_>) -> Result<Response, Problem> {
    show(cx, &REMOVE_FACTOR)
}

/// POST /remove-factor
pub async fn remove_factor(cx: &Context<'_>) -> Result<Response, Problem> {
    let token = sent_token(cx)?;
    let outcome = factor_removal::handlers::ask(cx, &token).await;
    or_page(outcome.and_then(|at| {
        let text = rfc3339(at);
        let (day, time) = (&text[..10], &text[11..16]);
        if at <= cx.now_ms() {
            return page(
                200,
                "The second factor is gone",
                &["Log in with your password."],
                None,
            );
        }
        let when = format!("It goes on {day}, {time} UTC. A mail says so too.");
        page(200, "The second factor will be taken away", &[&when], None)
    }))
}
