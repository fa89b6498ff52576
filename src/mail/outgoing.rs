//! A mail that is about to be written with the change that it tells of. Only an address that was proved is
//! told anything about an account.

use zeroize::Zeroizing;

use crate::http::problem::Problem;
use crate::ids::{MailId, UserId};
use crate::platform::{Lane, Message, Statement};
use crate::runtime::{Context, State};
use crate::seal;

use super::content::MailContent;
use super::{SEAL_LABEL, store};

/// A mail. It is sent once its statement is committed; [`Self::wake`] has that happen at once.
pub struct Outgoing {
    id: MailId,
    insert: Statement,
}

impl Outgoing {
    /// To the address that the account has proved, as it is at this place of the batch. Nothing is
    /// written when it has proved none.
    pub fn to_owner(state: &State, user: &UserId, content: &MailContent) -> Result<Self, Problem> {
        Self::new(state, content, |mail| store::insert_to_owner(mail, user))
    }

    /// To an address, whatever is known of it.
    pub fn to_address(
        state: &State,
        user: Option<&UserId>,
        recipient: &str,
        content: &MailContent,
    ) -> Result<Self, Problem> {
        Self::new(state, content, |mail| store::insert(mail, user, recipient))
    }

    fn new(
        state: &State,
        content: &MailContent,
        insert: impl FnOnce(&store::NewMail<'_>) -> Statement,
    ) -> Result<Self, Problem> {
        let platform = &state.platform;
        let id = MailId::fresh(platform);
        let text = Zeroizing::new(content.to_json().to_string());
        let label = [SEAL_LABEL, id.as_str()].concat();
        let sealed = seal::seal(&state.config.master_keys, &label, text.as_bytes(), platform);
        let now = platform.clock.now_ms();
        let insert = insert(&store::NewMail {
            id: &id,
            sealed: sealed.map_err(Problem::internal)?,
            now,
            expires_at: now + content.life_ms(),
        });
        Ok(Self { id, insert })
    }

    /// What writes it.
    pub fn insert(&self) -> Statement {
        self.insert.clone()
    }

    /// Has it sent, once it is written.
    pub fn wake(&self, cx: &Context<'_>) {
        wake(cx.state, [self.id.to_string()]);
    }

    /// As [`Self::wake`], outside of requests.
    pub fn wake_from(&self, state: &State) {
        wake(state, [self.id.to_string()]);
    }
}

/// Has mails sent that are written.
pub(super) fn wake(state: &State, ids: impl IntoIterator<Item = String>) {
    let messages = ids.into_iter().map(|body| Message {
        body,
        delay_seconds: 0,
    });
    state.platform.queue.send(Lane::Mail, messages.collect());
}
