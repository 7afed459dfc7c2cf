//! Reports: the catalogue, what each shows to whom, files, and schedules.

use std::time::Duration;

use sekisho_model::device::DeviceState;
use sekisho_model::mail::{MailKind, MailState};
use sekisho_model::user::Role;
use sekisho_server::reports::mailing;
use sekisho_store::{Access as _, Mail, Page};
use serde_json::{Value, json};

use crate::harness::{Client, TestServer};
use crate::objects::{account, count, device, id, resource, reveal, store};

const VIEWED: u16 = 700;
const EXPORTED: u16 = 640;
const MAILED: u16 = 718;
const NOT_MAILED: u16 = 719;

async fn words(who: &Client) -> Vec<String> {
    let found = who.get("/reports").await.expect(200);
    let items = found["items"].as_array().expect("items").iter();
    items.map(|item| item["report"].as_str().expect("a word").to_owned()).collect()
}

async fn rows(who: &Client, report: &str) -> Vec<Value> {
    let found = who.get(&format!("/reports/{report}")).await.expect(200);
    found["items"].as_array().expect("rows").clone()
}

#[tokio::test]
async fn everybody_has_the_reports_of_the_lists_they_see() {
    let server = TestServer::start().await;
    let boss = server.user("boss", Role::SuperAdministrator).await;
    let all = words(&boss).await;
    assert_eq!(all[0], "installed-agents", "A-142");
    assert_eq!(all.len(), 15);
    let auditor = server.user("aud", Role::PasswordAuditor).await;
    assert_eq!(
        words(&auditor).await,
        [
            "password-uses",
            "refused-sign-ins",
            "refused-access",
            "entitlements",
            "access-changes",
            "exports"
        ]
    );
    let user = server.user("use", Role::PasswordUser).await;
    assert!(words(&user).await.contains(&"accounts-out-of-sync".to_owned()));
    let weak = server.user("con", Role::ConnectionUser).await;
    assert_eq!(words(&weak).await, Vec::<String>::new());
    for report in ["installed-agents", "password-uses", "nonsense"] {
        let path = format!("/reports/{report}/rows");
        weak.get(&path).await.problem(404, "not_found");
        weak.get(&format!("{path}.csv")).await.problem(404, "not_found");
    }
}

#[tokio::test]
async fn every_report_runs_and_has_its_columns() {
    let server = TestServer::start().await;
    let boss = server.user("boss", Role::SuperAdministrator).await;
    let web = resource(&boss, "web").await;
    let root = account(&boss, &web, "root").await;
    store(&boss, &root, "S3cret-typed-by-hand").await.expect(200);
    device(&server, Some(&web), "web", DeviceState::Pending).await;
    let catalogue = boss.get("/reports").await.expect(200);
    for report in catalogue["items"].as_array().expect("items") {
        let word = report["report"].as_str().expect("a word");
        let columns: Vec<&str> = report["columns"]
            .as_array()
            .expect("columns")
            .iter()
            .map(|column| column["name"].as_str().expect("a name"))
            .collect();
        let page = boss.get(&format!("/reports/{word}/rows")).await.expect(200);
        assert_eq!(
            (&page["report"], &page["as_of"]),
            (&json!(word), &json!("2026-05-01T09:00:00.001Z"))
        );
        for row in page["items"].as_array().expect("rows") {
            let mut found: Vec<&str> =
                row.as_object().expect("a row").keys().map(String::as_str).collect();
            let mut expected = columns.clone();
            found.sort_unstable();
            expected.sort_unstable();
            assert_eq!(found, expected, "{word}");
        }
        let file = boss.get(&format!("/reports/{word}/rows.csv")).await.expect(200);
        let file = file.as_str().expect("text");
        assert_eq!(file.lines().next(), Some(columns.join(",").as_str()), "{word}");
        assert!(!file.contains("S3cret"), "{word}");
    }
}

