//! Tokens of 256 random bits: a prefix and the bytes in base64url. Only the SHA-256 is stored; random
//! bits need no slower hash.

use std::marker::PhantomData;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::platform::Platform;

const BYTES: usize = 32;

/// A kind of token: none is read as one of another kind.
pub trait TokenKind {
    /// Lets secret scanners recognize the token.
    const PREFIX: &'static str;
}

/// A token of the kind `K`.
pub struct RandomToken<K>(Zeroizing<[u8; BYTES]>, PhantomData<K>);

impl<K: TokenKind> RandomToken<K> {
    pub fn fresh(platform: &Platform) -> Self {
        Self(Zeroizing::new(platform.random_bytes()), PhantomData)
    }

    /// `None` when `text` has not the form of such a token.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text.strip_prefix(K::PREFIX)?).ok()?;
        let bytes = Zeroizing::new(bytes);
        let bytes = Zeroizing::new(bytes.as_slice().try_into().ok()?);
        Some(Self(bytes, PhantomData))
    }

    /// The text, for the one message that carries it.
    pub fn expose(&self) -> String {
        [K::PREFIX, &URL_SAFE_NO_PAD.encode(self.0.as_slice())].concat()
    }

    /// What is stored.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_slice()).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::native::TestPlatform;

    struct Test;

    impl TokenKind for Test {
        const PREFIX: &'static str = "wvwt_";
    }

    #[test]
    fn a_token_comes_back_and_nothing_else_is_one() {
        let (platform, _) = TestPlatform::new();
        let token = RandomToken::<Test>::fresh(&platform);
        let text = token.expose();
        assert_eq!(text.len(), 48);
        assert_eq!(
            RandomToken::<Test>::parse(&text).unwrap().hash(),
            token.hash()
        );
        assert_ne!(RandomToken::<Test>::fresh(&platform).hash(), token.hash());
        for bad in [
            "",
            Test::PREFIX,
            &text[..text.len() - 1],
            &format!("{text}A"),
            &text.replace(Test::PREFIX, "wvwr_"),
            &text[Test::PREFIX.len()..],
        ] {
            assert!(RandomToken::<Test>::parse(bad).is_none(), "{bad}");
        }
    }
}
