//! Paging, searching, optimistic concurrency.

use sekisho_model::name::Label;
use sekisho_model::password::PasswordRules;
use sekisho_store::{
    Access, Cursor, MAX_PAGE, Page, PasswordPolicy, Resource, ResourceFilter, StoreError, Unique,
};

use crate::databases::{World, on_both};

/// All pages of a list, and how many there were.
async fn all_pages(world: &World, filter: &ResourceFilter, limit: u16) -> (Vec<Resource>, usize) {
    let mut items = Vec::new();
    let mut pages = 0;
    let mut after: Option<Cursor> = None;
    loop {
        let page = Page { after: after.clone(), ..Page::first(limit) };
        let found = world.store.read().resources().list(filter, &page).await.expect("reads");
        items.extend(found.items);
        pages += 1;
        match found.next {
            // As a client does: through text.
            Some(next) => after = Some(next.to_string().parse().expect("our own cursor")),
            None => return (items, pages),
        }
    }
}

#[test]
fn every_item_comes_exactly_once_also_with_ties() {
    on_both(async |world| {
        let sample = world.with_sample().await;
        let names = ["b", "B", "a", "a", "a", "a", "a", "名前", "a%", "a_", "Ä", "c", "a\\"];
        let work = world.begin().await;
        for name in names {
            work.resources().insert(world.resource(sample.user, name)).await.expect("inserts");
        }
        world.commit(work).await;

        let filter = ResourceFilter::default();
        let (whole, _) = all_pages(&world, &filter, MAX_PAGE).await;
        assert_eq!(whole.len(), names.len() + 1);
        for limit in [1, 2, 3, 5, 14] {
            let (pieces, pages) = all_pages(&world, &filter, limit).await;
            assert_eq!(pieces, whole, "limit {limit}");
            assert_eq!(pages, whole.len().div_ceil(usize::from(limit)), "limit {limit}");
        }

        let starting = |prefix: &str| ResourceFilter {
            prefix: Some(prefix.to_owned()),
            ..ResourceFilter::default()
        };
        for (prefix, count) in [("a", 8), ("A%", 1), ("a_", 1), ("a\\", 1), ("B", 2), ("ä", 1)] {
            let (found, _) = all_pages(&world, &starting(prefix), 3).await;
            assert_eq!(found.len(), count, "{prefix}");
        }
    });
}

#[test]
fn owners_and_deleted_resources_are_told_apart() {
    on_both(async |world| {
        let sample = world.with_sample().await;
        let bob = world.user("bob");
        let mut gone = world.resource(bob.id, "gone");
        gone.deleted_at = Some(world.now());
        let work = world.begin().await;
        work.users().insert(bob.clone()).await.expect("inserts");
        work.resources().insert(world.resource(bob.id, "his")).await.expect("inserts");
        work.resources().insert(gone).await.expect("inserts");
        world.commit(work).await;

        let count = async |owner, deleted| {
            let filter = ResourceFilter { owner, deleted, ..ResourceFilter::default() };
            all_pages(&world, &filter, 10).await.0.len()
        };
        assert_eq!(count(None, false).await, 2);
        assert_eq!(count(None, true).await, 3);
        assert_eq!(count(Some(bob.id), false).await, 1);
        assert_eq!(count(Some(sample.user), true).await, 1);
    });
}

#[test]
fn a_page_is_bounded() {
    on_both(async |world| {
        world.with_site().await;
        let work = world.begin().await;
        for n in 0..MAX_PAGE + 1 {
            work.users().insert(world.user(&format!("u{n:03}"))).await.expect("inserts");
        }
        world.commit(work).await;
        let users = world.store.read();
        let page = users.users().list(&Page::first(u16::MAX)).await.expect("reads");
        assert_eq!(page.items.len(), usize::from(MAX_PAGE));
        let rest = users.users().list(&Page::after(page.next.expect("more"), 5)).await;
        let rest = rest.expect("reads");
        assert_eq!((rest.items.len(), rest.next), (1, None));
    });
}

#[test]
fn an_old_version_is_stale() {
    on_both(async |world| {
        let sample = world.with_sample().await;
        let read = world.store.read().resources().find(sample.resource).await;
        let read = read.expect("reads").expect("is there");

        let work = world.begin().await;
        let mut mine = read.clone();
        mine.name = "renamed".parse().expect("valid");
        let mine = work.resources().update(mine, read.version).await.expect("updates");
        assert_eq!(mine.version, read.version + 1);
        world.commit(work).await;

        let work = world.begin().await;
        let late = work.resources().update(read.clone(), read.version).await;
        assert_eq!(late, Err(StoreError::Stale { table: "resources" }));
        drop(work);
        let now = world.store.read().resources().find(sample.resource).await.expect("reads");
        assert_eq!(now, Some(mine));
    });
}

/// Editing an account must not undo what a reset stored meanwhile.
#[test]
fn an_update_leaves_the_columns_of_others_alone() {
    on_both(async |world| {
        let sample = world.with_sample().await;
        let old = world.store.read().devices().find(sample.device).await;
        let old = old.expect("reads").expect("is there");
        let work = world.begin().await;
        assert_eq!(work.devices().next_seq(sample.device).await, Ok(1));
        work.devices().touch(sample.device, None, world.now()).await.expect("updates");
        world.commit(work).await;

        let work = world.begin().await;
        let mut edited = old.clone();
        edited.interval_s = Some(30);
        work.devices().update(edited, old.version).await.expect("updates");
        world.commit(work).await;

        let now = world.store.read().devices().find(sample.device).await;
        let now = now.expect("reads").expect("is there");
        assert_eq!((now.last_seq, now.interval_s), (1, Some(30)));
        assert_eq!(now.last_seen_at, Some(world.now()));
    });
}

#[test]
fn policies_are_unique_and_kept_while_used() {
    on_both(async |world| {
        let sample = world.with_sample().await;
        let policy = |name: &str, is_default| PasswordPolicy {
            id: world.id(),
            name: name.parse::<Label>().expect("valid"),
            rules: PasswordRules::default(),
            is_default,
            created_at: world.now(),
            version: 1,
        };
        let (first, second) = (policy("strong", true), policy("legacy", false));
        let work = world.begin().await;
        work.password_policies().insert(first.clone()).await.expect("inserts");
        work.password_policies().insert(second.clone()).await.expect("inserts");
        let read = work.resources().lock(sample.resource).await;
        let mut resource = read.expect("reads").expect("is there");
        resource.policy = Some(second.id);
        work.resources().update(resource, 1).await.expect("updates");
        world.commit(work).await;

        let policies = world.store.read();
        let found = policies.password_policies().find_default().await.expect("reads");
        assert_eq!(found, Some(first.clone()));
        let work = world.begin().await;
        assert!(work.password_policies().make_default(second.id).await.expect("updates"));
        world.commit(work).await;
        let found = policies.password_policies().find_default().await.expect("reads");
        assert_eq!(found.expect("is there").id, second.id);

        for (refused, what) in [
            (policy("strong", false), Unique::PolicyName),
            (policy("other", true), Unique::DefaultPolicy),
        ] {
            let work = world.begin().await;
            let error = work.password_policies().insert(refused).await;
            assert_eq!(error, Err(StoreError::Conflict { what }));
        }
        let work = world.begin().await;
        let error = work.password_policies().delete(second.id).await.expect_err("is used");
        assert!(matches!(error, StoreError::Referenced { .. }), "{error}");
        drop(work);
        let work = world.begin().await;
        assert!(work.password_policies().delete(first.id).await.expect("deletes"));
        world.commit(work).await;
    });
}