/// A-142, with the sight of A-131: agents on one's own resources.
#[tokio::test]
async fn a_142_installed_agents_are_told_with_resource_version_and_owner() {
    let server = TestServer::start().await;
    let ann = server.user("ann", Role::PasswordAdministrator).await;
    let bob = server.user("bob", Role::PasswordAdministrator).await;
    let boss = server.user("boss", Role::SuperAdministrator).await;
    for (owner, name) in [(&ann, "web"), (&bob, "db")] {
        let resource = resource(owner, name).await;
        device(&server, Some(&resource), name, DeviceState::Approved).await;
    }
    let of = async |who: &Client, query: &str| -> Vec<String> {
        let found = rows(who, &format!("installed-agents/rows{query}")).await;
        found.iter().map(|row| row["host_name"].as_str().expect("a name").to_owned()).collect()
    };
    assert_eq!(of(&ann, "").await, ["web"]);
    assert_eq!(of(&boss, "").await, ["db", "web"]);
    assert_eq!(of(&boss, "?state=pending").await, Vec::<String>::new());
    assert_eq!(of(&boss, "?active=true").await, ["db", "web"]);
    let row = rows(&ann, "installed-agents/rows").await.remove(0);
    assert_eq!((&row["resource"], &row["owner"]), (&json!("web"), &json!("ann")));
    assert_eq!((&row["agent_version"], &row["platform"]), (&json!("0.1.0"), &json!("linux")));
    assert_eq!((&row["association"], &row["active"]), (&json!("associated"), &json!(true)));
    assert!(row["installed_at"].is_string() && row["enrolled_with"].is_null(), "{row}");

    let first = boss.get("/reports/installed-agents/rows?limit=1&count=true").await.expect(200);
    assert_eq!((&first["count"], &first["items"][0]["host_name"]), (&json!(2), &json!("db")));
    let next = first["next"].as_str().expect("another page");
    let second = boss.get(&format!("/reports/installed-agents/rows?limit=1&after={next}")).await;
    let second = second.expect(200);
    assert_eq!((&second["items"][0]["host_name"], &second["next"]), (&json!("web"), &Value::Null));

    server.clock.advance(Duration::from_secs(31 * 60));
    let boss = server.user("boss2", Role::SuperAdministrator).await;
    assert_eq!(of(&boss, "?active=true").await, Vec::<String>::new());
    assert_eq!(rows(&boss, "inactive-agents/rows").await.len(), 2, "A-141");
}

#[tokio::test]
async fn who_used_which_password_is_told_and_on_record() {
    let server = TestServer::start().await;
    let ann = server.user("ann", Role::PasswordAdministrator).await;
    let auditor = server.user("aud", Role::PasswordAuditor).await;
    let web = resource(&ann, "web").await;
    let root = account(&ann, &web, "root").await;
    store(&ann, &root, "S3cret-typed-by-hand").await.expect(200);
    server.tick();
    reveal(&ann, &root).await.expect(200);
    let found = rows(&auditor, "password-uses/rows?user=ann&days=7").await;
    assert_eq!(found.len(), 1);
    assert_eq!((&found[0]["by"], &found[0]["account"]), (&json!("ann"), &json!("web/root")));
    assert_eq!(
        (&found[0]["reason"], &found[0]["address"]),
        (&json!("disk full"), &json!("192.0.2.7"))
    );
    assert_eq!(count(&server, VIEWED).await, 1, "reading the log is a reading");
    assert!(server.newest_event().await.contains("report=password-uses days=7 user=ann"));
    assert_eq!(rows(&auditor, "password-uses/rows?user=aud").await, Vec::<Value>::new());
    let before = "password-uses/rows?from=2026-01-01T00:00:00Z&to=2026-02-01T00:00:00Z";
    assert_eq!(rows(&auditor, before).await, Vec::<Value>::new());

    let file = auditor.get("/reports/password-uses/rows.csv?user=ann").await;
    let name = file.header("content-disposition").expect("a name").to_owned();
    assert_eq!(name, "attachment; filename=\"sekisho-password-uses-2026-05-01.csv\"");
    let file = file.expect(200);
    assert!(file.as_str().expect("text").contains(",ann,Password revealed,web/root,disk full,"));
    assert_eq!(count(&server, EXPORTED).await, 1);
    assert!(server.newest_event().await.contains("\"list\":\"password-uses\""));

    for (query, field) in [
        ("user=nobody", "user"),
        ("user=Ann%20Lee", "user"),
        ("days=0", "days"),
        ("days=7&from=2026-01-01T00:00:00Z", "days"),
        ("state=pending", "state"),
        ("q=x", "q"),
        ("limit=0", "limit"),
        ("sort=at", "sort"),
    ] {
        let path = format!("/reports/password-uses/rows?{query}");
        let refused = auditor.get(&path).await.problem(400, "invalid_input");
        assert_eq!(refused["field"], field, "{query}");
    }
}

