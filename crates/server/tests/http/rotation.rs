//! Rotation that happens by itself: rules, pauses, and the scheduler.

use std::time::Duration;

use sekisho_model::Clock as _;
use sekisho_model::account::{AccountSource, Presence, SecretState};
use sekisho_model::device::DeviceState;
use sekisho_model::id::{AccountId, DeviceId, OrderId, ResourceId};
use sekisho_model::order::{Operation, OrderState};
use sekisho_model::rng::SystemRng;
use sekisho_model::rotation::Ageing;
use sekisho_model::user::Role;
use sekisho_server::rotation::sweep::{self, Round, Walk};
use sekisho_store::{Access as _, Account, Order, OrderFilter, Page, Resource};
use serde_json::{Value, json};

use crate::groups::{group, join};
use crate::harness::{Client, TestServer};
use crate::objects::{account, audit_text, count, device, id, resource, store, version};

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

const ANNOUNCED: u16 = 520;
const FAILED: u16 = 521;

struct World {
    server: TestServer,
    ann: Client,
    web: Value,
    root: Value,
    device: DeviceId,
}

/// A host with an agent and one account whose password was typed in.
async fn world(rotation: Value) -> World {
    let server = TestServer::start().await;
    let ann = server.user("ann", Role::SuperAdministrator).await;
    let listed = ann.get("/password-policies").await.expect(200);
    let path = format!("/password-policies/{}", id(&listed["items"][0]));
    ann.patch(&path, "\"1\"", json!({ "rotation": rotation })).await.expect(200);
    let web = resource(&ann, "web").await;
    let root = account(&ann, &web, "root").await;
    let device = device(&server, Some(&web), "web", DeviceState::Approved).await;
    store(&ann, &root, "typed by hand").await.expect(200);
    World { server, ann, web, root, device }
}

impl World {
    /// Time passes; the agent stays in touch.
    async fn pass(&self, time: Duration) {
        self.server.clock.advance(time);
        let work = self.server.app.store.begin(&self.server.context()).await.expect("begin");
        let now = self.server.clock.now();
        work.devices().touch(self.device, None, now).await.expect("touched");
        work.commit_unaudited("a test's device").await.map(drop).expect("commit");
    }

    async fn round(&self) -> Round {
        // Orders of different rounds are told apart by their time.
        self.server.tick();
        let mut walk = Walk::default();
        sweep::round(&self.server.app, &mut walk).await.expect("a round")
    }

    async fn orders(&self, operation: Operation) -> Vec<Order> {
        let filter = OrderFilter { operation: Some(operation), ..OrderFilter::default() };
        let orders = self.server.app.store.read().orders();
        orders.list(&filter, &Page::default()).await.expect("read").items
    }

    /// Ends an order as a device would that could not do it.
    async fn end(&self, order: OrderId, to: OrderState) {
        let work = self.server.app.store.begin(&self.server.context()).await.expect("begin");
        let detail = json!({ "detail": "it said no" });
        let done = work.orders().settle(order, OrderState::Queued, to, detail, None).await;
        assert!(done.expect("settled"));
        work.commit_unaudited("a test's device").await.map(drop).expect("commit");
    }

    /// The account's rotation as somebody sees it who signs in now.
    async fn shown(&self) -> Value {
        let name = format!("eve{}", self.server.tick().as_millis());
        let eve = self.server.user(&name, Role::SuperAdministrator).await;
        let shown = eve.get(&format!("/accounts/{}", id(&self.root))).await.expect(200);
        shown["rotation"].clone()
    }
}

