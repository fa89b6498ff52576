//! The calls that use links of mails, for the walk through the table of routes. Each has a link of its
//! own, of a newcomer.

use serde_json::json;

use super::paths::{REMOVAL, RESET, VERIFY};
use super::walk::Walk;
use super::{Call, authenticator};

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
                let link = app.link_to(&owner.email);
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
        self.app.link_to(&owner.email)
    }

    /// A link by which a newcomer chooses a new password.
    fn reset_link(&self) -> String {
        let owner = self.newcomer();
        self.app.prove_address(&owner);
        let body = json!({ "email": owner.email });
        self.app.post(RESET, &body).expect(202);
        self.app.link_to(&owner.email)
    }

    /// A link that puts the old address of a newcomer back.
    fn undo_link(&self) -> String {
        let owner = self.newcomer();
        self.app.prove_address(&owner);
        let email = format!("moved-{}", owner.email);
        self.app.move_to(&owner, &email).expect(200);
        let token = self.app.link_to(&email);
        self.app.use_link(VERIFY, &token).expect(204);
        self.app.link_to(&owner.email)
    }

    /// A link that asks for the removal of a newcomer's second factor.
    fn factor_link(&self) -> String {
        let owner = self.newcomer();
        self.app.prove_address(&owner);
        authenticator::enrol(&self.app, &owner);
        self.app.link_to(&owner.email)
    }
}
