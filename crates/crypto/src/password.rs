//! Passwords (NIST SP 800-63B-4, section 3.1.1): rules, Argon2id (RFC 9106), verification. Nothing is cut
//! off, any characters go, and a missing account costs the same work as a wrong password.

use std::cell::Cell;

use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use kit::secret::Secret;
use platform::{Platform, Unicode};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use strength::PieceKind;

mod orders;
#[cfg(all(feature = "remembered-passwords", not(target_arch = "wasm32")))]
mod remembered;
mod strength;

/// Memory in KiB (OWASP: 19 MiB, two passes, one lane).
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;
const SALT_BYTES: usize = 16;
const HASH_BYTES: usize = 32;
/// Most code points.
const MAX_CHARS: usize = 256;
/// Most bytes.
const MAX_BYTES: usize = 1024;
/// A name this short may well be part of a good password.
const PERSONAL_MIN_CHARS: usize = 4;

/// A password in NFC; forgotten when dropped.
pub struct Password(Zeroizing<String>);

impl Password {
    /// Brings `text` into NFC, so that each way to type it is the same password. Text that is too
    /// long to be one stays as it is, and is refused by [`check`].
    pub fn new(unicode: &dyn Unicode, text: &str) -> Self {
        Self(Zeroizing::new(if text.len() > 4 * MAX_BYTES {
            text.to_owned()
        } else {
            unicode.nfc(text)
        }))
    }

    /// Its bytes in UTF-8.
    pub fn bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// Whether it is within the bounds that any stored password keeps.
    pub fn is_within_bounds(&self) -> bool {
        self.0.len() <= MAX_BYTES && self.0.chars().count() <= MAX_CHARS
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password(..)")
    }
}

/// Why a password is not taken.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Fewer code points than configured.
    #[error("Use at least {0} characters. A few words in a row are easy to remember.")]
    TooShort(usize),
    /// Over the bounds.
    #[error("Use at most 256 characters and 1024 bytes. Nothing is cut off.")]
    TooLong,
    /// Easily guessed: how.
    #[error("{}", of_kind(*.0).1)]
    Weak(PieceKind),
    /// On a list of breached ones.
    #[error(
        "This password is on a list of stolen ones, which attackers try first. Choose another."
    )]
    Breached,
}

impl PasswordError {
    /// Stable, `snake_case`.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooShort(_) => "password_too_short",
            Self::TooLong => "password_too_long",
            Self::Weak(kind) => of_kind(*kind).0,
            Self::Breached => "password_breached",
        }
    }
}

/// The code of a weakness, and what to do about it.
const fn of_kind(kind: PieceKind) -> (&'static str, &'static str) {
    match kind {
        PieceKind::Sequence | PieceKind::Other => (
            "password_is_sequence",
            "Digits or letters in their order, dates and bare numbers are guessed soon. Use a few words in a row instead.",
        ),
        PieceKind::Keyboard => (
            "password_is_keyboard_walk",
            "Keys that stand beside each other on a keyboard are guessed soon. Use a few words in a row instead.",
        ),
        PieceKind::Repetition => (
            "password_is_repetition",
            "A piece that is repeated is guessed as soon as the piece. Use a few words in a row instead.",
        ),
        PieceKind::Common => (
            "password_too_common",
            "It is made of words that are tried first, with or without digits, signs and substitutes (p@ssw0rd). Use more words, or rarer ones.",
        ),
        PieceKind::OneWord => (
            "password_is_one_word",
            "One word with digits or signs around it is guessed soon. Use a few words in a row instead.",
        ),
        PieceKind::Personal => (
            "password_is_personal",
            "Do not build it from your address or your name.",
        ),
        PieceKind::Game => (
            "password_names_the_game",
            "Do not build it from words of the game or this product: they are tried first here.",
        ),
    }
}

/// Applies the rules for a new password. `personal` are the user's address and name.
pub fn check(
    password: &Password,
    min_length: usize,
    personal: &[&str],
) -> Result<(), PasswordError> {
    if !password.is_within_bounds() {
        return Err(PasswordError::TooLong);
    }
    if password.0.chars().count() < min_length {
        return Err(PasswordError::TooShort(min_length));
    }
    let folded = Zeroizing::new(password.0.to_lowercase());
    let is_name = |name: &str| name.chars().count() >= PERSONAL_MIN_CHARS;
    let mut names: Vec<String> = Vec::new();
    let mut words: Vec<String> = Vec::new();
    for text in personal {
        let text = text.to_lowercase();
        if let Some((local, _)) = text.split_once('@') {
            names.push(local.to_owned());
        }
        let parts = text.split(|c: char| !c.is_alphanumeric());
        words.extend(parts.filter(|part| is_name(part)).map(str::to_owned));
        names.push(text);
    }
    let is_personal = |name: &String| is_name(name) && is_made_of(&folded, name);
    let kind = if names.iter().any(is_personal) {
        Some(PieceKind::Personal)
    } else {
        strength::weakness(&password.0, &words, min_length)
    };
    kind.map_or(Ok(()), |kind| Err(PasswordError::Weak(kind)))
}

