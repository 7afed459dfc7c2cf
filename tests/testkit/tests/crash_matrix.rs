//! The crash matrix of `pam.md` §5.4, row by row, and the reconcile table: at
//! every instant at which server or agent can die, the value that works on the
//! host is one the server knows, and shows for what it is.

use std::time::Duration;

use sekisho_model::Secret;
use sekisho_model::account::{Knowledge, SecretState, VerifyResult};
use sekisho_model::device::DeviceState;
use sekisho_model::id::OrderId;
use sekisho_model::order::{Operation, OrderState, RefusalClass};
use sekisho_server::orders;
use sekisho_store::{Access, Order};
use sekisho_testkit::{Agent, Crash, Fault, Host, Server, Stopped};
use sekisho_wire::route::RouteName;

const ACCOUNT: &str = "svc";
const FIRST: &str = "what-nobody-told-the-server";

/// A site with one enrolled, discovered host whose password was set once
/// through the agent.
async fn site() -> (Server, Agent) {
    let server = Server::new().await;
    let host = Host::with(&[(ACCOUNT, FIRST), ("other", "x")]);
    let mut agent = Agent::enrol(&server, host, "web-1").await;
    agent.work().await.expect("discovers");
    server.request_reset(ACCOUNT).await;
    agent.work().await.expect("resets");
    assert_settled(&server, &agent).await;
    (server, agent)
}

/// Nothing is lost: the value that works is among those the server knows.
async fn assert_known(server: &Server, agent: &Agent) {
    let works = agent.host.password(ACCOUNT);
    let account = server.account(ACCOUNT).await;
    let versions = server.versions(account.id).await;
    let known = versions.iter().find(|(_, value)| *value == works);
    let (version, _) = known.expect("the password of the host is one the server knows");
    assert!(
        matches!(
            version.state,
            SecretState::Current | SecretState::Indeterminate | SecretState::Candidate
        ),
        "the value that works is shown as {}",
        version.state
    );
    assert!(server.audit_is_intact().await);
}

/// No order is open and the current value is the one that works.
async fn assert_settled(server: &Server, agent: &Agent) {
    assert_known(server, agent).await;
    let current = server.current(ACCOUNT).await;
    assert_eq!(current, Some(agent.host.password(ACCOUNT)), "the current value works");
    let open: Vec<_> =
        server.orders().await.into_iter().filter(|order| !order.state.is_terminal()).collect();
    assert!(open.is_empty(), "orders are still open: {open:?}");
}

async fn state(server: &Server, order: OrderId) -> OrderState {
    server.order(order).await.state
}

/// The newest reset, which may be a retry of the one that was asked for.
async fn newest_reset(server: &Server) -> Order {
    let resets = server.orders().await.into_iter();
    let resets = resets.filter(|order| order.operation == Operation::Reset);
    resets.max_by_key(|order| (order.created_at, order.attempt)).expect("there is one")
}

#[tokio::test]
async fn row_01_server_dies_before_the_candidate_is_committed() {
    let (server, agent) = site().await;
    let before = server.orders().await.len();
    let account = server.account(ACCOUNT).await;
    let versions = server.versions(account.id).await.len();
    // The request is dropped after every number of steps it can take: each
    // time it has happened wholly or not at all.
    let mut seen = (false, false);
    let mut polls = 0;
    while polls < 100_000 {
        let context = server.context();
        let request = orders::request_reset(server.app(), &context, account.clone(), "test");
        let _ended = poll_times(request, polls).await;
        polls = polls * 5 / 4 + 1;
        // The database works on: a commit that was asked for may still land.
        // There is one writer, so holding it means that nothing is under way.
        let writer = server.app().store.begin(&server.context()).await.expect("free again");
        let orders = server.orders().await.len() - before;
        let candidates = server.versions(account.id).await.len() - versions;
        writer.rollback().await.expect("nothing was written");
        assert_eq!(orders, candidates, "an order without its candidate, or the other way");
        seen.0 |= orders == 0;
        if orders == 1 {
            seen.1 = true;
            break;
        }
    }
    assert_eq!(seen, (true, true), "the request was cut both before and after its commit");
    assert_known(&server, &agent).await;
}

#[tokio::test]
async fn row_02_server_dies_before_delivery() {
    let (server, mut agent) = site().await;
    let order = server.request_reset(ACCOUNT).await;
    let server = server.restart().await;
    agent.network.lead_to(server.plane());
    assert_eq!(state(&server, order.id).await, OrderState::Queued);
    agent.work().await.expect("works");
    let after = server.order(order.id).await;
    assert_eq!(after.state, OrderState::Committed);
    assert_eq!(after.candidate_version, order.candidate_version, "the same candidate");
    assert_settled(&server, &agent).await;
}

