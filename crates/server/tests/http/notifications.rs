//! The bell (A-090…A-093): one's own resets and checks, and nobody else's.

use sekisho_model::account::VerifyResult;
use sekisho_model::device::DeviceState;
use sekisho_model::id::OrderId;
use sekisho_model::order::OrderState;
use sekisho_model::user::Role;
use sekisho_store::Access as _;
use serde_json::{Value, json};

use crate::harness::{Client, TestServer};
use crate::objects::{account, device, id, pass, resource, store};

/// An owner with an agent and an account whose password is known.
async fn world(server: &TestServer) -> (Client, Value) {
    let ann = server.user("ann", Role::Administrator).await;
    let web = resource(&ann, "web").await;
    device(server, Some(&web), "web", DeviceState::Approved).await;
    let root = account(&ann, &web, "root").await;
    store(&ann, &root, "S3cret-typed-by-hand").await.expect(200);
    (ann, root)
}

async fn ask(by: &Client, account: &Value, what: &str) -> Value {
    by.post(&format!("/accounts/{}/{what}", id(account)), json!({})).await.expect(202)
}

/// An order ends as a receipt would end it.
async fn end(server: &TestServer, order: &Value, to: OrderState, result: Value) {
    let order: OrderId = id(order).parse().expect("an id");
    server.tick();
    let work = server.app.store.begin(&server.context()).await.expect("begin");
    let settled = work.orders().settle(order, OrderState::Queued, to, result, None).await;
    assert!(settled.expect("settled"));
    work.commit_unaudited("a test's receipt").await.map(drop).expect("commit");
}

async fn counts(who: &Client) -> (u64, u64, u64) {
    let counts = who.get("/notifications/counts").await.expect(200);
    let of = |name: &str| counts[name].as_u64().expect("a number");
    (of("waiting_resets"), of("waiting_verifies"), of("unread"))
}

async fn list(who: &Client) -> Vec<Value> {
    who.get("/notifications").await.expect(200)["items"].as_array().expect("items").clone()
}

#[tokio::test]
async fn waiting_tasks_are_counted_and_results_are_told_a_091() {
    let server = TestServer::start().await;
    let (ann, root) = world(&server).await;
    assert_eq!(counts(&ann).await, (0, 0, 0));
    let verify = ask(&ann, &root, "verify").await;
    server.tick();
    let reset = ask(&ann, &root, "reset").await;
    // A discovery is no reset and no check.
    let web = format!("/resources/{}/discover", root["resource"]["id"].as_str().expect("an id"));
    ann.post(&web, json!({})).await.expect(202);
    assert_eq!(counts(&ann).await, (1, 1, 0));
    assert!(list(&ann).await.iter().all(|item| item["kind"].is_null()));

    let base = server
        .app
        .store
        .read()
        .orders()
        .find(id(&verify).parse().expect("an id"))
        .await
        .expect("read")
        .expect("exists")
        .base_version;
    let found = json!({ "results": [{ "version": base, "result": VerifyResult::OutOfSync }] });
    end(&server, &verify, OrderState::Committed, found).await;
    end(&server, &reset, OrderState::Committed, json!({})).await;
    assert_eq!(counts(&ann).await, (0, 0, 2));
    let items = list(&ann).await;
    assert_eq!(
        (&items[0]["kind"], &items[0]["operation"]),
        (&json!("reset_done"), &json!("reset"))
    );
    assert_eq!(
        (&items[1]["kind"], &items[1]["verified"], &items[1]["read"]),
        (&json!("verify_failed"), &json!("out_of_sync"), &json!(false))
    );
    assert_eq!(
        (&items[1]["account"]["name"], &items[1]["resource"]["name"]),
        (&json!("root"), &json!("web"))
    );
}

#[tokio::test]
async fn nobody_is_told_of_tasks_of_others_a_092() {
    let server = TestServer::start().await;
    let (ann, root) = world(&server).await;
    let order = ask(&ann, &root, "reset").await;
    end(&server, &order, OrderState::NotApplied, json!({})).await;
    let boss = server.user("boss", Role::SuperAdministrator).await;
    boss.get(&format!("/orders/{}", id(&order))).await.expect(200);
    assert_eq!((counts(&boss).await, list(&boss).await.len()), ((0, 0, 0), 0));
    let read = format!("/notifications/{}/read", id(&order));
    boss.post(&read, json!({})).await.problem(404, "not_found");
    assert_eq!(counts(&ann).await, (0, 0, 1));
    ann.post(&read, json!({})).await.expect(204);
    assert_eq!(counts(&ann).await, (0, 0, 0));
}