#[tokio::test]
async fn what_an_auditor_asks_is_answered() {
    let server = TestServer::start().await;
    let boss = server.user("boss", Role::SuperAdministrator).await;
    let web = resource(&boss, "web").await;
    let root = account(&boss, &web, "root").await;
    account(&boss, &web, "daemon").await;
    store(&boss, &root, "S3cret-typed-by-hand").await.expect(200);
    let names = |rows: Vec<Value>, of: &str| -> Vec<String> {
        rows.iter().map(|row| row[of].as_str().unwrap_or_default().to_owned()).collect()
    };
    assert_eq!(names(rows(&boss, "accounts-unknown/rows").await, "account"), ["daemon"]);
    let never = names(rows(&boss, "accounts-never-verified/rows").await, "account");
    assert_eq!(never, ["daemon", "root"]);
    assert_eq!(rows(&boss, "accounts-out-of-sync/rows").await, Vec::<Value>::new());
    let row = root["id"].as_str().expect("an id").replace('-', "");
    server
        .sql(&format!("UPDATE accounts SET last_verify_result = 'out_of_sync' WHERE id = x'{row}'"))
        .await;
    assert_eq!(names(rows(&boss, "accounts-out-of-sync/rows").await, "account"), ["root"]);

    device(&server, Some(&web), "web", DeviceState::Pending).await;
    assert_eq!(names(rows(&boss, "pending-devices/rows").await, "host_name"), ["web"]);
    let lonely = rows(&boss, "users-without-second-factor/rows").await;
    assert_eq!(names(lonely.clone(), "name"), ["boss"]);
    assert_eq!(
        (&lonely[0]["required"], &lonely[0]["role"]),
        (&json!(false), &json!("super_administrator"))
    );

    let ghost = json!({ "name": "ghost", "password": "wrong" });
    server.anonymous().post("/session", ghost).await.expect(401);
    let refused = rows(&boss, "refused-sign-ins/rows").await;
    assert_eq!(
        (&refused[0]["user"], &refused[0]["reason"]),
        // What was typed may have been a password: only names of users are on record.
        (&json!(""), &json!("unknown_user"))
    );
    let weak = server.user("weak", Role::ConnectionUser).await;
    weak.get("/users").await.problem(403, "forbidden");
    let refused = rows(&boss, "refused-access/rows?user=weak").await;
    assert_eq!((&refused[0]["by"], &refused[0]["action"]), (&json!("weak"), &json!("list_users")));
    let share = json!({ "user": weak.id.expect("an id"), "level": "view" });
    boss.post(&format!("/resources/{}/shares", id(&web)), share).await.expect(201);
    let changes = rows(&boss, "access-changes/rows").await;
    assert!(
        changes[0]["details"].as_str().is_some_and(|text| text.contains("view")),
        "{changes:?}"
    );
    boss.get("/users.csv").await.expect(200);
    assert!(
        rows(&boss, "exports/rows").await[0]["details"]
            .as_str()
            .is_some_and(|t| t.contains("users"))
    );
}