#[tokio::test]
async fn row_03_link_lost_while_the_order_is_on_its_way() {
    let (server, mut agent) = site().await;
    let changes = agent.host.changes();
    let order = server.request_reset(ACCOUNT).await;
    agent.network.break_next(RouteName::Fetch, Fault::LoseAnswer);
    assert!(agent.work().await.is_err());
    assert_eq!(state(&server, order.id).await, OrderState::Delivered, "RST-7");
    assert_known(&server, &agent).await;
    agent.work().await.expect("works");
    assert_eq!(state(&server, order.id).await, OrderState::Committed);
    assert_eq!(agent.host.changes(), changes + 1, "applied once");
    let deliveries = server.app().store.read().orders().deliveries(order.id).await;
    let seqs: Vec<u64> = deliveries.expect("read").iter().map(|one| one.seq).collect();
    assert!(seqs.len() == 2 && seqs[0] > seqs[1], "the same order with a new seq: {seqs:?}");
    assert_settled(&server, &agent).await;
}

#[tokio::test]
async fn row_03_a_time_out_alone_never_ends_a_delivered_order() {
    let (server, mut agent) = site().await;
    let order = server.request_reset(ACCOUNT).await;
    agent.network.break_next(RouteName::Fetch, Fault::LoseAnswer);
    assert!(agent.work().await.is_err());
    server.advance(Duration::from_secs(11 * 60));
    orders::sweep::round(server.app()).await.expect("sweeps");
    assert_eq!(state(&server, order.id).await, OrderState::Indeterminate);
    let account = server.account(ACCOUNT).await;
    let knowledge = server.app().store.read().accounts().knowledge(&[account]).await;
    assert!(knowledge.expect("read").values().all(|k| *k == Knowledge::Indeterminate));
    assert_known(&server, &agent).await;
    agent.work_through().await;
    assert_settled(&server, &agent).await;
}

#[tokio::test]
async fn row_04_agent_dies_before_the_intent_is_durable() {
    let (server, mut agent) = site().await;
    let changes = agent.host.changes();
    // Every disk operation of the whole reset, one after the other: from none
    // at all to all of them. Rows 4, 5, 6 and 7 lie on this line.
    let mut finished = 0;
    for operations in 0..400 {
        if newest_reset(&server).await.state.is_terminal() {
            server.request_reset(ACCOUNT).await;
        }
        agent.disk.power_off_after(operations);
        let worked = agent.work().await;
        agent.disk.crash();
        assert_known(&server, &agent).await;
        if worked.is_ok() {
            finished += 1;
            if finished == 3 {
                break;
            }
        }
        server.advance(Duration::from_secs(60));
    }
    assert!(finished > 0, "the reset never came to its end");
    for _ in 0..8 {
        agent.work_through().await;
        server.advance(Duration::from_secs(3700));
    }
    assert_settled(&server, &agent).await;
    assert!(agent.host.changes() > changes);
}

#[tokio::test]
async fn row_05_agent_dies_between_intent_and_apply() {
    let (server, mut agent) = site().await;
    let before = agent.host.password(ACCOUNT);
    let order = server.request_reset(ACCOUNT).await;
    agent.host.crash_at(Crash::BeforeApply);
    assert!(matches!(agent.work().await, Err(Stopped::Crashed(Crash::BeforeApply))));
    assert_eq!(agent.host.password(ACCOUNT), before);
    assert_known(&server, &agent).await;
    // Unknown → verify: candidate no, former yes → not applied → a new one.
    agent.work().await.expect("works");
    assert_eq!(state(&server, order.id).await, OrderState::NotApplied);
    assert_eq!(newest_reset(&server).await.state, OrderState::Committed);
    assert_settled(&server, &agent).await;
}

#[tokio::test]
async fn row_06_agent_dies_between_apply_and_outcome() {
    let (server, mut agent) = site().await;
    let changes = agent.host.changes();
    let order = server.request_reset(ACCOUNT).await;
    agent.host.crash_at(Crash::AfterApply);
    assert!(matches!(agent.work().await, Err(Stopped::Crashed(Crash::AfterApply))));
    assert_known(&server, &agent).await;
    agent.work().await.expect("works");
    assert_eq!(state(&server, order.id).await, OrderState::Committed);
    assert_eq!(agent.host.changes(), changes + 1, "never run again");
    assert_settled(&server, &agent).await;
}

#[tokio::test]
async fn row_06_what_a_check_finds_outlives_the_power() {
    let (server, mut agent) = site().await;
    let order = server.request_reset(ACCOUNT).await;
    // The agent is killed before it has synced; the host lives on.
    agent.host.crash_at(Crash::AfterApply);
    assert!(agent.work().await.is_err());
    agent.work().await.expect("is asked what works");
    assert_eq!(state(&server, order.id).await, OrderState::Committed);
    agent.host.lose_power();
    assert_settled(&server, &agent).await;
}

