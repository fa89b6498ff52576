//! The calls that use links of mails, for the walk through the table of routes.
//! Promises that each has a link of its own, of a newcomer.
//! Leaves the other calls to `walk`.

use serde_json::json;

use super::mail::token_of;
use super::walk::Walk;
use super::{Call, PASSWORD, authenticator};

const REMOVAL: &str = "/api/v1/auth/two-factor/removal";

impl Walk {
    pub(super) fn ways_back(&self, method: &str, path: &str) -> Option<Call<'_>> {
        let app = &self.app;
        let call = match (method, path.strip_prefix("/api/v1/").unwrap_or(path)) {
            ("POST", "/reset" | "auth/password-reset/confirm") => {
                let link = self.reset_link();
                let body = json!({ "token": link, "new_password": "five other words in it" });
                app.post(path, &body)
            }
            ("POST", "/verify" | "auth/email/verify") => {
                app.post(path, &json!({ "token": self.verify_link() }))
            }
            ("POST", "/undo" | "auth/email/undo") => {
                app.post(path, &json!({ "token": self.undo_link() }))
            }
            ("POST", "/remove-factor" | "auth/two-factor/removal") => {
                app.post(path, &json!({ "token": self.factor_link() }))
            }
            ("POST", "auth/password-reset") => {
                app.post(path, &json!({ "email": self.holder.player.email }))
            }
            ("DELETE", "auth/two-factor/removal") => {
                let owner = self.newcomer();
                app.prove_address(&owner);
                let device = authenticator::enrol(app, &owner);
                let link = token_of(&app.mail_to(&owner.email));
                app.use_link(REMOVAL, &link).expect(200);
                let owner = authenticator::log_in(app, owner, &device);
                self.of(&owner, method, path)
            }
            _ => return None,
        };
        Some(call)
    }

    /// A link that proves the address of a newcomer.
    fn verify_link(&self) -> String {
        self.app.mails();
        let owner = self.newcomer();
        token_of(&self.app.mail_to(&owner.email))
    }

    /// A link by which a newcomer chooses a new password.
    fn reset_link(&self) -> String {
        let owner = self.newcomer();
        self.app.prove_address(&owner);
        let body = json!({ "email": owner.email });
        let asked = self.app.post("/api/v1/auth/password-reset", &body).send();
        asked.expect(202);
        token_of(&self.app.mail_to(&owner.email))
    }

    /// A link that puts the old address of a newcomer back.
    fn undo_link(&self) -> String {
        let owner = self.newcomer();
        self.app.prove_address(&owner);
        let email = format!("moved-{}", owner.email);
        let body = json!({ "email": email, "current_password": PASSWORD });
        let moved = self.sent(&owner, "PATCH", "/api/v1/users/me", &body);
        moved.send().expect(200);
        let token = token_of(&self.app.mail_to(&email));
        let verified = self.app.use_link("/api/v1/auth/email/verify", &token);
        verified.expect(204);
        token_of(&self.app.mail_to(&owner.email))
    }

    /// A link that asks for the removal of a newcomer's second factor.
    fn factor_link(&self) -> String {
        let owner = self.newcomer();
        self.app.prove_address(&owner);
        authenticator::enrol(&self.app, &owner);
        token_of(&self.app.mail_to(&owner.email))
    }
}
