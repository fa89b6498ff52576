//! The table of attacks, rows "Tokens", the forged ones: the same 401 for all of them. Each token is valid
//! except for what its row changes. `attacks_sessions` has keys and sessions, `attacks_second_factor`
//! challenges.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use testing::forge::{Members, encode, signing_input};
use testing::prelude::*;
use testing::scene::scene;

#[test]
fn headers_that_are_not_ours() {
    let scene = scene();
    let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": encode(&scene.forger.public_bytes()) });
    let (jwk, known) = (jwk.to_string(), &scene.forger.kid);
    let mut edits: Vec<String> = [
        r#"-alg|alg ["EdDSA"]|alg null|alg 1|+alg "none"|alg "none"; +alg "EdDSA"|alg ""|alg "EdDSA ""#,
        r#"-typ|typ "at+jwt "|typ ""|-kid|kid null|kid []|kid ""|+kid "other"|alg "EdDSA\u0000""#,
        r#"crit ["exp"]|crit []|b64 false; crit ["b64"]|zip "DEF"|x5c ["MIIB"]|x5t "AA"|cty "JWT""#,
        r#"jku "https://evil.gg/jwks.json"|x5u "https://evil.gg/cert.pem"|admin true"#,
    ]
    .iter()
    .flat_map(|edits| edits.split('|').map(str::to_owned))
    .collect();
    edits.extend([format!("jwk {jwk}"), format!("-kid; jwk {jwk}")]);
    let algs = "none None NONE nOnE eddsa EDDSA Ed25519 HS256 RS256 ES256 ES256K PS256";
    let typs = "JWT jwt AT+JWT application/at+jwt";
    let kids = "../../dev/null /etc/passwd a\\u0000b a\\r\\nb http://evil.gg/key %2e%2e%2f unknown";
    for (name, values) in [("alg", algs), ("typ", typs), ("kid", kids)] {
        edits.extend(values.split(' ').map(|value| format!("{name} \"{value}\"")));
    }
    for kid in [
        "' OR '1'='1",
        "\\\" OR 1=1 --",
        &"k".repeat(1024 * 1024),
        &format!("{known} "),
        &known.to_lowercase(),
        &format!("{known}\\u0000"),
    ] {
        edits.push(format!("kid \"{kid}\""));
    }
    let header = scene.forger.header();
    let row = |edits: String| {
        let token = scene.forged(&header.edited(&edits));
        (format!("{edits:.60}"), token)
    };
    let rows: Vec<_> = edits.into_iter().map(row).collect();
    assert!(rows.len() > 50, "{}", rows.len());
    scene.refuse_all(&rows);
}

#[test]
fn a_public_key_is_no_secret_to_sign_with() {
    let scene = scene();
    let (forger, payload) = (&scene.forger, &scene.payload);
    let public = forger.public_bytes();
    let jwk = json!({ "crv": "Ed25519", "kty": "OKP", "x": encode(&public) }).to_string();
    let pem = format!(
        "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
        {
            let prefix = [
                0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
            ];
            STANDARD.encode([prefix.as_slice(), &public].concat())
        }
    );
    let hs256 = |key: &[u8]| {
        let header = forger.header().set("alg", "\"HS256\"");
        let input = signing_input(&header.text(), &payload.text());
        let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any length goes");
        mac.update(input.as_bytes());
        format!("{input}.{}", encode(&mac.finalize().into_bytes()))
    };
    let x = encode(&public);
    let rows = [
        ("HS256 with the public key's bytes", public.as_slice()),
        ("HS256 with the public key's JWK", jwk.as_bytes()),
        ("HS256 with the public key's x", x.as_bytes()),
        ("HS256 with the public key's PEM", pem.as_bytes()),
        ("HS256 with no key", b""),
    ];
    scene.refuse_all(&rows.map(|(name, key)| (name.to_owned(), hs256(key))));
}