#[tokio::test]
async fn row_06_a_change_that_cannot_be_synced_stays_open_until_it_can() {
    for keeps_its_power in [true, false] {
        let (server, mut agent) = site().await;
        agent.host.set_syncs_fail(true);
        let order = server.request_reset(ACCOUNT).await;
        agent.work().await.expect("works");
        assert_eq!(state(&server, order.id).await, OrderState::Reconciling);
        assert_known(&server, &agent).await;
        if !keeps_its_power {
            agent.host.lose_power();
            assert_known(&server, &agent).await;
        }
        agent.host.set_syncs_fail(false);
        server.advance(Duration::from_secs(90));
        orders::sweep::round(server.app()).await.expect("sweeps");
        agent.work_through().await;
        let ended = if keeps_its_power { OrderState::Committed } else { OrderState::NotApplied };
        assert_eq!(state(&server, order.id).await, ended);
        agent.host.lose_power();
        assert_settled(&server, &agent).await;
    }
}

#[tokio::test]
async fn row_07_report_lost_or_server_dies_before_it_commits() {
    let (server, mut agent) = site().await;
    let order = server.request_reset(ACCOUNT).await;
    agent.network.break_next(RouteName::Receipt, Fault::LoseRequest);
    assert!(agent.work().await.is_err());
    assert_known(&server, &agent).await;
    let server = server.restart().await;
    agent.network.lead_to(server.plane());
    agent.work().await.expect("reports");
    assert_eq!(state(&server, order.id).await, OrderState::Committed);
    assert_settled(&server, &agent).await;
}

#[tokio::test]
async fn row_08_server_dies_between_commit_and_ack() {
    let (server, mut agent) = site().await;
    let changes = agent.host.changes();
    let order = server.request_reset(ACCOUNT).await;
    agent.network.break_next(RouteName::Receipt, Fault::LoseAnswer);
    assert!(agent.work().await.is_err());
    assert_eq!(state(&server, order.id).await, OrderState::Committed);
    let server = server.restart().await;
    agent.network.lead_to(server.plane());
    let lines = server.order(order.id).await;
    agent.work().await.expect("reports again");
    assert_eq!(server.order(order.id).await, lines, "the second report changes nothing");
    assert_eq!(agent.host.changes(), changes + 1);
    assert_settled(&server, &agent).await;
}

#[tokio::test]
async fn row_09_agent_wiped_after_apply() {
    let (server, mut agent) = site().await;
    let order = server.request_reset(ACCOUNT).await;
    agent.network.break_next(RouteName::Receipt, Fault::LoseRequest);
    assert!(agent.work().await.is_err());
    let host = agent.host.clone();
    drop(agent);
    // The name is taken by the old device: the new one waits without a
    // resource until an administrator gives it the old one's.
    let mut agent = Agent::enrol(&server, host, "web-1").await;
    let old = server.app().store.read().devices().find(order.device).await;
    let resource = old.expect("read").expect("exists").resource;
    agent.remap(&server, resource).await;
    assert_known(&server, &agent).await;
    server.advance(Duration::from_secs(11 * 60));
    orders::sweep::round(server.app()).await.expect("sweeps");
    agent.work_through().await;
    assert_eq!(state(&server, order.id).await, OrderState::Committed);
    assert_settled(&server, &agent).await;
}

#[tokio::test]
async fn row_10_server_restored_from_a_backup_older_than_the_reset() {
    let (server, mut agent) = site().await;
    let backup = server.backup().await;
    for _ in 0..3 {
        server.request_reset(ACCOUNT).await;
        agent.work().await.expect("works");
    }
    let works = agent.host.password(ACCOUNT);
    let server = server.restored_from(backup).await;
    agent.network.lead_to(server.plane());
    assert_ne!(server.current(ACCOUNT).await, Some(works.clone()), "it has forgotten");

    // The agent knows more: no order is given, the escrows are handed in.
    agent.work().await.expect("hands in its escrows");
    assert!(server.recovery_reason().await.expect("in recovery").contains("order seq"));
    let account = server.account(ACCOUNT).await;
    let refused = orders::request_reset(server.app(), &server.context(), account, "test").await;
    assert!(matches!(refused, Err(orders::OrderError::Recovery)));

    // The operator enters the recovery key; the agent checks what works.
    let recovered = server.recover().await;
    assert_eq!((recovered.recovered, recovered.skipped), (3, 0));
    assert_known(&server, &agent).await;
    agent.work().await.expect("checks");
    assert_eq!(server.current(ACCOUNT).await, Some(works));
    assert_settled(&server, &agent).await;

    // And it goes on from there.
    server.request_reset(ACCOUNT).await;
    agent.work().await.expect("works");
    assert_settled(&server, &agent).await;
}

