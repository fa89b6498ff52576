//! Secrets of endpoints and what is signed with them (Standard Webhooks 1.0.0, symmetric), newest first.
//! A secret is shown only by the call that asks for its text.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crypto::mac::{self, Tag};
use platform::Platform;

/// What the text of a secret begins with.
const PREFIX: &str = "whsec_";
/// Bytes that a secret may have.
const BYTES: std::ops::RangeInclusive<usize> = 24..=64;
/// Bytes of ours.
const FRESH_BYTES: usize = 32;

/// A secret of an endpoint.
#[derive(Clone)]
pub struct EndpointSecret(Zeroizing<Vec<u8>>);

impl EndpointSecret {
    /// A fresh one.
    pub fn fresh(platform: &Platform) -> Self {
        let bytes = Zeroizing::new(platform.random_bytes::<FRESH_BYTES>());
        Self(Zeroizing::new(bytes.to_vec()))
    }

    /// Reads `whsec_` and 24 to 64 bytes in base64.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = STANDARD.decode(text.strip_prefix(PREFIX)?).ok()?;
        Self::from_bytes(&Zeroizing::new(bytes))
    }

    /// Of 24 to 64 bytes.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let is_long_enough = BYTES.contains(&bytes.len());
        is_long_enough.then(|| Self(Zeroizing::new(bytes.to_vec())))
    }

    /// Its bytes, to be sealed.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// Its text, to be shown once.
    pub fn to_text(&self) -> Zeroizing<String> {
        Zeroizing::new([PREFIX, &STANDARD.encode(self.expose())].concat())
    }

    fn tag(&self, id: &str, timestamp: &str, body: &str) -> Tag {
        let parts = [id, ".", timestamp, ".", body];
        mac::hmac_sha256(self.expose(), parts.map(str::as_bytes))
    }
}

/// `webhook-signature`: one signature for each secret. `timestamp` is in seconds since 1970.
pub fn signature_header(
    secrets: &[EndpointSecret],
    id: &str,
    timestamp: i64,
    body: &str,
) -> String {
    let timestamp = timestamp.to_string();
    let mut header = String::with_capacity(48 * secrets.len());
    for secret in secrets {
        if !header.is_empty() {
            header.push(' ');
        }
        header.push_str("v1,");
        STANDARD.encode_string(secret.tag(id, &timestamp, body), &mut header);
    }
    header
}

/// Whether one of the signatures in `header` was made with `secret`.
pub fn verify(secret: &EndpointSecret, id: &str, timestamp: i64, body: &str, header: &str) -> bool {
    let expected = secret.tag(id, &timestamp.to_string(), body);
    let signatures = header
        .split(' ')
        .filter_map(|part| part.strip_prefix("v1,"));
    signatures.fold(false, |found, signature| {
        let sent = STANDARD.decode(signature).unwrap_or_default();
        found | bool::from(sent.ct_eq(expected.as_slice()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use platform::native::TestPlatform;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const BODY: &str = r#"{"test": 2432232314}"#;
    const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    #[test]
    fn the_vector_of_the_standard() {
        let secret = EndpointSecret::parse(SECRET).unwrap();
        let header = signature_header(std::slice::from_ref(&secret), ID, 1_614_265_330, BODY);
        assert_eq!(header, SIGNATURE);
        assert_eq!(secret.to_text().as_str(), SECRET);
        let others = format!("v1a,x v1,AAAA {SIGNATURE}");
        assert!(verify(&secret, ID, 1_614_265_330, BODY, &others));
        for (id, at, body, header) in [
            ("msg_x", 1_614_265_330, BODY, SIGNATURE),
            (ID, 1_614_265_331, BODY, SIGNATURE),
            (ID, 1_614_265_330, "{}", SIGNATURE),
            (ID, 1_614_265_330, BODY, "v1,"),
            (ID, 1_614_265_330, BODY, ""),
            (
                ID,
                1_614_265_330,
                BODY,
                "v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
            ),
        ] {
            assert!(
                !verify(&secret, id, at, body, header),
                "{id} {at} {body} {header}"
            );
        }
    }

    #[test]
    fn secrets_sign_in_their_order_and_each_verifies() {
        let (platform, _) = TestPlatform::new();
        let secrets: Vec<_> = (0..3).map(|_| EndpointSecret::fresh(&platform)).collect();
        let header = signature_header(&secrets, ID, 5, BODY);
        for (secret, part) in secrets.iter().zip(header.split(' ')) {
            assert!(verify(secret, ID, 5, BODY, part));
            assert!(verify(secret, ID, 5, BODY, &header));
        }
        assert_eq!(header.split(' ').count(), 3);
    }

    #[test]
    fn secrets_of_the_wrong_form() {
        let of = |length: usize| format!("whsec_{}", STANDARD.encode(vec![7; length]));
        for length in [24, 32, 64] {
            assert!(EndpointSecret::parse(&of(length)).is_some(), "{length}");
        }
        for text in [
            of(23),
            of(65),
            of(32).replace("whsec_", ""),
            of(32).replace("whsec_", "whsk_"),
            format!("{} ", of(32)),
            of(32).trim_end_matches('=').to_owned(),
            "whsec_".to_owned(),
            format!("whsec_{}", "!".repeat(44)),
        ] {
            assert!(EndpointSecret::parse(&text).is_none(), "{text}");
        }
    }
}
