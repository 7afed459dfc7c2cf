//! Agents that are dissociated from their resource (A-100…A-105): what they are
//! told, what they are not given, and that nothing is lost by it.

use std::time::Duration;

use sekisho_model::device::DeviceState;
use sekisho_model::order::OrderState;
use sekisho_model::user::Role;
use sekisho_policy::action::ManageAgent;
use sekisho_policy::{Subject, decide};
use sekisho_server::agent_management;
use sekisho_server::agent_management::association::Wanted;
use sekisho_server::orders::{rediscover, sweep};
use sekisho_store::{Access as _, Device};
use sekisho_testkit::{Agent, Connected, Fault, Host, Server, Stopped};
use sekisho_wire::route::RouteName;
use sekisho_wire::session::{MANAGED, Wake};

const HOUR: Wanted = Wanted::Dissociated { look_every_s: 3600 };

async fn site() -> (Server, Agent) {
    let server = Server::new().await;
    let mut agent = Agent::enrol(&server, Host::with(&[("svc", "x")]), "web-1").await;
    agent.work().await.expect("works");
    (server, agent)
}

async fn dissociate(server: &Server, agent: &Agent) {
    server.associate(agent.device(), HOUR).await.expect("dissociated");
}

async fn associate(server: &Server, agent: &Agent) {
    server.associate(agent.device(), Wanted::Associated).await.expect("associated");
}

async fn connected(agent: &mut Agent) -> Connected {
    agent.connect().await.expect("connects")
}

/// A fetch: how many orders came, and how often it is to look.
async fn look(agent: &mut Connected) -> (usize, Option<Duration>) {
    let fetched = agent.look(false).await.expect("answered");
    (fetched.orders.len(), fetched.look_every)
}

const EVERY: Option<Duration> = Some(Duration::from_secs(3600));

#[tokio::test]
async fn it_is_told_how_often_to_look_and_gets_no_orders_a_102_a_103() {
    let (server, mut agent) = site().await;
    let mut there = connected(&mut agent).await;
    assert_eq!(look(&mut there).await, (0, None), "associated; this fetch makes it live");
    let order = server.request_reset("svc").await;
    dissociate(&server, &agent).await;
    for _ in 0..2 {
        assert_eq!(look(&mut there).await, (0, EVERY));
        // What is held for it is nothing to wake it for.
        assert_eq!(there.wait(Duration::ZERO).await.expect("answered"), Wake::Nothing);
    }
    assert_eq!(server.order(order.id).await.state, OrderState::Queued);
    assert_eq!(agent.host.password("svc").expose_str(), Some("x"));

    // Associated again, it waits for nothing.
    associate(&server, &agent).await;
    assert_eq!(there.wait(Duration::from_secs(60)).await.expect("answered"), Wake::Fetch);
    let fetched = there.look(false).await.expect("answered");
    assert_eq!((fetched.orders.len(), fetched.look_every), (1, None));
}

#[tokio::test]
async fn it_stays_so_over_restarts_of_both_ends() {
    let (server, mut agent) = site().await;
    let order = server.request_reset("svc").await;
    dissociate(&server, &agent).await;
    // A new Hello, and a first frame that makes its session live.
    agent.work().await.expect("looks");
    let server = server.restart().await;
    agent.network.lead_to(server.plane());
    let mut there = connected(&mut agent).await;
    assert_eq!(look(&mut there).await, (0, EVERY));
    assert_eq!(server.order(order.id).await.state, OrderState::Queued);
    associate(&server, &agent).await;
    agent.work().await.expect("works");
    assert_eq!(server.order(order.id).await.state, OrderState::Committed);
    assert_eq!(server.current("svc").await, Some(agent.host.password("svc")));
}

/// What an agent has begun it finishes: the receipt is taken.
#[tokio::test]
async fn a_reset_that_was_carried_out_is_reported_and_taken() {
    let (server, mut agent) = site().await;
    let order = server.request_reset("svc").await;
    let device = agent.device();
    let between = async || {
        server.associate(device, HOUR).await.expect("dissociated");
    };
    agent.work_and(between).await.expect("reports");
    assert_eq!(server.order(order.id).await.state, OrderState::Committed);
    assert_eq!(server.current("svc").await, Some(agent.host.password("svc")));
}

