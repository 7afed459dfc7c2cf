//! Who may: user groups, shares, resource groups by criteria and inside each
//! other, custom roles.

use std::collections::BTreeSet;

use sekisho_model::criteria::{Criteria, Facts, Field, Matching, Operator, Rule};
use sekisho_model::device::Platform;
use sekisho_model::id::{ResourceGroupId, ResourceId, UserId};
use sekisho_model::name::Label;
use sekisho_model::share::{Level, Principal, Shareable};
use sekisho_model::user::{Role, RoleRef};
use sekisho_store::{
    Access, Account, AccountFilter, CustomRole, OrderFilter, Page, Proposal, Resource,
    ResourceFilter, ResourceGroup, Share, ShareFilter, StoreError, Unique, UnitOfWork, UserGroup,
};

use crate::databases::{World, on_both};
use crate::sample::Sample;

impl World {
    fn people(&self, name: &str) -> UserGroup {
        UserGroup {
            id: self.id(),
            name: name.parse::<Label>().expect("valid"),
            description: String::new(),
            created_at: self.now(),
            version: 1,
        }
    }

    fn machines(&self, owner: UserId, name: &str, criteria: Option<Criteria>) -> ResourceGroup {
        ResourceGroup {
            id: self.id(),
            name: name.parse::<Label>().expect("valid"),
            description: String::new(),
            owner,
            max_age: None,
            criteria,
            created_at: self.now(),
            version: 1,
        }
    }

    fn share(&self, by: UserId, object: Shareable, with: Principal) -> Share {
        Share {
            id: self.id(),
            object,
            with,
            level: Level::View,
            expires_at: None,
            created_by: by,
            created_at: self.now(),
            version: 1,
        }
    }

    fn role(&self, sample: Sample) -> CustomRole {
        let proposal = Proposal {
            name: "Rollout".parse().expect("valid"),
            description: "x".to_owned(),
            permissions: vec!["add_resources".to_owned()],
        };
        CustomRole {
            id: self.id(),
            name: proposal.name.clone(),
            description: proposal.description.clone(),
            permissions: None,
            proposed: Some(proposal),
            proposed_by: Some(sample.user),
            proposed_at: Some(self.now()),
            approved_by: None,
            approved_at: None,
            created_at: self.now(),
            version: 1,
        }
    }

    /// The names of the resources, then of the accounts, that somebody sees.
    async fn seen(&self, user: UserId) -> (BTreeSet<String>, BTreeSet<String>) {
        let reader = self.store.read();
        let seen_by = Some(reader.shares().sight(user, self.now()).await.expect("reads"));
        let filter = ResourceFilter { seen_by: seen_by.clone(), ..ResourceFilter::default() };
        let resources = reader.resources().list(&filter, &Page::default()).await.expect("reads");
        let filter = AccountFilter { seen_by, ..AccountFilter::default() };
        let accounts = reader.accounts().search(&filter, &Page::default()).await.expect("reads");
        (
            resources.items.into_iter().map(|one| one.name.to_string()).collect(),
            accounts.items.into_iter().map(|one| one.name.to_string()).collect(),
        )
    }
}

/// A row in every table of this module, for databases that are kept.
pub(crate) async fn fill(world: &World, sample: Sample, work: &UnitOfWork) {
    let night = world.people("night shift");
    work.user_groups().insert(night.clone()).await.expect("inserts");
    assert_eq!(work.user_groups().join(night.id, sample.user).await, Ok(true));
    let criteria = rule(Field::Name, Operator::Contains, "web");
    let (outer, inner) = (
        world.machines(sample.user, "outer", Some(criteria)),
        world.machines(sample.user, "inner", None),
    );
    for group in [&outer, &inner] {
        work.resource_groups().insert(group.clone()).await.expect("inserts");
    }
    assert_eq!(work.resource_groups().nest(outer.id, inner.id).await, Ok(true));
    let (object, with) = (Shareable::ResourceGroup(outer.id), Principal::UserGroup(night.id));
    work.shares().insert(world.share(sample.user, object, with)).await.expect("inserts");
    work.custom_roles().insert(world.role(sample)).await.expect("inserts");
}

