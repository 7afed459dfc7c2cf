//! `sekisho-agent update`: a host moves to the owner of another key
//! (A-047… ).

use sekisho_model::device::EnrolmentRefusal;
use sekisho_model::id::{ResourceId, UserId};
use sekisho_model::order::OrderState;
use sekisho_server::agent_management::association::Wanted;
use sekisho_store::{Access as _, AuditFilter, Page, Resource, ResourceFilter};
use sekisho_testkit::{Agent, Fault, Host, Server, Stopped};
use sekisho_wire::enrolment::EnrolmentOutcome;
use sekisho_wire::route::RouteName;

const REHOMED: u16 = 619;

async fn site() -> (Server, Agent, UserId) {
    let server = Server::new().await;
    let mut agent = Agent::enrol(&server, Host::with(&[("svc", "x")]), "web-1").await;
    agent.work().await.expect("works");
    server.request_reset("svc").await;
    agent.work().await.expect("works");
    let other = server.add_user("other").await;
    (server, agent, other)
}

async fn told(server: &Server, code: u16) -> usize {
    let filter = AuditFilter { codes: vec![code], ..AuditFilter::default() };
    let lines = server.app().store.read().audit().list(&filter, &Page::first(50)).await;
    lines.expect("read").items.len()
}

async fn resources_of(server: &Server, owner: UserId) -> Vec<Resource> {
    let filter = ResourceFilter { owner: Some(owner), ..ResourceFilter::default() };
    let found = server.app().store.read().resources().list(&filter, &Page::first(50)).await;
    found.expect("read").items
}

/// The accounts of a resource, and how many of their passwords are known.
async fn accounts_of(server: &Server, resource: ResourceId) -> (usize, usize) {
    let reader = server.app().store.read();
    let page = Page::first(50);
    let found = reader.accounts().list(resource, true, &page).await.expect("read").items;
    let known = found.iter().filter(|account| account.current_version.is_some()).count();
    (found.len(), known)
}

async fn move_to(server: &Server, agent: &mut Agent, owner: UserId) -> EnrolmentOutcome {
    let key = server.enrolment_key_of(owner).await;
    agent.update(server, &key, "web-1").await
}

#[track_caller]
fn refused(outcome: &EnrolmentOutcome) -> EnrolmentRefusal {
    match outcome {
        EnrolmentOutcome::Refused { reason } => *reason,
        accepted => panic!("accepted: {accepted:?}"),
    }
}

#[tokio::test]
async fn the_resource_is_added_anew_and_the_former_owner_keeps_the_accounts_a_047_a_048_a_049() {
    let (server, mut agent, other) = site().await;
    let (device, works) = (agent.device(), agent.host.password("svc"));
    let first = resources_of(&server, server.owner()).await.remove(0);
    // The agent is connected meanwhile, and stays so.
    let mut there = agent.connect().await.expect("connects");
    assert_eq!(there.fetch().await.expect("live"), 0);
    let moved = move_to(&server, &mut agent, other).await;
    let EnrolmentOutcome::Accepted { device: same, certificate, rehomed, .. } = &moved else {
        panic!("refused: {moved:?}");
    };
    assert_eq!((*same, certificate.is_none(), *rehomed), (device, true, true));
    assert_eq!(there.fetch().await.expect("the same session"), 1, "it lists the accounts");
    drop(there);
    agent.work().await.expect("works");

    let second = resources_of(&server, other).await.remove(0);
    assert_eq!((&second.name, &second.dns_name), (&first.name, &first.dns_name));
    assert_eq!(accounts_of(&server, second.id).await, (1, 0), "she knows no password of his");
    assert_eq!(accounts_of(&server, first.id).await, (1, 1), "he keeps his");
    let row = server.devices().await.remove(0);
    assert_eq!((row.resource, row.former_resource), (Some(second.id), Some(first.id)));
    assert_eq!(told(&server, REHOMED).await, 1);
    assert_eq!(agent.host.password("svc"), works, "nothing was changed on the host");

    // The former owner can still be asked for what works, and no agent resets
    // it behind the new one's back.
    let his = server.app().store.read().accounts();
    let page = Page::first(5);
    let his = his.list(first.id, true, &page).await.expect("read").items.remove(0);
    let (app, context) = (server.app(), server.context());
    let no_agent = sekisho_server::orders::request_reset(app, &context, his.clone(), "test");
    assert!(no_agent.await.expect_err("no agent").to_string().contains("no agent serves"));
    assert!(server.versions(his.id).await.iter().any(|(_, value)| *value == works));
}

