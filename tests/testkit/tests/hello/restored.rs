//! A server that was put back to an older copy, whose agents hold newer trust
//! bundles.

use std::time::Duration;

use sekisho_seal::bundle::sign_bundle;
use sekisho_seal::sha256;
use sekisho_seal::sign::SigningKey;
use sekisho_server::keys::{Replaced, RotateError, status};
use sekisho_store::{Access as _, AuditFilter, Page};
use sekisho_testkit::{Agent, Fault, Host, Server, Stopped};
use sekisho_wire::bundle::Bundle;
use sekisho_wire::route::RouteName;
use serde_bytes::{ByteArray, ByteBuf};

const HOUR: Duration = Duration::from_secs(3600);

async fn site() -> (Server, Agent) {
    let server = Server::new().await;
    let mut agent = Agent::enrol(&server, Host::with(&[("svc", "x")]), "web-1").await;
    agent.work().await.expect("works");
    (server, agent)
}

async fn reset(server: &Server, agent: &mut Agent) {
    server.request_reset("svc").await;
    agent.work().await.expect("works");
    assert_eq!(server.current("svc").await, Some(agent.host.password("svc")));
}

fn version(server: &Server) -> u64 {
    server.app().keys.bundles().version()
}

async fn told(server: &Server, code: u16) -> usize {
    let filter = AuditFilter { codes: vec![code], ..AuditFilter::default() };
    let lines = server.app().store.read().audit().list(&filter, &Page::first(50)).await;
    lines.expect("read").items.len()
}

const TAKEN_OVER: u16 = 142;
const REPLACED: u16 = 143;

/// The rule that keys wait for a backup pays: nothing is lost.
#[tokio::test]
async fn keys_that_are_in_the_backup_go_on() {
    let (server, mut agent) = site().await;
    for kind in [Replaced::Order, Replaced::Receipt] {
        server.rotate(kind, false).await.expect("made");
    }
    let backup = server.backup().await;
    for kind in [Replaced::Order, Replaced::Receipt] {
        // The copy is no backup that could be drilled.
        server.rotate(kind, true).await.expect("published");
    }
    reset(&server, &mut agent).await;
    assert_eq!((version(&server), agent.bundle_version()), (3, 3));

    let server = server.restored_from(backup).await;
    agent.network.lead_to(server.plane());
    assert_eq!(version(&server), 1, "it has forgotten");
    // Whatever is lost on the way, it is tried again.
    agent.network.break_next(RouteName::Hello, Fault::Duplicate);
    agent.network.break_next(RouteName::Hello, Fault::LoseAnswer);
    agent.work_through().await;
    assert_eq!(version(&server), 3);
    assert_eq!(told(&server, TAKEN_OVER).await, 1);
    assert!(server.recovery_reason().await.is_some());
    let refused = server.rotate(Replaced::Order, true).await;
    assert!(matches!(refused, Err(RotateError::InRecovery { .. })), "{refused:?}");

    let server = server.restart().await;
    agent.network.lead_to(server.plane());
    let done = server.recover().await;
    assert_eq!((done.keys_replaced_in, done.recovered), (None, 1));
    agent.work().await.expect("checks");
    reset(&server, &mut agent).await;
    server.advance(26 * HOUR);
    reset(&server, &mut agent).await;
    let shown = status(&server.app().store, sekisho_model::Clock::now(&*server.clock())).await;
    let states: Vec<_> = shown.expect("read").keys.iter().map(|key| key.state).collect();
    assert_eq!(states, ["live", "former", "live", "former"]);
    server.rotate(Replaced::Order, true).await.expect("published");
    assert_eq!(version(&server), 4);
}

