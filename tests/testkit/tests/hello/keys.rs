//! New order and receipt keys, and the trust bundles that bring them.

use std::sync::Arc;
use std::time::Duration;

use sekisho_model::Clock as _;
use sekisho_seal::recovery_key;
use sekisho_server::backup::{self, Drill};
use sekisho_server::keys::{Replaced, RotateError, status};
use sekisho_store::{Access as _, AuditFilter, Page};
use sekisho_testkit::{Agent, Fault, Host, Server};
use sekisho_wire::route::RouteName;

const HOUR: Duration = Duration::from_secs(3600);

/// A host with one account.
async fn site() -> (Server, Agent) {
    let server = Server::new().await;
    let mut agent = Agent::enrol(&server, Host::with(&[("svc", "x")]), "web-1").await;
    agent.work().await.expect("works");
    (server, agent)
}

async fn reset_works(server: &Server, agent: &mut Agent) {
    let order = server.request_reset("svc").await;
    agent.work().await.expect("works");
    assert!(server.order(order.id).await.state.is_terminal(), "{:?}", server.order(order.id).await);
    assert_eq!(server.current("svc").await, Some(agent.host.password("svc")));
}

fn signer(server: &Server) -> [u8; 32] {
    server.app().keys.order_key(server.clock().now()).public()
}

async fn states(server: &Server, kind: &str) -> Vec<&'static str> {
    let shown = status(&server.app().store, server.clock().now()).await.expect("read");
    shown.keys.iter().filter(|key| key.kind == kind).map(|key| key.state).collect()
}

#[tokio::test]
async fn orders_go_on_while_the_order_key_is_replaced() {
    let (server, mut agent) = site().await;
    let former = signer(&server);
    let rotated = server.rotate(Replaced::Order, true).await.expect("published");
    let published = rotated.published.expect("at once");
    assert_eq!((published.bundle, published.retired.len()), (2, 0));
    assert_eq!(states(&server, "order").await, ["next", "live"]);
    let shown = status(&server.app().store, server.clock().now()).await.expect("read");
    assert_eq!((shown.devices, shown.devices_behind, shown.devices_ahead), (1, 1, 0));

    // Agents learn of it, and the former key goes on.
    reset_works(&server, &mut agent).await;
    assert_eq!(agent.bundle_version(), 2);
    assert_eq!(signer(&server), former);
    reset_works(&server, &mut agent).await;
    let shown = status(&server.app().store, server.clock().now()).await.expect("read");
    assert_eq!(shown.devices_behind, 0);
    let refused = server.rotate(Replaced::Order, true).await;
    assert!(matches!(refused, Err(RotateError::NotYetInUse { .. })), "{refused:?}");

    server.advance(25 * HOUR);
    assert_ne!(signer(&server), former);
    assert_eq!(states(&server, "order").await, ["live", "former"]);
    reset_works(&server, &mut agent).await;

    // The next one puts the first one out of use.
    let rotated = server.rotate(Replaced::Order, true).await.expect("published");
    assert_eq!(rotated.published.expect("at once").retired.len(), 1);
    assert_eq!(states(&server, "order").await, ["next", "live", "retired"]);
    reset_works(&server, &mut agent).await;
    assert!(server.audit_is_intact().await);
}

#[tokio::test]
async fn an_agent_that_misses_the_new_order_key_learns_it_from_the_welcome() {
    let (server, mut agent) = site().await;
    server.rotate(Replaced::Order, true).await.expect("published");
    server.advance(30 * HOUR);
    assert_eq!(agent.bundle_version(), 1, "it was off");
    reset_works(&server, &mut agent).await;
    assert_eq!(agent.bundle_version(), 2);
}

#[tokio::test]
async fn a_receipt_sealed_to_the_former_key_is_opened() {
    let (server, mut agent) = site().await;
    let order = server.request_reset("svc").await;
    let rotate = async || {
        server.rotate(Replaced::Receipt, true).await.expect("published");
    };
    agent.work_and(rotate).await.expect("reports to the key it knows");
    assert!(server.order(order.id).await.state.is_terminal());
    assert_eq!(agent.bundle_version(), 1);
    assert_eq!(states(&server, "receipt").await, ["live", "former"]);
    reset_works(&server, &mut agent).await;
    assert_eq!(agent.bundle_version(), 2);
}

#[tokio::test]
async fn receipt_keys_that_agents_may_still_use_are_not_retired() {
    let (server, mut agent) = site().await;
    let order = server.request_reset("svc").await;
    let rotate = async || {
        for _ in 0..4 {
            server.rotate(Replaced::Receipt, true).await.expect("published");
        }
    };
    agent.work_and(rotate).await.expect("the first key still opens");
    assert!(server.order(order.id).await.state.is_terminal());
    assert_eq!(states(&server, "receipt").await, ["live", "former", "former", "former", "former"]);
    server.advance(26 * HOUR);
    server.rotate(Replaced::Receipt, true).await.expect("published");
    let states = states(&server, "receipt").await;
    assert_eq!(states.iter().filter(|state| **state == "retired").count(), 3, "{states:?}");
    reset_works(&server, &mut agent).await;
}