#[tokio::test]
async fn the_account_says_which_rule_holds() {
    let world = world(json!({ "max_age_days": 90 })).await;
    let path = format!("/accounts/{}", id(&world.root));
    let shown = world.ann.get(&path).await.expect(200)["rotation"].clone();
    assert_eq!((&shown["max_age_days"], &shown["source"]), (&json!(90), &json!("policy")));
    assert_eq!(shown["source_object"]["name"], "Default");
    assert_eq!((&shown["state"], &shown["held_by"]), (&json!("scheduled"), &json!(null)));
    let due: sekisho_model::Timestamp =
        shown["due_at"].as_str().expect("due").parse().expect("a time");
    let now = world.server.clock.now();
    assert!((now.plus(DAY * 81)..=now.plus(DAY * 90)).contains(&due), "{due}");

    for (name, age) in [("a", json!(60)), ("b", json!(30)), ("c", json!("off"))] {
        let group = group(&world.ann, name, age).await;
        join(&world.ann, &group, &world.web).await.expect(204);
    }
    let shown = world.shown().await;
    assert_eq!((&shown["max_age_days"], &shown["source"]), (&json!(30), &json!("group")));
    assert_eq!(shown["source_object"]["name"], "b", "the shortest of its groups");

    let off = json!({ "max_age_days": "off" });
    let changed = world.ann.patch(&path, "\"1\"", off).await.expect(200);
    let shown = &changed["rotation"];
    assert_eq!((&shown["max_age_days"], &shown["source"]), (&json!("off"), &json!("account")));
    assert_eq!((&shown["state"], &shown["due_at"]), (&json!("off"), &json!(null)));
    assert_eq!(shown["own_max_age_days"], "off");
    let inherit = json!({ "max_age_days": null });
    let changed = world.ann.patch(&path, "\"2\"", inherit).await.expect(200);
    assert_eq!(changed["rotation"]["source"], "group");
    let listed = world.ann.get("/accounts").await.expect(200);
    assert_eq!(listed["items"][0]["rotation"], changed["rotation"], "lists say the same");
    assert_eq!(count(&world.server, 311).await, 2);
}

#[tokio::test]
async fn ages_out_of_bounds_change_nothing() {
    let world = world(json!({})).await;
    let path = format!("/accounts/{}", id(&world.root));
    for age in [json!(0), json!(-1), json!(1_000_000_000), json!(3651), json!("30"), json!([])] {
        let refused = world.ann.patch(&path, "\"1\"", json!({ "max_age_days": age })).await;
        assert_eq!(refused.problem(400, "invalid_input")["field"], "max_age_days", "{age}");
        let body = json!({ "name": "x", "rules": {}, "rotation": { "max_age_days": age } });
        let refused = world.ann.post("/password-policies", body).await;
        assert_eq!(refused.problem(400, "invalid_input")["field"], "max_age_days", "{age}");
    }
    for (rotation, field) in [
        (json!({ "notice_days": 366, "max_age_days": 400 }), "rotation.notice_days"),
        (json!({ "reset_unknown": true }), "rotation.reset_unknown"),
        (json!({ "reset_unknown": true, "max_age_days": "off" }), "rotation.reset_unknown"),
    ] {
        let body = json!({ "name": "x", "rules": {}, "rotation": rotation });
        let refused = world.ann.post("/password-policies", body).await;
        assert_eq!(refused.problem(422, "invalid_input")["field"], field);
    }
    let body = json!({ "name": "x", "rules": {}, "rotation": { "verify_every_days": 0 } });
    world.ann.post("/password-policies", body).await.problem(400, "invalid_input");
    assert_eq!(count(&world.server, 320).await + count(&world.server, 311).await, 0);
}

#[tokio::test]
async fn a_password_is_announced_once_and_then_reset_once() {
    let world = world(json!({ "max_age_days": 30, "verify_every_days": "off" })).await;
    assert_eq!(world.round().await, Round { looked_at: 1, ..Round::default() });
    world.pass(DAY * 27).await;
    assert_eq!(world.round().await.announced, 1);
    assert_eq!(world.shown().await["state"], "due_soon");
    assert_eq!(world.round().await.announced, 0);
    world.pass(DAY * 3).await;
    assert_eq!(world.shown().await["state"], "due");
    assert_eq!(world.round().await.resets, 1);
    assert_eq!(world.round().await.resets, 0);
    let orders = world.orders(Operation::Reset).await;
    assert_eq!(orders.len(), 1);
    assert_eq!((orders[0].initiator, orders[0].state), (None, OrderState::Queued));
    assert_eq!(orders[0].reason, "the password has its maximum age");
    let shown = world.shown().await;
    assert_eq!((&shown["state"], &shown["held_by"]), (&json!("held"), &json!("in_progress")));
    assert_eq!(count(&world.server, ANNOUNCED).await, 1);
    let audit = audit_text(&world.server).await;
    assert!(audit.contains("rotation_announced"), "{audit}");
}

