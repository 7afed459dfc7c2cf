//! Every target under its seeds, the finds that are kept, and mutations.

use std::collections::BTreeSet;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use data_encoding::HEXLOWER;
use sekisho_fuzz::mutate::mutate;
use sekisho_fuzz::{TARGETS, Target, corpus, target};
use sekisho_model::rng::SeededRng;

/// Mutations of each target; more with `SEKISHO_FUZZ_CASES`.
const CASES: usize = 3_000;

fn hold(target: &Target, input: &[u8]) -> bool {
    catch_unwind(AssertUnwindSafe(|| (target.run)(input))).unwrap_or_else(|_| {
        panic!(
            "{name} breaks its promise; keep the input as tests/fuzz/corpus/{name}/NAME:\n{}",
            HEXLOWER.encode(input),
            name = target.name,
        )
    })
}

fn run(name: &str) {
    let target: &Target = target(name).expect("known");
    let mut inputs = (target.seeds)();
    assert!(!inputs.is_empty(), "{name} has no seeds");
    for seed in &inputs {
        assert!(hold(target, seed), "{name} refuses its seed {}", HEXLOWER.encode(seed));
    }
    for (file, found) in corpus(target).expect("the corpus can be read") {
        assert!(found.len() <= 64 * 1024, "{file} is too long to be kept");
        inputs.push(found);
    }
    inputs.push(Vec::new());
    for input in &inputs {
        hold(target, input);
    }
    let cases = std::env::var("SEKISHO_FUZZ_CASES")
        .map_or(CASES, |text| text.parse().expect("SEKISHO_FUZZ_CASES is a number"));
    let rng = SeededRng::new(7);
    for number in 0..cases {
        let mut input = inputs[number % inputs.len()].clone();
        mutate(&mut input, &inputs[(number / 7) % inputs.len()], &rng);
        hold(target, &input);
    }
}

macro_rules! holds {
    ($($name:ident)*) => {
        $(#[test]
        fn $name() {
            run(stringify!($name));
        })*

        #[test]
        fn every_target_is_tested() {
            let tested = BTreeSet::from([$(stringify!($name)),*]);
            assert_eq!(tested, TARGETS.iter().map(|target| target.name).collect());
        }
    };
}

holds! {
    messages agent_routes envelopes opened bundles frames certificates pfx key_texts backups
    witnesses account_files agent_state request_heads gateway_routes control_frames gateway_configs
    client_hellos answer_heads http2_frames relayed texts settings
}

#[test]
fn every_folder_of_the_corpus_belongs_to_a_target() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    for entry in fs::read_dir(folder).expect("there") {
        let name = entry.expect("read").file_name().to_string_lossy().into_owned();
        assert!(name == "README.md" || target(&name).is_some(), "corpus/{name}: no such target");
    }
}
