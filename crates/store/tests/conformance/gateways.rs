//! Gateways, offices, and which way devices come.

use sekisho_model::device::KeyUse;
use sekisho_model::gateway::{GatewayState, GatewayTls, LinkDirection, PublicAddress};
use sekisho_model::id::UserId;
use sekisho_store::{
    Access, EnrolmentKeyFilter, Gateway, GatewaySettings, Hash, Office, Only, Page, StoreError,
    Unique, UnitOfWork, folded,
};

use crate::databases::{World, on_both};
use crate::sample::Sample;

impl World {
    fn gateway(&self, user: UserId, name: &str, key: u8) -> Gateway {
        let name = name.parse().expect("valid");
        Gateway {
            id: self.id(),
            folded_name: folded(&name),
            name,
            state: GatewayState::Active,
            direction: LinkDirection::ServerDials,
            address: "dmz.example.jp:8363".to_owned(),
            agents: "0.0.0.0:8383".to_owned(),
            public: vec![PublicAddress {
                address: "vault.example.jp:8383".to_owned(),
                weight: 10,
                tls: GatewayTls::SiteCa,
            }],
            key_sha256: Hash([key; 32]),
            pass_through: false,
            pass_through_names: vec!["vault.example.jp".to_owned()],
            dry_run: false,
            software: "0.1.0".to_owned(),
            link_major: 1,
            status: None,
            last_contact_at: None,
            paired_by: user,
            paired_at: self.now(),
            revoked_by: None,
            revoked_at: None,
            revoked_reason: None,
            version: 1,
        }
    }

    fn office(&self, name: &str) -> Office {
        let name = name.parse().expect("valid");
        Office {
            id: self.id(),
            folded_name: folded(&name),
            name,
            networks: vec!["198.51.100.0/24".to_owned()],
            gateways: Vec::new(),
            limits: serde_json::json!({ "connections": 200 }),
            remarks: String::new(),
            created_at: self.now(),
            version: 1,
        }
    }

    fn settings(&self) -> GatewaySettings {
        GatewaySettings {
            only: Only,
            limits: Some(serde_json::json!({ "connections": 100 })),
            public_name: Some("vault.example.jp".to_owned()),
            changed_at: self.now(),
            version: 0,
        }
    }
}

/// One of each, for the databases that are kept.
pub(crate) async fn fill(world: &World, sample: Sample, work: &UnitOfWork) {
    work.gateways().insert(world.gateway(sample.user, "dmz", 1)).await.expect("inserts");
    work.offices().insert(world.office("Osaka")).await.expect("inserts");
    work.gateways().put_settings(world.settings(), 0).await.expect("writes");
}

#[test]
fn names_and_keys_of_gateways_are_unique_while_they_count() {
    on_both(async |world| {
        let user = world.with_sample().await.user;
        let first = world.gateway(user, "DMZ 1", 1);
        let work = world.begin().await;
        work.gateways().insert(first.clone()).await.expect("inserts");
        world.commit(work).await;
        for (other, rule) in [
            (world.gateway(user, "dmz 1", 2), Unique::GatewayName),
            (world.gateway(user, "dmz 2", 1), Unique::GatewayKey),
        ] {
            let work = world.begin().await;
            let refused = work.gateways().insert(other).await.expect_err("a conflict");
            assert!(
                matches!(&refused, StoreError::Conflict { what } if *what == rule),
                "{refused:?}"
            );
        }
        let work = world.begin().await;
        let revoked = Gateway {
            state: GatewayState::Revoked,
            revoked_by: Some(user),
            revoked_at: Some(world.now()),
            revoked_reason: Some("stolen".to_owned()),
            ..first.clone()
        };
        let revoked = work.gateways().update(revoked, 1).await.expect("writes");
        assert_eq!(revoked.version, 2);
        let again = world.gateway(user, "dmz 1", 1);
        work.gateways().insert(again.clone()).await.expect("the former counts no more");
        world.commit(work).await;
        let reader = world.store.read().gateways();
        assert_eq!(reader.active().await.expect("reads"), std::slice::from_ref(&again));
        assert_eq!(reader.find(first.id).await, Ok(Some(revoked)));
        let page = Page::first(10);
        let all = reader.list(None, Some("DMZ"), &page).await.expect("reads");
        assert_eq!(all.items.len(), 2);
        let counting = reader.list(Some(GatewayState::Active), None, &page).await.expect("reads");
        assert_eq!(counting.items, [again]);
    });
}

#[test]
fn what_a_gateway_says_does_not_get_in_the_way_of_who_changes_it() {
    on_both(async |world| {
        let user = world.with_sample().await.user;
        let gateway = world.gateway(user, "dmz", 1);
        let work = world.begin().await;
        work.gateways().insert(gateway.clone()).await.expect("inserts");
        world.commit(work).await;
        let said = serde_json::json!({ "connections": 7 });
        let work = world.begin().await;
        work.gateways().heard(gateway.id, "0.2.0", 1, Some(said.clone())).await.expect("writes");
        world.commit(work).await;
        let work = world.begin().await;
        let changed = Gateway { pass_through: true, ..gateway.clone() };
        work.gateways().update(changed.clone(), 1).await.expect("the same version still");
        let stale = work.gateways().update(changed, 1).await;
        assert!(matches!(stale, Err(StoreError::Stale { .. })), "{stale:?}");
        drop(work);
        let work = world.begin().await;
        let changed = Gateway { pass_through: true, ..gateway.clone() };
        work.gateways().update(changed, 1).await.expect("writes");
        work.gateways().heard(gateway.id, "0.2.1", 1, None).await.expect("writes");
        world.commit(work).await;
        let found = world.store.read().gateways().find(gateway.id).await.expect("reads");
        let found = found.expect("there");
        assert!(found.pass_through);
        assert_eq!((found.software.as_str(), found.status), ("0.2.1", Some(said)));
        assert_eq!(found.last_contact_at, Some(world.now()));
    });
}