#[tokio::test]
async fn after_the_last_try_the_next_one_is_tomorrow() {
    let world = world(json!({ "max_age_days": 1, "verify_every_days": "off" })).await;
    world.pass(DAY).await;
    for day in 1..=3 {
        assert_eq!(world.round().await.resets, 1, "day {day}");
        let order = world.orders(Operation::Reset).await[0].id;
        world.end(order, OrderState::NotApplied).await;
        let round = world.round().await;
        assert_eq!((round.resets, round.failures), (0, 1), "day {day}");
        assert_eq!(world.round().await, Round { looked_at: 1, ..Round::default() });
        let shown = world.shown().await;
        assert_eq!(shown["held_by"], "retry_later");
        assert!(shown["retry_at"].is_string(), "{shown}");
        world.pass(HOUR * 23).await;
        assert_eq!(world.round().await.resets, 0, "not before a day has passed");
        world.pass(HOUR * 2).await;
    }
    assert_eq!(count(&world.server, FAILED).await, 3, "told once for each");
    assert!(audit_text(&world.server).await.contains("it said no"));
}

#[tokio::test]
async fn a_pause_holds_what_happens_by_itself_and_nothing_else() {
    let world = world(json!({ "max_age_days": 30, "verify_every_days": "off" })).await;
    let pause = format!("/accounts/{}/rotation/pause", id(&world.root));
    let resume = format!("/accounts/{}/rotation/resume", id(&world.root));
    for (until, reason, field) in [
        ("2026-05-01T08:59:59Z", "x", "until"),
        ("2027-06-01T09:00:00Z", "x", "until"),
        ("soon", "x", "until"),
        ("2026-06-30T09:00:00Z", " ", "reason"),
    ] {
        let body = json!({ "until": until, "reason": reason });
        let refused = world.ann.post(&pause, body).await.problem(400, "invalid_input");
        assert_eq!(refused["field"], field, "{until}");
    }
    let body = json!({ "until": "2026-06-30T09:00:00Z", "reason": "the house moves" });
    let shown = world.ann.post(&pause, body).await.expect(200)["rotation"].clone();
    assert_eq!((&shown["state"], &shown["held_by"]), (&json!("held"), &json!("paused")));
    assert_eq!(shown["pause_reason"], "the house moves");
    assert_eq!(shown["paused_until"], "2026-06-30T09:00:00.000Z");
    let reset = format!("/accounts/{}/reset", id(&world.root));
    let order = world.ann.post(&reset, json!({ "reason": "by hand" })).await.expect(202);
    let cancel = format!("/orders/{}/cancel", id(&order));
    world.ann.post(&cancel, json!({})).await.expect(200);

    world.pass(DAY * 59).await;
    assert_eq!(world.round().await.resets, 0);
    world.pass(DAY).await;
    assert_eq!(world.round().await.resets, 1, "a pause ends by itself");
    let eve = world.server.user("eve", Role::SuperAdministrator).await;
    let shown = eve.post(&resume, json!({})).await.expect(200)["rotation"].clone();
    assert_eq!(shown["paused_until"], json!(null));
    assert_eq!(shown["pause_reason"], json!(null));
    eve.post(&resume, json!({})).await.expect(200);
    assert_eq!((count(&world.server, 314).await, count(&world.server, 315).await), (1, 1));
}

