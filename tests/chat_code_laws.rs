//! The lossless property on random input: 100,000 byte sequences and 100,000 texts. Templates,
//! near-templates and noise are all among them. The properties are in `support/laws.rs`, which the fuzz
//! target shares.

#[path = "support/laws.rs"]
mod laws;

use std::cell::Cell;

use laws::Outcome;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, TestRunner};
use wvw_builder::game::chat_code::{decode_bytes, encode};

const CASES: u32 = 100_000;

/// Bytes of a valid template: random but for the type, the profession and the counts.
fn template() -> impl Strategy<Value = Vec<u8>> {
    let entries = |size: usize| {
        prop_oneof![8 => 0..5usize, 1 => 0..=255usize]
            .prop_flat_map(move |count| (Just(count), vec(any::<u8>(), count * size)))
    };
    let section = (entries(2), entries(4)).prop_map(|((n, weapons), (m, overrides))| {
        let count = |n: usize| u8::try_from(n).expect("at most 255");
        [&[count(n)][..], &weapons, &[count(m)], &overrides].concat()
    });
    let section = prop_oneof![1 => Just(Vec::new()), 4 => section];
    (1..=9u8, vec(any::<u8>(), 42), section)
        .prop_map(|(profession, fixed, tail)| [&[0x0d, profession][..], &fixed, &tail].concat())
}

/// A valid template with a byte changed, put in or taken out, or with its end cut off.
fn mutated() -> impl Strategy<Value = Vec<u8>> {
    (template(), any::<Index>(), any::<u8>(), 0..4u8).prop_map(|(mut bytes, at, value, how)| {
        let at = at.index(bytes.len());
        match how {
            0 => bytes[at] = value,
            1 => bytes.insert(at, value),
            2 => drop(bytes.remove(at)),
            _ => bytes.truncate(at),
        }
        bytes
    })
}

/// Texts near to a chat code: one character of a real one changed, put in or taken out.
fn mutated_text() -> impl Strategy<Value = String> {
    (template(), any::<Index>(), any::<char>(), 0..4u8).prop_map(|(bytes, at, character, how)| {
        let template = decode_bytes(&bytes).expect("a valid template");
        let mut text = encode(&template);
        let at = at.index(text.len());
        match how {
            0 => text.replace_range(at..=at, character.encode_utf8(&mut [0; 4])),
            1 => text.insert(at, character),
            2 => drop(text.remove(at)),
            _ => text.replace_range(at..=at, "A"),
        }
        text
    })
}

/// Runs the law on `CASES` inputs; both outcomes must have come often.
fn run<S: Strategy>(strategy: &S, law: impl Fn(&S::Value) -> Outcome) {
    let (kept, refused) = (Cell::new(0u32), Cell::new(0u32));
    let config = Config {
        cases: CASES,
        failure_persistence: None,
        ..Config::default()
    };
    let outcome = TestRunner::new(config).run(strategy, |input| {
        let counter = match law(&input) {
            Outcome::Kept => &kept,
            Outcome::Refused => &refused,
        };
        counter.set(counter.get() + 1);
        Ok(())
    });
    outcome.unwrap_or_else(|failure| panic!("{failure}"));
    let (kept, refused) = (kept.get(), refused.get());
    assert!(
        kept > CASES / 20 && refused > CASES / 20,
        "kept {kept}, refused {refused}"
    );
}

#[test]
fn bytes_come_back_or_are_refused() {
    let noise = vec(any::<u8>(), 0..200);
    let typed_noise = vec(any::<u8>(), 0..100).prop_map(|tail| [&[0x0d, 1][..], &tail].concat());
    let inputs = prop_oneof![1 => noise, 1 => typed_noise, 2 => template(), 3 => mutated()];
    run(&inputs, |bytes| laws::bytes(bytes));
}

#[test]
fn texts_come_back_or_are_refused() {
    let wrapped = "\\[&[A-Za-z0-9+/]{0,80}={0,2}\\]";
    let valid =
        template().prop_map(|bytes| encode(&decode_bytes(&bytes).expect("a valid template")));
    let noise = vec(any::<char>(), 0..100).prop_map(String::from_iter);
    let inputs = prop_oneof![1 => noise, 1 => wrapped, 2 => valid, 3 => mutated_text()];
    run(&inputs, |text| laws::text(text));
}
