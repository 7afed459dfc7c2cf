//! The reduced set of cases with an evil gateway. The full set is
//! `cargo xtask prove evil-gateway`.

use sekisho_sim::{Broken, Deeds, EvilSimulator, EvilTeeth, with_room};

#[test]
fn an_evil_gateway_does_nothing_wrong_sees_no_secret_and_loses_nothing() {
    with_room(nothing_wrong_in_any_case);
}

fn nothing_wrong_in_any_case() {
    let mut simulator = EvilSimulator::new(EvilTeeth::None);
    let (cases, mut deeds) = (200, Deeds::default());
    for seed in 1..=cases {
        let ended = simulator.case(seed, false);
        deeds.add(ended.deeds);
        if let Some(broken) = ended.broken {
            let trace = simulator.case(seed, true).trace.join("\n");
            panic!(
                "seed {seed}: {broken}\n{trace}\nreplay it: \
                 cargo xtask prove evil-gateway --seed {seed} --replay"
            );
        }
    }
    // It did its worst, and was noticed on both sides.
    assert!(deeds.done > cases * 5, "{deeds:?}");
    assert!(deeds.noticed_by_server > cases && deeds.noticed_by_agents > cases / 5, "{deeds:?}");
}

#[test]
fn equal_seeds_give_equal_deeds() {
    with_room(equal_seeds);
}

fn equal_seeds() {
    let mut simulator = EvilSimulator::new(EvilTeeth::None);
    for seed in 1..=30 {
        let (one, two) = (simulator.case(seed, true), simulator.case(seed, true));
        assert_eq!(without_lengths(one.trace), without_lengths(two.trace), "seed {seed}");
        assert_eq!(one.broken, two.broken, "seed {seed}");
    }
}

/// A signature has random bytes in it, and is now and then a byte shorter. So are
/// messages that hold one, and a change made at the same place of them may fall on
/// another field.
fn without_lengths(trace: Vec<String>) -> Vec<String> {
    let hidden = |line: String| match line.split_once(" bytes follow the message") {
        Some((before, after)) => {
            let before = before.trim_end_matches(|c: char| c.is_ascii_digit());
            format!("{before}some bytes follow the message{after}")
        }
        None => line.replace("refused: UnknownKey", "refused: Unreadable"),
    };
    trace.into_iter().map(hidden).collect()
}

/// A proof that finds nothing proves nothing: it must find these.
fn is_found(teeth: EvilTeeth, within: u64, is_it: impl Fn(&Broken) -> bool + Send) {
    with_room(|| must_find(teeth, within, is_it));
}

fn must_find(teeth: EvilTeeth, within: u64, is_it: impl Fn(&Broken) -> bool) {
    let mut simulator = EvilSimulator::new(teeth);
    let mut others = Vec::new();
    for seed in 1..=within {
        match simulator.case(seed, false).broken {
            Some(found) if is_it(&found) => return,
            Some(found) => others.push(found.to_string()),
            None => {}
        }
    }
    panic!("{teeth:?} was not found in {within} cases; only: {others:?}");
}

#[test]
fn orders_signed_with_a_stolen_key_are_found() {
    let unasked = |found: &Broken| found.to_string().contains("no order said so");
    is_found(EvilTeeth::StolenOrderKey, 20, unasked);
}

#[test]
fn receipts_signed_with_a_stolen_key_are_found() {
    let unmade = |found: &Broken| found.to_string().contains("its agent did not make");
    is_found(EvilTeeth::StolenIdentityKey, 40, unmade);
}

#[test]
fn a_secret_next_to_a_message_is_found() {
    is_found(EvilTeeth::TalkativeAgent, 20, |found| matches!(found, Broken::Leaked(_)));
}

#[test]
fn an_approval_that_nobody_gave_is_found() {
    is_found(EvilTeeth::CarelessServer, 100, |found| matches!(found, Broken::Wrong(_)));
}

#[test]
fn a_gateway_that_never_stops_is_found() {
    is_found(EvilTeeth::NeverStops, 300, |found| matches!(found, Broken::Other(_)));
}
