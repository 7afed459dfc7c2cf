//! Signed heads, and what they and a witness find that the chain alone
//! cannot.

use std::fmt::Write as _;
use std::path::PathBuf;

use sekisho_model::user::Role;
use sekisho_store::Access as _;
use serde_json::{Value, json};

use crate::harness::TestServer;

/// The witness's file of a server that was started with [`with_file`].
fn witness_file(server: &TestServer) -> PathBuf {
    server.app.config.data_dir.parent().expect("a folder").join("witness.jsonl")
}

/// A server with eight lines in its log: heads are signed at lines 4 and 8.
async fn with_file() -> TestServer {
    let server = TestServer::start_with(|folder| {
        vec![format!("audit.witness.file={}", folder.join("witness.jsonl").display())]
    })
    .await;
    let first = server.app.store.read().audit().chains().await.expect("read")[0].head_seq;
    for line in first + 1..=8 {
        let mut work = server.app.store.begin(&server.context()).await.expect("begun");
        work.record(sekisho_model::event::Event::ServerStarted { version: line.to_string() });
        work.commit().await.map(drop).expect("committed");
        if line % 4 == 0 {
            sekisho_server::audit::finish(&server.app).await;
        }
    }
    server
}

async fn verdict(server: &TestServer) -> Value {
    let verdict = sekisho_server::audit::verify(&server.app).await.expect("an answer");
    serde_json::to_value(verdict).expect("JSON")
}

#[tokio::test]
async fn the_end_is_signed_once_and_reaches_the_witness_once() {
    let server = with_file().await;
    sekisho_server::audit::finish(&server.app).await;
    let text = std::fs::read_to_string(witness_file(&server)).expect("a file");
    let seqs: Vec<u64> = text
        .lines()
        .map(|line| {
            serde_json::from_str::<Value>(line).expect("JSON")["seq"].as_u64().expect("seq")
        })
        .collect();
    assert_eq!(seqs, [4, 8]);
    let found = verdict(&server).await;
    assert_eq!(found["intact"], true);
    assert_eq!((&found["signed"], &found["witnessed"]), (&json!(8), &json!(8)));

    let auditor = server.user("ada", Role::PasswordAuditor).await;
    let heads = auditor.get("/audit/heads").await.expect(200);
    let written: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(heads["heads"], json!(written), "the same heads over the API");
    let keys = auditor.get("/audit/keys").await.expect(200);
    let key = keys["items"][0]["public"].as_str().expect("text");
    assert_eq!(key, server.app.keys.audit_keys()[0].to_string());
}

/// As somebody who can write the database and nothing else.
const TAMPERING: [(&str, &str); 9] = [
    ("edited", "UPDATE audit_lines SET event = replace(event, 'version', 'Version') WHERE seq = 6"),
    ("time edited", "UPDATE audit_lines SET at = at - 1 WHERE seq = 6"),
    ("removed", "DELETE FROM audit_lines WHERE seq = 6"),
    (
        "removed, numbers closed up",
        "DELETE FROM audit_lines WHERE seq = 6; UPDATE audit_lines SET seq = 6 WHERE seq = 7; \
         UPDATE audit_lines SET seq = 7 WHERE seq = 8; UPDATE audit_chains SET head_seq = 7",
    ),
    (
        "reordered",
        "UPDATE audit_lines SET seq = 99 WHERE seq = 6; UPDATE audit_lines SET seq = 6 WHERE seq = \
         7; UPDATE audit_lines SET seq = 7 WHERE seq = 99",
    ),
    (
        "inserted",
        "UPDATE audit_lines SET seq = 9 WHERE seq = 8; UPDATE audit_lines SET seq = 8 WHERE seq = 7; \
         INSERT INTO audit_lines SELECT chain, 7, at, code, actor, origin, event, previous, hash \
         FROM audit_lines WHERE seq = 6; UPDATE audit_chains SET head_seq = 9",
    ),
    ("newest cut off", "DELETE FROM audit_lines WHERE seq = 8"),
    (
        "newest cut off, head adjusted",
        "DELETE FROM audit_lines WHERE seq = 8; UPDATE audit_chains SET head_seq = 7, head_hash = \
         (SELECT hash FROM audit_lines WHERE seq = 7)",
    ),
    (
        "newest cut off, head adjusted, signed head removed",
        "DELETE FROM audit_lines WHERE seq = 8; UPDATE audit_chains SET head_seq = 7, head_hash = \
         (SELECT hash FROM audit_lines WHERE seq = 7); DELETE FROM audit_heads WHERE seq = 8",
    ),
];

