//! Resets: nothing is lost, nothing happens twice.

use std::collections::BTreeSet;
use std::time::Duration;

use sekisho_model::account::{Knowledge, SecretOrigin, SecretState, VerifyResult};
use sekisho_model::id::SecretVersionId;
use sekisho_model::order::OrderState;
use sekisho_store::{Access, Delivery, Hash, OrderFilter, Page, StoreError, Unique};

use crate::databases::{World, on_both};
use crate::sample::Sample;

/// Stores a candidate and returns its id.
async fn candidate(world: &World, sample: Sample) -> SecretVersionId {
    let work = world.begin().await;
    work.accounts().lock(sample.account).await.expect("locks").expect("is there");
    let number = work.secret_versions().next_number(sample.account).await.expect("reads");
    let secret = world.secret(sample.account, number);
    work.secret_versions().insert(secret.clone()).await.expect("inserts");
    world.commit(work).await;
    secret.id
}

/// RST-3.
#[test]
fn an_account_has_one_open_reset() {
    on_both(async |world| {
        let sample = world.with_sample().await;
        let (one, two) = (candidate(&world, sample).await, candidate(&world, sample).await);
        let first = world.reset(sample, one);
        let work = world.begin().await;
        work.orders().insert(first.clone()).await.expect("inserts");
        // Orders that change nothing are not held back.
        work.orders().insert(world.discover(sample)).await.expect("inserts");
        work.orders().insert(world.discover(sample)).await.expect("inserts");
        world.commit(work).await;
        let found = world.store.read().orders().open_reset(sample.account).await.expect("reads");
        assert_eq!(found, Some(first.clone()));

        for state in OrderState::ALL.iter().copied().filter(|state| !state.is_terminal()) {
            world.execute(&format!("UPDATE orders SET state = '{state}'")).await;
            let work = world.begin().await;
            let refused = work.orders().insert(world.reset(sample, two)).await;
            assert_eq!(refused, Err(StoreError::Conflict { what: Unique::OpenReset }), "{state}");
        }
        for state in OrderState::ALL.iter().copied().filter(|state| state.is_terminal()) {
            world.execute(&format!("UPDATE orders SET state = '{state}'")).await;
            let work = world.begin().await;
            work.orders().insert(world.reset(sample, two)).await.expect("the first is finished");
        }
    });
}

#[test]
fn a_state_moves_once() {
    on_both(async |world| {
        let sample = world.with_sample().await;
        let order = world.discover(sample);
        let work = world.begin().await;
        work.orders().insert(order.clone()).await.expect("inserts");
        world.commit(work).await;

        let cancel = async || {
            let work = world.begin().await;
            let moved = work
                .orders()
                .move_state(order.id, OrderState::Queued, OrderState::Cancelled)
                .await
                .expect("updates");
            world.commit(work).await;
            moved
        };
        let (one, two) = tokio::join!(cancel(), cancel());
        assert!(one ^ two, "{one} {two}");
        let found = world.store.read().orders().find(order.id).await.expect("reads");
        let found = found.expect("is there");
        assert_eq!(found.state, OrderState::Cancelled);
        assert_eq!(found.finished_at, Some(world.now()));
    });
}

#[test]
fn orders_survive_being_stored() {
    on_both(async |world| {
        let sample = world.with_sample().await;
        let version = candidate(&world, sample).await;
        let mut order = world.reset(sample, version);
        order.verify_versions = vec![version, world.id()];
        order.reason = "Grund \"名前\" 'x' \\ %".to_owned();
        order.result = Some(serde_json::json!({"status": "ok", "n": [1, 2]}));
        order.receipt_hash = Some(Hash([5; 32]));
        let work = world.begin().await;
        work.orders().insert(order.clone()).await.expect("inserts");
        world.commit(work).await;
        let found = world.store.read().orders().find(order.id).await.expect("reads");
        assert_eq!(found, Some(order));
    });
}

#[test]
fn a_seq_is_given_once() {
    on_both(async |world| {
        let sample = world.with_sample().await;
        let give = async || {
            let work = world.begin().await;
            let seq = work.devices().next_seq(sample.device).await.expect("updates");
            world.commit(work).await;
            seq
        };
        let together = tokio::join!(give(), give(), give(), give());
        let first: BTreeSet<u64> = [together.0, together.1, together.2, together.3].into();
        assert_eq!(first, BTreeSet::from([1, 2, 3, 4]));

        let dropped = world.begin().await;
        assert_eq!(dropped.devices().next_seq(sample.device).await, Ok(5));
        drop(dropped);
        let work = world.begin().await;
        // What a device has seen is never given again.
        work.devices().raise_seq(sample.device, 70).await.expect("updates");
        work.devices().raise_seq(sample.device, 7).await.expect("updates");
        world.commit(work).await;
        assert_eq!(give().await, 71);
    });
}

