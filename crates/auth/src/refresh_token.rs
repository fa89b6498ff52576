//! Refresh tokens: 256 random bits, single use, with reuse detection.
//! A client that lost a response gets the same successor within the grace period; any later reuse ends
//! the session. `store` rotates by compare-and-set, so that concurrent attempts make one successor.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crypto::mac;
use kit::ids::SessionId;
use kit::secret::Secret;
use platform::Platform;

/// Lets secret scanners recognize the token.
const PREFIX: &str = "wvwr_";
/// Characters of a session id after its own prefix.
const SESSION_CHARS: usize = 26;
/// Random bytes of the part that all tokens of a login share, and those of a MAC over it.
const SEED_BYTES: usize = 16;
const TAG_BYTES: usize = 8;
const FAMILY_BYTES: usize = SEED_BYTES + TAG_BYTES;
const STEP_BYTES: usize = 32;
/// Within this period a spent token yields the same successor again: its response may have been
/// lost, or two tabs may have refreshed at once.
pub const GRACE_MS: i64 = 10_000;

/// A refresh token. Its text is `wvwr_`, the session id without its prefix, and in base64url the part
/// that all tokens of the session share and the part that is unique. The shared part ends in a MAC, so
/// that a forged token is rejected without a database query.
pub struct RefreshToken {
    /// The session it claims.
    pub session: SessionId,
    family: Zeroizing<[u8; FAMILY_BYTES]>,
    step: Zeroizing<[u8; STEP_BYTES]>,
}

impl RefreshToken {
    /// The first token of a session.
    pub fn first(session: SessionId, pepper: &Secret, platform: &Platform) -> Self {
        // As many bytes as a step, so that they do not come from the pool of id bytes.
        let seed = Zeroizing::new(platform.random_bytes::<STEP_BYTES>());
        let mut family = Zeroizing::new([0; FAMILY_BYTES]);
        family[..SEED_BYTES].copy_from_slice(&seed[..SEED_BYTES]);
        let tag = tag(pepper, &session, &family[..SEED_BYTES]);
        family[SEED_BYTES..].copy_from_slice(&tag);
        Self {
            session,
            family,
            step: Zeroizing::new(platform.random_bytes()),
        }
    }

    /// The next token.
    #[must_use]
    pub fn next(&self, platform: &Platform) -> Self {
        Self {
            session: self.session.clone(),
            family: self.family.clone(),
            step: Zeroizing::new(platform.random_bytes()),
        }
    }

    /// Parses a token; `None` when it was not issued by this service.
    pub fn parse(text: &str, pepper: &Secret) -> Option<Self> {
        let (session, secret) = text.strip_prefix(PREFIX)?.split_at_checked(SESSION_CHARS)?;
        let session = SessionId::parse(&format!("{}_{session}", SessionId::PREFIX))?;
        let secret = Zeroizing::new(URL_SAFE_NO_PAD.decode(secret).ok()?);
        let (family, step) = secret.split_at_checked(FAMILY_BYTES)?;
        let (seed, shown) = family.split_at(SEED_BYTES);
        let is_ours = bool::from(tag(pepper, &session, seed).as_slice().ct_eq(shown));
        is_ours.then_some(())?;
        Some(Self {
            session,
            family: Zeroizing::new(family.try_into().ok()?),
            step: Zeroizing::new(step.try_into().ok()?),
        })
    }

    /// The token in clear text.
    pub fn expose(&self) -> Zeroizing<String> {
        let session = &self.session.as_str()[SessionId::PREFIX.len() + 1..];
        let mut secret = Zeroizing::new([0; FAMILY_BYTES + STEP_BYTES]);
        secret[..FAMILY_BYTES].copy_from_slice(self.family.as_ref());
        secret[FAMILY_BYTES..].copy_from_slice(self.step.as_ref());
        let secret = Zeroizing::new(URL_SAFE_NO_PAD.encode(secret.as_ref()));
        Zeroizing::new([PREFIX, session, &secret].concat())
    }

    /// The stored hash: SHA-256 of the text. 256 random bits need no slower hash.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.expose().as_bytes()).into()
    }

    /// The stored hash of the part that all tokens of the session share.
    pub fn family_hash(&self) -> [u8; 32] {
        let mut hash = Sha256::new_with_prefix("wvw-builder refresh family\n");
        hash.update(self.family.as_ref());
        hash.finalize().into()
    }

    /// Encrypts `next` with a pad derived from this token. Each token has one successor, so each pad is
    /// used once.
    pub fn cover(&self, next: &Self) -> [u8; STEP_BYTES] {
        let pad = self.pad();
        std::array::from_fn(|index| pad[index] ^ next.step[index])
    }

    /// The reverse of [`Self::cover`].
    fn uncover(&self, covered: &[u8]) -> Option<Self> {
        let covered: &[u8; STEP_BYTES] = covered.try_into().ok()?;
        let pad = self.pad();
        Some(Self {
            session: self.session.clone(),
            family: self.family.clone(),
            step: Zeroizing::new(std::array::from_fn(|index| pad[index] ^ covered[index])),
        })
    }

    fn pad(&self) -> Zeroizing<[u8; STEP_BYTES]> {
        let mut hash = Sha256::new_with_prefix("wvw-builder refresh successor\n");
        hash.update(self.expose().as_bytes());
        Zeroizing::new(hash.finalize().into())
    }
}

