//! The table of attacks, rows "Tokens", the forged ones: the same 401 for all of them. Each token is valid
//! except for what its row changes. `attacks_sessions` has keys and sessions, `attacks_second_factor`
//! challenges.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use testing::forge::{Members, encode, signing_input};
use testing::prelude::*;
use testing::scene::{Scene, scene};

#[test]
fn headers_that_are_not_ours() {
    let scene = scene();
    let header = || scene.forger.header();
    let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": encode(&scene.forger.public_bytes()) });
    let row = |name: &str, header: Members| (name.to_owned(), scene.forged(&header));
    let mut rows = vec![
        row("alg missing", header().without("alg")),
        row("alg an array", header().set("alg", "[\"EdDSA\"]")),
        row("alg null", header().set("alg", "null")),
        row("alg a number", header().set("alg", "1")),
        row("alg twice", header().again("alg", "\"none\"")),
        row(
            "alg twice, the good one last",
            header().set("alg", "\"none\"").again("alg", "\"EdDSA\""),
        ),
        row("typ missing", header().without("typ")),
        row("kid missing", header().without("kid")),
        row("kid null", header().set("kid", "null")),
        row("kid an array", header().set("kid", "[]")),
        row("kid empty", header().set("kid", "\"\"")),
        row("kid twice", header().again("kid", "\"other\"")),
        row("crit", header().set("crit", "[\"exp\"]")),
        row("crit empty", header().set("crit", "[]")),
        row("b64", header().set("b64", "false").set("crit", "[\"b64\"]")),
        row("zip", header().set("zip", "\"DEF\"")),
        row("jwk", header().set("jwk", &jwk.to_string())),
        row(
            "jwk instead of kid",
            header().without("kid").set("jwk", &jwk.to_string()),
        ),
        row("jku", header().set("jku", "\"https://evil.gg/jwks.json\"")),
        row("x5u", header().set("x5u", "\"https://evil.gg/cert.pem\"")),
        row("x5c", header().set("x5c", "[\"MIIB\"]")),
        row("x5t", header().set("x5t", "\"AA\"")),
        row("cty", header().set("cty", "\"JWT\"")),
        row("a member of no RFC", header().set("admin", "true")),
    ];
    for alg in [
        "none",
        "None",
        "NONE",
        "nOnE",
        "",
        "eddsa",
        "EDDSA",
        "Ed25519",
        "HS256",
        "RS256",
        "ES256",
        "ES256K",
        "PS256",
        "EdDSA ",
        "EdDSA\\u0000",
    ] {
        rows.push(row(
            &format!("alg {alg:?}"),
            header().set("alg", &format!("\"{alg}\"")),
        ));
    }
    for typ in ["JWT", "jwt", "AT+JWT", "application/at+jwt", "at+jwt ", ""] {
        rows.push(row(
            &format!("typ {typ:?}"),
            header().set("typ", &format!("\"{typ}\"")),
        ));
    }
    let long = "k".repeat(1024 * 1024);
    for kid in [
        "../../dev/null",
        "/etc/passwd",
        "' OR '1'='1",
        "\\\" OR 1=1 --",
        "a\\u0000b",
        "a\\r\\nb",
        "http://evil.gg/key",
        "%2e%2e%2f",
        "unknown",
        &long,
    ] {
        let name = format!("kid {kid:.40}");
        rows.push(row(&name, header().set("kid", &format!("\"{kid}\""))));
    }
    let known_kid = scene.forger.kid.clone();
    for kid in [
        format!("{known_kid} "),
        known_kid.to_lowercase(),
        format!("{known_kid}\\u0000"),
    ] {
        rows.push(row(
            &format!("kid {kid}"),
            header().set("kid", &format!("\"{kid}\"")),
        ));
    }
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
fn signatures_that_are_not_ours() {
    let scene = scene();
    let (forger, payload) = (&scene.forger, &scene.payload);
    let good = scene.forged(&forger.header());
    let parts: Vec<&str> = good.split('.').collect();
    let [header, body, signature] = parts[..] else {
        panic!("three parts");
    };
    let stranger = Forger::stranger(8);
    let other_payload = encode(
        payload
            .clone()
            .set("jti", "\"token_other\"")
            .text()
            .as_bytes(),
    );
    let mut flipped = signature.as_bytes().to_vec();
    flipped[10] = if flipped[10] == b'A' { b'B' } else { b'A' };
    let flipped = String::from_utf8(flipped).expect("ASCII");
    let row = |name: &str, token: String| (name.to_owned(), token);
    let none = encode(br#"{"alg":"none","typ":"at+jwt"}"#);
    let header_array = json!(["EdDSA", "at+jwt", forger.kid]).to_string();
    let claims = "iss aud sub iat nbf exp jti sid client_id scope amr auth_time";
    let whole: serde_json::Value = serde_json::from_str(&payload.text()).expect("JSON");
    let in_order: Vec<_> = claims.split(' ').map(|name| whole[name].clone()).collect();
    scene.refuse_all(&[
        row(
            "a key nobody knows",
            stranger.sign(&stranger.header(), payload),
        ),
        row(
            "another key under a known kid",
            stranger.sign(&forger.header(), payload),
        ),
        row("none without signature", format!("{none}.{body}.")),
        row("none with signature", format!("{none}.{body}.{signature}")),
        row("no signature", format!("{header}.{body}.")),
        row("two parts", format!("{header}.{body}")),
        row("four parts", format!("{good}.{signature}")),
        row(
            "five parts, as a JWE",
            format!("{good}.{signature}.{signature}"),
        ),
        row("one part", header.to_owned()),
        row("dots only", "..".to_owned()),
        row("empty header", format!(".{body}.{signature}")),
        row(
            "signature cut",
            format!("{header}.{body}.{}", &signature[..signature.len() - 2]),
        ),
        row("signature of one byte", format!("{header}.{body}.AA")),
        row("signature longer", format!("{good}AA")),
        row(
            "signature zero",
            format!("{header}.{body}.{}", encode(&[0; 64])),
        ),
        row("bit flipped", format!("{header}.{body}.{flipped}")),
        row("signature padded", format!("{good}==")),
        row("header padded", format!("{header}=.{body}.{signature}")),
        row("S + L", format!("{header}.{body}.{}", s_plus_l(signature))),
        row(
            "payload swapped",
            format!("{header}.{other_payload}.{signature}"),
        ),
        row("payload empty", format!("{header}..{signature}")),
        row(
            "header an array",
            forger.sign_text(&header_array, &payload.text()),
        ),
        row(
            "payload an array",
            forger.sign_text(&forger.header().text(), "[]"),
        ),
        row(
            "payload an array in order",
            forger.sign_text(&forger.header().text(), &json!(in_order).to_string()),
        ),
        row(
            "payload null",
            forger.sign_text(&forger.header().text(), "null"),
        ),
        row(
            "payload and more",
            forger.sign_text(&forger.header().text(), &format!("{} {{}}", payload.text())),
        ),
    ]);
}

#[test]
fn what_is_too_long_or_no_token_at_all() {
    let scene = scene();
    let (forger, payload) = (&scene.forger, &scene.payload);
    let good = scene.forged(&forger.header());
    let row = |name: &str, token: String| (name.to_owned(), token);
    scene.refuse_all(&[
        row("8 kB", format!("{good}{}", "A".repeat(8 * 1024))),
        row("1 MB", "A".repeat(1024 * 1024)),
        row(
            "8 kB, well signed",
            scene.forger.sign(
                &forger.header(),
                &payload
                    .clone()
                    .set("jti", &format!("\"{}\"", "j".repeat(8_000))),
            ),
        ),
        row("a refresh token", scene.player.refresh_token.clone()),
        row("not base64", "a.b.c".to_owned()),
        row(
            "an API key",
            "wvw_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG".to_owned(),
        ),
    ]);
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

/// Signs each payload, all of them under a header that is right, and has all refused.
fn refuse_payloads(scene: &Scene, rows: &[(String, Members)]) {
    let header = scene.forger.header();
    let sign =
        |(name, payload): &(String, Members)| (name.clone(), scene.forger.sign(&header, payload));
    scene.refuse_all(&rows.iter().map(sign).collect::<Vec<_>>());
}

#[test]
fn claims_of_another_form() {
    let scene = scene();
    let payload = || scene.payload.clone();
    let mut rows = Vec::new();
    for claim in TIMES.into_iter().chain(TEXTS).chain(["amr"]) {
        rows.push((format!("{claim} missing"), payload().without(claim)));
        for value in ["null", "true", "{}", "[null]"] {
            rows.push((format!("{claim} {value}"), payload().set(claim, value)));
        }
        let twice = payload().again(claim, &claim_text(&payload(), claim));
        rows.push((format!("{claim} twice"), twice));
    }
    for claim in TEXTS {
        rows.push((format!("{claim} a number"), payload().set(claim, "1")));
        rows.push((format!("{claim} a list"), payload().set(claim, "[]")));
    }
    for (claim, value) in [("role", "\"admin\""), ("is_admin", "true"), ("", "1")] {
        rows.push((format!("{claim} added"), payload().set(claim, value)));
    }
    refuse_payloads(&scene, &rows);
}

#[test]
fn times_that_are_out_of_bounds() {
    let scene = scene();
    let payload = || scene.payload.clone();
    let mut rows = Vec::new();
    for claim in TIMES {
        for value in [
            "\"1795306200\"",
            "-1",
            "1e400",
            "1.5",
            "1795306200.0",
            "1e10",
            "253402300800",
            "9223372036854775807",
            "9223372036854775808",
            "-9223372036854775808",
            "-8334601228800",
            "18446744073709551616",
        ] {
            rows.push((format!("{claim} {value}"), payload().set(claim, value)));
        }
    }
    rows.push(("exp 0".to_owned(), payload().set("exp", "0")));
    let now = payload().number("iat");
    for (name, claim, seconds) in [
        ("expired by 31 s", "exp", -31),
        ("expired by 30 s", "exp", -30),
        ("nbf in the future", "nbf", 31),
        ("iat in the future", "iat", 31),
    ] {
        let payload = payload().set(claim, &(now + seconds).to_string());
        rows.push((name.to_owned(), payload));
    }
    refuse_payloads(&scene, &rows);
}

#[test]
fn claims_of_someone_else() {
    let scene = scene();
    let other = scene.app.player("other");
    let other_session = claim_text(&payload_of(&other.token), "sid");
    let quoted = |text: &str| json!(text).to_string();
    let mut rows: Vec<(&str, String)> = vec![
        ("aud", "[\"wvw-builder\",\"evil\"]".to_owned()),
        ("aud", "[\"wvw-builder\"]".to_owned()),
        ("sub", quoted(&other.id)),
        ("sid", other_session),
        ("sid", quoted("session_01h455vb4pex5vsknk084sn02q")),
        ("sid", quoted(&scene.player.id)),
    ];
    let with_slash = format!("{ISSUER}/");
    let longer = format!("{ISSUER}.evil.gg");
    let (upper, http) = (ISSUER.to_uppercase(), ISSUER.replace("https", "http"));
    for iss in [&with_slash, &longer, &upper, &http, "https://evil.gg", ""] {
        rows.push(("iss", quoted(iss)));
    }
    for aud in [
        "wvw-builder/",
        "WVW-BUILDER",
        "",
        "wvw-builder other",
        "other",
    ] {
        rows.push(("aud", quoted(aud)));
    }
    for sub in [
        "",
        "user_",
        "admin",
        "user_7zzzzzzzzzzzzzzzzzzzzzzzzz",
        "' OR 1=1 --",
    ] {
        rows.push(("sub", quoted(sub)));
    }
    let rows: Vec<_> = rows
        .into_iter()
        .map(|(claim, value)| {
            let payload = scene.payload.clone().set(claim, &value);
            (format!("{claim} {value}"), payload)
        })
        .collect();
    refuse_payloads(&scene, &rows);
}

/// The value of a claim as JSON.
fn claim_text(payload: &Members, claim: &str) -> String {
    let whole: serde_json::Value = serde_json::from_str(&payload.text()).expect("JSON");
    whole[claim].to_string()
}