#[tokio::test]
async fn an_unknown_password_stays_unless_the_policy_says_so() {
    let world = world(json!({ "max_age_days": 30, "verify_every_days": "off" })).await;
    let app = account(&world.ann, &world.web, "app").await;
    assert_eq!(app["rotation"]["held_by"], "unknown_password");
    world.pass(DAY * 2).await;
    assert_eq!(world.round().await.resets, 0);
    let eve = world.server.user("eve", Role::SuperAdministrator).await;
    let listed = eve.get("/password-policies").await.expect(200);
    let path = format!("/password-policies/{}", id(&listed["items"][0]));
    let willing = json!({ "rotation": { "reset_unknown": true } });
    let changed = eve.patch(&path, "\"2\"", willing).await.expect(200);
    let rotation = json!({
        "max_age_days": 30, "notice_days": 3, "reset_unknown": true, "verify_every_days": "off",
        "auto_heal": false,
    });
    assert_eq!(changed["rotation"], rotation, "what is left out stays");
    assert_eq!(world.round().await.resets, 1);
    let orders = world.orders(Operation::Reset).await;
    assert_eq!(orders[0].account.map(|it| it.to_string()).as_deref(), Some(id(&app)));
}

#[tokio::test]
async fn without_an_agent_that_is_there_nothing_is_given() {
    let world = world(json!({ "max_age_days": 1 })).await;
    world.server.clock.advance(DAY * 8);
    assert_eq!(world.round().await.resets, 0);
    assert_eq!(world.shown().await["held_by"], "agent_away");
    world.pass(HOUR).await;
    let round = world.round().await;
    assert_eq!((round.resets, round.checks), (1, 0), "a check waits for the reset");
    let db = resource(&world.server.user("dan", Role::SuperAdministrator).await, "db").await;
    let dan = world.server.user("dora", Role::SuperAdministrator).await;
    let lonely = account(&dan, &db, "root").await;
    store(&dan, &lonely, "typed by hand").await.expect(200);
    let path = format!("/accounts/{}", id(&lonely));
    let shown = dan.get(&path).await.expect(200);
    assert_eq!(shown["rotation"]["held_by"], "no_agent");
    device(&world.server, Some(&db), "db", DeviceState::Pending).await;
    let shown = dan.get(&path).await.expect(200);
    assert_eq!(shown["rotation"]["held_by"], "agent_not_approved");
}

#[tokio::test]
async fn checks_come_one_at_a_time_and_not_again_at_once() {
    let world = world(json!({})).await;
    for name in ["app", "db"] {
        let account = account(&world.ann, &world.web, name).await;
        store(&world.ann, &account, "typed by hand").await.expect(200);
    }
    world.pass(DAY * 6).await;
    assert_eq!(world.round().await.checks, 0);
    world.pass(DAY * 2).await;
    for number in 1..=3 {
        assert_eq!(world.round().await.checks, 1, "check {number}");
        assert_eq!(world.round().await.checks, 0, "one at a time on a host");
        let checks = world.orders(Operation::Verify).await;
        assert_eq!((checks.len(), checks[0].initiator), (number, None));
        assert_eq!(checks[0].reason, "regular check");
        world.end(checks[0].id, OrderState::NotApplied).await;
    }
    assert_eq!(world.round().await.checks, 0, "a check that was refused comes tomorrow");
    world.pass(HOUR * 25).await;
    assert_eq!(world.round().await.checks, 1);
}