#[tokio::test]
async fn row_10_escrows_that_were_lost_on_the_way_when_the_recovery_was_ended() {
    let (server, mut agent) = site().await;
    let backup = server.backup().await;
    server.request_reset(ACCOUNT).await;
    agent.work().await.expect("works");
    let works = agent.host.password(ACCOUNT);
    let server = server.restored_from(backup).await;
    agent.network.lead_to(server.plane());
    agent.network.break_next(RouteName::Escrow, Fault::LoseRequest);
    assert!(agent.work().await.is_err());
    // Somebody does not wait for the agents.
    assert_eq!(server.recover().await.recovered, 0);
    agent.work().await.expect("is asked again");
    assert!(server.recovery_reason().await.expect("in recovery").contains("order seq"));
    assert_eq!(server.recover().await.recovered, 1);
    agent.work().await.expect("checks");
    assert_eq!(server.current(ACCOUNT).await, Some(works));
    assert_settled(&server, &agent).await;
    assert_eq!(server.recovery_reason().await, None, "it is told once");
}

#[tokio::test]
async fn row_10_a_device_that_enrolled_after_the_backup() {
    let server = Server::new().await;
    let backup = server.backup().await;
    let mut agent = Agent::enrol(&server, Host::with(&[(ACCOUNT, FIRST)]), "web-1").await;
    agent.work().await.expect("discovers");
    for _ in 0..2 {
        server.request_reset(ACCOUNT).await;
        agent.work().await.expect("resets");
    }
    let works = agent.host.password(ACCOUNT);
    let server = server.restored_from(backup).await;
    agent.network.lead_to(server.plane());

    // Its certificate speaks for it, and an administrator has to.
    assert!(agent.work().await.is_err(), "no session yet");
    assert!(agent.work().await.is_err(), "and not by asking twice");
    assert!(server.recovery_reason().await.expect("in recovery").contains("enrolment"));
    let device = server.device("test").await;
    assert_eq!((device.state, device.resource), (DeviceState::Pending, None));
    let device = server.approve(device.id).await;
    assert!(device.resource.is_some(), "it serves a resource again");

    agent.work().await.expect("hands in its escrows");
    assert_eq!(server.recover().await.recovered, 2);
    agent.work_through().await;
    assert_eq!(server.current(ACCOUNT).await, Some(works));
    assert_settled(&server, &agent).await;
    server.request_reset(ACCOUNT).await;
    agent.work().await.expect("works on");
    assert_settled(&server, &agent).await;
}

#[tokio::test]
async fn row_10_a_forgotten_device_that_is_approved_when_the_recovery_has_ended() {
    let server = Server::new().await;
    let backup = server.backup().await;
    let mut agent = Agent::enrol(&server, Host::with(&[(ACCOUNT, FIRST)]), "web-1").await;
    agent.work().await.expect("discovers");
    server.request_reset(ACCOUNT).await;
    agent.work().await.expect("resets");
    let server = server.restored_from(backup).await;
    agent.network.lead_to(server.plane());
    assert!(agent.work().await.is_err());
    assert_eq!(server.recover().await.recovered, 0);
    server.approve(server.device("test").await.id).await;
    agent.work().await.expect("is asked for its escrows");
    assert!(server.recovery_reason().await.expect("again").contains("order seq"));
    assert_eq!(server.recover().await.recovered, 1);
    agent.work_through().await;
    assert_settled(&server, &agent).await;
}

/// A certificate says who a device is, a relayed one says nothing: the Hello
/// has to be signed with its key.
#[tokio::test]
async fn row_10_nobody_becomes_a_forgotten_device_by_its_certificate_alone() {
    let server = Server::new().await;
    let backup = server.backup().await;
    let agent = Agent::enrol(&server, Host::with(&[(ACCOUNT, FIRST)]), "web-1").await;
    let mut thief = Agent::enrol(&server, Host::with(&[(ACCOUNT, FIRST)]), "web-2").await;
    let server = server.restored_from(backup).await;
    agent.network.lead_to(server.plane());
    thief.steal_certificate(&server, &agent);
    assert!(thief.work().await.is_err());
    assert_eq!(server.recovery_reason().await, None, "nothing happened");
}