#[test]
fn a_redelivery_keeps_every_hash() {
    on_both(async |world| {
        let sample = world.with_sample().await;
        let order = world.discover(sample);
        let mut later = world.discover(sample);
        later.not_before = world.in_an_hour();
        let work = world.begin().await;
        work.orders().insert(order.clone()).await.expect("inserts");
        work.orders().insert(later).await.expect("inserts");
        world.commit(work).await;
        let orders = world.store.read();
        let due = orders.orders().deliverable(sample.device, world.now(), 10).await;
        assert_eq!(due.expect("reads").iter().map(|o| o.id).collect::<Vec<_>>(), [order.id]);

        for n in [1, 2] {
            let work = world.begin().await;
            let delivery = Delivery {
                order: order.id,
                seq: work.devices().next_seq(sample.device).await.expect("updates"),
                session: world.id(),
                signed_hash: Hash([n; 32]),
                delivered_at: world.now(),
            };
            assert!(work.orders().deliver(delivery).await.expect("updates"));
            world.commit(work).await;
        }
        let deliveries = orders.orders().deliveries(order.id).await.expect("reads");
        let hashes: Vec<Hash> = deliveries.iter().map(|one| one.signed_hash).collect();
        assert_eq!(hashes, [Hash([2; 32]), Hash([1; 32])]);
        let waiting = orders.orders().unanswered(sample.device).await.expect("reads");
        assert_eq!((waiting.len(), waiting[0].seq), (1, Some(2)));

        let work = world.begin().await;
        let settled = work
            .orders()
            .settle(
                order.id,
                OrderState::Delivered,
                OrderState::Committed,
                serde_json::json!({}),
                Some(Hash([9; 32])),
            )
            .await;
        assert!(settled.expect("updates"));
        world.commit(work).await;
        let work = world.begin().await;
        let mut again = deliveries[0].clone();
        again.seq = 3;
        assert!(!work.orders().deliver(again).await.expect("updates"), "it is finished");
    });
}

#[test]
fn a_fetch_has_work_with_orders_that_wait_and_resets_that_are_open() {
    on_both(async |world| {
        let sample = world.with_sample().await;
        let version = candidate(&world, sample).await;
        let reset = world.reset(sample, version);
        let work = world.begin().await;
        work.orders().insert(reset.clone()).await.expect("inserts");
        world.commit(work).await;
        let has_work = async |device, resource| {
            let orders = world.store.read();
            orders.orders().has_work(device, resource, world.now()).await.expect("reads")
        };
        let (device, resource) = (sample.device, Some(sample.resource));
        let stranger = world.device(sample.resource).id;
        for state in OrderState::ALL.iter().copied() {
            world.execute(&format!("UPDATE orders SET state = '{state}'")).await;
            let own = matches!(state, OrderState::Queued | OrderState::Delivered);
            let open = state == OrderState::Indeterminate;
            assert_eq!(has_work(device, None).await, own, "{state}");
            assert_eq!(has_work(device, resource).await, own || open, "{state}");
            // A successor looks after what its predecessor left open.
            assert_eq!(has_work(stranger, resource).await, open, "{state}");
        }
        world.execute("UPDATE orders SET state = 'queued', operation = 'verify'").await;
        assert!(has_work(device, resource).await);
        world.execute("UPDATE orders SET not_before = not_before + 1000").await;
        assert!(!has_work(device, resource).await, "it is not due yet");
        world.clock.advance(Duration::from_secs(1));
        assert!(has_work(device, resource).await);
        world.clock.advance(Duration::from_secs(24 * 3600));
        assert!(!has_work(device, resource).await, "it has expired");
        world.execute("UPDATE orders SET state = 'indeterminate'").await;
        assert!(!has_work(device, resource).await, "it is no reset");
    });
}

/// RST-7.
#[test]
fn only_undelivered_orders_expire() {
    on_both(async |world| {
        let sample = world.with_sample().await;
        let work = world.begin().await;
        let states = [OrderState::Staged, OrderState::Queued, OrderState::Delivered];
        for state in states {
            let mut order = world.discover(sample);
            order.state = state;
            work.orders().insert(order).await.expect("inserts");
        }
        world.commit(work).await;

        let sweep = async || {
            let work = world.begin().await;
            let expired = work.orders().expire_undelivered(world.now(), 10).await.expect("reads");
            world.commit(work).await;
            expired.len()
        };
        assert_eq!(sweep().await, 0);
        world.clock.advance(Duration::from_secs(3600));
        assert_eq!(sweep().await, 2);
        assert_eq!(sweep().await, 0);
        let filter = OrderFilter { states: vec![OrderState::Delivered], ..OrderFilter::default() };
        let left = world.store.read().orders().list(&filter, &Page::default()).await;
        assert_eq!(left.expect("reads").items.len(), 1);
    });
}

