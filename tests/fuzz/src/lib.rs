//! Parsers of bytes that come from somebody else, under arbitrary bytes. JSON
//! bodies of the REST API and the server's settings have no target yet.
//!
//! A [`Target`] takes bytes and panics when a promise is broken: it never
//! overflows, hangs or aborts; what it accepts it can write again and reads
//! back as the same; what is not signed by the right key is refused. The same
//! targets run in two ways:
//!
//! - as a normal test: seeds, the finds kept in `corpus/`, and mutations of
//!   both from a fixed seed (`cargo xtask test`);
//! - under libFuzzer, guided by coverage: `cargo xtask fuzz TARGET`.

mod files;
mod gateway;
mod keys;
pub mod mutate;
mod sample;
mod sealed;
mod texts;
mod wire;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A parser and what it promises.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name, and that of its folder in `corpus/`.
    pub name: &'static str,
    /// Feeds it; panics when a promise is broken. Says whether the input was
    /// accepted.
    pub run: fn(&[u8]) -> bool,
    /// Inputs that it accepts, to begin with.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// All of them.
pub const TARGETS: &[Target] = &[
    Target { name: "messages", run: wire::messages, seeds: wire::message_seeds },
    Target { name: "relayed", run: wire::relayed, seeds: wire::relayed_seeds },
    Target { name: "agent_routes", run: wire::agent_routes, seeds: wire::route_seeds },
    Target { name: "envelopes", run: sealed::envelopes, seeds: sealed::envelope_seeds },
    Target { name: "opened", run: sealed::opened, seeds: sealed::opened_seeds },
    Target { name: "bundles", run: sealed::bundles, seeds: sealed::bundle_seeds },
    Target { name: "frames", run: sealed::frames, seeds: sealed::frame_seeds },
    Target { name: "certificates", run: keys::certificates, seeds: keys::certificate_seeds },
    Target { name: "pfx", run: keys::pfx, seeds: keys::pfx_seeds },
    Target { name: "key_texts", run: keys::key_texts, seeds: keys::key_text_seeds },
    Target { name: "backups", run: files::backups, seeds: files::backup_seeds },
    Target { name: "witnesses", run: files::witnesses, seeds: files::witness_seeds },
    Target { name: "account_files", run: files::account_files, seeds: files::account_file_seeds },
    Target { name: "agent_state", run: files::agent_state, seeds: files::agent_state_seeds },
    Target {
        name: "request_heads",
        run: gateway::request_heads,
        seeds: gateway::request_head_seeds,
    },
    Target {
        name: "gateway_routes",
        run: gateway::gateway_routes,
        seeds: gateway::gateway_route_seeds,
    },
    Target {
        name: "control_frames",
        run: gateway::control_frames,
        seeds: gateway::control_frame_seeds,
    },
    Target {
        name: "gateway_configs",
        run: gateway::gateway_configs,
        seeds: gateway::gateway_config_seeds,
    },
    Target {
        name: "client_hellos",
        run: gateway::client_hellos,
        seeds: gateway::client_hello_seeds,
    },
    Target { name: "answer_heads", run: gateway::answer_heads, seeds: gateway::answer_head_seeds },
    Target { name: "http2_frames", run: gateway::http2_frames, seeds: gateway::http2_frame_seeds },
    Target { name: "texts", run: texts::texts, seeds: texts::text_seeds },
    Target { name: "settings", run: texts::settings, seeds: texts::settings_seeds },
];

/// The target of this name.
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}

/// Where the finds of a target are kept.
pub fn corpus_folder(target: &Target) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target.name)
}

/// The finds of a target that are kept, by file name.
///
/// # Errors
/// When a file cannot be read. No folder is no finds.
pub fn corpus(target: &Target) -> io::Result<Vec<(String, Vec<u8>)>> {
    let folder = corpus_folder(target);
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        found.push((entry.file_name().to_string_lossy().into_owned(), fs::read(entry.path())?));
    }
    found.sort();
    Ok(found)
}

/// The first byte chooses among `N` cases, the rest is the input.
fn choose<const N: usize>(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (first, rest) = bytes.split_first()?;
    Some((usize::from(*first) % N, rest))
}

/// An input for the case `number`.
fn chosen(number: usize, bytes: impl AsRef<[u8]>) -> Vec<u8> {
    let number = u8::try_from(number).expect("fewer than 256 cases");
    [&[number], bytes.as_ref()].concat()
}