/// Everybody can seal to the recovery key: it is public. A device speaks for
/// the accounts of its own resource, and what cannot be read holds nobody up.
#[tokio::test]
async fn row_10_escrows_of_others_accounts_and_unreadable_ones_change_nothing() {
    let (server, mut agent) = site().await;
    let mut rogue = Agent::enrol(&server, Host::with(&[("svc2", FIRST)]), "web-2").await;
    rogue.work().await.expect("discovers");
    let backup = server.backup().await;
    server.request_reset(ACCOUNT).await;
    agent.work().await.expect("resets");
    let works = agent.host.password(ACCOUNT);
    let server = server.restored_from(backup).await;
    agent.network.lead_to(server.plane());
    agent.work().await.expect("hands in its escrows");
    let rogue = server.device("web-2").await.id;
    let (victim, known) = {
        let account = server.account(ACCOUNT).await;
        let versions = server.versions(account.id).await;
        (account, versions.first().expect("one").0.id)
    };
    server.hand_in(rogue, &victim, None, "chosen by a thief").await;
    server.hand_in(rogue, &victim, Some(known), "chosen by a thief").await;
    server.hand_in_unreadable(rogue, &victim).await;

    let done = server.recover().await;
    assert_eq!((done.recovered, done.skipped, done.unreadable), (1, 2, 1));
    agent.work_through().await;
    assert_eq!(server.current(ACCOUNT).await, Some(works));
    assert_settled(&server, &agent).await;
    let chosen = Secret::from("chosen by a thief");
    let versions = server.versions(victim.id).await;
    assert!(versions.iter().all(|(_, value)| *value != chosen));
}

/// Found by the simulator. The backup is from between the delivery and the
/// receipt, so the agent has seen no higher seq than the restored server.
#[tokio::test]
async fn row_10_a_delivered_reset_whose_receipt_was_forgotten_longer_than_agents_remember() {
    let (server, mut agent) = site().await;
    server.request_reset(ACCOUNT).await;
    agent.network.break_next(RouteName::Receipt, Fault::LoseRequest);
    assert!(agent.work().await.is_err());
    let backup = server.backup().await;
    agent.work().await.expect("reports");
    let changes = agent.host.changes();
    let server = server.restored_from(backup).await;
    agent.network.lead_to(server.plane());
    server.advance(Duration::from_secs(8 * 24 * 3600));
    agent.tidy().expect("starts");
    agent.work().await.expect("says again what came of it");
    assert_eq!(agent.host.changes(), changes, "not carried out a second time");
    assert_settled(&server, &agent).await;
}

#[tokio::test]
async fn row_10_an_agent_that_refuses_because_it_holds_a_newer_password_is_asked_for_it() {
    let (server, mut agent) = site().await;
    let backup = server.backup().await;
    server.request_reset(ACCOUNT).await;
    agent.work().await.expect("works");
    let server = server.restored_from(backup).await;
    agent.network.lead_to(server.plane());
    // Nothing but the password itself tells that something was forgotten.
    agent.name_no_order();
    let order = server.request_reset(ACCOUNT).await;
    let uow = server.app().store.begin(&server.context()).await.expect("begins");
    uow.devices().raise_seq(order.device, 100).await.expect("raised");
    let _ = uow.commit_unaudited("a test").await.expect("committed");
    assert!(agent.work().await.is_err(), "its session ends with the refusal");
    assert!(server.recovery_reason().await.expect("in recovery").contains("password version"));
    let live = server.app().store.read().device_sessions().live(order.device).await;
    assert!(live.expect("read").is_none(), "its next word is a Hello");
    agent.work().await.expect("hands in its escrows");
    assert_eq!(server.recover().await.recovered, 1);
    agent.work_through().await;
    assert_settled(&server, &agent).await;
}

/// Found by the simulator, with a clock that somebody had set years ahead.
#[tokio::test]
async fn row_10_the_escrow_of_what_works_outlives_those_that_came_to_nothing() {
    let (server, mut agent) = site().await;
    let backup = server.backup().await;
    server.request_reset(ACCOUNT).await;
    agent.work().await.expect("works");
    let works = agent.host.password(ACCOUNT);
    server.request_reset(ACCOUNT).await;
    agent.host.crash_at(Crash::BeforeApply);
    assert!(agent.work().await.is_err());
    server.advance(Duration::from_secs(40 * 24 * 3600));
    agent.tidy().expect("starts");
    let server = server.restored_from(backup).await;
    agent.network.lead_to(server.plane());
    assert!(agent.show_certificate(&server), "it lived 30 days");
    agent.request_certificate().await;
    agent.show_certificate(&server);
    agent.work_through().await;
    server.recover().await;
    assert_known(&server, &agent).await;
    agent.work_through().await;
    assert_eq!(server.current(ACCOUNT).await, Some(works));
    assert_settled(&server, &agent).await;
}

