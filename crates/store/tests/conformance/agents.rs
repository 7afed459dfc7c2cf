//! Agents and whose they are, packages and links, and what people have read.

use std::time::Duration;

use sekisho_model::device::KeyUse;
use sekisho_model::device::Platform;
use sekisho_model::id::{PackageId, UserId};
use sekisho_model::order::{Operation, OrderState};
use sekisho_store::{
    Access, Device, DeviceFilter, Hash, NotificationMark, NotificationSettings, Order, OrderFilter,
    Package, PackageLink, Page, Resource, StoreError, Unique, UnitOfWork,
};

use crate::databases::{World, on_both};
use crate::sample::Sample;

/// A row in each table of this file.
pub(crate) async fn fill(world: &World, sample: Sample, work: &UnitOfWork) {
    let package = package(world, "sekisho-agent_0.1.0_amd64.deb");
    let link = link(world, sample, package.id, 7);
    work.packages().insert(package).await.expect("inserts");
    work.packages().insert_link(link).await.expect("inserts");
    let orders = work.orders().list(&OrderFilter::default(), &Page::first(1)).await;
    let order = orders.expect("reads").items.remove(0);
    let mark =
        NotificationMark { user: sample.user, order: order.id, is_read: true, at: world.now() };
    work.notifications().mark(mark).await.expect("marks");
    let settings = NotificationSettings::silent(sample.user);
    work.notifications().put_settings(settings).await.expect("writes");
}

fn package(world: &World, file: &str) -> Package {
    Package {
        id: world.id(),
        file: file.to_owned(),
        format: "deb".to_owned(),
        platform: Platform::Linux,
        architecture: "amd64".to_owned(),
        agent_version: "0.1.0".to_owned(),
        bytes: 5_000_000_000,
        sha256: Hash([3; 32]),
        added_at: world.now(),
    }
}

fn link(world: &World, sample: Sample, package: PackageId, byte: u8) -> PackageLink {
    PackageLink {
        id: world.id(),
        package,
        token_hash: Hash([byte; 32]),
        created_by: sample.user,
        created_at: world.now(),
        expires_at: world.in_an_hour(),
        revoked_at: None,
    }
}

async fn of(world: &World, owner: Option<UserId>) -> Vec<String> {
    let filter = DeviceFilter { owner, ..DeviceFilter::default() };
    let reader = world.store.read();
    let found = reader.devices().list(&filter, &Page::default()).await.expect("reads");
    found.items.into_iter().map(|device| device.host).collect()
}

/// an agent without a resource is its former owner's, else that
/// of whoever admitted it.
#[test]
fn an_agent_without_a_resource_is_still_somebodys() {
    on_both(async |world| {
        let sample = world.with_sample().await;
        let bob = world.user("bob");
        let deleted = Resource { deleted_at: Some(world.now()), ..world.resource(bob.id, "old") };
        let hers = world.resource(sample.user, "left");
        let key = world.enrolment_key(sample, KeyUse::Once);
        let blank = || Device { resource: None, ..world.device(sample.resource) };
        let named = |host: &str, device: Device| Device { host: host.to_owned(), ..device };
        let work = world.begin().await;
        work.users().insert(bob.clone()).await.expect("inserts");
        for resource in [&deleted, &hers] {
            work.resources().insert(resource.clone()).await.expect("inserts");
        }
        work.enrolment_keys().insert(key.clone()).await.expect("inserts");
        let orphan = Device { former_resource: Some(deleted.id), ..blank() };
        let waits = Device { enrolment_key: Some(key.id), ..blank() };
        let both = Device {
            former_resource: Some(deleted.id),
            enrolment_key: Some(key.id),
            look_every_s: Some(60),
            ..blank()
        };
        for device in [
            named("orphan", orphan),
            named("waits", waits),
            named("both", both),
            named("nobodys", blank()),
        ] {
            work.devices().insert(device).await.expect("inserts");
        }
        world.commit(work).await;

        assert_eq!(of(&world, Some(bob.id)).await, ["both", "orphan"]);
        assert_eq!(of(&world, Some(sample.user)).await, ["waits", "web-01"]);
        assert_eq!(of(&world, None).await.len(), 5);
        let reader = world.store.read();
        let count = async |filter: DeviceFilter| {
            reader.devices().list(&filter, &Page::default()).await.expect("reads").items.len()
        };
        let any = DeviceFilter::default;
        assert_eq!(count(DeviceFilter { dissociated: Some(true), ..any() }).await, 1);
        assert_eq!(count(DeviceFilter { dissociated: Some(false), ..any() }).await, 4);
        assert_eq!(count(DeviceFilter { orphaned: Some(true), ..any() }).await, 4);
        assert_eq!(count(DeviceFilter { orphaned: Some(false), ..any() }).await, 1);
        let served = async |id| reader.devices().any_served(id).await.expect("reads");
        assert!(served(deleted.id).await && served(sample.resource).await);
        assert!(!served(hers.id).await);
    });
}

#[test]
fn accounts_and_orders_move_to_another_resource_together() {
    on_both(async |world| {
        let sample = world.with_sample().await;
        let next = world.resource(sample.user, "next");
        let taken = world.resource(sample.user, "taken");
        let work = world.begin().await;
        for resource in [&next, &taken] {
            work.resources().insert(resource.clone()).await.expect("inserts");
        }
        work.accounts().insert(world.account(taken.id, "root")).await.expect("inserts");
        work.orders().insert(world.discover(sample)).await.expect("inserts");
        world.commit(work).await;

        let work = world.begin().await;
        let error = work.accounts().move_all(sample.resource, taken.id).await.expect_err("taken");
        assert_eq!(error, StoreError::Conflict { what: Unique::AccountName });
        drop(work);
        let work = world.begin().await;
        assert_eq!(work.accounts().move_all(sample.resource, next.id).await.expect("moves"), 1);
        assert_eq!(work.orders().move_all(sample.resource, next.id).await.expect("moves"), 1);
        world.commit(work).await;
        let reader = world.store.read();
        let account =
            reader.accounts().find(sample.account).await.expect("reads").expect("is there");
        assert_eq!(account.resource, next.id);
    });
}

