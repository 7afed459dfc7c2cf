//! Rotation that happens by itself, from the rule to the host and back.

use std::time::Duration;

use sekisho_model::account::VerifyResult;
use sekisho_model::order::{Operation, OrderState};
use sekisho_model::rotation::{Age, Ageing};
use sekisho_server::orders::rediscover;
use sekisho_server::rotation::sweep;
use sekisho_store::{Access, AuditFilter, Order, Page};
use sekisho_testkit::{Agent, Host, Server};

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

const OUT_OF_SYNC: u16 = 522;

/// A host with one account whose password the server has set.
async fn rotated_once(ageing: Ageing) -> (Server, Agent) {
    let server = Server::new().await;
    let uow = server.app().store.begin(&server.context()).await.expect("begins");
    let default = uow.password_policies().find_default().await.expect("read").expect("one");
    uow.rotation().put_policy(default.id, ageing).await.expect("written");
    let _ = uow.commit_unaudited("a test").await.expect("committed");
    let mut agent = Agent::enrol(&server, Host::with(&[("svc", "x")]), "web-1").await;
    agent.work().await.expect("works");
    server.request_reset("svc").await;
    agent.work().await.expect("works");
    (server, agent)
}

/// Time passes, the agent stays in touch, and the scheduler has its round.
async fn pass(server: &Server, agent: &mut Agent, time: Duration) -> sweep::Round {
    server.advance(time);
    agent.work().await.expect("works");
    server.advance(Duration::from_secs(1));
    let done = sweep::round(server.app(), &mut sweep::Walk::default()).await.expect("a round");
    agent.work().await.expect("works");
    done
}

async fn told(server: &Server, code: u16) -> usize {
    let filter = AuditFilter { codes: vec![code], ..AuditFilter::default() };
    let lines = server.app().store.read().audit().list(&filter, &Page::first(200)).await;
    lines.expect("read").items.len()
}

async fn discoveries(server: &Server) -> Vec<Order> {
    let mut orders = server.orders().await;
    orders.retain(|order| order.operation == Operation::Discover);
    orders
}

#[tokio::test]
async fn a_password_that_is_old_enough_is_changed_on_its_host() {
    let ageing = Ageing { max_age: Some(Age::of_days(30).expect("valid")), ..Ageing::default() };
    let (server, mut agent) = rotated_once(ageing).await;
    let before = server.current("svc").await.expect("known");
    pass(&server, &mut agent, DAY * 26).await;
    assert_eq!(server.current("svc").await, Some(before.clone()));
    let done = pass(&server, &mut agent, DAY * 4).await;
    assert_eq!(done.resets, 1);
    let after = server.current("svc").await.expect("known");
    assert_ne!(after, before);
    assert_eq!(agent.host.password("svc"), after);
    let reset = server.orders().await.into_iter().find(|order| order.reason.contains("age"));
    let reset = reset.expect("given");
    assert_eq!((reset.state, reset.initiator), (OrderState::Committed, None));
    assert_eq!(pass(&server, &mut agent, DAY).await.resets, 0, "its age begins anew");
    assert!(server.audit_is_intact().await);
}

#[tokio::test]
async fn two_bad_checks_in_a_row_are_told_once_and_end_with_the_episode() {
    let (server, mut agent) = rotated_once(Ageing::default()).await;
    let known = server.current("svc").await.expect("known");
    agent.host.set_by_hand("svc", "changed by hand");
    let account = server.account("svc").await.id;
    let seen = async || server.app().store.read().rotation().of_account(account).await;
    assert_eq!(pass(&server, &mut agent, DAY * 8).await.checks, 1);
    let once = seen().await.expect("read");
    assert_eq!((once.out_of_sync_seen, told(&server, OUT_OF_SYNC).await), (1, 0));
    assert_eq!(once.verify_method.as_deref(), Some("agent"));
    assert!(once.verify_agent.is_some() && once.out_of_sync_since.is_some());
    // The second look comes soon, and agrees.
    assert_eq!(pass(&server, &mut agent, HOUR * 2).await.checks, 1);
    assert_eq!(told(&server, OUT_OF_SYNC).await, 1);
    assert_eq!(pass(&server, &mut agent, DAY * 8).await.checks, 1);
    assert_eq!(told(&server, OUT_OF_SYNC).await, 1, "once for each episode");
    assert_eq!(server.current("svc").await, Some(known.clone()), "nobody said: heal");
    // Somebody puts the old password back.
    agent.host.set_by_hand("svc", known.expose_str().expect("text"));
    assert_eq!(pass(&server, &mut agent, DAY * 8).await.checks, 1);
    let over = seen().await.expect("read");
    assert_eq!((over.out_of_sync_since, over.out_of_sync_seen), (None, 0));
    assert_eq!(server.account("svc").await.last_verify_result, Some(VerifyResult::InSync));
}

