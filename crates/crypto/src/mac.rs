//! Keyed hashes (HMAC-SHA256, RFC 2104). Each use has a key of its own, derived from the master key, and
//! parts cannot run into one another.

use hmac::{Hmac, Mac};
use kit::secret::Secret;
use sha2::Sha256;

/// A keyed hash.
pub type Tag = [u8; 32];

/// HMAC-SHA256 of `message`, which comes in pieces.
///
/// # Panics
/// Never: HMAC takes keys of any length (RFC 2104, section 2).
pub fn hmac_sha256<'m>(key: &[u8], message: impl IntoIterator<Item = &'m [u8]>) -> Tag {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key of any length");
    for piece in message {
        mac.update(piece);
    }
    mac.finalize().into_bytes().into()
}

/// The tag of `parts` under the key that `purpose` has of its own.
pub fn tag(master: &Secret, purpose: &'static str, parts: &[&[u8]]) -> Tag {
    let key = zeroize::Zeroizing::new(hmac_sha256(master.expose(), [purpose.as_bytes()]));
    let lengths: Vec<[u8; 8]> = parts
        .iter()
        .map(|part| (part.len() as u64).to_be_bytes())
        .collect();
    // Each length stands before its part, so that no two lists of parts make the same message.
    let pieces = lengths.iter().zip(parts);
    hmac_sha256(
        key.as_ref(),
        pieces.flat_map(|(length, part)| [length.as_slice(), part]),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_differ_by_key_purpose_and_parts() {
        let (one, two) = (Secret::new(vec![1; 32]), Secret::new(vec![2; 32]));
        let tags = [
            tag(&one, "a", &[b"xy", b"z"]),
            tag(&one, "a", &[b"x", b"yz"]),
            tag(&one, "a", &[b"xyz"]),
            tag(&one, "a", &[b"xyz", b""]),
            tag(&one, "b", &[b"xyz"]),
            tag(&two, "a", &[b"xyz"]),
        ];
        for (index, tag) in tags.iter().enumerate() {
            assert!(!tags[..index].contains(tag), "{index}");
        }
        assert_eq!(tag(&one, "a", &[b"xyz"]), tags[2]);
    }
}
