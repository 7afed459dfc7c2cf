//! Enrolment, sessions, certificates.

use std::time::Duration;

use sekisho_model::device::{DeviceState, KeyUse};
use sekisho_model::id::EnrolmentKeyId;
use sekisho_store::{
    Access, Blob, BundleHeld, Device, DeviceCertificate, DeviceFilter, DeviceSessionState, Escrow,
    Hash, Page, StoreError, Unique,
};

use crate::databases::{World, on_both};
use crate::sample::Sample;

/// Enrols a new device with a key, as the server does: device and key in one
/// unit of work.
async fn enrol(world: &World, sample: Sample, key: EnrolmentKeyId) -> bool {
    let work = world.begin().await;
    let mut device = world.device(sample.resource);
    device.enrolment_key = Some(key);
    work.devices().insert(device.clone()).await.expect("inserts");
    let used = work.enrolment_keys().consume(key, device.id, Hash([1; 32])).await;
    if used.expect("updates") {
        world.commit(work).await;
        true
    } else {
        false
    }
}

#[test]
fn a_one_time_key_admits_one_of_two_devices() {
    on_both(async |world| {
        let sample = world.with_sample().await;
        let key = world.enrolment_key(sample, KeyUse::Once);
        let work = world.begin().await;
        work.enrolment_keys().insert(key.clone()).await.expect("inserts");
        world.commit(work).await;

        let (one, two) = tokio::join!(enrol(&world, sample, key.id), enrol(&world, sample, key.id));

        assert!(one ^ two, "{one} {two}");
        let reader = world.store.read();
        let used = reader.enrolment_keys().find(key.id).await.expect("reads").expect("is there");
        assert_eq!((used.uses, used.identity_hash), (1, Some(Hash([1; 32]))));
        let devices = reader.devices().of_resource(sample.resource).await.expect("reads");
        assert_eq!(devices.len(), 2, "the one of the sample and the winner");
        let winner = devices.iter().find(|device| device.enrolment_key == Some(key.id));
        assert_eq!(used.last_used_by, winner.map(|device| device.id));
    });
}

#[test]
fn a_request_is_remembered_as_long_as_its_keys_secret() {
    on_both(async |world| {
        let sample = world.with_sample().await;
        let keys = [KeyUse::Window, KeyUse::Once].map(|kind| world.enrolment_key(sample, kind));
        let work = world.begin().await;
        for key in &keys {
            work.enrolment_keys().insert(key.clone()).await.expect("inserts");
            for (nonce, is_new) in [(1, true), (2, true), (1, false)] {
                let request = Hash([nonce; 32]);
                let remembered = work.enrolment_keys().remember_request(key.id, request).await;
                assert_eq!(remembered, Ok(is_new), "{nonce}");
            }
        }
        world.commit(work).await;

        world.clock.advance(Duration::from_secs(3601));
        let work = world.begin().await;
        assert_eq!(work.enrolment_keys().forget_secrets(world.now()).await, Ok(2));
        let again = work.enrolment_keys().remember_request(keys[0].id, Hash([1; 32])).await;
        assert_eq!(again, Ok(true), "nothing is kept for ever");
        world.commit(work).await;
    });
}