#[tokio::test]
async fn row_10_a_restored_server_that_has_used_the_same_numbers_again() {
    let (server, mut agent) = site().await;
    let backup = server.backup().await;
    let forgotten = server.request_reset(ACCOUNT).await;
    agent.work().await.expect("works");
    let works = agent.host.password(ACCOUNT);
    let server = server.restored_from(backup).await;
    agent.network.lead_to(server.plane());
    // Somebody repeats a fetch of before: what was waiting is given, to nobody,
    // with the seq of the order that was forgotten.
    let uow = server.app().store.begin(&server.context()).await.expect("begins");
    let device = server.device("web-1").await.id;
    uow.devices().raise_seq(device, 100).await.expect("raised");
    let _ = uow.commit_unaudited("a test").await.expect("committed");
    agent.work().await.expect("hands in its escrows");
    let reason = server.recovery_reason().await.expect("in recovery");
    assert!(reason.contains(&format!("order {} with seq", forgotten.id)), "{reason}");
    assert_eq!(server.recover().await.recovered, 1);
    agent.work_through().await;
    assert_eq!(server.current(ACCOUNT).await, Some(works));
    // What was told once sends nobody into recovery again.
    server.advance(Duration::from_secs(25 * 3600));
    agent.work_through().await;
    assert!(server.recovery_reason().await.is_none());
    assert_settled(&server, &agent).await;
}

#[tokio::test]
async fn row_10_a_reset_that_is_asked_for_before_the_recovered_value_is_checked() {
    let server = Server::new().await;
    let mut agent = Agent::enrol(&server, Host::with(&[(ACCOUNT, FIRST)]), "web-1").await;
    agent.work().await.expect("discovers");
    let backup = server.backup().await;
    server.request_reset(ACCOUNT).await;
    agent.work().await.expect("works");
    let server = server.restored_from(backup).await;
    agent.network.lead_to(server.plane());
    agent.work().await.expect("hands in its escrows");
    server.recover().await;
    // Both go out with the same fetch: the check moves the current version
    // under the reset, whose base it is not.
    server.request_reset(ACCOUNT).await;
    agent.work().await.expect("works");
    assert_settled(&server, &agent).await;
}

#[tokio::test]
async fn row_10_an_order_that_was_carried_out_in_what_the_server_forgot() {
    let (server, mut agent) = site().await;
    let order = server.request_reset(ACCOUNT).await;
    let backup = server.backup().await;
    agent.work().await.expect("resets");
    // Another one after it, so that the first is not what works.
    server.request_reset(ACCOUNT).await;
    agent.work().await.expect("resets");
    let (works, changes) = (agent.host.password(ACCOUNT), agent.host.changes());
    let server = server.restored_from(backup).await;
    agent.network.lead_to(server.plane());
    assert_eq!(state(&server, order.id).await, OrderState::Queued, "as it was");
    agent.work().await.expect("hands in its escrows");
    server.recover().await;
    assert_eq!(state(&server, order.id).await, OrderState::Indeterminate, "not given again");
    assert_known(&server, &agent).await;
    for _ in 0..3 {
        agent.work().await.expect("is asked what works");
    }
    assert_settled(&server, &agent).await;
    assert!(agent.host.password(ACCOUNT) == works || agent.host.changes() > changes);
}

#[tokio::test]
async fn row_10_an_order_that_was_withdrawn_after_it_had_been_carried_out_and_forgotten() {
    let (server, mut agent) = site().await;
    let order = server.request_reset(ACCOUNT).await;
    let backup = server.backup().await;
    agent.work().await.expect("resets");
    let works = agent.host.password(ACCOUNT);
    let server = server.restored_from(backup).await;
    agent.network.lead_to(server.plane());
    let order = server.order(order.id).await;
    orders::cancel(server.app(), &server.context(), order)
        .await
        .expect("it seems not to have left");
    agent.work().await.expect("hands in its escrows");
    server.recover().await;
    assert_known(&server, &agent).await;
    agent.work().await.expect("is asked what works");
    assert_eq!(server.current(ACCOUNT).await, Some(works));
    assert_settled(&server, &agent).await;
}

#[tokio::test]
async fn row_10_a_reset_that_was_waiting_when_the_backup_was_made() {
    let (server, mut agent) = site().await;
    let order = server.request_reset(ACCOUNT).await;
    let backup = server.backup().await;
    agent.work().await.expect("works");
    let works = agent.host.password(ACCOUNT);
    let server = server.restored_from(backup).await;
    agent.network.lead_to(server.plane());
    agent.work().await.expect("hands in its escrows");
    server.recover().await;

    // The order goes out once more. The agent has run it and says so, for a
    // delivery that this server knows.
    agent.work_through().await;
    assert_eq!(state(&server, order.id).await, OrderState::Committed);
    assert_eq!(server.current(ACCOUNT).await, Some(works.clone()));
    assert_eq!(agent.host.password(ACCOUNT), works, "it was not run again");
    assert_settled(&server, &agent).await;
}

#[tokio::test]
async fn row_10_the_first_password_of_an_account_was_forgotten() {
    let server = Server::new().await;
    let mut agent = Agent::enrol(&server, Host::with(&[(ACCOUNT, FIRST)]), "web-1").await;
    agent.work().await.expect("discovers");
    let backup = server.backup().await;
    server.request_reset(ACCOUNT).await;
    agent.work().await.expect("resets");
    let server = server.restored_from(backup).await;
    agent.network.lead_to(server.plane());
    agent.work().await.expect("hands in its escrows");
    server.recover().await;
    agent.work().await.expect("is asked what works");
    assert_settled(&server, &agent).await;
}