/// RST-6, and one current value per account.
#[test]
fn the_current_value_moves_only_from_its_base() {
    on_both(async |world| {
        let sample = world.with_sample().await;
        let (one, two) = (candidate(&world, sample).await, candidate(&world, sample).await);
        let promote = async |base: Option<SecretVersionId>, next| {
            let work = world.begin().await;
            let moved = work.accounts().move_current(sample.account, base, next).await;
            if !moved.expect("updates") {
                return false;
            }
            let versions = work.secret_versions();
            if let Some(base) = base {
                let (from, to) = (SecretState::Current, SecretState::Superseded);
                assert!(versions.move_state(base, from, to, "").await.expect("updates"));
            }
            let (from, to) = (SecretState::Candidate, SecretState::Current);
            assert!(versions.move_state(next, from, to, "receipt").await.expect("updates"));
            world.commit(work).await;
            true
        };
        assert!(promote(None, one).await);
        assert!(!promote(None, two).await);
        assert!(promote(Some(one), two).await);

        // A second current value is refused by the database itself.
        let work = world.begin().await;
        let (from, to) = (SecretState::Superseded, SecretState::Current);
        let refused = work.secret_versions().move_state(one, from, to, "").await;
        assert_eq!(refused, Err(StoreError::Conflict { what: Unique::CurrentVersion }));
        drop(work);

        let newest = world.store.read().secret_versions().newest(sample.account, 9).await;
        let states: Vec<_> = newest.expect("reads").iter().map(|v| (v.number, v.state)).collect();
        assert_eq!(states, [(2, SecretState::Current), (1, SecretState::Superseded)]);

        // The history pages by number: ids of one millisecond are in no order.
        let versions = world.store.read();
        let first = versions.secret_versions().list(sample.account, &Page::first(1)).await;
        let first = first.expect("reads");
        let next = Page::after(first.next.expect("another page"), 1);
        let second = versions.secret_versions().list(sample.account, &next).await.expect("reads");
        assert_eq!((first.items[0].number, second.items[0].number), (2, 1));
        let strange = Page::after(format!("{}x", "0".repeat(32)).parse().expect("a cursor"), 1);
        let error = versions.secret_versions().list(sample.account, &strange).await;
        assert!(matches!(error, Err(StoreError::InvalidCursor(_))));
    });
}

#[test]
fn what_is_known_follows_from_the_versions() {
    on_both(async |world| {
        let sample = world.with_sample().await;
        let known = async || {
            let reader = world.store.read();
            let account = reader.accounts().find(sample.account).await.expect("reads");
            let accounts = [account.expect("is there")];
            reader.accounts().knowledge(&accounts).await.expect("reads")[&sample.account]
        };
        assert_eq!(known().await, Knowledge::Unknown);

        let mut typed = world.secret(sample.account, 1);
        (typed.origin, typed.state) = (SecretOrigin::Typed, SecretState::Current);
        let work = world.begin().await;
        work.secret_versions().insert(typed.clone()).await.expect("inserts");
        let moved = work.accounts().move_current(sample.account, None, typed.id).await;
        assert!(moved.expect("updates"));
        world.commit(work).await;
        assert_eq!(known().await, Knowledge::Unverified);

        for (result, expected) in [
            (VerifyResult::InSync, Knowledge::Known),
            (VerifyResult::OutOfSync, Knowledge::OutOfSync),
            (VerifyResult::Locked, Knowledge::Unverified),
        ] {
            let work = world.begin().await;
            let noted =
                work.accounts().note_verify(sample.account, typed.id, result, world.now()).await;
            assert!(noted.expect("updates"));
            let stale =
                work.accounts().note_verify(sample.account, world.id(), result, world.now()).await;
            assert!(!stale.expect("updates"), "not the current value");
            world.commit(work).await;
            assert_eq!(known().await, expected, "{result}");
        }

        let next = candidate(&world, sample).await;
        let work = world.begin().await;
        let (from, to) = (SecretState::Candidate, SecretState::Indeterminate);
        let moved = work.secret_versions().move_state(next, from, to, "no receipt").await;
        assert!(moved.expect("updates"));
        world.commit(work).await;
        assert_eq!(known().await, Knowledge::Indeterminate);
    });
}

#[test]
fn a_name_is_unique_among_present_accounts() {
    on_both(async |world| {
        let sample = world.with_sample().await;
        let again = world.account(sample.resource, "root");
        let work = world.begin().await;
        let refused = work.accounts().insert(again.clone()).await;
        assert_eq!(refused, Err(StoreError::Conflict { what: Unique::AccountName }));
        drop(work);

        let work = world.begin().await;
        let old = work.accounts().lock(sample.account).await.expect("reads").expect("is there");
        let mut gone = old.clone();
        gone.presence = sekisho_model::account::Presence::Gone;
        work.accounts().update(gone, old.version).await.expect("updates");
        work.accounts().insert(again.clone()).await.expect("the old one is gone");
        world.commit(work).await;
        let name = "root".parse().expect("valid");
        let found = world.store.read().accounts().find_present(sample.resource, &name).await;
        assert_eq!(found.expect("reads").expect("is there").id, again.id);
        for (gone, count) in [(false, 1), (true, 2)] {
            let list =
                world.store.read().accounts().list(sample.resource, gone, &Page::default()).await;
            assert_eq!(list.expect("reads").items.len(), count);
        }
    });
}
