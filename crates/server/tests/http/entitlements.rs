//! The report of who may do what, and why.

use std::collections::BTreeMap;

use http::Method;
use sekisho_model::user::Role;
use serde_json::{Value, json};

use crate::groups::{group, join};
use crate::harness::{Client, TestServer};
use crate::objects::{account, id, resource};
use crate::shares::{person, share};

const ROWS: &str = "/reports/entitlements/rows";

/// All rows, by pages of a size.
async fn all(who: &Client, ask: &str, limit: usize) -> Vec<Value> {
    let (mut rows, mut after) = (Vec::new(), String::new());
    for _ in 0..200 {
        let page = who.get(&format!("{ROWS}?limit={limit}{ask}{after}")).await.expect(200);
        let items = page["items"].as_array().expect("rows");
        assert!(items.len() <= limit, "{page}");
        rows.extend(items.iter().cloned());
        let Some(next) = page["next"].as_str() else { return rows };
        after = format!("&after={next}");
    }
    panic!("the report does not end");
}

/// `resource[/account] user` of each row.
fn heads(rows: &[Value]) -> Vec<String> {
    let head = |row: &Value| {
        let text = |at: &str| row[at].as_str().unwrap_or_default().to_owned();
        let account = row["account"].as_str().map(|name| format!("/{name}")).unwrap_or_default();
        format!("{}{account} {}", text("resource"), text("user"))
    };
    rows.iter().map(head).collect()
}

/// A site where access comes by every way there is.
struct Site {
    server: TestServer,
    /// By their names.
    people: BTreeMap<&'static str, Client>,
    /// With the paths of their explanations.
    objects: Vec<(String, String)>,
}

impl Site {
    async fn new() -> Self {
        let server = TestServer::start().await;
        let mut people = BTreeMap::new();
        for (name, role) in [
            ("ann", Role::PasswordAdministrator),
            ("aud", Role::PasswordAuditor),
            ("bob", Role::PasswordAdministrator),
            ("boss", Role::SuperAdministrator),
            ("con", Role::ConnectionUser),
            ("pat", Role::PasswordUser),
            ("sue", Role::PasswordUser),
        ] {
            people.insert(name, server.user(name, role).await);
        }
        let by = |name: &str| &people[name];
        let (ann, bob) = (by("ann"), by("bob"));
        let web = resource(ann, "web").await;
        let root = account(ann, &web, "root").await;
        let backup = account(ann, &web, "backup").await;
        let db = resource(bob, "db").await;

        let admin = server.user("zoe", Role::Administrator).await;
        let ops = admin.post("/user-groups", json!({ "name": "ops" })).await.expect(201);
        for name in ["pat", "con"] {
            let path = format!("/user-groups/{}/members/{}", id(&ops), person(by(name)));
            admin.send(Method::PUT, &path, &[], None).await.expect(204);
        }
        people.insert("zoe", admin);
        let by = |name: &str| &people[name];
        let (ann, bob) = (by("ann"), by("bob"));
        // A group inside another one; what bob owns is not ann's to share.
        let (inner, outer) =
            (group(ann, "inner", json!(null)).await, group(ann, "outer", json!(null)).await);
        join(ann, &inner, &web).await.expect(204);
        let nest = format!("/resource-groups/{}/groups/{}", id(&outer), id(&inner));
        ann.send(Method::PUT, &nest, &[], None).await.expect(204);
        let to = |name: &str, level: &str| json!({ "user": person(by(name)), "level": level });
        let to_ops = |level: &str| json!({ "user_group": id(&ops), "level": level });
        share(ann, "resource-groups", &outer, to_ops("modify")).await.expect(201);
        share(ann, "resources", &web, to("pat", "view")).await.expect(201);
        share(ann, "resources", &web, to("bob", "full")).await.expect(201);
        share(ann, "accounts", &root, to("sue", "modify")).await.expect(201);
        share(bob, "resources", &db, to("ann", "view")).await.expect(201);
        let objects = vec![
            ("db".to_owned(), format!("/resources/{}/explain", id(&db))),
            ("web".to_owned(), format!("/resources/{}/explain", id(&web))),
            ("web/backup".to_owned(), format!("/accounts/{}/explain", id(&backup))),
            ("web/root".to_owned(), format!("/accounts/{}/explain", id(&root))),
        ];
        Self { server, people, objects }
    }

    fn by(&self, name: &str) -> &Client {
        &self.people[name]
    }
}

/// The report and the explanation of single objects never differ.
#[tokio::test]
async fn every_row_says_what_the_explanation_says_and_no_row_is_missing() {
    let site = Site::new().await;
    let boss = site.by("boss");
    let rows = all(boss, "", 200).await;
    let mut expected = BTreeMap::new();
    for (object, path) in &site.objects {
        for (name, who) in &site.people {
            let told = boss.get(&format!("{path}?user={}", person(who))).await.expect(200);
            let decisions = told["decisions"].as_array().expect("decisions");
            if decisions[0]["ground"] == "stranger" {
                continue;
            }
            let may: Vec<&str> = decisions
                .iter()
                .filter(|one| one["allowed"] == true)
                .map(|one| one["action"].as_str().expect("a word"))
                .collect();
            let shared = decisions[0]["ground"] == "share";
            let counts = if shared { told["shares"][0].clone() } else { json!({}) };
            let others = told["shares"].as_array().map_or(0, Vec::len) - usize::from(shared);
            let head = format!("{object} {name}");
            let on = (counts["on"]["kind"].clone(), counts["on"]["name"].clone());
            let fact = json!([
                decisions[0]["ground"],
                may.join(" "),
                counts["level"],
                on.0,
                on.1,
                others,
                told["role_name"]
            ]);
            expected.insert(head, fact);
        }
    }
    let found: BTreeMap<String, Value> = heads(&rows)
        .into_iter()
        .zip(&rows)
        .map(|(head, row)| {
            let fact = ["ground", "may", "level", "shared_kind", "shared", "other_shares", "role"]
                .map(|at| row[at].clone());
            (head, json!(fact))
        })
        .collect();
    assert_eq!(found.len(), rows.len(), "no row comes twice");
    assert_eq!(found, expected);

    // Each way is in it, and the more specific share counts although it is weaker.
    let row =
        |head: &str| rows[heads(&rows).iter().position(|one| one == head).expect(head)].clone();
    assert_eq!(row("web ann")["ground"], "owner");
    assert_eq!(row("web boss")["ground"], "sees_everything");
    assert_eq!(
        (&row("web pat")["level"], &row("web pat")["other_shares"]),
        (&json!("view"), &json!(1))
    );
    let con = row("web/backup con");
    assert_eq!(
        (&con["shared_kind"], &con["shared"], &con["user_group"], &con["may"]),
        (&json!("resource_group"), &json!("outer"), &json!("ops"), &json!("")),
        "it is shared with them, and their role can do nothing with it"
    );
    assert_eq!(row("web/root sue")["shared"], "root");
    assert!(!found.contains_key("web sue"), "a shared account shows nothing of its resource");
}

