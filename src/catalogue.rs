//! The table of event types, across all features. Add yours.

use crate::events::Catalogue;
use crate::squads::compositions;
use crate::{builds, teams, webhooks};

/// All of them, in the order of the document.
pub const ALL: Catalogue = Catalogue(&[
    &builds::events::CREATED,
    &builds::events::UPDATED,
    &builds::events::DELETED,
    &compositions::events::CREATED,
    &compositions::events::UPDATED,
    &compositions::events::DELETED,
    &teams::events::CREATED,
    &teams::events::UPDATED,
    &teams::events::DELETED,
    &teams::events::MEMBER_ADDED,
    &teams::events::MEMBER_UPDATED,
    &teams::events::MEMBER_REMOVED,
    &webhooks::events::DISABLED,
    &webhooks::events::PING,
]);