#[tokio::test]
async fn ten_thousand_due_accounts_are_no_flood() {
    const HOSTS: usize = 50;
    const EACH: usize = 200;
    let world = world(json!({})).await;
    let server = &world.server;
    let now = server.clock.now();
    let owner = world.ann.id.expect("a user");
    let work = server.app.store.begin(&server.context()).await.expect("begin");
    let default = work.password_policies().find_default().await.expect("read").expect("one");
    let eager = Ageing {
        max_age: Some("30".parse().expect("an age")),
        reset_unknown: true,
        ..Ageing::default()
    };
    work.rotation().put_policy(default.id, eager).await.expect("written");
    let template = work.devices().find(world.device).await.expect("read").expect("there");
    for host in 0..HOSTS {
        let resource = ResourceId::at(now, &SystemRng);
        let name = format!("host-{host}");
        let row = Resource {
            id: resource,
            name: name.parse().expect("a name"),
            dns_name: None,
            platform: template.platform,
            owner,
            policy: None,
            created_at: now,
            deleted_at: None,
            version: 1,
        };
        work.resources().insert(row).await.expect("insert");
        let mut device = template.clone();
        device.id = DeviceId::at(now, &SystemRng);
        device.resource = Some(resource);
        device.identity_spki.0 = name.into_bytes();
        device.last_seen_at = Some(now.plus(DAY));
        work.devices().insert(device).await.expect("insert");
        for number in 0..EACH {
            let account = Account {
                id: AccountId::at(now, &SystemRng),
                resource,
                name: format!("app{number}").parse().expect("a name"),
                native_id: None,
                presence: Presence::Present,
                source: AccountSource::Local,
                facts: None,
                policy: None,
                current_version: None,
                last_verify_result: None,
                last_verified_at: None,
                created_at: now,
                version: 1,
            };
            work.accounts().insert(account).await.expect("insert");
        }
    }
    work.commit_unaudited("a test's fleet").await.map(drop).expect("commit");
    world.pass(DAY).await;

    let mut walk = Walk::default();
    let mut rounds = Vec::new();
    for _ in 0..14 {
        rounds.push(sweep::round(&server.app, &mut walk).await.expect("a round"));
    }
    assert!(rounds.iter().all(|round| round.resets <= 20 && round.looked_at <= 1_000));
    assert_eq!(rounds[0].resets, 20, "{rounds:?}");
    // Nobody answers: one for each host, and no more.
    let resets = rounds.iter().map(|round| round.resets).sum::<usize>();
    assert_eq!(resets, HOSTS, "{rounds:?}");
    let filter = OrderFilter { operation: Some(Operation::Reset), ..OrderFilter::default() };
    let given = server.app.store.read().orders().list(&filter, &Page::first(200)).await;
    let hosts: std::collections::BTreeSet<_> =
        given.expect("read").items.into_iter().map(|order| order.resource).collect();
    assert_eq!(hosts.len(), HOSTS);
}

#[tokio::test]
async fn nothing_is_given_while_the_site_recovers() {
    let world = world(json!({ "max_age_days": 1 })).await;
    world.pass(DAY * 8).await;
    let work = world.server.app.store.begin(&world.server.context()).await.expect("begin");
    assert!(work.site().enter_recovery("a test").await.expect("entered"));
    work.commit_unaudited("a test").await.map(drop).expect("commit");
    assert_eq!(world.round().await, Round::default());
}

#[tokio::test]
async fn a_value_that_works_counts_from_when_it_became_current() {
    let world = world(json!({ "max_age_days": 30, "verify_every_days": "off" })).await;
    world.pass(DAY * 20).await;
    let account: AccountId = id(&world.root).parse().expect("an id");
    let next = version(&world.server, &world.root, "newer", SecretState::Candidate).await;
    let work = world.server.app.store.begin(&world.server.context()).await.expect("begin");
    let base = work.accounts().find(account).await.expect("read").and_then(|a| a.current_version);
    work.accounts().move_current(account, base, next).await.expect("moved");
    let base = base.expect("typed");
    let versions = work.secret_versions();
    versions.move_state(base, SecretState::Current, SecretState::Superseded, "x").await.expect("x");
    versions.move_state(next, SecretState::Candidate, SecretState::Current, "x").await.expect("x");
    work.commit_unaudited("a test's device").await.map(drop).expect("commit");
    world.pass(DAY * 20).await;
    assert_eq!(world.round().await.resets, 0);
    world.pass(DAY * 10).await;
    assert_eq!(world.round().await.resets, 1);
}
