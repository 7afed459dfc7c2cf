//! All of a change together with its audit events, or nothing.

use sekisho_model::event::{Actor, Event};
use sekisho_model::id::DeviceId;
use sekisho_store::{Access, OrderFilter, Page, StoreError, Unique};

use crate::databases::on_both;

#[test]
fn dropping_rolls_back() {
    on_both(async |world| {
        world.with_site().await;
        let user = world.user("ann");
        let mut work = world.begin().await;
        work.users().insert(user.clone()).await.expect("inserts");
        assert!(work.users().find(user.id).await.expect("reads").is_some(), "seen inside");
        work.record(Event::ServerStopped {});
        work.enqueue("mail", serde_json::json!({}));
        drop(work);

        assert_eq!(world.store.read().users().find(user.id).await.expect("reads"), None);
        assert!(world.store.read().outbox().pending(9).await.expect("reads").is_empty());
        let chain = &world.store.read().audit().chains().await.expect("reads")[0];
        assert_eq!(chain.head_seq, 1, "only the site's own event");
        world.begin().await.rollback().await.expect("the connection is usable again");
    });
}

#[test]
fn a_commit_without_an_event_is_refused() {
    on_both(async |world| {
        world.with_site().await;
        let user = world.user("ann");
        let work = world.begin().await;
        work.users().insert(user.clone()).await.expect("inserts");
        assert_eq!(work.commit().await, Err(StoreError::Unaudited));
        assert_eq!(world.store.read().users().find(user.id).await.expect("reads"), None);

        let work = world.begin().await;
        work.users().insert(user.clone()).await.expect("inserts");
        let done = work.commit_unaudited("a test").await.expect("commits");
        assert_eq!((done.wakes, done.head), (Vec::new(), None));
        assert!(world.store.read().users().find(user.id).await.expect("reads").is_some());
    });
}

/// PostgreSQL answers the COMMIT of a failed transaction with success, and
/// SQLite would commit the half that worked.
#[test]
fn a_swallowed_error_cannot_be_committed() {
    on_both(async |world| {
        world.with_site().await;
        let (ann, bob) = (world.user("ann"), world.user("bob"));
        for audited in [true, false] {
            let mut work = world.begin().await;
            work.users().insert(ann.clone()).await.expect("inserts");
            let twice = work.users().insert(world.user("ann")).await;
            assert_eq!(twice, Err(StoreError::Conflict { what: Unique::LoginName }));
            let _ = work.users().insert(bob.clone()).await;
            work.record(Event::ServerStopped {});
            let done =
                if audited { work.commit().await } else { work.commit_unaudited("a test").await };
            assert_eq!(done, Err(StoreError::Spent));
        }
        let reader = world.store.read();
        assert_eq!(reader.users().find(ann.id).await.expect("reads"), None);
        assert_eq!(reader.users().find(bob.id).await.expect("reads"), None);
    });
}

#[test]
fn a_commit_returns_the_wakes_and_leaves_the_outbox() {
    on_both(async |world| {
        world.with_site().await;
        let (one, two): (DeviceId, DeviceId) = (world.id(), world.id());
        let mut work = world.begin().await;
        work.wake(two);
        work.wake(one);
        work.wake(two);
        work.enqueue("notify", serde_json::json!({"order": 1}));
        work.record_as(Actor::Device(one), Event::ServerStopped {});
        let done = work.commit().await.expect("commits");
        let mut wakes = done.wakes;
        wakes.sort();
        let mut expected = vec![one, two];
        expected.sort();
        assert_eq!(wakes, expected);
        assert_eq!(done.head.expect("an event").0, 2);

        let pending = world.store.read().outbox().pending(10).await.expect("reads");
        assert_eq!(pending.len(), 1);
        assert_eq!(pending[0].payload, serde_json::json!({"order": 1}));
        let work = world.begin().await;
        assert!(work.outbox().done(pending[0].id).await.expect("updates"));
        assert!(!work.outbox().done(pending[0].id).await.expect("updates"));
        let _ = work.commit_unaudited("the outbox was emptied").await.expect("commits");
        assert!(world.store.read().outbox().pending(10).await.expect("reads").is_empty());
    });
}

/// A client that goes away drops the future that serves it, at any point.
#[test]
fn a_cancelled_unit_of_work_leaves_no_trace() {
    on_both(async |world| {
        world.with_site().await;
        let mut committed = 1;
        for polls in 0..40 {
            let user = world.user(&format!("u{polls}"));
            let change = async {
                let mut work = world.begin().await;
                work.users().insert(user.clone()).await.expect("inserts");
                work.record(Event::ServerStopped {});
                let _ = work.commit().await.expect("commits");
            };
            let finished = poll_at_most(polls, change).await;
            // What was cancelled during the commit may have happened, but
            // then all of it.
            let found = world.store.read().users().find(user.id).await.expect("reads");
            assert!(found.is_some() || !finished, "{polls}");
            // The next one waits for the rollback.
            world.begin().await.rollback().await.expect("usable");
            let found = world.store.read().users().find(user.id).await.expect("reads");
            committed += u64::from(found.is_some());
        }
        assert!(committed > 1, "the last ones were given enough polls");
        let audit = world.store.read();
        let chains = audit.audit().chains().await.expect("reads");
        assert_eq!(audit.audit().verify(&chains[0]).await, Ok(Ok(committed)));
    });
}

