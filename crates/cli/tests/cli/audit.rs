//! The audit log, verified without believing the server.

use sekisho_model::Timestamp;
use sekisho_model::audit::{AuditLine, LineHash};
use sekisho_model::event::{Actor, Event, Origin};
use sekisho_model::id::{AuditChainId, RequestId};
use sekisho_model::rng::SeededRng;

use crate::fake::Fake;
use crate::person::Person;

pub(crate) fn chain(lines: u64) -> Vec<AuditLine> {
    let rng = SeededRng::new(5);
    let id = AuditChainId::at(Timestamp::EPOCH, &rng);
    let origin = Origin { request: RequestId::at(Timestamp::EPOCH, &rng), address: None };
    let mut at = (1, LineHash::START);
    let mut out = Vec::new();
    for n in 0..lines {
        let event = Event::ServerStarted { version: n.to_string() };
        let now = Timestamp::from_millis(1_769_850_000_250);
        let line = AuditLine::new(id, at, now, &Actor::System, &origin, &event);
        at = (line.seq + 1, line.hash);
        out.push(line);
    }
    out
}

fn json(line: &AuditLine) -> String {
    serde_json::to_string(line).expect("JSON")
}

/// Serves the lines, and says that the end is at `head` and all is well.
fn serve(fake: &Fake, lines: &[String], head: &AuditLine) {
    let head = format!(r#"{{"chain":"{}","seq":{},"hash":"{}"}}"#, head.chain, head.seq, head.hash);
    fake.json(
        "POST /audit/verify",
        &format!(r#"{{"intact":true,"lines":3,"head":{head},"problem":null}}"#),
    );
    for after in 0..=lines.len() {
        let page = lines[after..].iter().take(2).cloned().collect::<Vec<_>>().join(",");
        fake.json(
            &format!("GET /audit/lines?after_seq={after}&limit=200"),
            &format!(r#"{{"items":[{page}],"next":null,"head":{head}}}"#),
        );
    }
}

#[test]
fn a_whole_chain_is_intact() {
    let fake = Fake::start();
    let person = Person::signed_in(&fake);
    let lines = chain(3);
    // Times may be milliseconds, or text as everywhere in the API.
    let mut texts: Vec<String> = lines.iter().map(json).collect();
    texts[1] = texts[1].replace("1769850000250", r#""2026-01-31T09:00:00.250Z""#);
    serve(&fake, &texts, &lines[2]);
    let done = person.run("audit verify --json").ends_with(0);
    assert_eq!(
        done.stdout,
        format!(
            "{{\"intact\":true,\"lines\":3,\"head\":{{\"chain\":\"{}\",\"seq\":3,\"hash\":\"{}\"}},\"problem\":null}}\n",
            lines[2].chain, lines[2].hash
        )
    );
    let done = person.run("audit verify").ends_with(0);
    assert!(done.stdout.starts_with("The audit log is intact.\n"), "{}", done.stdout);
    assert!(done.stdout.contains(&lines[2].hash.to_string()), "{}", done.stdout);
}

#[test]
fn a_changed_or_missing_line_shows_even_when_the_server_denies_it() {
    let fake = Fake::start();
    let person = Person::signed_in(&fake);
    let lines = chain(3);
    let texts: Vec<String> = lines.iter().map(json).collect();

    let mut changed = texts.clone();
    changed[1] = changed[1].replace(r#"\"version\":\"1\""#, r#"\"version\":\"9\""#);
    assert_ne!(changed[1], texts[1]);
    serve(&fake, &changed, &lines[2]);
    let done = person.run("audit verify").ends_with(1);
    assert!(done.stdout.contains("line 2 was changed"), "{}", done.stdout);

    serve(&fake, &[texts[0].clone(), texts[2].clone()], &lines[2]);
    let done = person.run("audit verify --json").ends_with(1);
    assert!(done.stdout.contains("line 2 is missing"), "{}", done.stdout);

    serve(&fake, &texts[..2], &lines[2]);
    let done = person.run("audit verify").ends_with(1);
    assert!(done.stdout.contains("the newest lines are missing"), "{}", done.stdout);
}