#[tokio::test]
async fn an_agent_that_comes_back_finds_its_accounts() {
    let (server, mut agent, other) = site().await;
    let first = resources_of(&server, server.owner()).await.remove(0);
    assert!(matches!(move_to(&server, &mut agent, other).await, EnrolmentOutcome::Accepted { .. }));
    agent.work().await.expect("works");
    let owner = server.owner();
    assert!(matches!(move_to(&server, &mut agent, owner).await, EnrolmentOutcome::Accepted { .. }));
    assert_eq!(server.devices().await[0].resource, Some(first.id));
    assert_eq!(resources_of(&server, owner).await.len(), 1, "no second one was added");
    agent.work().await.expect("works");
    assert_eq!(accounts_of(&server, first.id).await, (1, 1));
    assert_eq!(told(&server, REHOMED).await, 2);
}

#[tokio::test]
async fn a_lost_answer_may_be_asked_for_again_and_changes_nothing_twice() {
    let (server, mut agent, other) = site().await;
    let key = server.enrolment_key_of(other).await;
    for _ in 0..2 {
        let moved = agent.update(&server, &key, "web-1").await;
        assert!(matches!(moved, EnrolmentOutcome::Accepted { rehomed: true, .. }), "{moved:?}");
    }
    assert_eq!((told(&server, REHOMED).await, resources_of(&server, other).await.len()), (1, 1));
}

#[tokio::test]
async fn what_is_not_to_be_moved_is_refused_by_name() {
    let (server, mut agent, other) = site().await;
    let owner = server.owner();
    let same = move_to(&server, &mut agent, owner).await;
    assert_eq!(refused(&same), EnrolmentRefusal::SameOwner);

    // A reset that is open: its outcome would have nowhere to go.
    agent.network.break_next(RouteName::Fetch, Fault::LoseAnswer);
    let order = server.request_reset("svc").await;
    assert!(matches!(agent.work().await, Err(Stopped::Session(_))));
    assert_eq!(server.order(order.id).await.state, OrderState::Delivered);
    let busy = move_to(&server, &mut agent, other).await;
    assert_eq!(refused(&busy), EnrolmentRefusal::Busy);
    assert!(resources_of(&server, other).await.is_empty());
    agent.work().await.expect("settles it");
    assert_eq!(server.order(order.id).await.state, OrderState::Committed);

    // One that nobody has fetched is withdrawn: nothing was begun.
    let order = server.request_reset("svc").await;
    assert!(matches!(move_to(&server, &mut agent, other).await, EnrolmentOutcome::Accepted { .. }));
    assert_eq!(server.order(order.id).await.state, OrderState::Cancelled);
    let works = agent.host.password("svc");
    agent.work().await.expect("works");
    assert_eq!(agent.host.password("svc"), works);

    // A host that the server does not know must enrol.
    let stranger = Server::new().await;
    let mut unknown = Agent::enrol(&stranger, Host::with(&[("svc", "x")]), "web-1").await;
    let uow = stranger.app().store.begin(&stranger.context()).await.expect("begins");
    let device = uow.devices().lock(unknown.device()).await.expect("read").expect("exists");
    let version = device.version;
    let blocked = sekisho_model::device::DeviceState::Blocked;
    let device = sekisho_store::Device { state: blocked, ..device };
    uow.devices().update(device, version).await.expect("stored");
    let _ = uow.commit_unaudited("a test").await.expect("committed");
    let other = stranger.add_user("other").await;
    let outcome = move_to(&stranger, &mut unknown, other).await;
    assert_eq!(refused(&outcome), EnrolmentRefusal::Blocked);
}