#[tokio::test]
async fn tampering_with_the_file_is_found_and_named() {
    let mut found = String::new();
    for (kind, sql) in TAMPERING {
        let server = with_file().await;
        server.sql(sql).await;
        let with_witness = verdict(&server).await;
        std::fs::remove_file(witness_file(&server)).expect("removed");
        let without = verdict(&server).await;
        let text = |verdict: &Value| {
            let problem = verdict["problem"].as_str().unwrap_or("not found").to_owned();
            let chain = verdict["head"]["chain"].as_str().expect("an id");
            problem.replace(chain, "…")
        };
        writeln!(found, "{kind}\n  {}", text(&with_witness)).expect("text");
        if text(&with_witness) != text(&without) {
            writeln!(found, "  without witness: {}", text(&without)).expect("text");
        }
        assert_eq!(with_witness["intact"], false, "{kind}");
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/http/tampering.txt");
    if std::env::var_os("SEKISHO_BLESS").is_some_and(|value| value == "1") {
        std::fs::write(path, &found).expect("written");
    }
    assert_eq!(found, std::fs::read_to_string(path).unwrap_or_default());
}

#[tokio::test]
async fn a_forged_head_is_found_here_and_there() {
    let server = with_file().await;
    let path = witness_file(&server);
    let text = std::fs::read_to_string(&path).expect("a file");
    std::fs::write(&path, text.replace(r#""seq":8"#, r#""seq":7"#)).expect("written");
    let problem = verdict(&server).await["problem"].to_string();
    assert!(problem.contains("the signature of the head of audit line 7 is wrong"), "{problem}");
    std::fs::write(&path, text).expect("written");
    server.sql("UPDATE audit_heads SET hash = (SELECT hash FROM audit_lines WHERE seq = 7)").await;
    let problem = verdict(&server).await["problem"].to_string();
    assert!(problem.contains("the signature of the stored head of line 4 is wrong"), "{problem}");
}

#[tokio::test]
async fn an_export_holds_every_line_and_is_on_record() {
    let server = with_file().await;
    let auditor = server.user("ada", Role::PasswordAuditor).await;
    let page = auditor.get("/audit/export?limit=3").await.expect(200);
    assert_eq!(page["next"], 3);
    let rest = auditor.get("/audit/export?limit=1000&after_seq=3").await.expect(200);
    assert_eq!(rest["next"], json!(null));
    let mut verifier = sekisho_model::audit_chain::ChainVerifier::default();
    let lines = [&page["lines"], &rest["lines"]];
    for line in lines.into_iter().flat_map(|lines| lines.as_array().expect("a list")) {
        let line = line.as_str().expect("text");
        let line = sekisho_model::audit::AuditLine::from_export(line).expect("a line");
        verifier.next(&line).expect("linked");
    }
    assert_eq!(verifier.seq(), 9, "the export itself is the ninth line");
    let last = rest["lines"].as_array().expect("a list").last().expect("lines");
    assert!(last.as_str().expect("text").contains(r#""event":"audit_exported","format":"jsonl""#));

    let cef = auditor.get("/audit/export?format=cef&from=2030-01-01T00:00:00Z").await.expect(200);
    assert_eq!(cef["lines"], json!([]));
    auditor.get("/audit/export?format=xml").await.problem(400, "invalid_input");
    let user = server.user("pat", Role::PasswordAdministrator).await;
    user.get("/audit/export").await.problem(403, "forbidden");
}

/// A page may be turned and loaded again; but nobody reads unseen by asking
/// for the second page first.
#[tokio::test]
async fn reading_from_the_middle_is_on_record_too() {
    let server = with_file().await;
    let auditor = server.user("ada", Role::PasswordAuditor).await;
    let before = server.event_codes().await.len();
    for _ in 0..3 {
        auditor.get("/audit/export?after_seq=5").await.expect(200);
        auditor.get("/audit/lines?after_seq=5").await.expect(200);
    }
    assert_eq!(server.event_codes().await[before..], [702, 700]);
    server.clock.advance(std::time::Duration::from_secs(301));
    auditor.get("/audit/lines?after_seq=5").await.expect(200);
    assert_eq!(server.event_codes().await[before..], [702, 700, 700]);
}