/// Whether `text` is `name` with nothing but digits, spaces and punctuation around it, any number
/// of times.
fn is_made_of(text: &str, name: &str) -> bool {
    text.contains(name)
        && text
            .split(name)
            .all(|rest| !rest.chars().any(char::is_alphabetic))
}

fn hasher(pepper: &Secret, params: Params) -> Result<Argon2<'_>, argon2::Error> {
    Argon2::new_with_secret(pepper.expose(), Algorithm::Argon2id, Version::V0x13, params)
}

fn derive(
    password: &Password,
    pepper: &Secret,
    params: Params,
    salt: &[u8],
    out: &mut [u8],
) -> Result<(), argon2::Error> {
    let make = |out: &mut [u8]| {
        hasher(pepper, params.clone())?.hash_password_into(password.bytes(), salt, out)
    };
    #[cfg(all(feature = "remembered-passwords", not(target_arch = "wasm32")))]
    return remembered::derive(password, pepper, &params, salt, out, make);
    #[cfg(not(all(feature = "remembered-passwords", not(target_arch = "wasm32"))))]
    make(out)
}

fn current_params() -> Result<Params, argon2::Error> {
    Params::new(MEMORY_KIB, PASSES, LANES, Some(HASH_BYTES))
}

/// Hashes a password into a PHC string.
pub fn hash(
    password: &Password,
    pepper: &Secret,
    platform: &Platform,
) -> Result<String, argon2::Error> {
    let salt = platform.random_bytes::<SALT_BYTES>();
    let mut out = Zeroizing::new([0; HASH_BYTES]);
    derive(password, pepper, current_params()?, &salt, out.as_mut())?;
    Ok(format!(
        "$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}${}${}",
        STANDARD_NO_PAD.encode(salt),
        STANDARD_NO_PAD.encode(out.as_ref())
    ))
}

/// What a verification found.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Not the password.
    Wrong,
    /// The password.
    Right {
        /// Whether it was hashed with other parameters than those of today.
        needs_rehash: bool,
    },
}

struct Stored {
    params: Params,
    salt: Vec<u8>,
    hash: Vec<u8>,
}

fn parse_phc(text: &str) -> Option<Stored> {
    let mut parts = text.strip_prefix("$argon2id$v=19$")?.split('$');
    let mut numbers = parts.next()?.split(',').zip(["m=", "t=", "p="]);
    let mut number = || {
        let (part, prefix) = numbers.next()?;
        part.strip_prefix(prefix)?.parse::<u32>().ok()
    };
    let (memory, passes, lanes) = (number()?, number()?, number()?);
    let salt = STANDARD_NO_PAD.decode(parts.next()?).ok()?;
    let hash = STANDARD_NO_PAD.decode(parts.next()?).ok()?;
    let params = Params::new(memory, passes, lanes, Some(hash.len())).ok()?;
    parts
        .next()
        .is_none()
        .then_some(Stored { params, salt, hash })
}

/// How often this isolate has compared a password: the most expensive work that a stranger can ask
/// for.
#[derive(Debug, Default)]
pub struct Verifications(Cell<u64>);

impl Verifications {
    /// So far.
    pub const fn count(&self) -> u64 {
        self.0.get()
    }
}

