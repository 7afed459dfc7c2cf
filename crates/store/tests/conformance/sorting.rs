//! Sorting, counting, and the conditions of lists.

use std::time::Duration;

use sekisho_model::account::{Knowledge, SecretOrigin, SecretState, VerifyResult};
use sekisho_model::device::{DeviceState, KeyState, KeyUse, Platform, Served};
use sekisho_model::user::{Role, UserState};
use sekisho_store::{
    Access, Account, AccountFilter, Activity, Count, Cursor, DEVICE_SORTS, Device, DeviceFilter,
    ENROLMENT_KEY_SORTS, EnrolmentKeyFilter, MAX_COUNT, Page, PasswordPolicy, RESOURCE_SORTS,
    Resource, ResourceFilter, SecretVersion, StoreError, USER_SORTS, User, UserFilter,
};

use crate::databases::on_both;

/// All items of a list that is read page by page, through text as a client does.
async fn all<T>(
    limit: u16,
    sort: (&'static str, bool),
    mut read: impl AsyncFnMut(Page) -> (Vec<T>, Option<Cursor>),
) -> Vec<T> {
    let mut items = Vec::new();
    let mut after: Option<Cursor> = None;
    loop {
        let page = Page { after, ..Page::first(limit) }.sorted(sort.0, sort.1);
        let (found, next) = read(page).await;
        items.extend(found);
        match next {
            Some(next) => after = Some(next.to_string().parse().expect("our own cursor")),
            None => return items,
        }
    }
}

#[test]
fn every_order_gives_every_item_once_and_backwards_is_the_reverse() {
    on_both(async |world| {
        let sample = world.with_sample().await;
        let work = world.begin().await;
        for (n, seen) in [None, Some(3), Some(1), None, Some(3)].into_iter().enumerate() {
            let mut resource = world.resource(sample.user, ["b", "a", "a", "名", "c"][n]);
            resource.dns_name = (n % 2 == 0).then(|| format!("h{n}.example").parse().expect("ok"));
            let mut device = world.device(resource.id);
            device.host = ["x", "x", "y", "x", "z"][n].to_owned();
            device.last_seen_at = seen.map(|s| world.now().minus(Duration::from_secs(s)));
            work.resources().insert(resource).await.expect("inserts");
            work.devices().insert(device).await.expect("inserts");
        }
        world.commit(work).await;
        let reader = world.store.read();
        for word in DEVICE_SORTS {
            let read = async |limit, descending| {
                let ids = async |page: Page| {
                    let found = reader.devices().list(&DeviceFilter::default(), &page).await;
                    let found = found.expect("reads");
                    (found.items.into_iter().map(|d| d.id).collect(), found.next)
                };
                all(limit, (word, descending), ids).await
            };
            let whole = read(200, false).await;
            assert_eq!(whole.len(), 6, "{word}");
            for limit in [1, 2, 4] {
                assert_eq!(read(limit, false).await, whole, "{word} by {limit}");
                let mut back = read(limit, true).await;
                back.reverse();
                assert_eq!(back, whole, "{word} backwards by {limit}");
            }
        }
        for word in RESOURCE_SORTS {
            let read = async |limit, descending| {
                let ids = async |page: Page| {
                    let found = reader.resources().list(&ResourceFilter::default(), &page).await;
                    let found = found.expect("reads");
                    (found.items.into_iter().map(|r| r.id).collect(), found.next)
                };
                all(limit, (word, descending), ids).await
            };
            let whole = read(200, false).await;
            assert_eq!(read(1, false).await, whole, "{word}");
            let mut back = read(2, true).await;
            back.reverse();
            assert_eq!(back, whole, "{word} backwards");
        }
        // Never seen counts as longest ago.
        let page = Page::first(1).sorted("last_seen_at", true);
        let newest = reader.devices().list(&DeviceFilter::default(), &page).await.expect("reads");
        let seen = newest.items[0].last_seen_at;
        assert_eq!(seen, Some(world.now().minus(Duration::from_secs(1))));
        let page = Page::first(1).sorted("last_seen_at", false);
        let oldest = reader.devices().list(&DeviceFilter::default(), &page).await.expect("reads");
        assert_eq!(oldest.items[0].last_seen_at, None);
    });
}

#[test]
fn a_cursor_of_another_order_is_refused() {
    on_both(async |world| {
        let sample = world.with_sample().await;
        let work = world.begin().await;
        for name in ["a", "b"] {
            work.resources().insert(world.resource(sample.user, name)).await.expect("inserts");
        }
        world.commit(work).await;
        let any = ResourceFilter::default();
        let reader = world.store.read();
        let first = Page::first(1).sorted("name", false);
        let next = reader.resources().list(&any, &first).await.expect("reads").next;
        let after =
            |by, descending| Page::after(next.clone().expect("more"), 1).sorted(by, descending);
        assert!(reader.resources().list(&any, &after("name", false)).await.is_ok());
        for (by, descending) in [("name", true), ("created_at", false), ("dns_name", false)] {
            let error = reader.resources().list(&any, &after(by, descending)).await;
            assert!(matches!(error, Err(StoreError::InvalidCursor(_))), "{by}: {error:?}");
        }
    });
}

#[test]
fn a_count_is_of_all_pages_and_ends_somewhere() {
    on_both(async |world| {
        let sample = world.with_sample().await;
        let reader = world.store.read();
        let counted = async |prefix: Option<&str>| {
            let prefix = prefix.map(str::to_owned);
            let filter = ResourceFilter { prefix, ..ResourceFilter::default() };
            let page = Page { count: true, ..Page::first(2) };
            let found = reader.resources().list(&filter, &page).await.expect("reads");
            // A later page has the same number.
            if let Some(next) = found.next {
                let page = Page { count: true, ..Page::after(next, 2) };
                let later = reader.resources().list(&filter, &page).await.expect("reads");
                assert_eq!(later.count, found.count);
            }
            found.count.expect("counted")
        };
        let work = world.begin().await;
        for name in ["a1", "a2", "a3", "b"] {
            work.resources().insert(world.resource(sample.user, name)).await.expect("inserts");
        }
        world.commit(work).await;
        assert_eq!(counted(Some("a")).await, Count { count: 3, capped: false });
        assert_eq!(counted(Some("zz")).await, Count { count: 0, capped: false });
        let page = Page::first(2);
        let found = reader.resources().list(&ResourceFilter::default(), &page).await;
        assert_eq!(found.expect("reads").count, None, "only when asked for");

        let work = world.begin().await;
        for n in 0..=MAX_COUNT {
            let one = world.resource(sample.user, &format!("z{n:05}"));
            work.resources().insert(one).await.expect("inserts");
        }
        world.commit(work).await;
        assert_eq!(counted(Some("z")).await, Count { count: MAX_COUNT, capped: true });
        // Ten thousand rows, from both ends.
        for descending in [false, true] {
            let page = Page::first(50).sorted("name", descending);
            let found = reader.resources().list(&ResourceFilter::default(), &page).await;
            assert_eq!(found.expect("reads").items.len(), 50);
        }
    });
}

/// What is known of a password is derived in the program and, for lists, in
/// the database: both must say the same of every combination.
#[test]
fn accounts_are_found_by_what_is_known_of_them() {
    on_both(async |world| {
        let sample = world.with_sample().await;
        let results: Vec<Option<VerifyResult>> =
            std::iter::once(None).chain(VerifyResult::ALL.iter().copied().map(Some)).collect();
        let mut made = Vec::new();
        for origin in [
            None,
            Some(SecretOrigin::Generated),
            Some(SecretOrigin::Typed),
            Some(SecretOrigin::Recovered),
        ] {
            for result in &results {
                for open in [false, true] {
                    made.push((origin, *result, open));
                }
            }
        }
        let work = world.begin().await;
        for (n, (origin, result, open)) in made.iter().enumerate() {
            let account = world.account(sample.resource, &format!("n{n:03}"));
            let id = account.id;
            work.accounts().insert(account).await.expect("inserts");
            if let Some(origin) = origin {
                let state = SecretState::Current;
                let value = SecretVersion { state, origin: *origin, ..world.secret(id, 1) };
                let version = value.id;
                work.secret_versions().insert(value).await.expect("inserts");
                work.accounts().move_current(id, None, version).await.expect("moves");
                if let Some(result) = result {
                    let accounts = work.accounts();
                    let noted = accounts.note_verify(id, version, *result, world.now()).await;
                    assert!(noted.expect("notes"));
                }
            }
            if *open {
                let state = SecretState::Indeterminate;
                let value = SecretVersion { state, ..world.secret(id, 2) };
                work.secret_versions().insert(value).await.expect("inserts");
            }
        }
        world.commit(work).await;
        let reader = world.store.read();
        let mut found = 0;
        for wanted in Knowledge::ALL {
            let filter = AccountFilter { knowledge: Some(*wanted), ..AccountFilter::default() };
            let listed = reader.accounts().search(&filter, &Page::first(200)).await.expect("reads");
            let derived = reader.accounts().knowledge(&listed.items).await.expect("reads");
            assert!(!listed.items.is_empty(), "{wanted}");
            for account in &listed.items {
                assert_eq!(derived[&account.id], *wanted, "{}", account.name);
            }
            let count = reader.accounts().count(&filter).await.expect("counts");
            assert_eq!(count, Count { count: listed.items.len() as u64, capped: false });
            found += listed.items.len();
        }
        assert_eq!(found, made.len() + 1, "each account is found once");
        let filter = ResourceFilter { out_of_sync: true, ..ResourceFilter::default() };
        let found = reader.resources().list(&filter, &Page::default()).await.expect("reads");
        assert_eq!(found.items.len(), 1);
    });
}

#[test]
fn accounts_are_found_by_the_policy_that_holds() {
    on_both(async |world| {
        let sample = world.with_sample().await;
        let policy = |name: &str| PasswordPolicy {
            id: world.id(),
            name: name.parse().expect("valid"),
            rules: sekisho_model::password::PasswordRules::default(),
            is_default: false,
            created_at: world.now(),
            version: 1,
        };
        let (long, short) = (policy("Long"), policy("short"));
        let with = Resource { policy: Some(long.id), ..world.resource(sample.user, "with") };
        let inherits = world.account(with.id, "inherits");
        let own = Account { policy: Some(short.id), ..world.account(with.id, "own") };
        let work = world.begin().await;
        for policy in [&long, &short] {
            work.password_policies().insert(policy.clone()).await.expect("inserts");
        }
        work.resources().insert(with).await.expect("inserts");
        for account in [&inherits, &own] {
            work.accounts().insert(account.clone()).await.expect("inserts");
        }
        world.commit(work).await;
        let reader = world.store.read();
        for (policy, expected) in [(&long, "inherits"), (&short, "own")] {
            let filter = AccountFilter { policy: Some(policy.id), ..AccountFilter::default() };
            let found = reader.accounts().search(&filter, &Page::default()).await.expect("reads");
            let names: Vec<_> = found.items.iter().map(|a| a.name.to_string()).collect();
            assert_eq!(names, [expected]);
        }
        let found = reader.password_policies().search(Some("lo"), &Page::default()).await;
        assert_eq!(found.expect("reads").items, [long], "in any case");
    });
}

/// A device: its state, heard of so many minutes ago, how often it polls.
type Seen = (DeviceState, Option<u64>, Option<u32>);

#[test]
fn resources_and_devices_are_found_by_their_agents() {
    on_both(async |world| {
        let sample = world.with_sample().await;
        let activity = Activity { now: world.now(), silence: Duration::from_secs(30 * 60) };
        let ago = |minutes: u64| Some(world.now().minus(Duration::from_secs(60 * minutes)));
        let approved = DeviceState::Approved;
        let cases: [(&str, &[Seen], Served); 8] = [
            ("fresh", &[(approved, Some(30), None)], Served::Active),
            ("slow", &[(approved, Some(120), Some(3600))], Served::Active),
            ("silent", &[(approved, Some(31), None)], Served::Inactive),
            ("never", &[(approved, None, Some(60))], Served::Inactive),
            ("waits", &[(DeviceState::Pending, Some(1), None)], Served::Pending),
            ("blocked", &[(DeviceState::Blocked, Some(1), None)], Served::Blocked),
            ("none", &[(DeviceState::Retired, Some(1), None)], Served::None),
            (
                "both",
                &[(DeviceState::Pending, Some(1), None), (approved, Some(500), None)],
                Served::Inactive,
            ),
        ];
        let work = world.begin().await;
        for (name, devices, _) in cases {
            let resource = world.resource(sample.user, name);
            for (state, seen, interval_s) in devices {
                let device = Device {
                    state: *state,
                    last_seen_at: seen.and_then(ago),
                    interval_s: *interval_s,
                    host: name.to_owned(),
                    ..world.device(resource.id)
                };
                if device.state == DeviceState::Pending || name != "both" {
                    work.resources().insert(resource.clone()).await.expect("inserts");
                }
                work.devices().insert(device).await.expect("inserts");
            }
        }
        let windows = Platform::Windows;
        let other = Resource { platform: windows, ..world.resource(sample.user, "windows") };
        work.resources().insert(other).await.expect("inserts");
        world.commit(work).await;
        let reader = world.store.read();
        for wanted in Served::ALL {
            let agent = Some((*wanted, activity));
            let filter = ResourceFilter { agent, prefix: None, ..ResourceFilter::default() };
            let found = reader.resources().list(&filter, &Page::first(200)).await.expect("reads");
            let mut names: Vec<_> = found.items.iter().map(|r| r.name.to_string()).collect();
            // The sample's own device was never heard of; it is not the matter here.
            names.retain(|name| name != "windows" && cases.iter().any(|case| case.0 == name));
            let mut expected: Vec<_> =
                cases.iter().filter(|case| case.2 == *wanted).map(|case| case.0).collect();
            expected.sort_unstable();
            assert_eq!(names, expected, "{wanted}");
        }
        let listed = async |active| {
            let filter = DeviceFilter {
                active: Some((active, activity)),
                states: vec![approved],
                ..DeviceFilter::default()
            };
            let found = reader.devices().list(&filter, &Page::first(200)).await.expect("reads");
            let mut hosts: Vec<_> = found.items.into_iter().map(|d| d.host).collect();
            hosts.retain(|host| host != "web-01");
            hosts
        };
        assert_eq!(listed(true).await, ["fresh", "slow"]);
        assert_eq!(listed(false).await, ["both", "never", "silent"]);
        let filter = ResourceFilter { platform: Some(windows), ..ResourceFilter::default() };
        let found = reader.resources().list(&filter, &Page::default()).await.expect("reads");
        assert_eq!(found.items.len(), 1);
        let nobody = world.user("nobody").id;
        let filter = ResourceFilter { owned_by: Some(nobody), ..ResourceFilter::default() };
        let found = reader.resources().list(&filter, &Page::default()).await.expect("reads");
        assert!(found.items.is_empty());
    });
}

#[test]
fn users_tokens_and_keys_are_searched() {
    on_both(async |world| {
        let sample = world.with_sample().await;
        let work = world.begin().await;
        let people = [
            ("aoi", "葵 Tanaka", Role::PasswordUser, UserState::Active),
            ("ben", "Ben", Role::PasswordUser, UserState::Disabled),
            ("carol", "TANAKA Carol", Role::Administrator, UserState::Active),
        ];
        for (name, display_name, role, state) in people {
            let display_name = display_name.to_owned();
            let user = User { display_name, role: role.into(), state, ..world.user(name) };
            work.users().insert(user).await.expect("inserts");
        }
        let now = world.now();
        let key = |label: &str, use_kind| {
            let mut key = world.enrolment_key(sample, use_kind);
            key.label = label.parse().expect("valid");
            key
        };
        let mut used = key("used", KeyUse::Once);
        used.uses = 1;
        used.last_used_at = Some(now);
        let mut over = key("Over 100%", KeyUse::Window);
        over.expires_at = now;
        over.uses = 3;
        let mut revoked = key("revoked", KeyUse::Once);
        revoked.revoked_at = Some(now);
        revoked.uses = 1;
        for key in [key("fresh", KeyUse::Once), used, over, revoked] {
            work.enrolment_keys().insert(key).await.expect("inserts");
        }
        world.commit(work).await;
        let reader = world.store.read();
        let users = async |filter: UserFilter| {
            let found = reader.users().search(&filter, &Page::default()).await.expect("reads");
            found.items.into_iter().map(|user| user.name.to_string()).collect::<Vec<_>>()
        };
        let text = |text: &str| UserFilter { text: Some(text.to_owned()), ..UserFilter::default() };
        assert_eq!(users(text("tanaka")).await, ["aoi", "carol"]);
        assert_eq!(users(text("葵")).await, ["aoi"]);
        assert_eq!(users(text("%")).await, [""; 0], "taken literally");
        let role = UserFilter {
            role: Some(Role::PasswordUser.into()),
            state: Some(UserState::Disabled),
            ..UserFilter::default()
        };
        assert_eq!(users(role).await, ["ben"]);
        for word in USER_SORTS {
            let page = Page::first(2).sorted(word, true);
            let found = reader.users().search(&UserFilter::default(), &page).await;
            assert_eq!(found.expect("reads").items.len(), 2, "{word}");
        }
        let keys = async |filter: EnrolmentKeyFilter| {
            let page = Page::default().sorted("label", false);
            let found = reader.enrolment_keys().search(&filter, &page).await.expect("reads");
            found.items.into_iter().map(|key| key.label.to_string()).collect::<Vec<_>>()
        };
        for (state, expected) in [
            (KeyState::Active, "fresh"),
            (KeyState::Used, "used"),
            (KeyState::Expired, "Over 100%"),
            (KeyState::Revoked, "revoked"),
        ] {
            let state = Some((state, now));
            let filter = EnrolmentKeyFilter { state, ..EnrolmentKeyFilter::default() };
            assert_eq!(keys(filter).await, [expected]);
        }
        let text = Some("over 100%".to_owned());
        let filter = EnrolmentKeyFilter { text, ..EnrolmentKeyFilter::default() };
        assert_eq!(keys(filter).await, ["Over 100%"]);
        for word in ENROLMENT_KEY_SORTS {
            let page = Page::first(3).sorted(word, true);
            let found = reader.enrolment_keys().search(&EnrolmentKeyFilter::default(), &page).await;
            assert_eq!(found.expect("reads").items.len(), 3, "{word}");
        }
    });
}

#[test]
fn the_audit_log_is_read_from_both_ends() {
    on_both(async |world| {
        let sample = world.with_sample().await;
        for n in 0..7 {
            let mut work = world.begin().await;
            let fields = vec![n.to_string()];
            let resource = sample.resource;
            work.record(sekisho_model::event::Event::ResourceChanged { resource, fields });
            let _ = work.commit().await.expect("commits");
        }
        let reader = world.store.read();
        let about = vec![("resource", sample.resource.to_string())];
        let filter = sekisho_store::AuditFilter { about, ..Default::default() };
        let read = async |limit, descending| {
            let seqs = async |page: Page| {
                let found = reader.audit().list(&filter, &page).await.expect("reads");
                (found.items.into_iter().map(|line| line.seq).collect::<Vec<_>>(), found.next)
            };
            all(limit, ("at", descending), seqs).await
        };
        let mut forwards = read(2, false).await;
        assert_eq!(forwards.len(), 7);
        assert!(forwards.is_sorted());
        let backwards = read(3, true).await;
        forwards.reverse();
        assert_eq!(forwards, backwards);
        let account = sekisho_store::AuditFilter {
            about: vec![("account", sample.resource.to_string())],
            ..Default::default()
        };
        let page = Page { count: true, ..Page::first(1) };
        assert_eq!(reader.audit().list(&account, &page).await.expect("reads").items, []);
        let counted = reader.audit().list(&filter, &page).await.expect("reads").count;
        assert_eq!(counted, Some(Count { count: 7, capped: false }));
    });
}
