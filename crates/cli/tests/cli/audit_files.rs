//! The audit log in files, verified without a server.

use std::path::{Path, PathBuf};

use sekisho_model::Timestamp;
use sekisho_model::audit::{AuditLine, LineHash};
use sekisho_model::event::{Actor, Event, Origin};
use sekisho_model::id::{AuditChainId, RequestId, SiteId};
use sekisho_model::rng::SeededRng;
use sekisho_seal::audit_head::{AuditHead, AuditKey};
use sekisho_seal::sign::SigningKey;

use crate::audit::chain;
use crate::fake::Fake;
use crate::person::{Done, Person};

/// Somebody with an export, a witness and a key in files, and no server.
struct Auditor {
    person: Person,
    folder: tempfile::TempDir,
    audit: SigningKey,
}

impl Auditor {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let audit = SigningKey::generate(&SeededRng::new(9));
        let auditor = Self { person: Person::new(&Fake::start()), folder, audit };
        let key = AuditKey(auditor.audit.public()).to_string();
        std::fs::write(auditor.path("audit.key"), key).expect("written");
        auditor
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn export(&self, lines: &[AuditLine]) {
        let text: Vec<String> = lines.iter().map(|line| line.to_export() + "\n").collect();
        std::fs::write(self.path("log.jsonl"), text.concat()).expect("written");
    }

    /// The witness saw these lines.
    fn witness<'a>(&self, lines: impl IntoIterator<Item = &'a AuditLine>) {
        let site = SiteId::at(Timestamp::EPOCH, &SeededRng::new(7));
        let heads = lines.into_iter().map(|line| {
            let (seq, hash, at) = (line.seq, line.hash, Timestamp::EPOCH);
            let head = AuditHead { site, chain: line.chain, seq, hash, at };
            serde_json::to_string(&head.sign(&self.audit)).expect("plain data") + "\n"
        });
        std::fs::write(self.path("heads.jsonl"), heads.collect::<String>()).expect("written");
    }

    fn verify(&self, more: &str) -> Done {
        let shown = |name: &str| self.path(name).display().to_string();
        let (log, key) = (shown("log.jsonl"), shown("audit.key"));
        self.person.run(&format!("audit verify --export {log} --key {key} {more}"))
    }

    /// With what the witness kept.
    fn witnessed(&self, more: &str) -> Done {
        self.verify(&format!("--witness {} {more}", self.path("heads.jsonl").display()))
    }

    /// What is said about these lines of a chain of six, of which the witness
    /// saw the fourth and the last; the exit code must say *broken*.
    #[track_caller]
    fn broken(&self, lines: &[AuditLine]) -> String {
        self.export(lines);
        let original = chain(6);
        self.witness([&original[3], &original[5]]);
        let done = self.witnessed("").ends_with(1);
        assert!(done.stdout.starts_with("THE AUDIT LOG IS BROKEN: "), "{}", done.stdout);
        done.stdout
    }
}

/// All numbers and hashes as if the lines had always been like that.
fn rewritten(mut lines: Vec<AuditLine>) -> Vec<AuditLine> {
    let mut previous = LineHash::START;
    for (seq, line) in (1..).zip(&mut lines) {
        (line.seq, line.previous) = (seq, previous);
        line.hash = line.computed_hash();
        previous = line.hash;
    }
    lines
}

