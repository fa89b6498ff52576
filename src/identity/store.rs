//! All SQL on signing keys.
//! Promises that writes are statements for one batch; leaves when to run them to `keys`.

use crate::platform::Statement;

/// The newest signing key with its sealed private half.
pub fn newest_signing_key() -> Statement {
    Statement::new(
        "SELECT kid, sealed_private_key FROM signing_keys ORDER BY created_at DESC, kid LIMIT 1",
        Vec::new(),
    )
}

/// All public halves.
pub fn public_keys() -> Statement {
    Statement::new(
        "SELECT public_key FROM signing_keys ORDER BY created_at DESC, kid",
        Vec::new(),
    )
}

/// Adds a signing key if there is none at all.
pub fn insert_first_signing_key(
    kid: &str,
    public_key: &[u8],
    sealed_private_key: Vec<u8>,
    now: i64,
) -> Statement {
    Statement::new(
        "INSERT INTO signing_keys (kid, public_key, sealed_private_key, created_at) \
         SELECT ?1, ?2, ?3, ?4 WHERE NOT EXISTS (SELECT 1 FROM signing_keys)",
        vec![
            kid.into(),
            public_key.to_vec().into(),
            sealed_private_key.into(),
            now.into(),
        ],
    )
}