#[test]
fn a_window_key_admits_many_until_it_ends() {
    on_both(async |world| {
        let sample = world.with_sample().await;
        let key = world.enrolment_key(sample, KeyUse::Window);
        let revoked = world.enrolment_key(sample, KeyUse::Window);
        let work = world.begin().await;
        work.enrolment_keys().insert(key.clone()).await.expect("inserts");
        work.enrolment_keys().insert(revoked.clone()).await.expect("inserts");
        assert!(work.enrolment_keys().revoke(revoked.id).await.expect("updates"));
        assert!(!work.enrolment_keys().revoke(revoked.id).await.expect("updates"));
        world.commit(work).await;

        let both = tokio::join!(enrol(&world, sample, key.id), enrol(&world, sample, key.id));
        assert_eq!(both, (true, true));
        assert!(!enrol(&world, sample, revoked.id).await);
        world.clock.advance(Duration::from_secs(3600));
        assert!(!enrol(&world, sample, key.id).await, "the window is over");

        let work = world.begin().await;
        assert_eq!(work.enrolment_keys().forget_secrets(world.now()).await, Ok(0));
        world.clock.advance(Duration::from_secs(1));
        assert_eq!(work.enrolment_keys().forget_secrets(world.now()).await, Ok(2));
        world.commit(work).await;
        let owner = Some(sample.user);
        let list = world.store.read().enrolment_keys().list(owner, &Page::first(1)).await;
        let list = list.expect("reads");
        assert_eq!((list.items.len(), list.next.is_some()), (1, true));
        assert_eq!(list.items[0].sealed_secret, None);
    });
}

#[test]
fn an_identity_key_belongs_to_one_device() {
    on_both(async |world| {
        let sample = world.with_sample().await;
        let reader = world.store.read();
        let first = reader.devices().find(sample.device).await.expect("reads").expect("is there");
        let mut copy = world.device(sample.resource);
        copy.identity_spki = first.identity_spki.clone();
        let work = world.begin().await;
        let refused = work.devices().insert(copy).await;
        assert_eq!(refused, Err(StoreError::Conflict { what: Unique::DeviceIdentity }));
        let found = reader.devices().find_by_identity(&first.identity_spki.0).await;
        assert_eq!(found.expect("reads"), Some(first));
    });
}

#[test]
fn devices_are_filtered() {
    on_both(async |world| {
        let sample = world.with_sample().await;
        let mut pending = world.device(sample.resource);
        (pending.state, pending.host) = (DeviceState::Pending, "db-01".to_owned());
        pending.last_seen_at = Some(world.now());
        let work = world.begin().await;
        work.devices().insert(pending).await.expect("inserts");
        world.commit(work).await;
        let count = async |filter: DeviceFilter| {
            let found = world.store.read().devices().list(&filter, &Page::default()).await;
            found.expect("reads").items.len()
        };
        let any = DeviceFilter::default;
        assert_eq!(count(any()).await, 2);
        assert_eq!(count(DeviceFilter { states: vec![DeviceState::Pending], ..any() }).await, 1);
        assert_eq!(count(DeviceFilter { prefix: Some("WEB".to_owned()), ..any() }).await, 1);
        let since = Some(world.now());
        assert_eq!(count(DeviceFilter { silent_since: since, ..any() }).await, 1);
    });
}

#[test]
fn a_new_live_session_replaces_the_old_one() {
    on_both(async |world| {
        let sample = world.with_sample().await;
        let (one, two) = (world.session(sample.device), world.session(sample.device));
        let work = world.begin().await;
        work.device_sessions().insert(one.clone()).await.expect("inserts");
        work.device_sessions().insert(two.clone()).await.expect("inserts");
        world.commit(work).await;
        let sessions = world.store.read();
        assert_eq!(sessions.device_sessions().live(sample.device).await, Ok(None));

        for session in [&one, &two] {
            let work = world.begin().await;
            assert!(work.device_sessions().make_live(session.id).await.expect("updates"));
            world.commit(work).await;
            let live = sessions.device_sessions().live(sample.device).await.expect("reads");
            assert_eq!(live.expect("is there").id, session.id);
        }
        let ended = sessions.device_sessions().find(one.id).await.expect("reads");
        assert_eq!(ended.expect("is kept").state, DeviceSessionState::Ended);
        let work = world.begin().await;
        assert!(!work.device_sessions().make_live(one.id).await.expect("updates"), "it ended");
        assert_eq!(work.device_sessions().end_all(sample.device).await, Ok(1));
    });
}

