//! Agents under management: one that is dissociated obeys over restarts of both
//! ends, rests, and comes back; a host moves to another
//! administrator (A-047… ). With the programs as they are.

use crate::host::Host;
use crate::run::{run, until};
use crate::site::{Site, sql_id, text};

fn phase(host: &Host) -> String {
    let said = run(&mut host.agent_command(&["status", "--json"]), b"").ok();
    let said: serde_json::Value = serde_json::from_str(&said).expect("JSON");
    text(&said["last_status"], "phase")
}

#[track_caller]
fn await_phase(host: &Host, expected: &str) {
    until(&format!("an agent that is {expected}"), 20, || (phase(host) == expected).then_some(()));
}

#[track_caller]
fn await_waiting(site: &Site, count: f64) {
    until(&format!("{count} waiting agents"), 40, || {
        (site.metric("sekisho_agents_waiting", "") == count).then_some(())
    });
}

#[test]
fn a_dissociated_agent_rests_and_comes_back() {
    let mut site = Site::start();
    let mut host = Host::enrolled(&site, "held-host", &["svc-one"]);
    let account = site.await_account("svc-one");
    await_phase(&host, "connected");
    await_waiting(&site, 1.0);
    site.cli(&["agents", "dissociate", "held-host", "--interval", "60"]).ok();
    // It waited for orders, so that it hears of it at once.
    await_phase(&host, "dissociated");
    site.cli(&["reset", &account]).refused_with("associate it first");

    // It does not forget, whichever end is restarted.
    host.kill_agent();
    site.sql("update devices set look_every_s = 30");
    host.start_agent();
    until("an agent that is back", 20, || host.log().contains("every_s=30").then_some(()));
    await_phase(&host, "dissociated");
    await_waiting(&site, 1.0);
    // A wait that ends leaves it resting, without a connection, until its look.
    assert_eq!(site.stop(), Some(0));
    site.serve();
    assert_eq!(site.metric("sekisho_agent_calls_total", "/agent/v1/fetch"), 0.0, "it rests");
    until("its next look", 60, || {
        (site.metric("sekisho_agent_calls_total", "/agent/v1/fetch") > 0.0).then_some(())
    });
    await_phase(&host, "dissociated");

    // Associated while it waits, it goes on at once.
    site.sql("update devices set look_every_s = 3600");
    host.kill_agent();
    host.start_agent();
    await_waiting(&site, 1.0);
    site.cli(&["agents", "associate", "--all"]).ok();
    await_phase(&host, "connected");
    site.cli(&["reset", &account]).ok();
    assert!(host.takes("svc-one", &site.reveal(&account)));
    site.audit_is_intact();
}

#[test]
fn a_host_moves_to_another_administrator_without_being_enrolled_anew() {
    let site = Site::start();
    let host = Host::enrolled(&site, "moving-host", &["svc-two"]);
    let account = site.await_account("svc-two");
    site.cli(&["reset", &account]).ok();
    let works = site.reveal(&account);
    let first = text(&site.json(&["accounts", "show", &account])["resource"], "id");
    let device = text(&site.items(&["devices", "list"])[0], "id");

    let file = site.secret_file("carol", "a long enough passphrase");
    let carol = ["--role", "administrator", "--password-file", &file];
    site.cli(&[&["users", "create", "carol"][..], &carol].concat()).ok();
    let key = site.key_with(&["--owner", "carol"]);
    let update = |input: &str| {
        run(&mut host.agent_command(&["update", "--key-file", "-"]), input.as_bytes())
    };
    update("not a key").refused_with("the enrolment key");
    update(&site.key()).refused_with("belongs to the owner of this key already");
    let said = update(&key).ok();
    assert!(said.contains("a resource of the owner of this key now"), "{said}");
    assert!(said.contains("the agent goes on as it is"), "{said}");

    // The same device on a resource of carol's; the agent was never stopped.
    let devices = site.items(&["devices", "list"]);
    assert_eq!((devices.len(), text(&devices[0], "id")), (1, device));
    let second = text(&devices[0]["resource"], "id");
    assert_ne!(second, first);
    // It is hers alone; he sees it no more than she sees his.
    site.cli(&["resources", "show", &second]).refused_with("no such object");
    let row = sql_id(&second);
    let owner = "select u.name from resources r join users u on u.id = r.owner where r.id = ";
    assert_eq!(site.sql(&format!("{owner}{row}")), "carol");
    let counts = "select count(*) > 0, count(current_version) from accounts where resource = ";
    until("the accounts of the new resource, unknown", 20, || {
        (site.sql(&format!("{counts}{row}")) == "1|0").then_some(())
    });
    assert_eq!(site.reveal(&account), works, "he keeps it");
    assert!(host.takes("svc-two", &works), "nothing was changed on the host");
    site.cli(&["reset", &account]).refused_with("no agent serves this resource");
    site.audit_is_intact();
}
