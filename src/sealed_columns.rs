//! The table of sealed columns, across all features: what replacing the master key seals again.

use crate::accounts::two_factor;
use crate::auth::keys;
use crate::auth::keys::store::SealedColumn;
use crate::{mail, webhooks};

/// Every column whose values are sealed. Add yours.
pub static SEALED: &[SealedColumn] = &[
    sealed(
        "signing_keys",
        "kid",
        "sealed_private_key",
        keys::SEAL_LABEL,
    ),
    sealed(
        "two_factor",
        "user_id",
        "sealed_secret",
        two_factor::store::SEAL_LABEL,
    ),
    sealed("mails", "id", "sealed_content", mail::SEAL_LABEL),
    sealed(
        "webhook_secrets",
        "id",
        "sealed_secret",
        webhooks::SECRET_LABEL,
    ),
    sealed("webhooks", "id", "sealed_headers", webhooks::HEADERS_LABEL),
];

const fn sealed(
    table: &'static str,
    key: &'static str,
    column: &'static str,
    label: &'static str,
) -> SealedColumn {
    SealedColumn {
        table,
        key,
        column,
        label,
    }
}