#[test]
fn a_mac_counter_is_taken_once() {
    on_both(async |world| {
        let sample = world.with_sample().await;
        let session = world.session(sample.device);
        let work = world.begin().await;
        work.device_sessions().insert(session.clone()).await.expect("inserts");
        world.commit(work).await;
        let take = async |counter: u64| {
            let work = world.begin().await;
            let taken = work.device_sessions().take_mac_counter(session.id, counter).await;
            let _ = work.commit_unaudited("a MAC counter").await.expect("commits");
            taken.expect("updates")
        };
        let (one, two) = tokio::join!(take(3), take(3));
        assert!(one ^ two, "{one} {two}");
        assert!(!take(2).await);
        assert!(take(4).await);
        let work = world.begin().await;
        assert_eq!(work.device_sessions().next_mac_counter(session.id).await, Ok(1));
        assert_eq!(work.device_sessions().next_mac_counter(session.id).await, Ok(2));
    });
}

#[test]
fn the_counters_of_a_live_session_are_exchanged_once() {
    on_both(async |world| {
        let sample = world.with_sample().await;
        let (live, other) = (world.session(sample.device), world.session(sample.device));
        let work = world.begin().await;
        work.device_sessions().insert(live.clone()).await.expect("inserts");
        work.device_sessions().insert(other.clone()).await.expect("inserts");
        assert_eq!(work.device_sessions().exchange_counters(live.id, 1).await, Ok(None));
        assert!(work.device_sessions().make_live(live.id).await.expect("updates"));
        world.commit(work).await;
        let exchange = async |counter: u64| {
            let work = world.begin().await;
            let given = work.device_sessions().exchange_counters(live.id, counter).await;
            let _ = work.commit_unaudited("counters").await.expect("commits");
            given.expect("updates")
        };
        let both = tokio::join!(exchange(3), exchange(3));
        assert!(matches!(both, (Some(1), None) | (None, Some(1))), "{both:?}");
        assert_eq!(exchange(2).await, None);
        assert_eq!(exchange(4).await, Some(2));
        let work = world.begin().await;
        assert_eq!(work.device_sessions().next_mac_counter(live.id).await, Ok(3));
        assert!(!work.device_sessions().take_mac_counter(live.id, 4).await.expect("updates"));
        assert!(work.device_sessions().end(live.id).await.expect("updates"));
        assert_eq!(work.device_sessions().exchange_counters(live.id, 9).await, Ok(None));
    });
}

#[test]
fn many_devices_are_seen_at_once() {
    on_both(async |world| {
        let sample = world.with_sample().await;
        let (second, third) = (world.device(sample.resource), world.device(sample.resource));
        let work = world.begin().await;
        work.devices().insert(second.clone()).await.expect("inserts");
        work.devices().insert(third.clone()).await.expect("inserts");
        let at = world.now();
        work.devices().touch_many([sample.device, second.id], at).await.expect("updates");
        work.devices().touch_many([], at).await.expect("nobody");
        for (device, seen) in [(sample.device, Some(at)), (second.id, Some(at))] {
            let found = work.devices().find(device).await.expect("reads").expect("is there");
            assert_eq!(found.last_seen_at, seen);
        }
        let found = work.devices().find(third.id).await.expect("reads").expect("is there");
        assert_eq!(found.last_seen_at, third.last_seen_at);
    });
}

#[test]
fn a_session_counter_moves_from_what_was_read() {
    on_both(async |world| {
        let sample = world.with_sample().await;
        let work = world.begin().await;
        assert_eq!(work.devices().move_session_counter(sample.device, 0, 8).await, Ok(true));
        assert_eq!(work.devices().move_session_counter(sample.device, 0, 9).await, Ok(false));
        // A reverted endpoint shows a lower one.
        assert_eq!(work.devices().move_session_counter(sample.device, 8, 3).await, Ok(true));
        world.commit(work).await;
    });
}