#[tokio::test]
async fn a_look_that_was_withdrawn_or_expired_is_made_again() {
    for withdrawn in [true, false] {
        let (server, mut agent) = site().await;
        server.request_reset(ACCOUNT).await;
        agent.host.crash_at(Crash::AfterApply);
        assert!(agent.work().await.is_err());
        // It reports *unknown*; the look that follows never reaches it.
        agent.network.break_next(RouteName::Fetch, Fault::LoseRequest);
        assert!(agent.work().await.is_err());
        let mut open = server.orders().await.into_iter();
        let look = open.find(|order| order.state == OrderState::Queued).expect("a look");
        if withdrawn {
            orders::cancel(server.app(), &server.context(), look).await.expect("withdrawn");
        } else {
            server.advance(Duration::from_secs(8 * 24 * 3600));
            orders::sweep::round(server.app()).await.expect("sweeps");
        }
        assert_known(&server, &agent).await;
        agent.work_through().await;
        assert_settled(&server, &agent).await;
    }
}

#[tokio::test]
async fn row_11_endpoint_reverted_to_a_snapshot() {
    let (server, mut agent) = site().await;
    let mut old = agent.snapshot();
    server.request_reset(ACCOUNT).await;
    agent.work().await.expect("works");
    let newer = agent.host.password(ACCOUNT);
    assert_ne!(old.host.password(ACCOUNT), newer);
    drop(agent);
    // Longer than anything is called "in use".
    server.advance(Duration::from_secs(3600));
    // The endpoint does not know that it was reverted; its counter tells.
    for _ in 0..4 {
        old.work_through().await;
    }
    assert_settled(&server, &old).await;
    assert_ne!(old.host.password(ACCOUNT), newer, "rotated at once");
}

#[tokio::test]
async fn row_11_an_agent_that_forgot_what_it_did_refuses_it_when_it_is_given_again() {
    let (server, mut agent) = site().await;
    let old = agent.snapshot();
    let order = server.request_reset(ACCOUNT).await;
    agent.network.break_next(RouteName::Receipt, Fault::LoseRequest);
    assert!(agent.work().await.is_err());
    let works = agent.host.password(ACCOUNT);
    // Only the agent's folder goes back.
    agent.disk = old.disk;
    agent.host.refuse(&[RefusalClass::Permanent]);
    server.advance(Duration::from_secs(3600));
    for _ in 0..3 {
        agent.work_through().await;
        assert_known(&server, &agent).await;
    }
    assert_eq!(state(&server, order.id).await, OrderState::Committed);
    let value = server.versions(server.account(ACCOUNT).await.id).await.into_iter();
    let mut value = value.filter(|(version, _)| Some(version.id) == order.candidate_version);
    assert_eq!(value.next().map(|(_, value)| value), Some(works), "what worked was found");
    assert_settled(&server, &agent).await;
}

#[tokio::test]
async fn row_12_somebody_changes_the_password_by_hand() {
    let (server, mut agent) = site().await;
    agent.host.set_by_hand(ACCOUNT, "by hand");
    let account = server.account(ACCOUNT).await;
    let context = server.context();
    let verify = orders::request_verify(server.app(), &context, account, "test").await;
    agent.work().await.expect("works");
    assert_eq!(state(&server, verify.expect("asked").id).await, OrderState::Committed);
    let account = server.account(ACCOUNT).await;
    assert_eq!(account.last_verify_result, Some(VerifyResult::OutOfSync));
    // The agent has local authority: a reset heals it.
    server.request_reset(ACCOUNT).await;
    agent.work().await.expect("works");
    assert_settled(&server, &agent).await;
}

#[tokio::test]
async fn row_13_two_resets_at_once_and_messages_twice() {
    let (server, mut agent) = site().await;
    let changes = agent.host.changes();
    let account = server.account(ACCOUNT).await;
    let context = server.context();
    let (one, two) = tokio::join!(
        orders::request_reset(server.app(), &context, account.clone(), "one"),
        orders::request_reset(server.app(), &context, account.clone(), "two"),
    );
    assert!(one.is_ok() != two.is_ok(), "RST-3: exactly one");
    for route in [RouteName::Fetch, RouteName::Receipt] {
        // The copy is refused as a replay; the call counts as failed and is
        // made again.
        agent.network.break_next(route, Fault::Duplicate);
    }
    for _ in 0..4 {
        let _ = agent.work().await;
    }
    assert_eq!(agent.host.changes(), changes + 1, "applied once");
    assert_settled(&server, &agent).await;
}