#[tokio::test]
async fn an_agent_that_was_away_for_many_rotations_walks_the_chain() {
    let (server, mut agent) = site().await;
    // More bundles than one answer holds, and none of its keys are left.
    for _ in 0..60 {
        server.rotate(Replaced::Receipt, true).await.expect("published");
    }
    for _ in 0..3 {
        for kind in [Replaced::Order, Replaced::Receipt] {
            server.rotate(kind, true).await.expect("published");
        }
        server.advance(26 * HOUR);
    }
    assert!(server.app().keys.bundles().version() > 64);
    agent.network.break_next(RouteName::Bundle, Fault::LoseAnswer);
    agent.work().await.expect_err("it did not hear what the server has");
    reset_works(&server, &mut agent).await;
    assert_eq!(agent.bundle_version(), server.app().keys.bundles().version());
    assert_eq!(server.recovery_reason().await, None);

    // And a host that is new learns all of it, too.
    let mut newcomer = Agent::enrol(&server, Host::with(&[("other", "y")]), "web-2").await;
    newcomer.work().await.expect("works");
    assert_eq!(newcomer.bundle_version(), agent.bundle_version());
}

#[tokio::test]
async fn a_new_key_waits_until_a_verified_backup_holds_it() {
    let (server, mut agent) = site().await;
    let older = back_up(&server).await;
    server.advance(HOUR);
    let made = server.rotate(Replaced::Receipt, false).await.expect("made");
    assert!(made.made && made.published.is_none());
    assert_eq!(states(&server, "receipt").await, ["waiting", "live"]);
    reset_works(&server, &mut agent).await;
    assert_eq!(agent.bundle_version(), 1, "no agent knows it");

    let refused = server.rotate(Replaced::Receipt, false).await;
    assert!(matches!(refused, Err(RotateError::Unverified { .. })), "{refused:?}");
    server.advance(HOUR);
    drill(&server, older.path()).await;
    let refused = server.rotate(Replaced::Receipt, false).await;
    assert!(matches!(refused, Err(RotateError::Unverified { .. })), "the key is not in it");

    // A server that dies in between has the same key.
    let server = server.restart().await;
    agent.network.lead_to(server.plane());
    let newer = back_up(&server).await;
    let refused = server.rotate(Replaced::Receipt, false).await;
    assert!(matches!(refused, Err(RotateError::Unverified { .. })), "nobody has tried it");
    drill(&server, newer.path()).await;
    let published = server.rotate(Replaced::Receipt, false).await.expect("published");
    assert_eq!((published.kid, published.made), (made.kid, false));
    assert_eq!(published.published.expect("now").bundle, 2);
    let server = server.restart().await;
    agent.network.lead_to(server.plane());
    assert_eq!(states(&server, "receipt").await, ["live", "former"]);
    reset_works(&server, &mut agent).await;
    assert_eq!(agent.bundle_version(), 2);

    let filter = AuditFilter { codes: vec![140, 141], ..AuditFilter::default() };
    let lines = server.app().store.read().audit().list(&filter, &Page::first(9)).await;
    let lines: Vec<String> =
        lines.expect("read").items.into_iter().map(|line| line.event).collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[0].contains("\"without_backup\":false"), "{lines:?}");
}

#[tokio::test]
async fn nothing_is_published_while_the_database_may_be_old() {
    let (server, mut agent) = site().await;
    agent.say_hello(|hello| hello.bundle_version = 7).await.expect("answered");
    assert_eq!(server.recovery_reason().await, None, "it did not show them");
    let refused = server.rotate(Replaced::Receipt, true).await;
    assert!(
        matches!(refused, Err(RotateError::Behind { devices: 1, shown: 7, own: 1 })),
        "{refused:?}"
    );
    agent.work().await.expect("says what it has");
    agent.say_hello(|hello| hello.highest_seq += 5).await.expect("answered");
    let refused = server.rotate(Replaced::Order, true).await;
    assert!(matches!(refused, Err(RotateError::InRecovery { .. })), "{refused:?}");
    server.recover().await;
    server.rotate(Replaced::Order, true).await.expect("published");
}

async fn back_up(server: &Server) -> tempfile::NamedTempFile {
    let app = server.app();
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::remove_file(file.path()).expect("removed");
    let (clock, rng) = (server.clock(), server.rng());
    let made = backup::make(&app.config, clock, rng, None, file.path(), None, &mut |_| {})
        .await
        .expect("made");
    assert!(made.bytes > 0);
    file
}

async fn drill(server: &Server, from: &std::path::Path) {
    let key = recovery_key::parse(server.recovery_key()).expect("a key");
    let scratch = tempfile::tempdir().expect("a folder");
    let (clock, rng): (Arc<_>, _) = (server.clock(), server.rng());
    let drill = Drill { from, key: &key, scratch: scratch.path(), record: true };
    backup::drill(&server.app().config, clock, rng, &drill, &mut |_| {}).await.expect("passes");
}
