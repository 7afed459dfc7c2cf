//! How passwords age, and groups of resources.

use std::collections::BTreeSet;
use std::time::Duration;

use sekisho_model::account::{Presence, SecretState};
use sekisho_model::name::Label;
use sekisho_model::order::{Operation, OrderState};
use sekisho_model::password::PasswordRules;
use sekisho_model::rotation::{Age, Ageing};
use sekisho_store::{
    Access, Account, AccountRotation, GroupFilter, Order, Page, PasswordPolicy, Resource,
    ResourceFilter, ResourceGroup, ResourceUpkeep, SecretVersion, StoreError, Unique,
};

use crate::databases::{World, on_both};
use crate::sample::Sample;

fn days(days: u64) -> Age {
    Age::of_days(days).expect("in bounds")
}

impl World {
    fn group(&self, sample: Sample, name: &str, max_age: Option<Age>) -> ResourceGroup {
        ResourceGroup {
            id: self.id(),
            name: name.parse::<Label>().expect("valid"),
            description: "all of it".to_owned(),
            owner: sample.user,
            max_age,
            criteria: None,
            created_at: self.now(),
            version: 1,
        }
    }
}

#[test]
fn what_a_policy_says_of_ages_lives_and_ends_with_it() {
    on_both(async |world| {
        world.with_sample().await;
        let policy = PasswordPolicy {
            id: world.id(),
            name: "Long".parse::<Label>().expect("valid"),
            rules: PasswordRules::default(),
            is_default: false,
            created_at: world.now(),
            version: 1,
        };
        let work = world.begin().await;
        work.password_policies().insert(policy.clone()).await.expect("inserts");
        assert_eq!(work.rotation().of_policy(policy.id).await, Ok(Ageing::default()));
        assert!(work.rotation().of_policies([policy.id]).await.expect("reads").is_empty());
        for max_age in [Some(Age::Off), Some(days(3650)), None] {
            let said = Ageing {
                max_age,
                notice_days: 0,
                reset_unknown: true,
                verify_every: Age::Off,
                auto_heal: true,
            };
            work.rotation().put_policy(policy.id, said).await.expect("writes");
            assert_eq!(work.rotation().of_policy(policy.id).await, Ok(said));
            let many = work.rotation().of_policies([policy.id]).await.expect("reads");
            assert_eq!(many.get(&policy.id), Some(&said));
        }
        assert_eq!(work.password_policies().delete(policy.id).await, Ok(true));
        assert_eq!(work.rotation().of_policy(policy.id).await, Ok(Ageing::default()));
        world.commit(work).await;
    });
}

#[test]
fn what_checks_found_ends_with_the_value_they_were_of() {
    on_both(async |world| {
        let sample = world.with_sample().await;
        let work = world.begin().await;
        let silent = AccountRotation::silent(sample.account);
        assert_eq!(work.rotation().of_account(sample.account).await, Ok(silent.clone()));
        let first =
            SecretVersion { state: SecretState::Current, ..world.secret(sample.account, 1) };
        let next = world.secret(sample.account, 2);
        work.secret_versions().insert(first.clone()).await.expect("inserts");
        work.secret_versions().insert(next.clone()).await.expect("inserts");
        let rotation = work.rotation();
        assert_eq!(work.accounts().move_current(sample.account, None, first.id).await, Ok(true));
        let seen = AccountRotation {
            max_age: Some(Age::Off),
            paused_until: Some(world.in_an_hour()),
            pause_reason: Some("moving house".to_owned()),
            announced_for: Some(first.id),
            failed_order: Some(world.id()),
            retry_at: Some(world.in_an_hour()),
            verify_method: Some("agent".to_owned()),
            verify_agent: Some("0.1.0".to_owned()),
            out_of_sync_since: Some(world.now()),
            out_of_sync_seen: 2,
            out_of_sync_told: true,
            ..silent.clone()
        };
        rotation.put_account(seen.clone()).await.expect("writes");
        let many = rotation.of_accounts([sample.account, world.id()]).await.expect("reads");
        assert_eq!(many.into_values().collect::<Vec<_>>(), std::slice::from_ref(&seen));
        // Not moved: nothing is forgotten.
        let moved = work.accounts().move_current(sample.account, Some(next.id), first.id).await;
        assert_eq!(moved, Ok(false));
        assert_eq!(rotation.of_account(sample.account).await, Ok(seen.clone()));
        let moved = work.accounts().move_current(sample.account, Some(first.id), next.id).await;
        assert_eq!(moved, Ok(true));
        let left = AccountRotation {
            retry_at: None,
            out_of_sync_since: None,
            out_of_sync_seen: 0,
            out_of_sync_told: false,
            ..seen
        };
        assert_eq!(rotation.of_account(sample.account).await, Ok(left));
        world.commit(work).await;
    });
}