/// The MAC of the shared part. Keyed with the pepper: sessions survive the replacement of the
/// master key.
fn tag(pepper: &Secret, session: &SessionId, seed: &[u8]) -> [u8; TAG_BYTES] {
    let tag = mac::tag(
        pepper,
        "refresh family",
        &[session.as_str().as_bytes(), seed],
    );
    std::array::from_fn(|index| tag[index])
}

/// The refresh token state of a session, as stored.
#[derive(Debug, Clone)]
pub struct Chain {
    /// Hash of the part that all tokens share.
    pub family_hash: Vec<u8>,
    /// Hash of the current token.
    pub refresh_hash: Vec<u8>,
    /// Hash of the previous token.
    pub previous_hash: Option<Vec<u8>>,
    /// The current token, encrypted with the previous one.
    pub successor: Option<Vec<u8>>,
    /// Milliseconds since 1970: when the current token was issued.
    pub refreshed_at: i64,
}

/// The state of a token within its session.
pub enum TokenState {
    /// Current.
    Current,
    /// Spent within the grace period: yields the same successor.
    JustSpent(RefreshToken),
    /// Spent before the grace period: someone has a copy.
    Reused,
    /// Not of this session.
    Foreign,
}

impl Chain {
    /// The state of a token presented at `now`, in milliseconds since 1970.
    pub fn judge(&self, token: &RefreshToken, now: i64) -> TokenState {
        let same = |stored: &[u8], shown: &[u8; 32]| bool::from(stored.ct_eq(shown.as_slice()));
        if !same(&self.family_hash, &token.family_hash()) {
            return TokenState::Foreign;
        }
        let hash = token.hash();
        if same(&self.refresh_hash, &hash) {
            return TokenState::Current;
        }
        let is_previous = self
            .previous_hash
            .as_ref()
            .is_some_and(|it| same(it, &hash));
        if is_previous && (0..=GRACE_MS).contains(&(now - self.refreshed_at)) {
            let successor = self.successor.as_ref().and_then(|it| token.uncover(it));
            if let Some(successor) = successor.filter(|it| same(&self.refresh_hash, &it.hash())) {
                return TokenState::JustSpent(successor);
            }
        }
        TokenState::Reused
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use platform::native::TestPlatform;

    fn chain_of(current: &RefreshToken, previous: &RefreshToken) -> Chain {
        Chain {
            family_hash: current.family_hash().to_vec(),
            refresh_hash: current.hash().to_vec(),
            previous_hash: Some(previous.hash().to_vec()),
            successor: Some(previous.cover(current).to_vec()),
            refreshed_at: 1_000_000,
        }
    }

    #[test]
    fn what_a_token_is_to_its_login() {
        let (platform, _) = TestPlatform::new();
        let pepper = Secret::new(vec![1; 32]);
        let first = RefreshToken::first(SessionId::fresh(&platform), &pepper, &platform);
        let second = first.next(&platform);
        let third = second.next(&platform);
        let stranger = RefreshToken::first(first.session.clone(), &pepper, &platform);
        let chain = chain_of(&third, &second);
        let at = |token: &RefreshToken, ms: i64| match chain.judge(token, 1_000_000 + ms) {
            TokenState::Current => "current".to_owned(),
            TokenState::JustSpent(successor) => successor.expose().to_string(),
            TokenState::Reused => "reused".to_owned(),
            TokenState::Foreign => "foreign".to_owned(),
        };
        assert_eq!(at(&third, 0), "current");
        assert_eq!(at(&third, 1_000_000_000), "current");
        assert_eq!(at(&second, 0), *third.expose());
        assert_eq!(at(&second, GRACE_MS), *third.expose());
        assert_eq!(at(&second, GRACE_MS + 1), "reused");
        assert_eq!(at(&second, -1), "reused");
        assert_eq!(at(&first, 0), "reused");
        assert_eq!(at(&stranger, 0), "foreign");
    }

    #[test]
    fn tokens_come_back_and_nothing_else_is_one() {
        let (platform, _) = TestPlatform::new();
        let pepper = Secret::new(vec![1; 32]);
        let token = RefreshToken::first(SessionId::fresh(&platform), &pepper, &platform);
        let text = token.expose();
        let again = RefreshToken::parse(&text, &pepper).unwrap();
        assert_eq!(*again.expose(), *text);
        for other in [
            "",
            "wvwr_",
            &text[1..],
            &text[..text.len() - 1],
            &format!("{}=", *text),
            &format!("{}AAAA", *text),
            &text.replace("wvwr_", "wvwr_ä"),
        ] {
            assert!(RefreshToken::parse(other, &pepper).is_none(), "{other}");
        }
        let other = Secret::new(vec![2; 32]);
        assert!(RefreshToken::parse(&text, &other).is_none());
        // A token of another session, and one with a forged shared part.
        for change in [
            |token: &mut RefreshToken, platform: &Platform| {
                token.session = SessionId::fresh(platform);
            },
            |token: &mut RefreshToken, _: &Platform| token.family[0] ^= 1,
            |token: &mut RefreshToken, _: &Platform| token.family[FAMILY_BYTES - 1] ^= 1,
        ] {
            let mut changed = RefreshToken::parse(&text, &pepper).unwrap();
            change(&mut changed, &platform);
            assert!(RefreshToken::parse(&changed.expose(), &pepper).is_none());
        }
    }
}