#[tokio::test]
async fn a_policy_may_have_a_password_that_is_out_of_sync_set_anew() {
    let ageing = Ageing { auto_heal: true, ..Ageing::default() };
    let (server, mut agent) = rotated_once(ageing).await;
    agent.host.set_by_hand("svc", "changed by hand");
    pass(&server, &mut agent, DAY * 8).await;
    assert_eq!(agent.host.password("svc").expose_str(), Some("changed by hand"), "seen once");
    pass(&server, &mut agent, HOUR * 2).await;
    let done = pass(&server, &mut agent, Duration::from_secs(15)).await;
    assert_eq!(done.resets, 1);
    assert_eq!(Some(agent.host.password("svc")), server.current("svc").await);
    assert_eq!(told(&server, OUT_OF_SYNC).await, 1);
    assert_eq!(pass(&server, &mut agent, Duration::from_secs(15)).await.resets, 0);
}

#[tokio::test]
async fn accounts_that_changed_are_listed_again_but_not_all_the_time() {
    let (server, mut agent) = rotated_once(Ageing::default()).await;
    let first = discoveries(&server).await.len();
    let mut walk = rediscover::Walk::default();
    server.advance(HOUR);
    agent.host.set_by_hand("newcomer", "y");
    agent.work().await.expect("works");
    assert_eq!(discoveries(&server).await.len(), first, "nobody said that anything changed");
    agent.accounts_changed = true;
    agent.work().await.expect("works");
    assert_eq!(discoveries(&server).await.len(), first + 1);
    server.account("newcomer").await;
    // Again at once: noted, and done in a while.
    agent.host.set_by_hand("third", "z");
    agent.accounts_changed = true;
    agent.work().await.expect("works");
    assert_eq!(discoveries(&server).await.len(), first + 1);
    assert_eq!(rediscover::round(server.app(), &mut walk).await.expect("a round"), 0);
    server.advance(Duration::from_secs(301));
    assert_eq!(rediscover::round(server.app(), &mut walk).await.expect("a round"), 1);
    assert_eq!(rediscover::round(server.app(), &mut walk).await.expect("a round"), 0);
    agent.work().await.expect("works");
    server.account("third").await;
    assert_eq!(discoveries(&server).await[0].reason, "the account files have changed");
}

#[tokio::test]
async fn accounts_are_listed_every_day() {
    let (server, mut agent) = rotated_once(Ageing::default()).await;
    let first = discoveries(&server).await.len();
    let mut walk = rediscover::Walk::default();
    for day in 1..=3 {
        server.advance(HOUR * 21);
        agent.work().await.expect("works");
        let early = rediscover::round(server.app(), &mut walk).await.expect("a round");
        assert_eq!(early, 0, "day {day}");
        server.advance(HOUR * 6);
        let away = rediscover::round(server.app(), &mut walk).await.expect("a round");
        assert_eq!(away, 0, "the agent is not there");
        agent.work().await.expect("works");
        assert_eq!(rediscover::round(server.app(), &mut walk).await.expect("a round"), 1);
        agent.work().await.expect("works");
        assert_eq!(discoveries(&server).await.len(), first + day);
    }
    assert_eq!(discoveries(&server).await[0].reason, "daily look");
}