#[tokio::test]
async fn a_dissociated_agent_is_associated_with_its_new_resource() {
    let (server, mut agent, other) = site().await;
    let hour = Wanted::Dissociated { look_every_s: 3600 };
    server.associate(agent.device(), hour).await.expect("dissociated");
    assert!(matches!(move_to(&server, &mut agent, other).await, EnrolmentOutcome::Accepted { .. }));
    assert!(!server.devices().await[0].is_dissociated());
    agent.work().await.expect("works");
    let second = resources_of(&server, other).await.remove(0);
    assert_eq!(accounts_of(&server, second.id).await, (1, 0));
}

/// Another host that claims the name of a resource that had an agent does not
/// get it, also when no agent serves it now.
#[tokio::test]
async fn a_resource_that_an_agent_left_is_not_taken_by_another_host() {
    let (server, mut agent, other) = site().await;
    assert!(matches!(move_to(&server, &mut agent, other).await, EnrolmentOutcome::Accepted { .. }));
    let first = resources_of(&server, server.owner()).await.remove(0);
    let thief = Agent::enrol(&server, Host::with(&[("svc", "y")]), "web-1");
    let thief = thief.await.device();
    let devices = server.devices().await;
    let thief = devices.iter().find(|device| device.id == thief).expect("known");
    assert_eq!(thief.resource, None, "the name is taken");
    assert!(devices.iter().all(|device| device.resource != Some(first.id)));
}

/// A request that was kept on the way, as it would come with another connection.
async fn brought_again(server: &Server, agent: &Agent, kept: &[(String, Vec<u8>)]) {
    for (path, body) in kept {
        // Its answer is sealed to the one who made it.
        let _ = server.plane().call(agent.network.peer(), "POST", path, body).await;
    }
}

/// Whoever stands between the two can keep the request of a move, and bring it
/// again after the host has moved on.
#[tokio::test]
async fn a_move_that_was_recorded_is_not_made_again() {
    let (server, mut agent, other) = site().await;
    let key = server.window_key_of(other).await;
    agent.network.break_next(RouteName::Enrol, Fault::Keep);
    assert!(matches!(
        agent.update(&server, &key, "web-1").await,
        EnrolmentOutcome::Accepted { rehomed: true, .. }
    ));
    agent.work().await.expect("works");
    let back = server.window_key_of(server.owner()).await;
    assert!(matches!(
        agent.update(&server, &back, "web-1").await,
        EnrolmentOutcome::Accepted { rehomed: true, .. }
    ));
    agent.work().await.expect("works");
    let (home, moves) = (server.devices().await.remove(0).resource, told(&server, REHOMED).await);

    let kept = agent.network.kept();
    brought_again(&server, &agent, &kept).await;

    assert_eq!(server.devices().await.remove(0).resource, home);
    assert_eq!(told(&server, REHOMED).await, moves);
}

/// Nor is one that was refused, once nothing stands against it any more.
#[tokio::test]
async fn a_move_that_was_refused_is_not_made_later_by_a_copy() {
    let (server, mut agent, other) = site().await;
    server.request_reset("svc").await;
    agent.network.break_next(RouteName::Receipt, Fault::LoseRequest);
    assert!(agent.work().await.is_err(), "the receipt is lost");
    let key = server.window_key_of(other).await;
    agent.network.break_next(RouteName::Enrol, Fault::Keep);
    assert_eq!(refused(&agent.update(&server, &key, "web-1").await), EnrolmentRefusal::Busy);
    agent.work_through().await;

    let kept = agent.network.kept();
    brought_again(&server, &agent, &kept).await;

    assert_eq!(told(&server, REHOMED).await, 0);
}