#[test]
fn tokens_and_signatures_that_are_not_ours() {
    let scene = scene();
    let (forger, payload) = (&scene.forger, &scene.payload);
    let good = scene.forged(&forger.header());
    let parts: Vec<&str> = good.split('.').collect();
    let [header, body, signature] = parts[..] else {
        panic!("three parts");
    };
    let stranger = Forger::stranger(8);
    let other_payload = payload.clone().set("jti", "\"token_other\"").text();
    let other_payload = encode(other_payload.as_bytes());
    let mut flipped = signature.as_bytes().to_vec();
    flipped[10] = if flipped[10] == b'A' { b'B' } else { b'A' };
    let flipped = String::from_utf8(flipped).expect("ASCII");
    let none = encode(br#"{"alg":"none","typ":"at+jwt"}"#);
    let header_array = json!(["EdDSA", "at+jwt", forger.kid]).to_string();
    let claims = "iss aud sub iat nbf exp jti sid client_id scope amr auth_time";
    let (good_header, whole) = (forger.header().text(), payload.text());
    let claim = |name| json_of(&whole)[name].clone();
    let in_order: Vec<_> = claims.split(' ').map(claim).collect();
    let with = |signature: &str| format!("{header}.{body}.{signature}");
    let signed = |payload: &str| forger.sign_text(&good_header, payload);
    let in_8_kb = payload
        .clone()
        .set("jti", &format!("\"{}\"", "j".repeat(8_000)));
    let rows = [
        (
            "a key nobody knows",
            stranger.sign(&stranger.header(), payload),
        ),
        (
            "another key under a known kid",
            stranger.sign(&forger.header(), payload),
        ),
        ("none without signature", format!("{none}.{body}.")),
        ("none with signature", format!("{none}.{body}.{signature}")),
        ("no signature", with("")),
        ("two parts", format!("{header}.{body}")),
        ("four parts", format!("{good}.{signature}")),
        ("as a JWE", format!("{good}.{signature}.{signature}")),
        ("one part", header.to_owned()),
        ("dots only", "..".to_owned()),
        ("empty header", format!(".{body}.{signature}")),
        ("signature cut", with(&signature[..signature.len() - 2])),
        ("signature of one byte", with("AA")),
        ("signature longer", format!("{good}AA")),
        ("signature zero", with(&encode(&[0; 64]))),
        ("bit flipped", with(&flipped)),
        ("signature padded", format!("{good}==")),
        ("header padded", format!("{header}=.{body}.{signature}")),
        ("S + L", with(&s_plus_l(signature))),
        (
            "payload swapped",
            format!("{header}.{other_payload}.{signature}"),
        ),
        ("payload empty", format!("{header}..{signature}")),
        ("header an array", forger.sign_text(&header_array, &whole)),
        ("payload an array", signed("[]")),
        ("payload in order", signed(&json!(in_order).to_string())),
        ("payload null", signed("null")),
        ("payload and more", signed(&format!("{whole} {{}}"))),
        ("8 kB", format!("{good}{}", "A".repeat(8 * 1024))),
        ("1 MB", "A".repeat(1024 * 1024)),
        ("8 kB, well signed", forger.sign(&forger.header(), &in_8_kb)),
        ("a refresh token", scene.player.refresh_token.clone()),
        ("not base64", "a.b.c".to_owned()),
        (
            "an API key",
            "wvw_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG".to_owned(),
        ),
    ];
    scene.refuse_all(&rows.map(|(name, token)| (name.to_owned(), token)));
}

/// The same signature with its scalar moved by the group's order: RFC 8032 says to refuse it.
fn s_plus_l(signature: &str) -> String {
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde,
        0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let mut bytes = URL_SAFE_NO_PAD.decode(signature).expect("base64url");
    let mut carry = 0;
    for (byte, order) in bytes[32..].iter_mut().zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(order) + carry;
        *byte = sum.to_le_bytes()[0];
        carry = sum >> 8;
    }
    encode(&bytes)
}

const TIMES: [&str; 4] = ["exp", "nbf", "iat", "auth_time"];
const TEXTS: [&str; 7] = ["iss", "aud", "sub", "jti", "sid", "client_id", "scope"];

#[test]
fn claims_of_another_form() {
    let scene = scene();
    let mut edits = Vec::new();
    for claim in TIMES.into_iter().chain(TEXTS).chain(["amr"]) {
        edits.push(format!("-{claim}"));
        let values = ["null", "true", "{}", "[null]"];
        edits.extend(values.map(|value| format!("{claim} {value}")));
        edits.push(format!("+{claim} {}", claim_text(&scene.payload, claim)));
    }
    for claim in TEXTS {
        edits.extend([format!("{claim} 1"), format!("{claim} []")]);
    }
    edits.extend(["role \"admin\"", "is_admin true", " 1"].map(str::to_owned));
    scene.refuse_payloads(edits);
}

#[test]
fn times_that_are_out_of_bounds() {
    let scene = scene();
    let now = scene.payload.number("iat");
    // Expired by 31 and 30 seconds, and from the future.
    let mut edits = vec![
        "exp 0".to_owned(),
        format!("exp {}", now - 31),
        format!("exp {}", now - 30),
        format!("nbf {}", now + 31),
        format!("iat {}", now + 31),
    ];
    let values = "\"1795306200\" -1 1e400 1.5 1795306200.0 1e10 253402300800 9223372036854775807 \
                  9223372036854775808 -9223372036854775808 -8334601228800 18446744073709551616";
    for claim in TIMES {
        let values = values.split_whitespace();
        edits.extend(values.map(|value| format!("{claim} {value}")));
    }
    scene.refuse_payloads(edits);
}

#[test]
fn claims_of_someone_else() {
    let scene = scene();
    let other = scene.app.player("other");
    let other_session = claim_text(&payload_of(&other.token), "sid");
    let (upper, http) = (ISSUER.to_uppercase(), ISSUER.replace("https", "http"));
    let mut edits = vec![
        "aud [\"wvw-builder\",\"evil\"]".to_owned(),
        "aud [\"wvw-builder\"]".to_owned(),
        format!("sid {other_session}"),
    ];
    for (claim, value) in [
        ("sub", other.id.as_str()),
        ("sub", ""),
        ("sub", "user_"),
        ("sub", "admin"),
        ("sub", "user_7zzzzzzzzzzzzzzzzzzzzzzzzz"),
        ("sub", "' OR 1=1 --"),
        ("sid", "session_01h455vb4pex5vsknk084sn02q"),
        ("sid", &scene.player.id),
        ("iss", &format!("{ISSUER}/")),
        ("iss", &format!("{ISSUER}.evil.gg")),
        ("iss", &upper),
        ("iss", &http),
        ("iss", "https://evil.gg"),
        ("iss", ""),
        ("aud", "wvw-builder/"),
        ("aud", "WVW-BUILDER"),
        ("aud", ""),
        ("aud", "wvw-builder other"),
        ("aud", "other"),
    ] {
        edits.push(format!("{claim} {}", json!(value)));
    }
    scene.refuse_payloads(edits);
}

/// The value of a claim as JSON.
fn claim_text(payload: &Members, claim: &str) -> String {
    json_of(&payload.text())[claim].to_string()
}