#[tokio::test]
async fn a_refusal_by_policy_gets_a_new_candidate_three_times_and_no_more() {
    let (server, mut agent) = site().await;
    let changes = agent.host.changes();
    let first = server.request_reset(ACCOUNT).await;
    agent.host.refuse(&[RefusalClass::Policy; 9]);
    for _ in 0..3 {
        agent.work().await.expect("works");
        server.advance(Duration::from_secs(3700));
    }
    let resets: Vec<Order> = server
        .orders()
        .await
        .into_iter()
        .filter(|order| order.operation == Operation::Reset && order.created_at >= first.created_at)
        .collect();
    assert_eq!(resets.len(), 4, "the first and three retries");
    let mut candidates: Vec<_> = resets.iter().map(|order| order.candidate_version).collect();
    candidates.sort();
    candidates.dedup();
    assert_eq!(candidates.len(), 4, "each with a candidate of its own");
    assert_eq!(agent.host.changes(), changes);
    agent.host.refuse(&[]);
    assert_settled(&server, &agent).await;
}

#[tokio::test]
async fn something_passing_is_tried_again_with_the_same_candidate() {
    let (server, mut agent) = site().await;
    let first = server.request_reset(ACCOUNT).await;
    agent.host.refuse(&[RefusalClass::Transient]);
    agent.work().await.expect("works");
    assert_eq!(state(&server, first.id).await, OrderState::NotApplied);
    let again = newest_reset(&server).await;
    assert_eq!(again.state, OrderState::Queued);
    assert_eq!(again.candidate_version, first.candidate_version);
    server.advance(Duration::from_secs(61));
    agent.work().await.expect("works");
    assert_eq!(state(&server, again.id).await, OrderState::Committed);
    assert_settled(&server, &agent).await;
}

#[tokio::test]
async fn something_permanent_is_not_tried_again() {
    let (server, mut agent) = site().await;
    let first = server.request_reset(ACCOUNT).await;
    agent.host.refuse(&[RefusalClass::Permanent]);
    agent.work().await.expect("works");
    assert_eq!(state(&server, first.id).await, OrderState::NotApplied);
    assert_eq!(newest_reset(&server).await.id, first.id);
    assert_settled(&server, &agent).await;
}

#[tokio::test]
async fn neither_value_works_is_out_of_sync() {
    let (server, mut agent) = site().await;
    let order = server.request_reset(ACCOUNT).await;
    agent.host.crash_at(Crash::BeforeApply);
    assert!(agent.work().await.is_err());
    agent.host.set_by_hand(ACCOUNT, "by hand");
    agent.work().await.expect("works");
    assert_eq!(state(&server, order.id).await, OrderState::OutOfSync);
    let account = server.account(ACCOUNT).await;
    assert_eq!(account.last_verify_result, Some(VerifyResult::OutOfSync));
    server.request_reset(ACCOUNT).await;
    agent.work().await.expect("works");
    assert_settled(&server, &agent).await;
}

#[tokio::test]
async fn cancelled_orders_never_push_out_what_the_agent_holds() {
    let (server, mut agent) = site().await;
    for _ in 0..40 {
        let order = server.request_reset(ACCOUNT).await;
        orders::cancel(server.app(), &server.context(), order).await.expect("cancelled");
    }
    let order = server.request_reset(ACCOUNT).await;
    agent.work().await.expect("works");
    assert_eq!(state(&server, order.id).await, OrderState::Committed);
    assert_settled(&server, &agent).await;
}

#[tokio::test]
async fn a_disk_that_fails_after_the_change_does_not_make_it_happen_twice() {
    for failing in 0..40 {
        let (server, mut agent) = site().await;
        let changes = agent.host.changes();
        server.request_reset(ACCOUNT).await;
        // The agent lives on; only the disk says no, once.
        agent.disk.fail_at(failing, sekisho_testkit::DiskFault::NoSpace);
        agent.network.break_next(RouteName::Receipt, Fault::LoseRequest);
        let _ = agent.work().await;
        assert_known(&server, &agent).await;
        for _ in 0..4 {
            agent.work_through().await;
            server.advance(Duration::from_secs(3700));
        }
        assert!(agent.host.changes() <= changes + 1, "applied twice (operation {failing})");
        assert_settled(&server, &agent).await;
    }
}

/// Polls a future so often and drops it. Returns whether it came to its end.
async fn poll_times<T>(future: impl Future<Output = T>, times: u32) -> bool {
    let mut future = std::pin::pin!(future);
    for _ in 0..times {
        let ready = std::future::poll_fn(|context| {
            let ready = future.as_mut().poll(context).is_ready();
            std::task::Poll::Ready(ready)
        })
        .await;
        if ready {
            return true;
        }
        // The database works on threads of its own: let it.
        tokio::task::yield_now().await;
    }
    false
}