#[test]
fn packages_have_one_name_each_and_take_their_links_along() {
    on_both(async |world| {
        let sample = world.with_sample().await;
        let package = |file: &str| package(&world, file);
        let link = |package: PackageId, byte: u8| link(&world, sample, package, byte);
        let one = package("a.deb");
        let work = world.begin().await;
        work.packages().insert(one.clone()).await.expect("inserts");
        let (first, second) = (link(one.id, 1), link(one.id, 2));
        for link in [&first, &second] {
            work.packages().insert_link(link.clone()).await.expect("inserts");
        }
        world.commit(work).await;
        let work = world.begin().await;
        let error = work.packages().insert(package("a.deb")).await.expect_err("the name");
        assert_eq!(error, StoreError::Conflict { what: Unique::PackageFile });
        drop(work);
        let work = world.begin().await;
        let error = work.packages().insert_link(link(one.id, 1)).await.expect_err("the text");
        assert_eq!(error, StoreError::Conflict { what: Unique::Token });
        drop(work);

        let work = world.begin().await;
        assert!(work.packages().revoke_link(first.id).await.expect("updates"));
        assert!(!work.packages().revoke_link(first.id).await.expect("updates"));
        world.commit(work).await;
        let packages = world.store.read().packages();
        assert_eq!(packages.find_by_file("a.deb").await.expect("reads"), Some(one.clone()));
        let found = packages.find_link_by_token(Hash([1; 32])).await.expect("reads");
        assert_eq!(found.expect("is there").revoked_at, Some(world.now()));
        let mine = packages.list_links(Some(sample.user), &Page::default()).await.expect("reads");
        assert_eq!(mine.items.len(), 2);
        let work = world.begin().await;
        assert_eq!(work.packages().purge_links(world.in_an_hour()).await.expect("purges"), 0);
        assert!(work.packages().remove(one.id).await.expect("removes"));
        assert!(!work.packages().remove(one.id).await.expect("removes"));
        world.commit(work).await;
        assert_eq!(packages.find_link_by_token(Hash([2; 32])).await.expect("reads"), None);
    });
}

#[test]
fn what_somebody_has_read_is_theirs_and_is_forgotten() {
    on_both(async |world| {
        let sample = world.with_sample().await;
        let bob = world.user("bob");
        let work = world.begin().await;
        work.users().insert(bob.clone()).await.expect("inserts");
        let given = |operation, state, initiator| Order {
            operation,
            state,
            initiator,
            account: Some(sample.account),
            ..world.discover(sample)
        };
        let ann = Some(sample.user);
        let reset = given(Operation::Reset, OrderState::Committed, ann);
        for order in [
            reset.clone(),
            given(Operation::Verify, OrderState::Queued, ann),
            given(Operation::Verify, OrderState::Cancelled, ann),
            given(Operation::Discover, OrderState::Committed, ann),
            given(Operation::Verify, OrderState::Committed, Some(bob.id)),
            given(Operation::Verify, OrderState::Committed, None),
        ] {
            work.orders().insert(order).await.expect("inserts");
        }
        let mark =
            |user| NotificationMark { user, order: reset.id, is_read: true, at: world.now() };
        work.notifications().mark(mark(sample.user)).await.expect("marks");
        let again = NotificationMark { is_read: false, ..mark(sample.user) };
        work.notifications().mark(again).await.expect("marks again");
        let settings = NotificationSettings {
            read_until: world.now(),
            muted: vec!["reset_done".to_owned()],
            ..NotificationSettings::silent(sample.user)
        };
        work.notifications().put_settings(settings.clone()).await.expect("writes");
        world.commit(work).await;

        let reader = world.store.read();
        let since = world.now().minus(Duration::from_secs(60));
        let told = async |who, since| {
            let found = reader.orders().asked_for(who, since, &Page::default()).await;
            found.expect("reads").items.len()
        };
        assert_eq!((told(sample.user, since).await, told(bob.id, since).await), (2, 1));
        let later = world.now().plus(Duration::from_millis(1));
        assert_eq!(told(sample.user, later).await, 0, "older than what is asked for");
        let marks = async |who| reader.notifications().marks(who, [reset.id]).await.expect("reads");
        assert_eq!(marks(sample.user).await.get(&reset.id), Some(&false), "the last word counts");
        assert!(marks(bob.id).await.is_empty());
        assert_eq!(reader.notifications().settings(sample.user).await.expect("reads"), settings);
        let silent = NotificationSettings::silent(bob.id);
        assert_eq!(reader.notifications().settings(bob.id).await.expect("reads"), silent);

        let work = world.begin().await;
        assert_eq!(work.notifications().purge(world.now()).await.expect("purges"), 0);
        let soon = world.now().plus(Duration::from_millis(1));
        assert_eq!(work.notifications().purge(soon).await.expect("purges"), 1);
        work.notifications().mark(mark(sample.user)).await.expect("marks");
        work.notifications().forget_marks(sample.user).await.expect("forgets");
        world.commit(work).await;
        assert!(marks(sample.user).await.is_empty());
    });
}