#[test]
fn a_whole_export_is_intact_up_to_where_the_witness_saw_it() {
    let auditor = Auditor::new();
    let lines = chain(6);
    auditor.export(&lines);
    auditor.witness([&lines[1], &lines[3]]);
    let done = auditor.witnessed("").ends_with(0);
    assert!(done.stdout.starts_with("The audit log is intact.\n"), "{}", done.stdout);
    let json = auditor.witnessed("--json").ends_with(0).stdout;
    assert!(json.contains(r#""intact":true,"lines":6"#), "{json}");
    assert!(json.contains(r#""last":6,"witnessed":4"#), "{json}");
}

#[test]
fn an_edited_line_is_named() {
    let auditor = Auditor::new();
    let mut lines = chain(6);
    lines[2].event = lines[2].event.replace(r#""2""#, r#""9""#);
    assert!(auditor.broken(&lines).contains("line 3 was changed"));
    let said = auditor.broken(&rewritten(lines));
    assert!(said.contains("line 4 is not the one that was signed"), "{said}");
}

#[test]
fn a_removed_line_is_named() {
    let auditor = Auditor::new();
    let mut lines = chain(6);
    lines.remove(2);
    assert!(auditor.broken(&lines).contains("line 3 is missing; the next one found is 4"));
    let said = auditor.broken(&rewritten(lines));
    assert!(said.contains("line 4 is not the one that was signed"), "{said}");
}

#[test]
fn lines_in_another_order_are_named() {
    let auditor = Auditor::new();
    let mut lines = chain(6);
    lines.swap(1, 2);
    assert!(auditor.broken(&lines).contains("line 2 is missing; the next one found is 3"));
    let said = auditor.broken(&rewritten(lines));
    assert!(said.contains("line 4 is not the one that was signed"), "{said}");
}

#[test]
fn the_newest_line_cut_off_is_seen_by_the_witness_only() {
    let auditor = Auditor::new();
    let lines = chain(6);
    let said = auditor.broken(&lines[..5]);
    assert!(said.contains("ends at line 5, but line 6 was signed"), "{said}");
    auditor.verify("").ends_with(0);
    // A part of the log may end anywhere, and begin anywhere.
    auditor.witnessed("--partial").ends_with(0);
    auditor.export(&lines[2..5]);
    auditor.witnessed("--partial").ends_with(0);
    let said = auditor.witnessed("").ends_with(1).stdout;
    assert!(said.contains("line 1 is missing"), "{said}");
}

#[test]
fn a_witness_that_was_changed_or_knows_nothing_is_no_proof() {
    let auditor = Auditor::new();
    let lines = chain(6);
    auditor.export(&lines);
    auditor.witness([&lines[3]]);
    let heads = std::fs::read_to_string(auditor.path("heads.jsonl")).expect("a file");
    std::fs::write(auditor.path("heads.jsonl"), heads.replace(r#""seq":4"#, r#""seq":5"#))
        .expect("written");
    let said = auditor.witnessed("").ends_with(1).stdout;
    assert!(said.contains("the signature of the head of audit line 5 is wrong"), "{said}");
    std::fs::write(auditor.path("heads.jsonl"), "nothing\n").expect("written");
    auditor.witnessed("").ends_with(1).says("holds no head that is signed with the given key");
}

#[test]
fn files_that_are_no_export_and_keys_that_are_none_are_refused() {
    let auditor = Auditor::new();
    let log = auditor.path("log.jsonl");
    auditor.verify("").ends_with(1).says("cannot read");
    std::fs::write(&log, "no line of ours\n").expect("written");
    let said = auditor.verify("").ends_with(1).stdout;
    assert!(said.contains("line 1: not an exported audit line"), "{said}");
    let no_key = format!("audit verify --export {}", log.display());
    auditor.person.run(&no_key).ends_with(2).says("--key");
    std::fs::write(auditor.path("audit.key"), "sekisho-audit-key-1:short").expect("written");
    auditor.verify("").ends_with(2).says("audit.key");
}

/// The chain that a restore begins: the former one ended at this line in the
/// backup.
fn after_a_restore(former: &AuditLine) -> Vec<AuditLine> {
    let rng = SeededRng::new(6);
    let now = Timestamp::from_millis(1_769_950_000_000);
    let id = AuditChainId::at(now, &rng);
    let origin = Origin { request: RequestId::at(now, &rng), address: None };
    let restored = Event::SiteRestored {
        taken_at: Timestamp::from_millis(1_769_850_000_000),
        former_chain: former.chain,
        former_seq: former.seq,
    };
    let started = Event::ServerStarted { version: "1".to_owned() };
    let first = AuditLine::new(id, (1, LineHash::START), now, &Actor::System, &origin, &restored);
    let second = AuditLine::new(id, (2, first.hash), now, &Actor::System, &origin, &started);
    vec![first, second]
}

#[test]
fn lines_that_a_restore_forgot_are_told_and_are_no_forgery() {
    let auditor = Auditor::new();
    let former = chain(6);
    let newer = after_a_restore(&former[3]);
    let all = [&former[..4], &newer[..]].concat();
    auditor.export(&all);
    auditor.witness([&former[2], &former[5], &newer[1]]);
    let done = auditor.witnessed("").ends_with(0);
    assert!(done.stdout.contains("lines 5 to 6 of chain"), "{}", done.stdout);
    let json = auditor.witnessed("--json").ends_with(0).stdout;
    assert!(json.contains(r#""kept":4,"signed":6"#), "{json}");

    // The former chain is a part of the log.
    auditor.export(&newer);
    let said = auditor.witnessed("").ends_with(1).stdout;
    assert!(said.contains(&format!("--chain {}", former[0].chain)), "{said}");
    // It ends earlier than the restore found it.
    auditor.export(&[&former[..3], &newer[..]].concat());
    let said = auditor.witnessed("").ends_with(1).stdout;
    assert!(said.contains("ends at line 3, but line 6 was signed"), "{said}");
    // Whoever only says that there was a restore cannot sign that.
    auditor.export(&all);
    auditor.witness([&former[2], &former[5]]);
    let said = auditor.witnessed("").ends_with(1).stdout;
    assert!(said.contains("ends at line 4, but line 6 was signed"), "{said}");
    // The old export has the lines that the restore forgot.
    auditor.export(&[&former[..], &newer[..]].concat());
    auditor.witness([&former[2], &former[5], &newer[1]]);
    auditor.witnessed("").ends_with(0);
}

#[test]
fn an_export_goes_to_a_new_file_and_of_the_chain_that_is_named() {
    let fake = Fake::start();
    let person = Person::signed_in(&fake);
    let lines = chain(2);
    let texts: Vec<String> = lines.iter().map(AuditLine::to_export).collect();
    let page = serde_json::json!({ "lines": texts, "next": null });
    let id = lines[0].chain;
    fake.json(&format!("GET /audit/export?format=jsonl&chain={id}&limit=500"), &page.to_string());
    let folder = tempfile::tempdir().expect("a folder");
    let to = folder.path().join("former.jsonl");
    let line = format!("audit export --chain {id} --output {}", to.display());
    person.run(&line).ends_with(0);
    assert_eq!(read(&to), texts.join("\n") + "\n");
    person.run(&line).ends_with(1).says("cannot create");
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).expect("a file")
}
