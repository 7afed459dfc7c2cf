//! The bell by mail: one's own tasks, bursts as one mail, and nobody else's.

use std::time::Duration;

use sekisho_model::device::DeviceState;
use sekisho_model::id::OrderId;
use sekisho_model::mail::MailState;
use sekisho_model::order::OrderState;
use sekisho_model::user::Role;
use sekisho_server::mail::tasks;
use sekisho_store::{Access as _, Mail, Page};
use serde_json::{Value, json};

use crate::harness::{Answer, Client, TestServer};
use crate::objects::{account, count, device, id, resource, store};

const ADDRESS_CHANGED: u16 = 723;

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

async fn world(server: &TestServer) -> (Client, Vec<Value>) {
    let ann = server.user("ann", Role::Administrator).await;
    let web = resource(&ann, "web").await;
    device(server, Some(&web), "web", DeviceState::Approved).await;
    let mut accounts = Vec::new();
    for name in ["root", "daemon"] {
        let account = account(&ann, &web, name).await;
        store(&ann, &account, "S3cret-typed-by-hand").await.expect(200);
        accounts.push(account);
    }
    (ann, accounts)
}

async fn wants(who: &Client, address: Value, kinds: Value) -> Answer {
    let body = json!({ "address": address, "tasks": true, "kinds": kinds });
    who.send(http::Method::PUT, "/me/mail", &[], Some(body)).await
}

/// Asks for a reset and ends it.
async fn ended(server: &TestServer, by: &Client, account: &Value, to: OrderState) {
    let path = format!("/accounts/{}/reset", id(account));
    let order = by.post(&path, json!({})).await.expect(202);
    let order: OrderId = id(&order).parse().expect("an id");
    server.tick();
    let work = server.app.store.begin(&server.context()).await.expect("begin");
    let settled = work.orders().settle(order, OrderState::Queued, to, json!({}), None).await;
    assert!(settled.expect("settled"));
    work.commit_unaudited("a test's receipt").await.map(drop).expect("commit");
}

async fn outbox(server: &TestServer) -> Vec<Mail> {
    let mails = server.app.store.read().mails();
    let found = mails.list(Some(MailState::Waiting), &Page::first(50)).await;
    found.expect("read").items
}

fn minutes(server: &TestServer, minutes: u64) {
    server.clock.advance(Duration::from_secs(60 * minutes));
}

#[tokio::test]
async fn a_burst_is_one_mail_when_it_is_over_a_091() {
    let server = server().await;
    let (ann, accounts) = world(&server).await;
    let (root, daemon) = (&accounts[0], &accounts[1]);
    ended(&server, &ann, root, OrderState::NotApplied).await;
    server.tick();
    wants(&ann, json!("Ann@EXAMPLE.jp"), json!(["reset_failed", "reset_done"])).await.expect(200);
    minutes(&server, 2);
    assert_eq!(tasks::round(&server.app).await.expect("a round"), 0, "what was before is not told");

    ended(&server, &ann, root, OrderState::NotApplied).await;
    assert_eq!(tasks::round(&server.app).await.expect("a round"), 0, "more may come");
    server.clock.advance(Duration::from_secs(40));
    ended(&server, &ann, daemon, OrderState::Committed).await;
    server.clock.advance(Duration::from_secs(40));
    assert_eq!(tasks::round(&server.app).await.expect("a round"), 0, "it goes on");
    server.clock.advance(Duration::from_secs(40));
    assert_eq!(tasks::round(&server.app).await.expect("a round"), 1);
    assert_eq!(tasks::round(&server.app).await.expect("a round"), 0, "once");

    let mails = outbox(&server).await;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].address.as_str(), "Ann@example.jp");
    assert_eq!(mails[0].subject, "Sekisho: 2 tasks ended, 1 failed");
    let body = &mails[0].body;
    assert!(body.contains("reset failed: web / root"), "{body}");
    assert!(body.contains("reset done: web / daemon"), "{body}");
    assert!(body.contains("https://vault.example.jp"), "{body}");
    assert!(!body.contains("S3cret"), "{body}");
}

