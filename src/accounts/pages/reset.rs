//! The page for a forgotten password: it asks for the address, or with a link for a new password.

use crate::accounts::password_reset::handlers::{ask, choose};
use crate::accounts::password_reset::operations::PasswordReset;
use crate::http::{Problem, Response, problems};
use crate::runtime::Context;

use super::form;
use super::links::or_page;
use super::view::{Asks, Form, page};

const PATH: &str = "/reset";

/// GET /reset
pub async fn show(cx: &Context<'_>) -> Result<Response, Problem> {
    match cx.query.text("token") {
        None => ask_address(200, ""),
        Some(token) => ask_password(200, token, ""),
    }
}

fn ask_address(status: u16, mistake: &str) -> Result<Response, Problem> {
    let form = Form {
        action: PATH,
        token: "",
        asks: Asks::Address,
        mistake,
        button: "Send me a link",
    };
    let about = "A link to choose a new password is sent to the address, if an account has proved that it is its own.";
    page(status, "Choose a new password", &[about], Some(&form))
}

fn ask_password(status: u16, token: &str, mistake: &str) -> Result<Response, Problem> {
    let form = Form {
        action: PATH,
        token,
        asks: Asks::Password,
        mistake,
        button: "Set the password",
    };
    let about = "All logins end. A second factor that is on stays on: the next login asks for it, or for a recovery code.";
    page(status, "Choose a new password", &[about], Some(&form))
}

/// POST /reset
pub async fn submit(cx: &Context<'_>) -> Result<Response, Problem> {
    let (fields, errors) = form::read(cx)?;
    let text = |name: &str| fields[name].as_str().unwrap_or_default();
    let token = text("token");
    if token.is_empty() {
        if !errors.is_empty() || text("email").is_empty() {
            return ask_address(422, "This is no address that mail could go to.");
        }
        let about = "If an account has proved this address, a link is on its way. It works for an hour. Look among unwanted mail too.";
        let done = page(200, "Look into your mailbox", &[about], None)?;
        return ask(cx, text("email"), done).await;
    }
    let about = "Log in with it. All logins from before have ended.";
    let done = page(200, "The password is the new one", &[about], None)?;
    let choice = PasswordReset {
        token: token.to_owned(),
        new_password: text("new_password").to_owned(),
        revoke_api_keys: fields["revoke_api_keys"] == true,
    };
    match choose(cx, &choice, errors, &done).await {
        Err(problem) if problem.kind.code == problems::INVALID_INPUT.code => {
            let mistake = problem.errors.first().map_or("", |it| it.detail.as_ref());
            ask_password(422, token, mistake)
        }
        outcome => or_page(outcome),
    }
}
