//! Mails: written in the batch of the change that they tell of, sent right after it. None is lost with its
//! change, sent by two at once, or sent to flood an address.

pub mod content;
pub mod delivery;
pub mod outgoing;
mod store;
mod view;

pub use content::MailContent;
pub use outgoing::Outgoing;

/// Told apart from other things that are sealed under the master key; the mail's id follows.
pub const SEAL_LABEL: &str = "mail:";
