//! The end of an uploaded certificate: who is told of it, when, and how often.

use std::time::Duration;

use sekisho_model::Timestamp;
use sekisho_model::mail::{MailKind, MailState};
use sekisho_model::user::Role;
use sekisho_server::certificate;
use sekisho_store::{Access as _, Mail, Page};
use serde_json::{Value, json};

use crate::first_run::{foreign, put, uploaded};
use crate::harness::{Client, TestServer};
use crate::objects::{audit_text, count};

const CERTIFICATE_ENDS: u16 = 733;
const DAY: Duration = Duration::from_secs(24 * 3600);

/// Nobody listens there: these mails stay in the outbox.
async fn server() -> TestServer {
    TestServer::start_with(|_| {
        vec![
            "mail.server=tls://127.0.0.1:9".to_owned(),
            "mail.from=sekisho@example.jp".to_owned(),
            "mail.language=en".to_owned(),
        ]
    })
    .await
}

async fn reads_mail(who: &Client, address: &str) {
    let body = json!({ "address": address, "tasks": false, "kinds": [] });
    who.send(http::Method::PUT, "/me/mail", &[], Some(body)).await.expect(200);
}

/// When the certificates of [`foreign`] end.
fn end() -> Timestamp {
    "2027-01-01T00:00:00Z".parse().expect("a time")
}

fn go_to(server: &TestServer, at: Timestamp) {
    server.clock.advance(at.since(server.app.clock.now()));
}

/// Whether a round has told of something.
async fn told(server: &TestServer) -> bool {
    certificate::round(&server.app).await.expect("a round")
}

async fn mails(server: &TestServer) -> Vec<Mail> {
    let page = Page::first(50);
    let reader = server.app.store.read();
    reader.mails().list(Some(MailState::Waiting), &page).await.expect("read").items
}

#[tokio::test]
async fn administrators_are_told_of_each_step_once_and_of_a_new_certificate_anew() {
    let server = server().await;
    let ann = server.user("ann", Role::Administrator).await;
    reads_mail(&ann, "ann@example.jp").await;
    let quiet = server.user("quiet", Role::SuperAdministrator).await;
    drop(quiet);
    let eve = server.user("eve", Role::PasswordUser).await;
    reads_mail(&eve, "eve@example.jp").await;
    assert!(!told(&server).await, "the site's own renews itself");
    put(&ann, uploaded(&foreign("vault.example.jp", |_| {}))).await.expect(200);

    go_to(&server, end().minus(DAY * 31));
    assert!(!told(&server).await, "early enough");
    for (days, subject) in [
        (30, "Sekisho: the server's certificate ends 2027-01-01 00:00 UTC"),
        (7, "Sekisho: the server's certificate ends 2027-01-01 00:00 UTC"),
        (0, "Sekisho: the server's certificate has expired (2027-01-01 00:00 UTC)"),
    ] {
        let before = mails(&server).await.len();
        go_to(&server, end().minus(DAY * days));
        assert!(told(&server).await, "{days}");
        assert!(!told(&server).await, "{days}, a second time");
        let waiting = mails(&server).await;
        assert_eq!(waiting.len(), before + 1, "whoever may change it and has an address");
        let mail = &waiting[0];
        assert_eq!(
            (mail.kind, mail.address.as_str(), mail.subject.as_str()),
            (MailKind::Certificate, "ann@example.jp", subject)
        );
        assert!(mail.body.contains("vault.example.jp"), "{}", mail.body);
        assert!(mail.body.contains("/first-run?step=certificate"), "{}", mail.body);
    }
    assert_eq!(count(&server, CERTIFICATE_ENDS).await, 3);

    // Another one begins anew, with the step that is nearest.
    let bea = server.user("bea", Role::Administrator).await;
    let newer = foreign("vault.example.jp", |leaf| {
        leaf.not_after = rcgen::date_time_ymd(2027, 1, 5);
    });
    put(&bea, uploaded(&newer)).await.expect(200);
    assert!(told(&server).await);
    assert!(audit_text(&server).await.contains("\"days\":7"));
    assert_eq!(count(&server, CERTIFICATE_ENDS).await, 4);
}

#[tokio::test]
async fn without_mail_the_end_is_in_the_audit_log() {
    let server = TestServer::start().await;
    let ann = server.user("ann", Role::Administrator).await;
    put(&ann, uploaded(&foreign("vault.example.jp", |_| {}))).await.expect(200);
    go_to(&server, end().minus(DAY));
    assert!(told(&server).await);
    assert_eq!(count(&server, CERTIFICATE_ENDS).await, 1);
    assert!(mails(&server).await.is_empty());
}

#[tokio::test]
async fn the_end_is_on_home_in_the_settings_and_among_the_metrics_also_when_it_is_past() {
    let server = TestServer::start().await;
    let ann = server.user("ann", Role::Administrator).await;
    let home = ann.get("/overview").await.expect(200);
    assert_eq!(home["certificate_ends_at"], Value::Null, "the site's own renews itself");
    put(&ann, uploaded(&foreign("vault.example.jp", |_| {}))).await.expect(200);
    let same =
        |found: &Value| found.as_str().is_some_and(|text| text.starts_with("2027-01-01T00:00:00"));
    assert!(same(&ann.get("/overview").await.expect(200)["certificate_ends_at"]));

    go_to(&server, end().plus(DAY));
    let bea = server.user("bea", Role::Administrator).await;
    assert!(same(&bea.get("/overview").await.expect(200)["certificate_ends_at"]));
    let shown = bea.get("/system/certificate").await.expect(200);
    assert!(same(&shown["uploaded_not_after"]), "{shown}");
    certificate::note_end(&server.app).await;
    let metrics = server.app.metrics.encode().expect("metrics");
    let line =
        format!("sekisho_server_certificate_not_after_timestamp_seconds {}", end().as_secs());
    assert!(metrics.lines().any(|found| found == line), "{metrics}");
    // Who sees nothing of the server sees nothing of this either.
    let eve = server.user("eve", Role::PasswordUser).await;
    assert_eq!(eve.get("/overview").await.expect(200)["certificate_ends_at"], Value::Null);
}