#[test]
fn a_new_certificate_supersedes_the_old_ones() {
    on_both(async |world| {
        let sample = world.with_sample().await;
        let work = world.begin().await;
        for serial in ["01", "02"] {
            world.clock.advance(Duration::from_secs(1));
            let certificate = DeviceCertificate {
                serial: serial.to_owned(),
                device: sample.device,
                der: Blob(vec![0x30]),
                not_before: world.now(),
                not_after: world.in_an_hour(),
                issued_at: world.now(),
                superseded_at: None,
            };
            work.device_certificates().insert(certificate).await.expect("inserts");
        }
        world.commit(work).await;
        let newest = world.store.read().device_certificates().newest(sample.device, 5).await;
        let newest: Vec<_> = newest
            .expect("reads")
            .into_iter()
            .map(|one| (one.serial, one.superseded_at.is_some()))
            .collect();
        assert_eq!(newest, [("02".to_owned(), false), ("01".to_owned(), true)]);
    });
}

#[test]
fn an_escrow_is_taken_over_once() {
    on_both(async |world| {
        let sample = world.with_sample().await;
        let escrow = Escrow {
            device: sample.device,
            version: world.id(),
            account: world.id(),
            seq: 7,
            sealed: Blob(vec![1, 2, 3]),
            reported_at: world.now(),
            imported_at: None,
        };
        let work = world.begin().await;
        work.escrows().report(escrow.clone()).await.expect("inserts");
        assert_eq!(work.escrows().open(5).await.expect("reads"), std::slice::from_ref(&escrow));
        assert_eq!(work.escrows().imported(sample.device, escrow.version).await, Ok(true));
        work.escrows().report(escrow.clone()).await.expect("reports again");
        assert_eq!(work.escrows().imported(sample.device, escrow.version).await, Ok(false));
        assert_eq!(work.escrows().open(5).await.expect("reads"), []);
        world.commit(work).await;
    });
}

#[test]
fn approved_devices_are_counted_by_the_bundle_they_hold() {
    on_both(async |world| {
        let sample = world.with_sample().await;
        let work = world.begin().await;
        for (bundle_version, state) in [
            (2, DeviceState::Approved),
            (0, DeviceState::Approved),
            (2, DeviceState::Approved),
            (9, DeviceState::Blocked),
            (9, DeviceState::Retired),
            (0, DeviceState::Pending),
        ] {
            let device = Device { bundle_version, state, ..world.device(sample.resource) };
            work.devices().insert(device).await.expect("inserts");
        }
        let held = work.devices().bundles_held().await.expect("counts");
        world.commit(work).await;
        // The sample's own device holds the first bundle.
        let expected = [(0, 1), (1, 1), (2, 2)]
            .map(|(bundle_version, devices)| BundleHeld { bundle_version, devices });
        assert_eq!(held, expected);
        let read = world.store.read().devices();
        assert_eq!(read.bundles_held().await, Ok(expected.to_vec()));
        // Who lacks a bundle, page by page.
        let all = read.behind(2, None, 10).await.expect("reads");
        assert_eq!(all.len(), 2);
        assert_eq!(read.behind(2, None, 1).await.expect("reads"), all[..1]);
        assert_eq!(read.behind(2, Some(all[0]), 9).await.expect("reads"), all[1..]);
        assert_eq!(read.behind(2, Some(all[1]), 9).await.expect("reads"), []);
        assert_eq!(read.behind(3, None, 10).await.expect("reads").len(), 4);
    });
}

#[test]
fn a_locked_site_enters_recovery_afterwards() {
    on_both(async |world| {
        let _ = world.with_sample().await;
        let read = world.store.read().site().find().await.expect("reads");
        let work = world.begin().await;
        assert_eq!(work.site().lock().await, Ok(read));
        let entering = async {
            let other = world.begin().await;
            assert_eq!(other.site().enter_recovery("a device knows more").await, Ok(true));
            world.commit(other).await;
        };
        let mut entering = std::pin::pin!(entering);
        let early = tokio::time::timeout(Duration::from_millis(200), &mut entering).await;
        assert!(early.is_err(), "it waits");
        world.commit(work).await;
        entering.await;
    });
}