#[test]
fn groups_hold_resources_and_are_found_by_them() {
    on_both(async |world| {
        let sample = world.with_sample().await;
        let work = world.begin().await;
        let groups = work.resource_groups();
        let (web, all) =
            (world.group(sample, "web", Some(days(7))), world.group(sample, "all", None));
        for group in [&web, &all] {
            groups.insert(group.clone()).await.expect("inserts");
            assert_eq!(groups.join(group.id, sample.resource).await, Ok(true));
        }
        assert_eq!(groups.join(web.id, sample.resource).await, Ok(false), "already in");
        assert_eq!(groups.count_of(sample.resource).await, Ok(2));
        let here = work.resources().find(sample.resource).await.expect("reads").expect("there");
        let elsewhere = world.resource(sample.user, "elsewhere");
        let of = groups.of_resources(&[here.clone(), elsewhere]).await.expect("reads");
        assert_eq!(of.get(&sample.resource), Some(&vec![all.clone(), web.clone()]), "by name");
        assert_eq!(of.len(), 1);

        let reach = groups.reach(&[web.id]).await.expect("reads");
        let in_web = ResourceFilter { groups: Some(reach), ..ResourceFilter::default() };
        let listed = work.resources().list(&in_web, &Page::default()).await.expect("reads");
        assert_eq!(listed.items.iter().map(|it| it.id).collect::<Vec<_>>(), [sample.resource]);
        assert_eq!(groups.leave(web.id, sample.resource).await, Ok(true));
        assert_eq!(groups.leave(web.id, sample.resource).await, Ok(false));
        let listed = work.resources().list(&in_web, &Page::default()).await.expect("reads");
        assert!(listed.items.is_empty());

        let renamed = ResourceGroup { max_age: Some(Age::Off), ..all.clone() };
        let updated = groups.update(renamed.clone(), 1).await.expect("updates");
        assert_eq!(updated, ResourceGroup { version: 2, ..renamed });
        assert_eq!(groups.lock(all.id).await, Ok(Some(updated.clone())));
        assert_eq!(groups.size(all.id, 10).await, Ok(1));
        let gone = work.resources().find(sample.resource).await.expect("reads").expect("there");
        let gone = Resource { deleted_at: Some(world.now()), ..gone };
        work.resources().update(gone, 1).await.expect("updates");
        assert_eq!(groups.size(all.id, 10).await, Ok(0), "deleted ones do not count");
        assert_eq!(groups.delete(all.id).await, Ok(true));
        assert_eq!(groups.delete(all.id).await, Ok(false));
        assert!(groups.of_resources(&[here]).await.expect("reads").is_empty());
        world.commit(work).await;
    });
}

#[test]
fn names_of_groups_are_unique_for_their_owner() {
    on_both(async |world| {
        let sample = world.with_sample().await;
        let bob = world.user("bob");
        let work = world.begin().await;
        work.users().insert(bob.clone()).await.expect("inserts");
        let mine = world.group(sample, "web", None);
        let his = ResourceGroup { owner: bob.id, ..world.group(sample, "web", None) };
        work.resource_groups().insert(mine.clone()).await.expect("inserts");
        work.resource_groups().insert(his.clone()).await.expect("another owner");
        world.commit(work).await;
        let find = async |filter: GroupFilter| {
            let found = world.store.read().resource_groups().list(&filter, &Page::default()).await;
            found.expect("reads").items.into_iter().map(|group| group.id).collect::<BTreeSet<_>>()
        };
        let any = GroupFilter::default;
        assert_eq!(find(any()).await, BTreeSet::from([mine.id, his.id]));
        assert_eq!(find(GroupFilter { owner: Some(bob.id), ..any() }).await, [his.id].into());
        assert!(find(GroupFilter { text: Some("%".to_owned()), ..any() }).await.is_empty());
        let work = world.begin().await;
        let again = work.resource_groups().insert(world.group(sample, "web", None)).await;
        assert_eq!(again, Err(StoreError::Conflict { what: Unique::GroupName }));
        drop(work);
        let work = world.begin().await;
        let stale = work.resource_groups().update(mine, 7).await;
        assert_eq!(stale, Err(StoreError::Stale { table: "resource_groups" }));
    });
}

