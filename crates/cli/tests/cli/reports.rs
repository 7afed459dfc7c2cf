//! Reports as tables and as CSV, their schedules, and one's own mail.

use crate::fake::{Fake, Reply};
use crate::person::Person;

const ID: &str = "0193e4a0-7c1b-7000-8000-000000000001";

const CATALOGUE: &str = r#"{"items":[{"report":"password-uses","title":"Who used which password","columns":[{"name":"at","holds":"time"},{"name":"by","holds":"text"},{"name":"required","holds":"flag"}],"parameters":[{"name":"user","takes":"user","words":[],"about":"only what this person did"}]}],"next":null}"#;

const ROWS: &str = r#"{"report":"password-uses","as_of":"2026-01-31T09:00:00.000Z","items":[{"at":"2026-01-31T09:00:00.000Z","by":"an\u001b[2Jn","required":true}],"next":"c1"}"#;

const SCHEDULE: &str = r#"{"id":"0193e4a0-7c1b-7000-8000-000000000001","name":"weekly","report":"password-uses","parameters":{},"every":"week","day":1,"at":"09:00","zone":"Asia/Tokyo","active":true,"next_run_at":"2026-02-02T00:00:00.000Z","last_run_at":null,"last_result":null,"version":1}"#;

#[test]
fn a_report_is_a_table_with_its_own_columns() {
    let fake = Fake::start();
    let person = Person::signed_in(&fake);
    fake.json("GET /reports", CATALOGUE);
    fake.json("GET /reports/password-uses/rows?user=ann%20l&limit=100", ROWS);
    let done = person.run("reports list").ends_with(0);
    assert!(done.stdout.contains("user=… (only what this person did)"), "{}", done.stdout);
    let ask = ["reports", "run", "password-uses", "--ask", "user=ann l"];
    let done = person.run_with(&ask, "").ends_with(0).says("--after c1");
    assert!(done.stdout.starts_with("AT "), "{}", done.stdout);
    assert!(
        done.stdout.contains(r"an\u{1b}[2Jn") && done.stdout.contains("yes"),
        "{}",
        done.stdout
    );
    person.run("reports run nonsense").ends_with(2).says("sekisho reports list");
    person.run("reports run password-uses --ask user").ends_with(2).says("NAME=VALUE");
}

#[test]
fn a_whole_report_is_written_as_it_came() {
    let fake = Fake::start();
    let person = Person::signed_in(&fake);
    let csv = "at,by\r\n2026,\"a,b\"\r\n";
    let reply = Reply::Json(200, vec![("content-type", "text/csv".to_owned())], csv.to_owned());
    fake.on("GET /reports/password-uses/rows.csv?days=7", [reply]);
    let done = person.run("reports run password-uses --ask days=7 --csv").ends_with(0);
    assert_eq!(done.stdout, csv);
    person.run("reports run password-uses --csv --all").ends_with(2);
}

#[test]
fn a_schedule_is_sent_as_it_was_given() {
    let fake = Fake::start();
    let person = Person::signed_in(&fake);
    fake.json("POST /report-schedules", SCHEDULE);
    let line = "reports schedule password-uses --ask days=1 --every week --day 1 --at 09:00 --zone Asia/Tokyo";
    let done = person.run(line).ends_with(0);
    assert_eq!(done.stdout.trim(), ID);
    let sent = fake.seen().pop().expect("a request").body;
    assert_eq!(
        sent,
        r#"{"name":"password-uses","report":"password-uses","parameters":{"days":"1"},"every":"week","day":1,"at":"09:00","zone":"Asia/Tokyo"}"#
    );
    fake.json(&format!("GET /report-schedules/{ID}"), SCHEDULE);
    fake.json(&format!("PATCH /report-schedules/{ID}"), SCHEDULE);
    person.run(&format!("reports pause {ID}")).ends_with(0);
    assert_eq!(fake.seen().pop().expect("a request").body, r#"{"active":false}"#);
    fake.json(&format!("POST /report-schedules/{ID}/send"), r#"{"result":"no_address"}"#);
    person.run(&format!("reports send {ID}")).ends_with(1).says("sekisho mail set ADDRESS");
}

#[test]
fn ones_own_mail_is_set_and_told() {
    let fake = Fake::start();
    let person = Person::signed_in(&fake);
    let own =
        r#"{"available":false,"address":"ann@example.jp","tasks":true,"kinds":["reset_failed"]}"#;
    fake.json("PUT /me/mail", own);
    let done = person.run("mail set ann@example.jp --tell reset_failed").ends_with(0);
    assert!(done.stdout.contains("reset_failed"), "{}", done.stdout);
    assert!(done.stderr.contains("This server sends no mail"), "{}", done.stderr);
    let sent = fake.seen().pop().expect("a request").body;
    assert_eq!(sent, r#"{"address":"ann@example.jp","tasks":true,"kinds":["reset_failed"]}"#);
    person.run("mail unset").ends_with(0);
    let sent = fake.seen().pop().expect("a request").body;
    assert_eq!(sent, r#"{"address":null,"tasks":false,"kinds":[]}"#);
}