/// A reset whose delivery was lost on the way is not begun meanwhile, shows
/// both values, and ends when the agent may work again.
#[tokio::test]
async fn a_reset_that_was_delivered_and_lost_waits_and_is_not_lost() {
    let (server, mut agent) = site().await;
    agent.network.break_next(RouteName::Fetch, Fault::LoseAnswer);
    let order = server.request_reset("svc").await;
    assert!(matches!(agent.work().await, Err(Stopped::Session(_))));
    assert_eq!(server.order(order.id).await.state, OrderState::Delivered);
    dissociate(&server, &agent).await;
    agent.work().await.expect("looks");
    assert_eq!(agent.host.password("svc").expose_str(), Some("x"), "not begun");
    server.advance(Duration::from_secs(11 * 60));
    sweep::round(server.app()).await.expect("swept");
    assert_eq!(server.order(order.id).await.state, OrderState::Indeterminate);
    agent.work().await.expect("looks");
    assert_eq!(server.order(order.id).await.state, OrderState::Indeterminate, "not looked into");
    let account = server.account("svc").await.id;
    assert_eq!(server.versions(account).await.len(), 1, "the candidate is kept");

    associate(&server, &agent).await;
    agent.work().await.expect("works");
    let settled = server.order(order.id).await.state;
    assert!(settled.is_terminal(), "{settled}");
    assert!(server.audit_is_intact().await);
}

#[tokio::test]
async fn accounts_that_changed_meanwhile_are_listed_afterwards() {
    let (server, mut agent) = site().await;
    server.advance(Duration::from_secs(3600));
    let mut there = connected(&mut agent).await;
    assert_eq!(look(&mut there).await, (0, None));
    dissociate(&server, &agent).await;
    let before = server.orders().await.len();
    let told = there.look(true).await.expect("answered");
    assert_eq!((told.orders.len(), told.look_every), (0, EVERY));
    let mut walk = rediscover::Walk::default();
    assert_eq!(rediscover::round(server.app(), &mut walk).await.expect("looked"), 0);
    assert_eq!(server.orders().await.len(), before, "nothing is given while it may not work");
    associate(&server, &agent).await;
    let mut walk = rediscover::Walk::default();
    assert_eq!(rediscover::round(server.app(), &mut walk).await.expect("looked"), 1);
}

#[tokio::test]
async fn an_agent_that_does_not_say_that_it_can_is_not_dissociated_a_144() {
    let (server, mut agent) = site().await;
    let device = agent.device();
    let said = server.devices().await.remove(0).capabilities;
    assert_eq!(said, [MANAGED]);
    agent.say_hello(|hello| hello.agent_version = "0.0.1".to_owned()).await.expect("answered");
    let refused = server.associate(device, HOUR).await.expect_err("too old").to_string();
    assert!(
        refused.contains("version 0.0.1") && refused.contains("viewed and deleted"),
        "{refused}"
    );
    // What people give it goes on.
    let order = server.request_reset("svc").await;
    agent.work().await.expect("works");
    assert_eq!(server.order(order.id).await.state, OrderState::Committed);
}

/// An older agent that was dissociated before it was downgraded is held back by
/// the server all the same: it does not depend on the agent's goodwill.
#[tokio::test]
async fn it_does_not_depend_on_the_agent() {
    let (server, mut agent) = site().await;
    dissociate(&server, &agent).await;
    let uow = server.app().store.begin(&server.context()).await.expect("begins");
    let device = uow.devices().lock(agent.device()).await.expect("read").expect("exists");
    assert!(device.is_dissociated());
    uow.rollback().await.expect("rolled back");
    for _ in 0..3 {
        agent.work().await.expect("asks again at once");
    }
    assert_eq!(agent.host.password("svc").expose_str(), Some("x"));
}

/// Its certificate is still valid, but its row stays: it is not taken for a
/// device that this database forgot, and the site does not enter recovery.
#[tokio::test]
async fn a_deleted_agent_is_refused_and_sends_nobody_into_recovery_a_110() {
    let (server, mut agent) = site().await;
    let uow = server.app().store.begin(&server.context()).await.expect("begins");
    let device = uow.devices().lock(agent.device()).await.expect("read").expect("exists");
    let version = device.version;
    let orphan = Device { resource: None, former_resource: device.resource, ..device };
    uow.devices().update(orphan, version).await.expect("stored");
    let _ = uow.commit_unaudited("a test").await.expect("committed");

    let owner = Subject::with_role(server.owner(), Role::Administrator);
    let facts = agent_management::facts(server.app(), agent.device()).await.expect("its owner's");
    let granted = decide(&owner, ManageAgent, facts).expect("granted");
    agent_management::delete(server.app(), &server.context(), granted).await.expect("deleted");

    assert!(agent.connect().await.is_err(), "a deleted agent has no session");
    assert_eq!(server.recovery_reason().await, None);
    let kept = server.devices().await;
    assert_eq!(kept.len(), 1, "not taken in again as another device");
    assert_eq!((kept[0].id, kept[0].state), (agent.device(), DeviceState::Retired));
}