#[tokio::test]
async fn passwords_past_their_age_are_found_among_all() {
    let server = TestServer::start().await;
    let boss = server.user("boss", Role::SuperAdministrator).await;
    let listed = boss.get("/password-policies").await.expect(200);
    let policy = format!("/password-policies/{}", id(&listed["items"][0]));
    let ageing = json!({ "rotation": { "max_age_days": 10, "notice_days": 0 } });
    boss.patch(&policy, "\"1\"", ageing).await.expect(200);
    let web = resource(&boss, "web").await;
    for n in 0..5 {
        let one = account(&boss, &web, &format!("a{n}")).await;
        store(&boss, &one, "S3cret-typed-by-hand").await.expect(200);
    }
    assert_eq!(rows(&boss, "passwords-past-age/rows").await, Vec::<Value>::new());
    server.clock.advance(Duration::from_secs(11 * 24 * 3600));
    let boss = server.user("boss2", Role::SuperAdministrator).await;
    let new = account(&boss, &web, "new").await;
    store(&boss, &new, "S3cret-typed-by-hand").await.expect(200);
    let mut found = Vec::new();
    let mut after = String::new();
    loop {
        let page = boss.get(&format!("/reports/passwords-past-age/rows?limit=2{after}")).await;
        let page = page.expect(200);
        found.extend(
            page["items"].as_array().expect("rows").iter().map(|row| row["account"].clone()),
        );
        let Some(next) = page["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    assert_eq!(found, ["a0", "a1", "a2", "a3", "a4"].map(|name| json!(name)));
    boss.get("/reports/passwords-past-age/rows?count=true").await.problem(400, "invalid_input");
}

/// Nobody listens there: these mails stay in the outbox.
async fn mailing_server() -> TestServer {
    TestServer::start_with(|_| {
        vec!["mail.server=tls://127.0.0.1:9".to_owned(), "mail.from=sekisho@example.jp".to_owned()]
    })
    .await
}

fn weekly() -> Value {
    json!({
        "name": "毎週の一覧", "report": "installed-agents", "parameters": { "active": "true" },
        "every": "week", "day": 1, "at": "09:00", "zone": "asia/tokyo",
    })
}

async fn address(who: &Client) {
    let body = json!({ "address": "ann@example.jp", "tasks": false, "kinds": [] });
    who.send(http::Method::PUT, "/me/mail", &[], Some(body)).await.expect(200);
}

async fn outbox(server: &TestServer) -> Vec<Mail> {
    let mails = server.app.store.read().mails();
    let found = mails.list(Some(MailState::Waiting), &Page::first(50)).await;
    found.expect("read").items
}

#[tokio::test]
async fn a_report_comes_by_mail_at_its_time() {
    let server = mailing_server().await;
    let ann = server.user("ann", Role::PasswordAdministrator).await;
    let web = resource(&ann, "web").await;
    device(&server, Some(&web), "web", DeviceState::Approved).await;
    let refused = ann.post("/report-schedules", weekly()).await.problem(409, "conflict");
    assert!(refused["detail"].as_str().is_some_and(|text| text.contains("mail address")));
    address(&ann).await;
    let made = ann.post("/report-schedules", weekly()).await.expect(201);
    // 2026-05-01 is a Friday.
    assert_eq!(
        (&made["next_run_at"], &made["zone"]),
        (&json!("2026-05-04T00:00:00.000Z"), &json!("Asia/Tokyo"))
    );
    assert_eq!(mailing::round(&server.app).await.expect("a round"), 0);

    server.clock.advance(Duration::from_secs(3 * 24 * 3600));
    assert_eq!(mailing::round(&server.app).await.expect("a round"), 1);
    assert_eq!(mailing::round(&server.app).await.expect("a round"), 0, "once");
    let mails = outbox(&server).await;
    assert_eq!((mails.len(), mails[0].kind, mails[0].user), (1, MailKind::Report, ann.id));
    assert_eq!(mails[0].subject, "Sekisho レポート: 毎週の一覧");
    assert!(mails[0].body.contains("インストールされているエージェント"), "{}", mails[0].body);
    assert!(mails[0].body.contains("2026-05-04 18:00 JST"), "{}", mails[0].body);
    assert_eq!(
        mails[0].attachment_name.as_deref(),
        Some("sekisho-installed-agents-2026-05-04.csv")
    );
    let file = mails[0].attachment.as_deref().expect("a file");
    assert!(file.starts_with("\u{feff}resource,dns_name,"), "{file}");
    assert_eq!(count(&server, MAILED).await, 1);

    let ann = again(&server, &ann).await;
    let shown = ann.get(&format!("/report-schedules/{}", id(&made))).await.expect(200);
    assert_eq!(
        (&shown["last_result"], &shown["next_run_at"]),
        (&json!("queued"), &json!("2026-05-11T00:00:00.000Z"))
    );
    let now =
        ann.post(&format!("/report-schedules/{}/send", id(&made)), json!({})).await.expect(202);
    assert_eq!((&now["result"], outbox(&server).await.len()), (&json!("queued"), 2));

    // Nor is who lacks the second factor that their role has come to need.
    let boss = server.user("boss", Role::Administrator).await;
    let rule = json!({ "second_factor_roles": ["password_administrator"] });
    boss.send(http::Method::PUT, "/sign-in/rules", &[], Some(rule)).await.expect(200);
    server.clock.advance(Duration::from_secs(7 * 24 * 3600));
    assert_eq!(mailing::round(&server.app).await.expect("a round"), 0);
    assert_eq!((count(&server, NOT_MAILED).await, outbox(&server).await.len()), (1, 2));

    // Whoever may see nothing any more is sent nothing.
    let row = ann.id.expect("an id").to_string().replace('-', "");
    server.sql(&format!("UPDATE users SET role = 'connection_user' WHERE id = x'{row}'")).await;
    server.clock.advance(Duration::from_secs(8 * 24 * 3600));
    assert_eq!(mailing::round(&server.app).await.expect("a round"), 0);
    assert_eq!((count(&server, NOT_MAILED).await, outbox(&server).await.len()), (2, 2));
}

/// A session does not live for days; a new one of the same person.
async fn again(server: &TestServer, who: &Client) -> Client {
    let other = server.user(&format!("t{}", server.tick().as_millis()), Role::Administrator).await;
    let (from, to) = (other.id.expect("an id"), who.id.expect("an id"));
    let hex = |id: sekisho_model::id::UserId| id.to_string().replace('-', "");
    let sql = "UPDATE login_sessions SET \"user\" = x'TO' WHERE \"user\" = x'FROM'";
    server.sql(&sql.replace("TO", &hex(to)).replace("FROM", &hex(from))).await;
    Client { id: who.id, ..other }
}

#[tokio::test]
async fn schedules_are_ones_own_and_checked() {
    let server = mailing_server().await;
    let ann = server.user("ann", Role::PasswordAdministrator).await;
    let bob = server.user("bob", Role::PasswordAdministrator).await;
    address(&ann).await;
    for (change, field) in [
        (json!({ "day": 8 }), "day"),
        (json!({ "day": null }), "day"),
        (json!({ "every": "day" }), "day"),
        (json!({ "every": "year" }), "every"),
        (json!({ "at": "25:00" }), "at"),
        (json!({ "zone": "Mars/Olympus" }), "zone"),
        (json!({ "parameters": { "active": "maybe" } }), "active"),
        (json!({ "parameters": { "colour": "red" } }), "colour"),
        (json!({ "name": "a\nb" }), "name"),
    ] {
        let mut body = weekly();
        for (key, value) in change.as_object().expect("an object") {
            body[key] = value.clone();
        }
        let refused = ann.post("/report-schedules", body).await.problem(400, "invalid_input");
        assert_eq!(refused["field"], field, "{change}");
    }
    let mut hers = weekly();
    hers["report"] = json!("users-without-second-factor");
    ann.post("/report-schedules", hers).await.problem(404, "not_found");

    let made = ann.post("/report-schedules", weekly()).await.expect(201);
    let path = format!("/report-schedules/{}", id(&made));
    bob.get(&path).await.problem(404, "not_found");
    bob.patch(&path, "\"1\"", json!({ "active": false })).await.problem(404, "not_found");
    assert_eq!(bob.get("/report-schedules").await.expect(200)["items"], json!([]));
    let monthly = json!({ "every": "month", "day": 31, "parameters": {} });
    let changed = ann.patch(&path, "\"1\"", monthly).await.expect(200);
    assert_eq!(
        (&changed["next_run_at"], &changed["version"]),
        (&json!("2026-05-31T00:00:00.000Z"), &json!(2))
    );
    ann.patch(&path, "\"1\"", json!({ "active": false })).await.problem(412, "stale");
    let stopped = ann.patch(&path, "\"2\"", json!({ "active": false })).await.expect(200);
    assert_eq!(stopped["next_run_at"], Value::Null);
    let delete = [("if-match", "\"3\"")];
    ann.send(http::Method::DELETE, &path, &delete, None).await.expect(204);
    ann.get(&path).await.problem(404, "not_found");
    let codes = server.event_codes().await;
    assert!([715, 716, 717].iter().all(|code| codes.contains(code)), "{codes:?}");

    let silent = TestServer::start().await;
    let eve = silent.user("eve", Role::PasswordAdministrator).await;
    let refused = eve.post("/report-schedules", weekly()).await.problem(409, "conflict");
    assert!(refused["detail"].as_str().is_some_and(|text| text.contains("sends no mail")));
}
