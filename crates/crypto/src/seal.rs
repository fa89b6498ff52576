//! Sealing: encryption at rest under the master key (XChaCha20-Poly1305). A sealed value opens only under
//! its own label, and says which key it is under.

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use kit::secret::Secret;
use platform::Platform;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// The master keys.
#[derive(Debug)]
pub struct MasterKeys {
    /// Seals, and opens.
    pub current: Secret,
    /// Only opens what has not been put under the current one yet. Set only
    /// while the master key is being replaced.
    pub previous: Option<Secret>,
}

/// The form of what follows; another form would get another number.
const VERSION: u8 = 1;
/// Version and fingerprint of the master key.
const PREFIX_BYTES: usize = 5;
const NONCE_BYTES: usize = 24;

/// The master key has the wrong length, or the value is too long: neither can happen.
#[derive(Debug, thiserror::Error)]
#[error("a value could not be sealed")]
pub struct SealError;

/// The first bytes of whatever is sealed under this key. SQL finds by them what is under another.
fn prefix_of(key: &Secret) -> [u8; PREFIX_BYTES] {
    // 32 bits of a hash of 256 random bits tell nothing about the key.
    let mut hash = Sha256::new_with_prefix("wvw-builder master key");
    hash.update(key.expose());
    let digest = hash.finalize();
    [VERSION, digest[0], digest[1], digest[2], digest[3]]
}

/// What every value under the current master key begins with.
pub fn current_prefix(master: &MasterKeys) -> [u8; PREFIX_BYTES] {
    prefix_of(&master.current)
}

/// Seals `plaintext` under the current master key: version, fingerprint of the key, nonce,
/// ciphertext. `label` is the associated data: it must name what the value is and whose, such as
/// `signing-key:KID`, so that a value moved to another row does not open there.
pub fn seal(
    master: &MasterKeys,
    label: &str,
    plaintext: &[u8],
    platform: &Platform,
) -> Result<Vec<u8>, SealError> {
    let nonce = platform.random_bytes::<NONCE_BYTES>();
    let payload = Payload {
        msg: plaintext,
        aad: label.as_bytes(),
    };
    let cipher = XChaCha20Poly1305::new_from_slice(master.current.expose());
    let sealed = cipher.map_err(|_| SealError)?;
    let sealed = sealed.encrypt(XNonce::from_slice(&nonce), payload);
    let sealed = sealed.map_err(|_| SealError)?;
    Ok([current_prefix(master).as_slice(), &nonce, &sealed].concat())
}

/// The reverse of [`seal`], also of what is still under the previous master key; `None` when
/// anything does not fit.
pub fn open(master: &MasterKeys, label: &str, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let mut keys = std::iter::once(&master.current).chain(&master.previous);
    keys.find_map(|key| {
        let rest = sealed.strip_prefix(&prefix_of(key))?;
        let (nonce, ciphertext) = rest.split_at_checked(NONCE_BYTES)?;
        let payload = Payload {
            msg: ciphertext,
            aad: label.as_bytes(),
        };
        let cipher = XChaCha20Poly1305::new_from_slice(key.expose()).ok()?;
        let plaintext = cipher.decrypt(XNonce::from_slice(nonce), payload).ok()?;
        Some(Zeroizing::new(plaintext))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use platform::native::TestPlatform;

    const LABEL: &str = "signing-key:one";
    const PLAINTEXT: &[u8] = b"nobody may read this but its owner";

    fn secret(first: u8) -> Secret {
        Secret::new((first..first + 32).collect())
    }

    fn keys(current: u8, previous: Option<u8>) -> MasterKeys {
        MasterKeys {
            current: secret(current),
            previous: previous.map(secret),
        }
    }

    fn opens(master: &MasterKeys, label: &str, sealed: &[u8]) -> bool {
        open(master, label, sealed).is_some_and(|found| found.as_slice() == PLAINTEXT)
    }

    #[test]
    fn a_sealed_value_opens_only_under_its_key_and_its_label() {
        let (platform, _) = TestPlatform::new();
        let sealed = seal(&keys(1, None), LABEL, PLAINTEXT, &platform).unwrap();
        for (master, label, expected) in [
            (keys(1, None), LABEL, true),
            (keys(1, Some(2)), LABEL, true),
            (keys(2, Some(1)), LABEL, true),
            (keys(2, None), LABEL, false),
            (keys(2, Some(3)), LABEL, false),
            (keys(1, Some(2)), "signing-key:two", false),
            (keys(2, Some(1)), "totp:one", false),
        ] {
            assert_eq!(
                opens(&master, label, &sealed),
                expected,
                "{master:?} {label}"
            );
        }
        assert!(!sealed.windows(8).any(|part| PLAINTEXT.starts_with(part)));
    }

    #[test]
    fn a_value_that_was_changed_anywhere_or_cut_does_not_open() {
        let (platform, _) = TestPlatform::new();
        let master = keys(1, Some(2));
        let sealed = seal(&master, LABEL, PLAINTEXT, &platform).unwrap();
        for index in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[index] ^= 1;
            assert!(open(&master, LABEL, &changed).is_none(), "byte {index}");
            assert!(
                open(&master, LABEL, &sealed[..index]).is_none(),
                "cut at {index}"
            );
        }
    }

    #[test]
    fn the_prefix_tells_the_key_and_every_sealing_is_another() {
        let (platform, _) = TestPlatform::new();
        let (old, new) = (keys(1, None), keys(2, Some(1)));
        let sealed = seal(&old, LABEL, PLAINTEXT, &platform).unwrap();
        assert!(sealed.starts_with(&current_prefix(&old)));
        let again = seal(&new, LABEL, PLAINTEXT, &platform).unwrap();
        assert!(again.starts_with(&current_prefix(&new)));
        assert_ne!(current_prefix(&old), current_prefix(&new));
        let twice = seal(&new, LABEL, PLAINTEXT, &platform).unwrap();
        assert_ne!(again, twice);
    }
}
