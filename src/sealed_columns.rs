//! The table of sealed columns, across all features: what replacing the master key seals again.

use crate::accounts::two_factor;
use crate::auth::keys;
use crate::auth::keys::store::SealedColumn;
use crate::{mail, webhooks};

/// Every column whose values are sealed. Add yours.
pub static SEALED: &[SealedColumn] = &[
    SealedColumn {
        table: "signing_keys",
        key: "kid",
        column: "sealed_private_key",
        label: keys::SEAL_LABEL,
    },
    SealedColumn {
        table: "two_factor",
        key: "user_id",
        column: "sealed_secret",
        label: two_factor::store::SEAL_LABEL,
    },
    SealedColumn {
        table: "mails",
        key: "id",
        column: "sealed_content",
        label: mail::SEAL_LABEL,
    },
    SealedColumn {
        table: "webhook_secrets",
        key: "id",
        column: "sealed_secret",
        label: webhooks::SECRET_LABEL,
    },
    SealedColumn {
        table: "webhooks",
        key: "id",
        column: "sealed_headers",
        label: webhooks::HEADERS_LABEL,
    },
];