#[tokio::test]
async fn pages_of_any_size_give_the_same_rows_in_the_same_order() {
    let site = Site::new().await;
    let boss = site.by("boss");
    let whole = all(boss, "", 200).await;
    assert!(whole.len() > 12, "{}", whole.len());
    let mut sorted = heads(&whole);
    sorted.sort();
    assert_eq!(heads(&whole), sorted, "objects by name, then people by name");
    for limit in [1, 2, 3, 7] {
        assert_eq!(all(boss, "", limit).await, whole, "pages of {limit}");
    }
    // What was there when a page ended may be gone when the next one begins.
    let page = boss.get(&format!("{ROWS}?limit=5")).await.expect(200);
    let next = page["next"].as_str().expect("more").to_owned();
    let web = site.objects[1].1.trim_end_matches("/explain").to_owned();
    let tag = boss.get(&web).await.header("etag").expect("a tag").to_owned();
    boss.send(Method::DELETE, &web, &[("if-match", &tag)], None).await.expect(204);
    let rest = boss.get(&format!("{ROWS}?after={next}")).await.expect(200);
    assert_eq!((&rest["items"], &rest["next"]), (&json!([]), &Value::Null));
    boss.get(&format!("{ROWS}?after=x")).await.problem(400, "invalid_input");
    let other = format!("{}aa", "0".repeat(32));
    boss.get(&format!("{ROWS}?after={other}")).await.problem(400, "invalid_input");
    boss.get(&format!("{ROWS}?count=true")).await.problem(400, "invalid_input");
}

#[tokio::test]
async fn everybody_sees_the_access_to_what_they_may_ask_about() {
    let site = Site::new().await;
    let whole = heads(&all(site.by("boss"), "", 200).await);
    assert_eq!(heads(&all(site.by("aud"), "", 200).await), whole, "who reads the audit log");
    // Owners, and those who have full access; a share to view is not enough.
    let of = |prefix: &str| -> Vec<String> {
        whole.iter().filter(|head| head.starts_with(prefix)).cloned().collect()
    };
    assert_eq!(heads(&all(site.by("ann"), "", 200).await), of("web"));
    assert_eq!(heads(&all(site.by("bob"), "", 200).await), whole);
    for name in ["pat", "con"] {
        site.by(name).get(ROWS).await.problem(404, "not_found");
        site.by(name).get(&format!("{ROWS}.csv")).await.problem(404, "not_found");
    }
}

#[tokio::test]
async fn one_person_or_one_way_can_be_asked_for() {
    let site = Site::new().await;
    let boss = site.by("boss");
    for limit in [1, 200] {
        let pat = all(boss, "&user=pat", limit).await;
        assert_eq!(heads(&pat), ["web pat", "web/backup pat", "web/root pat"]);
    }
    let owners = all(boss, "&ground=owner", 3).await;
    assert_eq!(heads(&owners), ["db bob", "web ann", "web/backup ann", "web/root ann"]);
    let shared = all(boss, "&ground=share&user=ann", 200).await;
    assert_eq!(heads(&shared), ["db ann"]);
    for (ask, field) in [("user=nobody", "user"), ("ground=magic", "ground"), ("sort=user", "sort")]
    {
        let refused = boss.get(&format!("{ROWS}?{ask}")).await.problem(400, "invalid_input");
        assert_eq!(refused["field"], field);
    }
    // Whoever is disabled may do nothing, and still has what is shared with them.
    let pat = format!("/users/{}", person(site.by("pat")));
    boss.post(&format!("{pat}/disable"), json!({})).await.expect(200);
    let pat = all(boss, "&user=pat", 200).await;
    assert_eq!(
        (pat.len(), &pat[0]["user_state"], &pat[0]["may"]),
        (3, &json!("disabled"), &json!(""))
    );
}

#[tokio::test]
async fn the_whole_report_is_a_file_that_is_on_record() {
    let site = Site::new().await;
    let boss = site.by("boss");
    let rows = all(boss, "", 200).await;
    let file = boss.get(&format!("{ROWS}.csv")).await.expect(200);
    let file = file.as_str().expect("text");
    assert_eq!(file.lines().count(), rows.len() + 1);
    assert!(file.starts_with("resource,account,owner,user,"), "{file}");
    assert!(
        file.contains("web,root,ann,sue,sue,password_user,active,share,modify,account,root,,,0,"),
        "{file}"
    );
    assert!(site.server.newest_event().await.contains("\"list\":\"entitlements\""));
}