#[test]
fn a_walk_visits_every_living_account_once() {
    on_both(async |world| {
        let sample = world.with_sample().await;
        let work = world.begin().await;
        let mut expected = BTreeSet::from([sample.account]);
        for number in 0..7 {
            let account = world.account(sample.resource, &format!("app{number}"));
            expected.insert(account.id);
            work.accounts().insert(account).await.expect("inserts");
        }
        let gone = Account { presence: Presence::Gone, ..world.account(sample.resource, "gone") };
        work.accounts().insert(gone).await.expect("inserts");
        let deleted =
            Resource { deleted_at: Some(world.now()), ..world.resource(sample.user, "deleted") };
        work.resources().insert(deleted.clone()).await.expect("inserts");
        work.accounts().insert(world.account(deleted.id, "root")).await.expect("inserts");
        world.commit(work).await;

        let reader = world.store.read();
        let (mut after, mut seen) = (None, Vec::new());
        loop {
            let step = reader.accounts().walk(after, 3).await.expect("reads");
            let Some(last) = step.last() else { break };
            after = Some(last.id);
            seen.extend(step.iter().map(|account| account.id));
        }
        assert!(seen.is_sorted());
        assert_eq!(seen.len(), expected.len());
        assert_eq!(seen.into_iter().collect::<BTreeSet<_>>(), expected);
        let many = reader.resources().find_many([sample.resource, deleted.id]).await;
        assert_eq!(many.expect("reads").len(), 2);
        let devices = reader.devices().of_resources([sample.resource, deleted.id]).await;
        assert_eq!(
            devices.expect("reads").iter().map(|it| it.id).collect::<Vec<_>>(),
            [sample.device]
        );
    });
}

#[test]
fn upkeep_is_noted_and_read() {
    on_both(async |world| {
        let sample = world.with_sample().await;
        let work = world.begin().await;
        let never = ResourceUpkeep::never(sample.resource);
        assert_eq!(work.upkeep().of(sample.resource).await, Ok(never.clone()));
        for (asked_at, changed_at) in [(Some(world.now()), None), (None, Some(world.now()))] {
            let seen = ResourceUpkeep { asked_at, changed_at, ..never.clone() };
            work.upkeep().put(seen.clone()).await.expect("writes");
            assert_eq!(work.upkeep().of(sample.resource).await, Ok(seen.clone()));
            let many = work.upkeep().of_many([sample.resource, world.id()]).await;
            assert_eq!(many.expect("reads").into_values().collect::<Vec<_>>(), [seen]);
        }
        world.commit(work).await;
    });
}

#[test]
fn a_host_is_busy_while_its_device_may_act() {
    on_both(async |world| {
        let sample = world.with_sample().await;
        let busy = async |operations: &[Operation]| {
            let orders = world.store.read().orders();
            let found = orders.busy([sample.resource], operations, world.now()).await;
            !found.expect("reads").is_empty()
        };
        let both = [Operation::Reset, Operation::Verify];
        assert!(!busy(&both).await);
        let later = world.now().plus(Duration::from_secs(60));
        let candidate = world.secret(sample.account, 1);
        let reset = Order { not_before: later, ..world.reset(sample, candidate.id) };
        let work = world.begin().await;
        work.secret_versions().insert(candidate).await.expect("inserts");
        work.orders().insert(reset.clone()).await.expect("inserts");
        work.orders().insert(world.discover(sample)).await.expect("inserts");
        world.commit(work).await;
        assert!(!busy(&both).await, "not due yet, and a discovery does not count");
        world.clock.advance(Duration::from_secs(60));
        assert!(busy(&both).await);
        assert!(!busy(&[Operation::Verify]).await);
        for (from, to, expected) in [
            (OrderState::Queued, OrderState::Delivered, true),
            (OrderState::Delivered, OrderState::Indeterminate, false),
            (OrderState::Indeterminate, OrderState::Committed, false),
        ] {
            let work = world.begin().await;
            assert_eq!(work.orders().move_state(reset.id, from, to).await, Ok(true));
            world.commit(work).await;
            assert_eq!(busy(&both).await, expected, "{to}");
        }
    });
}
