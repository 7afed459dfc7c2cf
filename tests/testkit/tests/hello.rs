//! Hellos that are not as they should be: other versions, other clocks, copies,
//! replays, certificates near and after their end; and, in modules, what
//! happens by itself while agents come and go, new keys of the site, and a server
//! that was put back to an older copy.

use std::time::Duration;

use sekisho_model::Timestamp;
use sekisho_model::device::{DeviceState, Suspension};
use sekisho_store::Access;
use sekisho_testkit::{Agent, Host, Server};
use sekisho_wire::certificate::{CertificateOutcome, CertificateRefusal};
use sekisho_wire::problem::ProblemCode;
use sekisho_wire::session::{HelloOutcome, HelloRefusal};

#[path = "hello/clock.rs"]
mod clock;
#[path = "hello/copies.rs"]
mod copies;
#[path = "hello/fetches.rs"]
mod fetches;
#[path = "hello/keys.rs"]
mod keys;
#[path = "hello/managed.rs"]
mod managed;
#[path = "hello/rehomed.rs"]
mod rehomed;
#[path = "hello/restored.rs"]
mod restored;
#[path = "hello/rotation.rs"]
mod rotation;
#[path = "hello/ways.rs"]
mod ways;

async fn enrolled() -> (Server, Agent) {
    let server = Server::new().await;
    let mut agent = Agent::enrol(&server, Host::with(&[("svc", "x")]), "web-1").await;
    agent.work().await.expect("works");
    (server, agent)
}

fn is_welcome(outcome: &HelloOutcome) -> bool {
    matches!(outcome, HelloOutcome::Welcome { .. })
}

#[tokio::test]
async fn a_newer_agent_that_reads_our_version_is_welcome() {
    let (_server, mut agent) = enrolled().await;
    let newer = sekisho_wire::PROTOCOL + 1;
    let outcome = agent.say_hello(|hello| hello.protocol = newer).await.expect("answered");
    assert!(is_welcome(&outcome), "{outcome:?}");
}

#[tokio::test]
async fn an_agent_that_shares_no_version_with_us_is_told_so() {
    let (_server, mut agent) = enrolled().await;
    let too_old = HelloRefusal::AgentTooOld;
    let newer = sekisho_wire::PROTOCOL + 1;
    for change in [(0, 0), (newer, newer)] {
        let outcome = agent
            .say_hello(|hello| (hello.protocol, hello.min_protocol) = change)
            .await
            .expect("answered");
        assert!(
            matches!(&outcome, HelloOutcome::Refused { reason, .. } if *reason == too_old),
            "{outcome:?}"
        );
    }
}

#[tokio::test]
async fn the_clock_of_a_device_does_not_matter() {
    let (server, mut agent) = enrolled().await;
    let ten_years = Duration::from_secs(10 * 365 * 24 * 3600);
    let now: Timestamp = {
        use sekisho_model::Clock;
        server.clock().now()
    };
    for clock in [now.plus(ten_years), now.minus(ten_years), Timestamp::from_millis(i64::MIN)] {
        let outcome = agent.say_hello(|hello| hello.wall_clock = clock).await.expect("answered");
        assert!(is_welcome(&outcome), "{outcome:?}");
    }
}

#[tokio::test]
async fn two_copies_that_alternate_are_both_held_back() {
    let (server, mut agent) = enrolled().await;
    let device = {
        let filter = sekisho_store::DeviceFilter::default();
        let page = sekisho_store::Page::first(1);
        server.app().store.read().devices().list(&filter, &page).await.expect("read").items[0].id
    };
    server.advance(Duration::from_secs(3600));
    let mut copy = agent.snapshot();
    agent.work().await.expect("works");
    assert!(copy.work().await.is_err(), "its counter is not higher, and somebody is there");
    let row = server.app().store.read().devices().find(device).await.expect("read");
    assert_eq!(row.expect("exists").suspension, Some(Suspension::Cloned));
    let outcome = agent.say_hello(|_| {}).await.expect("answered");
    let suspended = HelloRefusal::Suspended;
    assert!(matches!(outcome, HelloOutcome::Refused { reason, .. } if reason == suspended));

    // The copy is gone, and somebody says so.
    drop(copy);
    let uow = server.app().store.begin(&server.context()).await.expect("begins");
    let row = uow.devices().lock(device).await.expect("read").expect("exists");
    let version = row.version;
    let row = sekisho_store::Device { suspension: None, ..row };
    uow.devices().update(row, version).await.expect("written");
    let _ = uow.commit_unaudited("a test").await.expect("committed");
    agent.work().await.expect("goes on");
}