/// `--without-backup`, and then the database is lost: agents and server share
/// no key at all.
#[tokio::test]
async fn lost_keys_are_replaced_by_the_operator() {
    let (server, mut agent) = site().await;
    let backup = server.backup().await;
    for _ in 0..3 {
        for kind in [Replaced::Order, Replaced::Receipt] {
            server.rotate(kind, true).await.expect("published");
        }
        server.advance(26 * HOUR);
        reset(&server, &mut agent).await;
    }
    let works = agent.host.password("svc");
    let newest = version(&server);
    assert_eq!((newest, agent.bundle_version()), (7, 7));

    let server = server.restored_from(backup).await;
    agent.network.lead_to(server.plane());
    // The Hello cannot be opened. What it shows is taken over all the same.
    assert!(matches!(agent.work().await, Err(Stopped::Session(_))));
    assert_eq!(version(&server), newest);
    assert!(server.recovery_reason().await.expect("in recovery").contains("trust bundle 7"));
    assert!(matches!(agent.work().await, Err(Stopped::Session(_))), "still no key");
    assert_eq!(told(&server, TAKEN_OVER).await, 1);
    let server = server.restart().await;
    agent.network.lead_to(server.plane());

    let done = server.recover().await;
    assert_eq!((done.keys_replaced_in, done.recovered), (Some(newest + 1), 0));
    assert!(server.recovery_reason().await.is_some(), "the agents come first");
    server.app().keys.reload(&server.app().store, &server.app().vault.ring()).await.expect("read");
    assert_eq!(told(&server, REPLACED).await, 1);
    let shown = status(&server.app().store, sekisho_model::Clock::now(&*server.clock())).await;
    let states: Vec<_> = shown.expect("read").keys.iter().map(|key| key.state).collect();
    assert_eq!(states, ["live", "retired", "live", "retired"]);

    // The agent walks on, hands its escrows in, and nothing is lost.
    agent.work().await.expect("hands in");
    assert_eq!(agent.bundle_version(), newest + 1);
    let done = server.recover().await;
    assert_eq!(done.keys_replaced_in, None, "once is enough");
    assert!(done.recovered >= 1, "{done:?}");
    assert_eq!(server.recovery_reason().await, None);
    agent.work().await.expect("checks");
    assert_eq!(server.current("svc").await, Some(works));
    reset(&server, &mut agent).await;
    assert_eq!(told(&server, REPLACED).await, 1);
    assert!(server.audit_is_intact().await);
}

/// Only the newest order key is lost: the one before it goes on, and the next
/// bundle leaves the lost one out.
#[tokio::test]
async fn an_order_key_that_was_lost_before_it_signed_is_left_out() {
    let (server, mut agent) = site().await;
    let backup = server.backup().await;
    server.rotate(Replaced::Order, true).await.expect("published");
    agent.work().await.expect("learns");
    let server = server.restored_from(backup).await;
    agent.network.lead_to(server.plane());
    agent.work().await.expect("shows its bundle");
    server.recover().await;
    assert_eq!(version(&server), 2);
    server.advance(26 * HOUR);
    reset(&server, &mut agent).await;
    server.rotate(Replaced::Order, true).await.expect("published");
    let bundles = server.app().keys.bundles();
    assert_eq!((bundles.version(), bundles.trust.bundle().order_keys.len()), (3, 2));
    server.advance(26 * HOUR);
    reset(&server, &mut agent).await;
}

#[tokio::test]
async fn what_is_shown_must_be_ours_and_follow() {
    let (server, mut agent) = site().await;
    let known = server.app().keys.bundles();
    let next = |root: &SigningKey, version: u64, previous: [u8; 32]| {
        let bundle = Bundle {
            version,
            previous: Some(ByteArray::new(previous)),
            ..known.trust.bundle().clone()
        };
        ByteBuf::from(sign_bundle(&bundle, root))
    };
    let thief = SigningKey::generate(server.rng().as_ref());
    let hash = sha256(&known.chain[0]);
    for shown in [
        vec![next(&thief, 2, hash)],
        vec![ByteBuf::from(vec![0xff; 900])],
        vec![known.chain[0].clone(), next(&thief, 2, hash), next(&thief, 3, hash)],
        known.chain.clone(),
    ] {
        agent.show_bundles(shown).await;
        assert_eq!((version(&server), server.recovery_reason().await), (1, None));
    }
    assert_eq!(told(&server, TAKEN_OVER).await, 0);
}