#[test]
fn what_holds_for_all_gateways_is_changed_by_one_at_a_time() {
    on_both(async |world| {
        world.with_sample().await;
        assert_eq!(world.store.read().gateways().settings().await, Ok(None));
        let work = world.begin().await;
        let first = work.gateways().put_settings(world.settings(), 0).await.expect("writes");
        assert_eq!(first.version, 1);
        world.commit(work).await;
        let work = world.begin().await;
        let stale = work.gateways().put_settings(world.settings(), 0).await;
        assert!(matches!(stale, Err(StoreError::Stale { .. })), "{stale:?}");
        drop(work);
        let work = world.begin().await;
        let next = GatewaySettings { public_name: None, ..first };
        let next = work.gateways().put_settings(next, 1).await.expect("writes");
        world.commit(work).await;
        assert_eq!(world.store.read().gateways().settings().await, Ok(Some(next)));
    });
}

#[test]
fn keys_of_an_office_outlive_it() {
    on_both(async |world| {
        let sample = world.with_sample().await;
        let office = world.office("Osaka");
        let key = sekisho_store::EnrolmentKey {
            office: Some(office.id),
            ..world.enrolment_key(sample, KeyUse::Once)
        };
        let work = world.begin().await;
        work.offices().insert(office.clone()).await.expect("inserts");
        work.enrolment_keys().insert(key.clone()).await.expect("inserts");
        world.commit(work).await;
        let taken = world.begin().await;
        let refused = taken.offices().insert(world.office("OSAKA")).await.expect_err("a conflict");
        assert!(
            matches!(&refused, StoreError::Conflict { what } if *what == Unique::OfficeName),
            "{refused:?}"
        );
        drop(taken);
        let of_office = EnrolmentKeyFilter { office: Some(office.id), ..Default::default() };
        let page = Page::first(10);
        let reader = world.store.read();
        let found = reader.enrolment_keys().search(&of_office, &page).await.expect("reads");
        assert_eq!(found.items, std::slice::from_ref(&key));
        assert_eq!(reader.offices().of_key(key.id).await, Ok(Some(office.clone())));
        let work = world.begin().await;
        assert_eq!(work.offices().delete(office.id).await, Ok(true));
        assert_eq!(work.offices().delete(office.id).await, Ok(false));
        world.commit(work).await;
        assert_eq!(reader.offices().all().await, Ok(Vec::new()));
        let found = reader.enrolment_keys().find(key.id).await.expect("reads").expect("there");
        assert_eq!(found.office, None);
        assert_eq!(reader.offices().of_key(key.id).await, Ok(None));
    });
}

#[test]
fn the_way_a_device_came_is_kept() {
    on_both(async |world| {
        let sample = world.with_sample().await;
        let gateway = world.gateway(sample.user, "dmz", 1);
        let work = world.begin().await;
        work.gateways().insert(gateway.clone()).await.expect("inserts");
        work.devices().touch(sample.device, Some(gateway.id), world.now()).await.expect("writes");
        world.commit(work).await;
        let way = async || {
            let found = world.store.read().devices().find(sample.device).await.expect("reads");
            found.expect("there").last_gateway
        };
        assert_eq!(way().await, Some(gateway.id));
        let work = world.begin().await;
        work.devices().touch_many([sample.device], world.now()).await.expect("writes");
        world.commit(work).await;
        assert_eq!(way().await, Some(gateway.id), "the same way");
        let work = world.begin().await;
        work.devices().touch(sample.device, None, world.now()).await.expect("writes");
        world.commit(work).await;
        assert_eq!(way().await, None);
    });
}

#[test]
fn devices_that_count_for_nothing_are_found() {
    use sekisho_model::device::{DeviceState, Suspension};
    on_both(async |world| {
        let sample = world.with_sample().await;
        let resource = world.resource(sample.user, "db");
        let work = world.begin().await;
        work.resources().insert(resource.clone()).await.expect("inserts");
        let mut out = Vec::new();
        for (state, suspension) in [
            (DeviceState::Blocked, None),
            (DeviceState::Retired, None),
            (DeviceState::Approved, Some(Suspension::Cloned)),
            (DeviceState::Pending, None),
        ] {
            let device = world.device(resource.id);
            let device = sekisho_store::Device { state, suspension, resource: None, ..device };
            if state != DeviceState::Pending {
                out.push(device.id);
            }
            work.devices().insert(device).await.expect("inserts");
        }
        world.commit(work).await;
        let mut found = world.store.read().devices().shut_out(10).await.expect("reads");
        found.sort_unstable();
        out.sort_unstable();
        assert_eq!(found, out);
        assert_eq!(world.store.read().devices().shut_out(1).await.expect("reads").len(), 1);
    });
}

#[test]
fn devices_with_orders_are_found_once_each() {
    on_both(async |world| {
        let sample = world.with_sample().await;
        let reader = world.store.read();
        assert_eq!(reader.orders().devices_with_work(world.now(), 10).await, Ok(Vec::new()));
        let (one, two) = (world.discover(sample), world.discover(sample));
        let work = world.begin().await;
        work.orders().insert(one.clone()).await.expect("inserts");
        work.orders().insert(two).await.expect("inserts");
        world.commit(work).await;
        let found = reader.orders().devices_with_work(world.now(), 10).await;
        assert_eq!(found, Ok(vec![sample.device]));
        let later = one.expires_at;
        assert_eq!(reader.orders().devices_with_work(later, 10).await, Ok(Vec::new()));
    });
}
