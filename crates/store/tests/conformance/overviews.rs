//! What an owner sees of everything that hangs on a resource, and counts.

use sekisho_model::account::{Presence, SecretOrigin, SecretState, VerifyResult};
use sekisho_model::name::Label;
use sekisho_model::order::OrderState;
use sekisho_model::password::PasswordRules;
use sekisho_store::{
    Access, Account, AccountFilter, AccountTally, DeviceFilter, OrderFilter, Page, PasswordPolicy,
    Resource, SecretVersion,
};

use crate::databases::on_both;

#[test]
fn accounts_are_found_by_owner_name_and_presence() {
    on_both(async |world| {
        let sample = world.with_sample().await;
        let bob = world.user("bob");
        let his = world.resource(bob.id, "his");
        let gone = Resource { deleted_at: Some(world.now()), ..world.resource(bob.id, "deleted") };
        let work = world.begin().await;
        work.users().insert(bob.clone()).await.expect("inserts");
        for resource in [&his, &gone] {
            work.resources().insert(resource.clone()).await.expect("inserts");
            let account = world.account(resource.id, "root");
            work.accounts().insert(account).await.expect("inserts");
        }
        let left = Account { presence: Presence::Gone, ..world.account(his.id, "100%_left") };
        work.accounts().insert(left).await.expect("inserts");
        world.commit(work).await;

        let find = async |filter: AccountFilter| {
            let reader = world.store.read();
            let found = reader.accounts().search(&filter, &Page::default()).await.expect("reads");
            found.items.into_iter().map(|account| account.name.to_string()).collect::<Vec<_>>()
        };
        let any = AccountFilter::default;
        assert_eq!(find(any()).await, ["100%_left", "root", "root"], "not of the deleted one");
        let mine = AccountFilter { owner: Some(sample.user), ..any() };
        assert_eq!(find(mine).await, ["root"]);
        let text = |text: &str| AccountFilter { text: Some(text.to_owned()), ..any() };
        assert_eq!(find(text("0%_")).await, ["100%_left"], "taken literally");
        assert_eq!(find(text("%")).await, ["100%_left"]);
        let left = AccountFilter { presence: Some(Presence::Gone), ..any() };
        assert_eq!(find(left).await, ["100%_left"]);
        let there = AccountFilter {
            presence: Some(Presence::Present),
            resource: Some(his.id),
            owner: Some(sample.user),
            ..any()
        };
        assert!(find(there).await.is_empty(), "somebody else's");
    });
}

#[test]
fn devices_and_orders_of_an_owner_leave_with_the_resource() {
    on_both(async |world| {
        let sample = world.with_sample().await;
        let work = world.begin().await;
        work.orders().insert(world.discover(sample)).await.expect("inserts");
        world.commit(work).await;
        let owner = Some(sample.user);
        let seen = async || {
            let reader = world.store.read();
            let filter = DeviceFilter { owner, ..DeviceFilter::default() };
            let devices = reader.devices().list(&filter, &Page::default()).await.expect("reads");
            let filter = OrderFilter { owner, ..OrderFilter::default() };
            let orders = reader.orders().list(&filter, &Page::default()).await.expect("reads");
            let count = reader.orders().count(&filter).await.expect("reads");
            assert_eq!(count, orders.items.len() as u64);
            (devices.items.len(), orders.items.len())
        };
        assert_eq!(seen().await, (1, 1));
        let work = world.begin().await;
        let resource = work.resources().find(sample.resource).await.expect("reads").expect("there");
        let deleted = Resource { deleted_at: Some(world.now()), ..resource };
        work.resources().update(deleted, 1).await.expect("updates");
        world.commit(work).await;
        assert_eq!(seen().await, (0, 0));
    });
}

#[test]
fn passwords_and_uses_of_a_policy_are_counted() {
    on_both(async |world| {
        let sample = world.with_sample().await;
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
        let second = Account {
            policy: Some(policy.id),
            last_verify_result: Some(VerifyResult::OutOfSync),
            ..world.account(sample.resource, "app")
        };
        work.accounts().insert(second.clone()).await.expect("inserts");
        for account in [sample.account, second.id] {
            let known = SecretVersion {
                state: SecretState::Current,
                origin: SecretOrigin::Generated,
                ..world.secret(account, 1)
            };
            let next = known.id;
            work.secret_versions().insert(known).await.expect("inserts");
            work.accounts().move_current(account, None, next).await.expect("moves");
            let result = VerifyResult::OutOfSync;
            if account == second.id {
                let noted = work.accounts().note_verify(account, next, result, world.now()).await;
                assert!(noted.expect("notes"));
            }
        }
        let candidate = world.secret(sample.account, 2);
        let reset = world.reset(sample, candidate.id);
        work.secret_versions().insert(candidate.clone()).await.expect("inserts");
        work.orders().insert(reset.clone()).await.expect("inserts");
        world.commit(work).await;

        let reader = world.store.read();
        let tallies = reader.accounts().tally(&[sample.resource]).await.expect("reads");
        let tally = AccountTally { total: 2, known: 1, out_of_sync: 1 };
        assert_eq!(tallies.get(&sample.resource), Some(&tally));
        assert!(reader.accounts().tally(&[]).await.expect("reads").is_empty());
        assert_eq!(reader.accounts().count_with_policy(policy.id).await, Ok(1));
        assert_eq!(reader.resources().count_with_policy(policy.id).await, Ok(0));
        let accounts = [sample.account, second.id];
        let open = reader.orders().open_resets(accounts).await.expect("reads");
        assert_eq!(open.iter().map(|order| order.id).collect::<Vec<_>>(), [reset.id]);
        assert!(!open[0].state.is_terminal() && open[0].state != OrderState::Staged);
        let found = reader.secret_versions().find_many([candidate.id]).await.expect("reads");
        assert_eq!(found, [candidate]);
    });
}