fn names(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn rule(field: Field, operator: Operator, text: &str) -> Criteria {
    let rule = Rule { field, operator, text: text.to_owned() };
    Criteria::new(Matching::All, vec![rule]).expect("valid")
}

#[test]
fn what_is_shared_is_seen_until_it_ends() {
    on_both(async |world| {
        let sample = world.with_sample().await;
        let bob = world.user("bob");
        let night = world.people("night shift");
        let other = world.resource(sample.user, "db-01");
        let admin = world.account(other.id, "admin");
        let work = world.begin().await;
        work.users().insert(bob.clone()).await.expect("inserts");
        work.user_groups().insert(night.clone()).await.expect("inserts");
        work.resources().insert(other.clone()).await.expect("inserts");
        for account in [&admin, &world.account(other.id, "backup")] {
            work.accounts().insert(account.clone()).await.expect("inserts");
        }
        work.orders().insert(world.discover(sample)).await.expect("inserts");
        world.commit(work).await;
        assert_eq!(world.seen(bob.id).await, (names(&[]), names(&[])));

        // One account alone: not its resource, not the others on it.
        let alone = world.share(sample.user, Shareable::Account(admin.id), Principal::User(bob.id));
        let work = world.begin().await;
        work.shares().insert(alone.clone()).await.expect("inserts");
        world.commit(work).await;
        assert_eq!(world.seen(bob.id).await, (names(&[]), names(&["admin"])));

        // A resource, by way of a user group, counts from the joining on.
        let whole = Share {
            expires_at: Some(world.in_an_hour()),
            ..world.share(
                sample.user,
                Shareable::Resource(sample.resource),
                Principal::UserGroup(night.id),
            )
        };
        let work = world.begin().await;
        work.shares().insert(whole.clone()).await.expect("inserts");
        world.commit(work).await;
        assert_eq!(world.seen(bob.id).await.0, names(&[]), "not in the group yet");
        let work = world.begin().await;
        assert_eq!(work.user_groups().join(night.id, bob.id).await, Ok(true));
        assert_eq!(work.user_groups().join(night.id, bob.id).await, Ok(false));
        world.commit(work).await;
        assert_eq!(world.seen(bob.id).await, (names(&["web-01"]), names(&["admin", "root"])));
        let reader = world.store.read();
        let sight = reader.shares().sight(bob.id, world.now()).await.expect("reads");
        let filter = OrderFilter { seen_by: Some(sight), ..OrderFilter::default() };
        assert_eq!(reader.orders().count(&filter).await, Ok(1));
        // The end is judged when it is looked at.
        let late = reader.shares().sight(bob.id, world.in_an_hour()).await.expect("reads");
        let filter = ResourceFilter { seen_by: Some(late), ..ResourceFilter::default() };
        assert_eq!(reader.resources().count(&filter, 10).await, Ok(0));
        let members = reader.user_groups().members(night.id, &Page::default()).await;
        assert_eq!(members.expect("reads").items, std::slice::from_ref(&bob));

        // One share for each pair; a change needs the version.
        let work = world.begin().await;
        let again = world.share(
            sample.user,
            Shareable::Resource(sample.resource),
            Principal::UserGroup(night.id),
        );
        let refused = work.shares().insert(again).await;
        assert_eq!(refused, Err(StoreError::Conflict { what: Unique::Share }));
        drop(work);
        let work = world.begin().await;
        let stronger = Share { level: Level::Full, ..whole.clone() };
        let updated = work.shares().update(stronger.clone(), 1).await.expect("updates");
        assert_eq!(updated, Share { version: 2, ..stronger.clone() });
        let stale = work.shares().update(stronger, 1).await;
        assert_eq!(stale, Err(StoreError::Stale { table: "shares" }));
        world.commit(work).await;
        let filter = ShareFilter {
            object_owner: Some(sample.user),
            with: vec![Principal::User(bob.id), Principal::UserGroup(night.id)],
            ..ShareFilter::default()
        };
        let listed = world.store.read().shares().list(&filter, &Page::default()).await;
        let listed: BTreeSet<_> = listed.expect("reads").items.iter().map(|one| one.id).collect();
        assert_eq!(listed, [alone.id, whole.id].into());

        // A group that is deleted takes its shares along.
        let work = world.begin().await;
        let gone = work.shares().delete_of_principal(Principal::UserGroup(night.id)).await;
        assert_eq!(gone, Ok(1));
        assert_eq!(work.user_groups().delete(night.id).await, Ok(true));
        assert_eq!(work.shares().delete_on_resource(other.id, bob.id).await, Ok(1));
        world.commit(work).await;
        assert_eq!(world.seen(bob.id).await, (names(&[]), names(&[])));
    });
}

#[test]
fn a_shared_group_reaches_what_its_owner_owns_and_nothing_else() {
    on_both(async |world| {
        let sample = world.with_sample().await;
        let (bob, eve) = (world.user("bob"), world.user("eve"));
        let foreign = world.resource(eve.id, "web-eve");
        let db = world.resource(sample.user, "db-01");
        let (outer, inner) = (
            world.machines(sample.user, "all", None),
            world.machines(
                sample.user,
                "web",
                Some(rule(Field::Name, Operator::BeginsWith, "WEB")),
            ),
        );
        let work = world.begin().await;
        for user in [&bob, &eve] {
            work.users().insert(user.clone()).await.expect("inserts");
        }
        for resource in [&foreign, &db] {
            work.resources().insert(resource.clone()).await.expect("inserts");
        }
        for group in [&outer, &inner] {
            work.resource_groups().insert(group.clone()).await.expect("inserts");
        }
        // A Super Administrator put somebody else's into it.
        for resource in [db.id, foreign.id] {
            assert_eq!(work.resource_groups().join(outer.id, resource).await, Ok(true));
        }
        assert_eq!(work.resource_groups().nest(outer.id, inner.id).await, Ok(true));
        let share =
            world.share(sample.user, Shareable::ResourceGroup(outer.id), Principal::User(bob.id));
        work.shares().insert(share).await.expect("inserts");
        world.commit(work).await;
        assert_eq!(world.seen(bob.id).await.0, names(&["db-01", "web-01"]));
        assert_eq!(world.store.read().resource_groups().size(outer.id, 10).await, Ok(3));

        // What is given away leaves.
        let work = world.begin().await;
        let given = Resource { owner: eve.id, ..db.clone() };
        work.resources().update(given, 1).await.expect("updates");
        assert_eq!(work.resource_groups().leave_others(db.id, eve.id).await, Ok(1));
        world.commit(work).await;
        assert_eq!(world.seen(bob.id).await.0, names(&["web-01"]));
        // Criteria follow at once.
        let work = world.begin().await;
        let web = work.resources().find(sample.resource).await.expect("reads").expect("there");
        let renamed = Resource { name: "mail-01".parse().expect("valid"), ..web };
        work.resources().update(renamed, 1).await.expect("updates");
        world.commit(work).await;
        assert_eq!(world.seen(bob.id).await.0, names(&[]));
    });
}

/// The condition in the database says what the pure function says, whatever
/// the text: any script, and the signs that LIKE would read otherwise.
#[test]
fn criteria_mean_the_same_in_the_database() {
    on_both(async |world| {
        let sample = world.with_sample().await;
        let texts = ["Web_1", "web%1", "ＷＥＢ-全角", "店舗𠮷野", "שרת-1", "ÄPFEL", "a\\b", "web"];
        let work = world.begin().await;
        let mut resources = Vec::new();
        for (at, name) in texts.iter().enumerate() {
            let dns = (at % 2 == 0).then(|| format!("h{at}.example.jp").parse().expect("valid"));
            let platform = if at % 3 == 0 { Platform::Windows } else { Platform::Linux };
            let resource =
                Resource { dns_name: dns, platform, ..world.resource(sample.user, name) };
            work.resources().insert(resource.clone()).await.expect("inserts");
            resources.push(resource);
        }
        world.commit(work).await;
        let first = world.store.read().resources().find(sample.resource).await;
        resources.push(first.expect("reads").expect("there"));
        let mut wanted = Vec::new();
        for operator in Operator::ALL {
            for value in ["web", "WEB_", "%", "ｗｅｂ", "𠮷", "שרת", "äpfel", "\\", "1"] {
                wanted.push(rule(Field::Name, *operator, value));
            }
            wanted.push(rule(Field::Address, *operator, "H0.EXAMPLE.JP"));
        }
        wanted.push(rule(Field::Platform, Operator::NotEquals, "windows"));
        for criteria in wanted {
            let filter =
                ResourceFilter { criteria: Some(criteria.clone()), ..ResourceFilter::default() };
            let found = world.store.read().resources().list(&filter, &Page::default()).await;
            let found: BTreeSet<ResourceId> =
                found.expect("reads").items.into_iter().map(|one| one.id).collect();
            let expected: BTreeSet<ResourceId> = resources
                .iter()
                .filter(|one| {
                    criteria.matches(&Facts {
                        name: one.name.as_str(),
                        address: one.dns_name.as_ref().map(|name| name.as_str()),
                        platform: one.platform,
                    })
                })
                .map(|one| one.id)
                .collect();
            assert_eq!(found, expected, "{criteria:?}");
        }
    });
}

#[test]
fn groups_inside_each_other_are_found_both_ways() {
    on_both(async |world| {
        let sample = world.with_sample().await;
        let [a, b, c, d] = ["a", "b", "c", "d"].map(|name| world.machines(sample.user, name, None));
        let work = world.begin().await;
        let groups = work.resource_groups();
        for group in [&a, &b, &c, &d] {
            groups.insert(group.clone()).await.expect("inserts");
        }
        // a > b > c, and a > c: the shortest way counts.
        for (outer, inner) in [(&a, &b), (&b, &c), (&a, &c), (&d, &b)] {
            assert_eq!(groups.nest(outer.id, inner.id).await, Ok(true));
        }
        assert_eq!(groups.nest(a.id, b.id).await, Ok(false));
        let depths = async |root: ResourceGroupId| {
            let reached = groups.reach(&[root]).await.expect("reads");
            reached.into_iter().map(|one| (one.group, one.depth)).collect::<BTreeSet<_>>()
        };
        assert_eq!(depths(a.id).await, [(a.id, 0), (b.id, 1), (c.id, 1)].into());
        assert_eq!(depths(d.id).await, [(d.id, 0), (b.id, 1), (c.id, 2)].into());
        assert_eq!(groups.way(a.id, c.id).await, Ok(Some(vec![a.id, c.id])));
        assert_eq!(groups.way(d.id, c.id).await, Ok(Some(vec![d.id, b.id, c.id])));
        assert_eq!(groups.way(c.id, a.id).await, Ok(None));
        assert_eq!((groups.height(c.id).await, groups.depth(a.id).await), (Ok(2), Ok(2)));

        assert_eq!(groups.join(c.id, sample.resource).await, Ok(true));
        let here = work.resources().find(sample.resource).await.expect("reads").expect("there");
        let of = groups.of_resources(std::slice::from_ref(&here)).await.expect("reads");
        let of: Vec<&str> = of[&here.id].iter().map(|group| group.name.as_str()).collect();
        assert_eq!(of, ["a", "b", "c", "d"], "what is around counts, too");

        assert_eq!(groups.unnest(b.id, c.id).await, Ok(true));
        assert_eq!(groups.unnest(b.id, c.id).await, Ok(false));
        assert_eq!(groups.delete(a.id).await, Ok(true), "with what it is nested with");
        let of = groups.of_resources(std::slice::from_ref(&here)).await.expect("reads");
        assert_eq!(of[&here.id].len(), 1);
        world.commit(work).await;
    });
}

#[test]
fn names_of_user_groups_and_roles_are_unique_in_any_case() {
    on_both(async |world| {
        let sample: Sample = world.with_sample().await;
        let work = world.begin().await;
        work.user_groups().insert(world.people("Night Shift")).await.expect("inserts");
        let found = work.user_groups().list(Some("SHIFT"), &Page::default()).await;
        assert_eq!(found.expect("reads").items.len(), 1);
        let again = work.user_groups().insert(world.people("night shift")).await;
        assert_eq!(again, Err(StoreError::Conflict { what: Unique::UserGroupName }));
        drop(work);

        let role = world.role(sample);
        let work = world.begin().await;
        work.custom_roles().insert(role.clone()).await.expect("inserts");
        assert_eq!(work.custom_roles().find(role.id).await, Ok(Some(role.clone())));
        let approved = CustomRole {
            permissions: Some(vec!["add_resources".to_owned()]),
            proposed: None,
            proposed_by: None,
            ..role.clone()
        };
        let approved = work.custom_roles().update(approved, 1).await.expect("updates");
        assert_eq!(work.custom_roles().list().await, Ok(vec![approved]));
        let stale = work.custom_roles().update(role.clone(), 1).await;
        assert_eq!(stale, Err(StoreError::Stale { table: "custom_roles" }));
        let twin = CustomRole { id: world.id(), name: "ROLLOUT".parse().expect("valid"), ..role };
        let refused = work.custom_roles().insert(twin).await;
        assert_eq!(refused, Err(StoreError::Conflict { what: Unique::RoleName }));
    });
}

#[test]
fn accounts_that_are_shared_alone_leave_with_their_resource() {
    on_both(async |world| {
        let sample = world.with_sample().await;
        let bob = world.user("bob");
        let work = world.begin().await;
        work.users().insert(bob.clone()).await.expect("inserts");
        let share =
            world.share(sample.user, Shareable::Account(sample.account), Principal::User(bob.id));
        work.shares().insert(share).await.expect("inserts");
        world.commit(work).await;
        assert_eq!(world.seen(bob.id).await.1, names(&["root"]));
        let work = world.begin().await;
        let gone = work.resources().find(sample.resource).await.expect("reads").expect("there");
        let gone = Resource { deleted_at: Some(world.now()), ..gone };
        work.resources().update(gone, 1).await.expect("updates");
        world.commit(work).await;
        assert_eq!(world.seen(bob.id).await.1, names(&[]));
        let all: Vec<Account> = world
            .store
            .read()
            .accounts()
            .list(sample.resource, false, &Page::default())
            .await
            .expect("reads")
            .items;
        assert_eq!(all.len(), 1, "it is kept");
    });
}

/// What the report of who may do what is made of.
#[test]
fn everybody_whom_shares_reach_is_found_from_the_object() {
    on_both(async |world| {
        let sample = world.with_sample().await;
        let (bob, cid) = (world.user("bob"), world.user("cid"));
        let night = world.people("night shift");
        let work = world.begin().await;
        for user in [&bob, &cid] {
            work.users().insert(user.clone()).await.expect("inserts");
        }
        work.user_groups().insert(night.clone()).await.expect("inserts");
        assert_eq!(work.user_groups().join(night.id, bob.id).await, Ok(true));
        let resource = Shareable::Resource(sample.resource);
        let to_bob = world.share(sample.user, resource, Principal::User(bob.id));
        let to_night = Share {
            expires_at: Some(world.in_an_hour()),
            ..world.share(sample.user, resource, Principal::UserGroup(night.id))
        };
        let ended = Share {
            expires_at: Some(world.now()),
            ..world.share(sample.user, resource, Principal::User(cid.id))
        };
        for share in [&to_bob, &to_night, &ended] {
            work.shares().insert(share.clone()).await.expect("inserts");
        }
        world.commit(work).await;

        let reader = world.store.read();
        let found = reader.shares().of_objects(&[resource], world.now()).await.expect("reads");
        // Of one and the same millisecond: in the order of their ids.
        let mut expected = [to_bob, to_night];
        expected.sort_by_key(|share| share.id);
        assert_eq!(found, expected);
        let none = reader.shares().of_objects(&[], world.now()).await.expect("reads");
        assert_eq!(none, []);

        let role = sample_role(&world, sample.user).await;
        let of = async |with: &[Principal], after, limit| -> Vec<String> {
            let found = reader.users().among(with, role, after, limit).await.expect("reads");
            found.into_iter().map(|user| user.name.to_string()).collect()
        };
        // Everybody in these databases has the same role.
        assert_eq!(of(&[], None, 9).await, ["ann", "bob", "cid"]);
        assert_eq!(of(&[], Some("ann"), 1).await, ["bob"]);
        let nobodys = Role::ConnectionUser.into();
        let with = [Principal::User(cid.id), Principal::UserGroup(night.id)];
        let found = reader.users().among(&with, nobodys, None, 9).await.expect("reads");
        assert_eq!(found, [bob.clone(), cid.clone()]);

        let groups = reader.user_groups();
        let inside = groups.memberships(&[night.id], &[bob.id, cid.id]).await.expect("reads");
        assert_eq!(inside.into_iter().collect::<Vec<_>>(), [(bob.id, vec![night.id])]);
    });
}

async fn sample_role(world: &World, user: UserId) -> RoleRef {
    world.store.read().users().find(user).await.expect("reads").expect("there").role
}

#[test]
fn a_list_goes_on_after_the_place_of_any_row() {
    on_both(async |world| {
        let sample = world.with_sample().await;
        let work = world.begin().await;
        for name in ["Beta", "alpha", "日本"] {
            let one = world.resource(sample.user, name);
            work.resources().insert(one).await.expect("inserts");
            work.accounts().insert(world.account(sample.resource, name)).await.expect("inserts");
        }
        world.commit(work).await;
        let reader = world.store.read();
        let everything = ResourceFilter::default();
        let whole = reader.resources().list(&everything, &Page::default()).await.expect("reads");
        for (at, one) in whole.items.iter().enumerate() {
            let rest = Page::after(one.place(), 50);
            let rest = reader.resources().list(&everything, &rest).await.expect("reads");
            assert_eq!(rest.items, whole.items[at + 1..], "after {}", one.name);
        }
        let accounts = reader.accounts();
        let whole = accounts.list(sample.resource, true, &Page::default()).await.expect("reads");
        for (at, one) in whole.items.iter().enumerate() {
            let rest = Page::after(one.place(), 50);
            let rest = accounts.list(sample.resource, true, &rest).await.expect("reads");
            assert_eq!(rest.items, whole.items[at + 1..], "after {}", one.name);
        }
        assert!(whole.items.len() > 3);
    });
}
