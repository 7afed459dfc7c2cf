//! Files that others write, or that a crash tore: backups, witnesses, the
//! host's accounts, the agent's memory.

use std::fs;
use std::sync::Arc;

use sekisho_agent::journal::Journal;
use sekisho_agent::state::State;
use sekisho_model::clock::SystemClock;
use sekisho_platform::accounts::AccountFilter;
use sekisho_platform::disk::{Disk, MemoryDisk};
use sekisho_platform::linux::LinuxAccounts;
use sekisho_seal::audit_head::{AuditHead, AuditKey};
use sekisho_seal::backup::{self, CHUNK_BYTES, Facts, PREFIX_BYTES, TAG_BYTES};
use sekisho_seal::witness_file::Witnessed;
use sekisho_wire::cbor;

use crate::sample::SAMPLE;
use crate::{choose, chosen};

const CONTENT: &[u8] = b"what was in the database";

/// A backup as `restore` reads it: nothing comes out that did not go in.
pub(crate) fn backups(bytes: &[u8]) -> bool {
    let Some(prefix) = bytes.first_chunk::<PREFIX_BYTES>() else { return false };
    let Ok(length) = backup::header_length(prefix) else { return false };
    let Some(header) = bytes.get(PREFIX_BYTES..PREFIX_BYTES + length) else { return false };
    let Ok(header) = backup::read_header(header) else { return false };
    let (start, rest) = bytes.split_at(PREFIX_BYTES + length);
    let Ok(key) = backup::open(start, &header, &SAMPLE.recovery_key) else { return false };
    let mut opener = key.opener();
    let mut chunks = rest.chunks(CHUNK_BYTES + TAG_BYTES).peekable();
    while let Some(chunk) = chunks.next() {
        let mut chunk = chunk.to_vec();
        match opener.open(&mut chunk, chunks.peek().is_none()) {
            Ok(clear) => assert_eq!(clear, CONTENT, "a changed backup opens"),
            Err(_) => return false,
        }
    }
    true
}

pub(crate) fn backup_seeds() -> Vec<Vec<u8>> {
    let site = &*SAMPLE;
    let facts = Facts { site: site.site, created_at: site.now, product: "0.1.0", schema: "m1" };
    let keys = [site.recovery_key.public()];
    let (mut start, key) = backup::begin(facts, &keys, &site.rng).expect("a usable key");
    let mut chunk = CONTENT.to_vec();
    key.sealer().seal(&mut chunk, true);
    start.extend(chunk);
    vec![start]
}

/// What a witness kept: heads that are believed are signed.
pub(crate) fn witnesses(bytes: &[u8]) -> bool {
    let keys = [AuditKey(SAMPLE.order_key.public())];
    let Ok(found) = Witnessed::read(bytes, &keys) else { return false };
    for (chain, place) in found.chains() {
        assert_eq!((chain, place.seq), (SAMPLE.chain_id, 9), "a forged head is believed");
    }
    found.heads > 0
}

pub(crate) fn witness_seeds() -> Vec<Vec<u8>> {
    let site = &*SAMPLE;
    let head = AuditHead {
        site: site.site,
        chain: site.chain_id,
        seq: 9,
        hash: sekisho_model::audit::LineHash([5; 32]),
        at: site.now,
    };
    let line = serde_json::to_string(&head.sign(&site.order_key)).expect("JSON");
    let syslog = format!("<13>1 2026-11-22T06:00:00Z host sekisho - - - {line}\n{line}\n");
    vec![line.into_bytes(), syslog.into_bytes()]
}

const ACCOUNT_FILES: [&str; 3] = ["passwd", "shadow", "group"];

/// The account files of a host: whatever is in them, the others are listed and
/// what is listed can be named in an order.
pub(crate) fn account_files(bytes: &[u8]) -> bool {
    let Some((kind, bytes)) = choose::<3>(bytes) else { return false };
    let host = tempfile::tempdir().expect("a folder");
    let etc = host.path().join("etc");
    fs::create_dir(&etc).expect("made");
    for (number, (name, seed)) in ACCOUNT_FILES.iter().zip(ACCOUNTS).enumerate() {
        let content = if number == kind { bytes } else { seed.as_bytes() };
        fs::write(etc.join(name), content).expect("written");
    }
    let accounts = LinuxAccounts::at(host.path(), Arc::new(SystemClock));
    let filter = AccountFilter { include_disabled: true, ..AccountFilter::default() };
    let Ok(found) = accounts.survey(&filter) else { return false };
    for account in &found.accounts {
        assert_eq!(account.name.as_str().parse().as_ref(), Ok(&account.name));
        assert!(account.native_id.parse::<u32>().is_ok(), "{}", account.native_id);
    }
    !found.accounts.is_empty()
}

const ACCOUNTS: [&str; 3] = [
    "root:x:0:0:root:/root:/bin/bash\nhanako:x:1000:1000:花子,,,:/home/hanako:/bin/bash\n",
    "root:*:19000:0:99999:7:::\nhanako:$y$j9T$salt$hash:19000:0:99999:7::19500:\n",
    "root:x:0:\nsudo:x:27:hanako\nhanako:x:1000:\n",
];

pub(crate) fn account_file_seeds() -> Vec<Vec<u8>> {
    ACCOUNTS.iter().enumerate().map(|(number, text)| chosen(number, text)).collect()
}

const STATE_FILES: [&str; 7] = [
    "enrolment.cbor",
    "bundles.cbor",
    "counters.cbor",
    "held.cbor",
    "certificate.cbor",
    "journal/0199a1b2-0000-7000-8000-000000000001",
    "gateways_first.cbor",
];

/// The agent's memory after a crash, or on a disk that lies: it is read, or
/// said to be damaged.
pub(crate) fn agent_state(bytes: &[u8]) -> bool {
    let Some((kind, bytes)) = choose::<7>(bytes) else { return false };
    let disk: Arc<dyn Disk> = Arc::new(MemoryDisk::new());
    disk.create_dir("journal").expect("made");
    disk.write_atomic(STATE_FILES[kind], bytes).expect("written");
    let state = State::new(disk);
    let trust = state.trust(&SAMPLE.anchor);
    if let Ok(trust) = &trust {
        assert!((1..=2).contains(&trust.bundle().version), "a forged bundle is believed");
    }
    let read = match kind {
        0 => state.enrolled().is_ok(),
        1 => trust.is_ok(),
        2 => state.counters().is_ok(),
        3 => state.held().is_ok(),
        4 => state.certificate().is_ok(),
        6 => !state.gateways_first().is_empty(),
        _ => true,
    };
    let Ok(journal) = Journal::open(state) else { return false };
    assert!(journal.unreported().len() <= 1);
    read
}

pub(crate) fn agent_state_seeds() -> Vec<Vec<u8>> {
    vec![
        chosen(1, cbor::encode(&SAMPLE.bundles)),
        chosen(6, cbor::encode(&[["gw.example.jp:8383"]])),
        chosen(2, cbor::encode(&sekisho_agent::state::Counters { hello: 3, seq: 5, newest: None })),
    ]
}