/// Polls a future so often and drops it. Returns whether it was finished.
async fn poll_at_most(polls: usize, future: impl Future<Output = ()>) -> bool {
    let mut future = std::pin::pin!(future);
    let mut left = polls;
    std::future::poll_fn(|context| {
        if left == 0 {
            return std::task::Poll::Ready(false);
        }
        left -= 1;
        future.as_mut().poll(context).map(|()| true)
    })
    .await
}

/// Handlers run on any thread.
#[test]
fn futures_can_be_sent() {
    fn is_send(_: &impl Send) {}
    on_both(async |world| {
        let handler = async {
            let mut work = world.store.begin(&world.context()).await?;
            let (accounts, orders) = (work.accounts(), work.orders());
            accounts.lock(world.id()).await?;
            orders.list(&OrderFilter::default(), &Page::default()).await?;
            work.record(Event::ServerStopped {});
            work.rollback().await
        };
        is_send(&handler);
        assert_eq!(handler.await, Ok(()));
    });
}

#[test]
fn an_event_needs_a_site() {
    on_both(async |world| {
        let mut work = world.begin().await;
        work.record(Event::ServerStopped {});
        assert!(matches!(work.commit().await, Err(StoreError::Internal { .. })));
    });
}

#[test]
fn there_is_one_site() {
    on_both(async |world| {
        world.with_site().await;
        let first = world.store.read().site().find().await.expect("reads").expect("is there");
        let work = world.begin().await;
        let mut second = first.clone();
        (second.id, second.node_chain) = (world.id(), world.id());
        let refused = work.site().insert(second).await;
        assert_eq!(refused, Err(StoreError::Conflict { what: Unique::Key }));
        drop(work);

        let work = world.begin().await;
        assert!(work.site().enter_recovery("a device knows more").await.expect("updates"));
        assert!(!work.site().enter_recovery("again").await.expect("updates"));
        world.commit(work).await;
        let site = world.store.read().site().find().await.expect("reads").expect("is there");
        assert_eq!(site.recovery_reason.as_deref(), Some("a device knows more"));
    });
}

/// Of two set-ups with one token exactly one succeeds.
#[test]
fn the_set_up_token_works_once() {
    on_both(async |world| {
        world.with_site().await;
        let token = sekisho_store::Hash([7; 32]);
        let attempt = async || {
            let work = world.begin().await;
            let won = work.site().consume_setup_token(token).await.expect("updates");
            world.commit(work).await;
            won
        };
        let (one, two) = tokio::join!(attempt(), attempt());
        assert!(one ^ two, "{one} {two}");
    });
}

#[test]
fn impossible_values_are_named() {
    on_both(async |world| {
        let sample = world.with_sample().await;
        world.execute("UPDATE users SET role = 'king'").await;
        let error = world.store.read().users().find(sample.user).await.expect_err("corrupt");
        let StoreError::Corrupt { table, column, key, found } = &error else {
            panic!("{error}");
        };
        assert_eq!((*table, *column, found.as_str()), ("users", "role", "king"));
        assert!(key.contains(&sample.user.to_string()), "{key}");
    });
}

#[test]
fn whoever_observes_hears_of_what_was_committed_and_of_nothing_else() {
    on_both(async |world| {
        let sample = world.with_sample().await;
        let heard = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
        let ear = heard.clone();
        world.store.observe(move |events| {
            ear.lock().expect("free").extend(events.iter().map(|(_, event)| event.info().code));
        });
        let changed = |work: &mut sekisho_store::UnitOfWork| {
            let fields = vec!["name".to_owned()];
            work.record(Event::ResourceChanged { resource: sample.resource, fields });
        };
        let mut dropped = world.begin().await;
        changed(&mut dropped);
        drop(dropped);
        let mut rolled_back = world.begin().await;
        changed(&mut rolled_back);
        rolled_back.rollback().await.expect("rolls back");
        let quiet = world.begin().await;
        quiet.commit_unaudited("a test").await.map(drop).expect("commits");
        assert!(heard.lock().expect("free").is_empty());

        let mut work = world.begin().await;
        changed(&mut work);
        work.record(Event::ServerStopped {});
        work.commit().await.map(drop).expect("commits");
        assert_eq!(*heard.lock().expect("free"), [301, 102]);
    });
}