#[tokio::test]
async fn a_replayed_hello_changes_nothing() {
    let (server, mut agent) = enrolled().await;
    server.advance(Duration::from_secs(3600));
    agent.work().await.expect("works");
    // The same counter again, as in a copy of an old message: an offer that
    // nobody can use, because its session key is gone.
    let outcome = agent.say_hello(|hello| hello.counter = 1).await.expect("answered");
    assert!(is_welcome(&outcome));
    agent.work().await.expect("the real one goes on");
    let filter = sekisho_store::DeviceFilter::default();
    let page = sekisho_store::Page::first(1);
    let devices = server.app().store.read().devices().list(&filter, &page).await.expect("read");
    assert_eq!(devices.items[0].suspension, None);
}

#[tokio::test]
async fn a_certificate_is_renewed_from_day_ten_and_even_after_its_end() {
    let (server, mut agent) = enrolled().await;
    let day = Duration::from_secs(24 * 3600);
    let now = || {
        use sekisho_model::Clock;
        server.clock().now()
    };
    let issued = |outcome| match outcome {
        CertificateOutcome::Issued(certificate) => certificate,
        other => panic!("not issued: {other:?}"),
    };
    // An answer that was lost is given again: not a new one each time.
    let first = issued(agent.request_certificate().await);
    assert_eq!(issued(agent.request_certificate().await).chain, first.chain);
    assert!(first.renew_at >= now().plus(day * 7) && first.renew_at <= now().plus(day * 13));

    server.advance(day * 13);
    assert!(now() > first.renew_at);
    let second = issued(agent.request_certificate().await);
    assert_ne!(second.chain, first.chain);
    assert!(second.not_after > first.not_after);
    assert!(!agent.show_certificate(&server));
    agent.work().await.expect("works with the new one");

    // A host that was off for a season may renew and nothing else.
    server.advance(day * 90);
    assert!(agent.show_certificate(&server), "expired");
    let refused = agent.say_hello(|_| {}).await.expect_err("no session");
    assert_eq!(refused.refusal(), Some(ProblemCode::CertificateExpired));
    issued(agent.request_certificate().await);
    assert!(!agent.show_certificate(&server));
    agent.work().await.expect("works again");
}

#[tokio::test]
async fn a_device_that_was_blocked_while_it_was_off_is_told_so_when_it_renews() {
    let (server, mut agent) = enrolled().await;
    server.advance(Duration::from_secs(200 * 24 * 3600));
    assert!(agent.show_certificate(&server), "expired");
    let change = async |state: DeviceState| {
        let uow = server.app().store.begin(&server.context()).await.expect("begins");
        let filter = sekisho_store::DeviceFilter::default();
        let found =
            uow.devices().list(&filter, &sekisho_store::Page::first(1)).await.expect("read");
        let device = found.items.into_iter().next().expect("enrolled");
        let version = device.version;
        let device = sekisho_store::Device { state, ..device };
        uow.devices().update(device, version).await.expect("written");
        let _ = uow.commit_unaudited("a test").await.expect("committed");
    };
    for (state, expected) in [
        (DeviceState::Blocked, CertificateRefusal::Blocked),
        (DeviceState::Retired, CertificateRefusal::Retired),
    ] {
        change(state).await;
        match agent.request_certificate().await {
            CertificateOutcome::Refused { reason } => assert_eq!(reason, expected),
            other => panic!("not refused: {other:?}"),
        }
        let refused = agent.say_hello(|_| {}).await.expect_err("no session");
        assert_eq!(refused.refusal(), Some(ProblemCode::CertificateExpired));
    }
    change(DeviceState::Pending).await;
    let pending = agent.request_certificate().await;
    assert!(matches!(pending, CertificateOutcome::Pending { .. }), "{pending:?}");
    // Taken up again, it comes back by itself.
    change(DeviceState::Approved).await;
    let issued = agent.request_certificate().await;
    assert!(matches!(issued, CertificateOutcome::Issued(_)), "{issued:?}");
    assert!(!agent.show_certificate(&server));
    agent.work().await.expect("works again");
}