/// Checks a password against a stored PHC string. With nothing stored (no such account) it does
/// the same work and says wrong.
pub fn verify(
    password: &Password,
    stored: Option<&str>,
    pepper: &Secret,
    verifications: &Verifications,
) -> Result<Verdict, argon2::Error> {
    verifications.0.set(verifications.0.get() + 1);
    let known = stored.and_then(parse_phc);
    let exists = known.is_some();
    let stored = match known {
        Some(stored) => stored,
        None => Stored {
            params: current_params()?,
            salt: vec![0; SALT_BYTES],
            hash: vec![0; HASH_BYTES],
        },
    };
    let needs_rehash = stored.params.m_cost() != MEMORY_KIB
        || stored.params.t_cost() != PASSES
        || stored.params.p_cost() != LANES;
    let mut found = Zeroizing::new(vec![0; stored.hash.len()]);
    derive(password, pepper, stored.params, &stored.salt, &mut found)?;
    let equal: bool = found.ct_eq(&stored.hash).into();
    Ok(if equal && exists {
        Verdict::Right { needs_rehash }
    } else {
        Verdict::Wrong
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use platform::native::TestPlatform;

    fn verdict_on_new(text: &str) -> Result<(), PasswordError> {
        let (platform, _) = TestPlatform::new();
        let password = Password::new(platform.unicode.as_ref(), text);
        check(&password, 15, &["commander@guild.gg", "Sir Commander"])
    }

    #[test]
    fn the_rules_for_a_new_password() {
        let weak = |kind| Err(PasswordError::Weak(kind));
        for (text, expected) in [
            ("four words in a row", Ok(())),
            ("fourteen chars", Err(PasswordError::TooShort(15))),
            (&"\u{1F409}".repeat(7), Err(PasswordError::TooShort(15))),
            (
                "\u{1F409}\u{1F40A}\u{1F40B}\u{1F40C}\u{1F40D}x\u{1F409}\u{1F40B}\u{1F40C}\u{1F40D}xyzzy",
                Ok(()),
            ),
            (&"k3x9wq7z-four-words-and-more-a.b".repeat(8), Ok(())),
            (&"k3x9wq7z".repeat(33), Err(PasswordError::TooLong)),
            (&"\u{1F409}a".repeat(205), Err(PasswordError::TooLong)),
            ("password12345678", weak(PieceKind::Common)),
            ("commander@guild.gg", weak(PieceKind::Personal)),
            ("Commander-2026-12345", weak(PieceKind::Personal)),
            ("SirCommander12345678", weak(PieceKind::Personal)),
            ("wvwbuilder123456", weak(PieceKind::Game)),
            ("nul \u{0} inside is fine", Ok(())),
        ] {
            assert_eq!(verdict_on_new(text), expected, "{text}");
        }
    }

    fn verdict(password: &Password, stored: Option<&str>, pepper: u8) -> Verdict {
        let pepper = Secret::new(vec![pepper; 32]);
        verify(password, stored, &pepper, &Verifications::default()).unwrap()
    }

    #[test]
    fn a_hash_verifies_only_its_password_under_its_pepper() {
        let (platform, _) = TestPlatform::new();
        let new = |text: &str| Password::new(platform.unicode.as_ref(), text);
        let long = "abcdefghij".repeat(8);
        for (first, second, is_same) in [
            (
                "caf\u{e9} in the borderlands",
                "cafe\u{301} in the borderlands",
                true,
            ),
            // A difference after byte 72 matters.
            (&format!("{long}x"), &format!("{long}y"), false),
        ] {
            let stored = hash(&new(first), &Secret::new(vec![1; 32]), &platform).unwrap();
            let right = Verdict::Right {
                needs_rehash: false,
            };
            assert_eq!(verdict(&new(first), Some(&stored), 1), right);
            let same = if is_same { right } else { Verdict::Wrong };
            assert_eq!(verdict(&new(second), Some(&stored), 1), same, "{second}");
        }
        let password = new("four words in a row");
        let stored = hash(&password, &Secret::new(vec![1; 32]), &platform).unwrap();
        for (stored, pepper) in [(Some(&*stored), 2), (None, 1), (Some("not a hash"), 1)] {
            let found = verdict(&password, stored, pepper);
            assert_eq!(found, Verdict::Wrong, "{stored:?}");
        }
    }

    #[test]
    fn a_hash_with_other_parameters_is_still_good_but_old() {
        let (platform, _) = TestPlatform::new();
        let pepper = Secret::new(vec![1; 32]);
        let password = Password::new(platform.unicode.as_ref(), "four words in a row");
        let mut out = [0; 32];
        let argon = hasher(&pepper, Params::new(8, 1, 1, Some(32)).unwrap()).unwrap();
        argon
            .hash_password_into(b"four words in a row", &[7; 16], &mut out)
            .unwrap();
        let [salt, hash] = [&[7; 16][..], &out].map(|bytes| STANDARD_NO_PAD.encode(bytes));
        let stored = format!("$argon2id$v=19$m=8,t=1,p=1${salt}${hash}");
        let found = verdict(&password, Some(&stored), 1);
        assert_eq!(found, Verdict::Right { needs_rehash: true });
    }
}
