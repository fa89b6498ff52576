//! Prints requests as webhooks send them: the body, the headers, and the secrets that have signed.
//! They are made by the very code of a delivery, now, and for one seed the same.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use wvw_builder::events::outbox::payload;
use wvw_builder::events::signing::EndpointSecret;
use wvw_builder::platform::Random as _;
use wvw_builder::platform::native::SeededRandom;
use wvw_builder::webhooks::sending;

const RANDOM: u64 = 40;

fn main() {
    let seed = std::env::args().nth(1).and_then(|text| text.parse().ok());
    let random = SeededRandom::new(seed.expect("a seed, a whole number"));
    let mut data = vec![
        ("no data".to_owned(), json!({})),
        (
            "Unicode".to_owned(),
            json!({ "name": "Ünïcødé 守護者 👩‍👩‍👧 \u{0}\u{2028}\u{ffff}\"\\" }),
        ),
        ("100 kB".to_owned(), json!({ "name": "ä".repeat(50_000) })),
    ];
    for number in 0..RANDOM {
        let own = json!({ text(&random, 4): text(&random, 500), "n": roll(&random, u32::MAX) });
        data.push((format!("random {number}"), own));
    }
    let vectors: Vec<Value> = data
        .into_iter()
        .enumerate()
        .map(|(place, (name, data))| vector(&random, place, &name, &data))
        .collect();
    println!("{}", Value::from(vectors));
}

/// One to three secrets sign, as they do while they are rotated.
fn vector(random: &SeededRandom, place: usize, name: &str, data: &Value) -> Value {
    let secrets: Vec<EndpointSecret> = (0..=place % 3)
        .map(|_| {
            let mut bytes = vec![0; 24 + roll(random, 41) as usize];
            random.fill(&mut bytes);
            EndpointSecret::from_bytes(&bytes).expect("24 to 64 bytes")
        })
        .collect();
    let body = payload(
        "build.created",
        "2026-11-22T18:00:00.000Z",
        &data.to_string(),
    );
    let id = format!("event_{place:026}");
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let url = "https://receiver.guild.gg/hook";
    let request = sending::request(
        url,
        &secrets,
        &[],
        &id,
        trace,
        body.clone().into(),
        now_ms(),
    );
    let headers: serde_json::Map<String, Value> = request
        .headers
        .into_iter()
        .map(|(name, value)| (name, value.into()))
        .collect();
    let secrets: Vec<_> = secrets.iter().map(|it| it.to_text().to_string()).collect();
    json!({ "name": name, "secrets": secrets, "headers": headers, "body": body, "data": data })
}

fn now_ms() -> i64 {
    // The libraries know no other clock.
    #[allow(clippy::disallowed_methods)]
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    i64::try_from(since.expect("after 1970").as_millis()).expect("small")
}

/// Less than `sides`.
fn roll(random: &SeededRandom, sides: u32) -> u32 {
    let mut bytes = [0; 4];
    random.fill(&mut bytes);
    u32::from_le_bytes(bytes) % sides
}

/// Any characters there are, half of them of ASCII.
fn text(random: &SeededRandom, most: u32) -> String {
    let any = |_| match roll(random, 2) {
        0 => char::from_u32(roll(random, 0x80)),
        _ => char::from_u32(roll(random, 0x11_0000)),
    };
    (0..roll(random, most)).filter_map(any).collect()
}