#[tokio::test]
async fn what_was_read_stays_read_until_it_is_marked_again() {
    let server = TestServer::start().await;
    let (ann, root) = world(&server).await;
    let first = ask(&ann, &root, "reset").await;
    end(&server, &first, OrderState::Committed, json!({})).await;
    let read = |order: &Value, verb: &str| format!("/notifications/{}/{verb}", id(order));
    ann.post(&read(&first, "read"), json!({})).await.expect(204);
    server.tick();
    let second = ask(&ann, &root, "reset").await;
    assert_eq!(counts(&ann).await, (1, 0, 0));
    // Everything until now: a task that ends later is new.
    ann.post(&read(&first, "unread"), json!({})).await.expect(204);
    assert_eq!(counts(&ann).await, (1, 0, 1));
    ann.post("/notifications/read-all", json!({})).await.expect(204);
    assert_eq!(counts(&ann).await, (1, 0, 0));
    end(&server, &second, OrderState::NotApplied, json!({})).await;
    assert_eq!(counts(&ann).await, (0, 0, 1));
    let items = list(&ann).await;
    assert_eq!((&items[0]["read"], &items[1]["read"]), (&json!(false), &json!(true)));
    assert_eq!(items[0]["kind"], "reset_failed");
}

#[tokio::test]
async fn muted_kinds_are_listed_and_not_counted() {
    let server = TestServer::start().await;
    let (ann, root) = world(&server).await;
    let order = ask(&ann, &root, "reset").await;
    end(&server, &order, OrderState::Committed, json!({})).await;
    let put = async |muted: Value| {
        let body = Some(json!({ "muted": muted }));
        ann.send(http::Method::PUT, "/notifications/settings", &[], body).await
    };
    assert_eq!(counts(&ann).await, (0, 0, 1));
    put(json!(["reset_done", "reset_done"])).await.expect(200);
    assert_eq!((counts(&ann).await, list(&ann).await.len()), ((0, 0, 0), 1));
    let settings = ann.get("/notifications/settings").await.expect(200);
    assert_eq!(settings["muted"], json!(["reset_done"]));
    put(json!(["everything"])).await.problem(400, "invalid_input");
    put(json!([])).await.expect(200);
    assert_eq!(counts(&ann).await, (0, 0, 1));
}

#[tokio::test]
async fn a_try_that_is_repeated_is_no_news() {
    let server = TestServer::start().await;
    let (ann, root) = world(&server).await;
    let first = ask(&ann, &root, "reset").await;
    end(&server, &first, OrderState::NotApplied, json!({})).await;
    assert_eq!(counts(&ann).await, (0, 0, 1));
    let second = ask(&ann, &root, "reset").await;
    let row = id(&second).replace('-', "");
    server.sql(&format!("UPDATE orders SET attempt = 2 WHERE id = x'{row}'")).await;
    assert_eq!(counts(&ann).await, (1, 0, 0));
    assert_eq!(list(&ann).await[1]["retried"], true);
}

#[tokio::test]
async fn what_is_older_than_30_days_is_not_told() {
    let server = TestServer::start().await;
    let (ann, root) = world(&server).await;
    let order = ask(&ann, &root, "reset").await;
    end(&server, &order, OrderState::Committed, json!({})).await;
    let day = std::time::Duration::from_secs(24 * 3600);
    server.clock.advance(day * 29);
    let ann = sign_in_again(&server, &ann).await;
    assert_eq!(counts(&ann).await, (0, 0, 1));
    server.clock.advance(day * 2);
    let ann = sign_in_again(&server, &ann).await;
    assert_eq!((counts(&ann).await, list(&ann).await.len()), ((0, 0, 0), 0));
    pass(&server, &ann, 1).await;
}

/// A session does not live for days; a new one of the same person.
async fn sign_in_again(server: &TestServer, who: &Client) -> Client {
    let other = server.user(&format!("t{}", server.tick().as_millis()), Role::Administrator).await;
    let (from, to) = (other.id.expect("an id"), who.id.expect("an id"));
    let hex = |id: sekisho_model::id::UserId| id.to_string().replace('-', "");
    let sql = "UPDATE login_sessions SET \"user\" = x'TO' WHERE \"user\" = x'FROM'";
    server.sql(&sql.replace("TO", &hex(to)).replace("FROM", &hex(from))).await;
    Client { id: who.id, ..other }
}