#[tokio::test]
async fn a_burst_without_end_is_told_after_ten_minutes() {
    let server = server().await;
    let (ann, accounts) = world(&server).await;
    wants(&ann, json!("ann@example.jp"), json!(["reset_done"])).await.expect(200);
    for _ in 0..13 {
        server.clock.advance(Duration::from_secs(50));
        ended(&server, &ann, &accounts[0], OrderState::Committed).await;
        tasks::round(&server.app).await.expect("a round");
    }
    let mails = outbox(&server).await;
    assert_eq!(mails.len(), 1);
    assert!(mails[0].body.matches("reset done").count() >= 11, "{}", mails[0].body);
}

#[tokio::test]
async fn only_the_kinds_and_the_tasks_of_their_own_are_told_a_092() {
    let server = server().await;
    let (ann, accounts) = world(&server).await;
    let boss = server.user("boss", Role::SuperAdministrator).await;
    wants(&ann, json!("ann@example.jp"), json!(["reset_failed"])).await.expect(200);
    wants(&boss, json!("boss@example.jp"), json!(["reset_failed"])).await.expect(200);
    ended(&server, &ann, &accounts[0], OrderState::Committed).await;
    minutes(&server, 2);
    assert_eq!(tasks::round(&server.app).await.expect("a round"), 0, "a kind that is not wanted");
    ended(&server, &ann, &accounts[0], OrderState::NotApplied).await;
    minutes(&server, 2);
    assert_eq!(tasks::round(&server.app).await.expect("a round"), 1, "not the boss");
    let mails = outbox(&server).await;
    assert_eq!((mails.len(), mails[0].user), (1, ann.id));
    let subject = &mails[0].subject;
    assert!(subject.starts_with("Sekisho: reset failed: web"), "{subject}");
    assert!(!subject.contains(['\r', '\n']), "{subject:?}");

    let put = Some(json!({ "address": null, "tasks": false, "kinds": [] }));
    ann.send(http::Method::PUT, "/me/mail", &[], put).await.expect(200);
    ended(&server, &ann, &accounts[0], OrderState::NotApplied).await;
    minutes(&server, 2);
    assert_eq!(tasks::round(&server.app).await.expect("a round"), 0, "switched off");
}

#[tokio::test]
async fn an_address_is_checked_and_its_change_is_on_record() {
    let server = server().await;
    let ann = server.user("ann", Role::PasswordUser).await;
    let own = ann.get("/me/mail").await.expect(200);
    assert_eq!((&own["available"], &own["tasks"]), (&json!(true), &json!(false)));
    assert_eq!(own["kinds"], json!(["reset_failed", "verify_failed"]));
    for wrong in ["ann", "ann@example.jp\r\nBcc: eve@example.com", "a b@example.jp"] {
        wants(&ann, json!(wrong), json!([])).await.problem(400, "invalid_input");
    }
    wants(&ann, json!("ann@example.jp"), json!(["everything"])).await.problem(400, "invalid_input");
    let refused = wants(&ann, json!(null), json!([])).await.problem(400, "invalid_input");
    assert_eq!(refused["field"], "tasks");
    assert_eq!(count(&server, ADDRESS_CHANGED).await, 0);
    for address in ["ann@example.jp", "ann@example.jp", "lee@example.jp"] {
        wants(&ann, json!(address), json!(["reset_done"])).await.expect(200);
    }
    assert_eq!(count(&server, ADDRESS_CHANGED).await, 2, "what stays is no change");
    let own = ann.get("/me/mail").await.expect(200);
    assert_eq!(
        (&own["address"], &own["kinds"]),
        (&json!("lee@example.jp"), &json!(["reset_done"]))
    );
    let nothing = TestServer::start().await;
    let bob = nothing.user("bob", Role::PasswordUser).await;
    assert_eq!(bob.get("/me/mail").await.expect(200)["available"], false);
}
