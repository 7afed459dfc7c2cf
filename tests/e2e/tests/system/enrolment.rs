//! Every refusal of an enrolment says what is wrong and what to do; somebody
//! who does not know the key's secret hears nothing.

use std::process::Stdio;

use sekisho_model::Secret;
use sekisho_seal::enrolment_key::EnrolmentKeyText;

use crate::host::{Host, STATE};
use crate::run::{free_ports, run, until};
use crate::site::{Site, sql_id, text};

/// The id of the key in a text.
fn id(key: &str) -> String {
    EnrolmentKeyText::parse(key).expect("a key").id.to_string()
}

/// The key is over since an hour.
fn expire(site: &Site, key: &str) {
    let changed = site.sql(&format!(
        "update enrolment_keys set expires_at = created_at - 3600000 where id = {}; \
         select changes()",
        sql_id(&id(key))
    ));
    assert_eq!(changed, "1");
}

#[test]
fn every_refusal_is_named() {
    let site = Site::start();
    let host = Host::new("enrol-host");
    let refused = |key: &str, part: &str| {
        host.enrol(&site, key).refused_with(part);
        assert!(!host.has(&format!("{STATE}/enrolment.cbor")), "{part}: nothing is stored");
    };

    let expired = site.key();
    expire(&site, &expired);
    refused(&expired, "the key has expired; ask for a new one");

    let window = site.key_with(&["--window", "--valid-for", "1h"]);
    expire(&site, &window);
    refused(&window, "the key's time window is over; ask for a new one");

    let revoked = site.key();
    site.cli(&["keys", "revoke", &id(&revoked)]).ok();
    refused(&revoked, "the key was revoked; ask for a new one");

    let windows = site.key_with(&["--platform", "windows"]);
    refused(&windows, "the key is for another kind of agent");

    host.settings("owner = \"somebody-else\"\n");
    refused(&site.key(), "the owner in agent.toml is not the owner of the key");
    host.settings("owner = \"admin\"\n");

    // All of them are in the audit log, by the same names.
    let audited = site.json(&["audit", "list", "--all"])["items"].to_string();
    for reason in ["expired", "window_over", "revoked", "wrong_platform", "wrong_owner"] {
        assert!(audited.contains(reason), "no {reason} in the audit log");
    }

    // The right one, and the second use of it.
    let key = site.key();
    host.enrol(&site, &key).ok();
    host.enrol(&site, &site.key()).refused_with("this host is enrolled already");
    host.forget();
    refused(&key, "the key was used by another device; ask for a new one");

    // A new identity under the same name: known, and waiting without rights.
    let taken = host.enrol(&site, &site.key()).ok();
    assert!(taken.contains("another device holds this host name"), "{taken}");
    assert!(taken.contains("waiting for an administrator"), "{taken}");
    let devices = site.items(&["devices", "list"]);
    let mut states: Vec<String> = devices.iter().map(|device| text(device, "state")).collect();
    states.sort();
    assert_eq!(states, ["approved", "pending"]);
    let pending = devices.iter().find(|device| device["state"] == "pending").expect("one");
    assert!(pending["resource"].is_null(), "it is attached to nothing");

    // A blocked device stays outside, with any key.
    site.cli(&["devices", "block", &text(pending, "id"), "--reason", "test"]).ok();
    host.bash(&format!("find {STATE} -type f ! -name identity.key -delete"));
    host.enrol(&site, &site.key()).refused_with("this device is blocked");
    site.audit_is_intact();
}

#[test]
fn without_the_secret_there_is_only_an_unknown_key() {
    let site = Site::start();
    let other = Site::start();
    let host = Host::new("stranger-host");
    let unknown = "the server does not know this key; copy it again, or ask for a new one";

    let key = site.key();
    let with = |change: &dyn Fn(&mut EnrolmentKeyText)| {
        let mut parsed = EnrolmentKeyText::parse(&key).expect("a key");
        change(&mut parsed);
        parsed.to_text().to_string()
    };
    // A wrong secret: whatever is wrong with the key, it is not told.
    let wrong_secret = with(&|key| key.secret = Secret::new(vec![7; 32]));
    host.enrol(&site, &wrong_secret).refused_with(unknown);
    site.cli(&["keys", "revoke", &id(&key)]).ok();
    host.enrol(&site, &wrong_secret).refused_with(unknown);
    expire(&site, &key);
    host.enrol(&site, &wrong_secret).refused_with(unknown);
    // An id that the site never gave.
    let foreign_id = EnrolmentKeyText::parse(&other.key()).expect("a key").id;
    host.enrol(&site, &with(&|key| key.id = foreign_id)).refused_with(unknown);

    // A key of another site: the agent finds out by the pin, before it says
    // anything.
    let before = site.sql("select count(*) from audit_lines");
    host.enrol(&site, &other.key()).refused_with("site");
    let after = site.sql("select count(*) from audit_lines");
    assert_eq!(before, after, "the server was told nothing");
    assert!(site.items(&["devices", "list"]).is_empty());
}

#[test]
fn what_is_no_key_is_said_before_anything_is_sent() {
    let host = Host::new("typing-host");
    // Nobody listens there: a request would be seen as such.
    let [port] = free_ports();
    let nobody = format!("127.0.0.1:{port}");
    let site = Site::start();
    let key = site.key();
    let refused = |text: &str, part: &str| host.enrol_at(&nobody, text).refused_with(part);

    refused("", "the enrolment key is empty");
    refused("\n  \n", "the enrolment key is empty");
    refused("not a key", "the enrolment key");
    refused("sekisho-rk1-d2rpytdchgfgk196", "the enrolment key");
    refused(&key[..60], "the enrolment key");
    refused(&format!("{key}0"), "the enrolment key");
    // One character in the middle is another one.
    let (front, back) = key.split_at(50);
    let other = if back.starts_with('8') { '9' } else { '8' };
    let swapped = format!("{front}{other}{}", &back[1..]);
    refused(&swapped, "the enrolment key");
    // Nothing of what was typed is shown again.
    let shown = host.enrol_at(&nobody, &swapped).said();
    assert!(!shown.contains(&swapped[13..40]), "{shown}");

    // Standard input that is closed, and no word about a key at all.
    let mut closed = host.agent_command(&["enroll", "--server", &nobody, "--key-file", "-"]);
    let closed = closed.stdin(Stdio::null()).output().expect("it runs");
    let said = String::from_utf8_lossy(&closed.stderr).into_owned();
    assert!(!closed.status.success() && said.contains("the enrolment key is empty"), "{said}");
    let mut none = host.agent_command(&["enroll", "--server", &nobody]);
    run(&mut none, b"").refused_with("no key: give --key-file");
    host.enrol_at("nowhere.invalid:8383", &key).refused_with("cannot be resolved");
    refused(&key, "cannot connect");
    // As a person copies it: blanks and capitals are no mistake.
    host.settings("");
    let shouted = format!("  {}\r\n", key.to_uppercase());
    host.enrol(&site, &shouted).ok();
}

#[test]
fn an_address_that_the_agent_will_not_accept_is_named_at_once() {
    let site = Site::start();
    let host = Host::new("misnamed-host");
    host.settings("");
    host.bash("echo 127.0.0.1 misnamed.example >> /etc/hosts");
    let ran = host.enrol_at(&format!("misnamed.example:{}", site.agents_port), &site.key());
    let said = ran.said();
    ran.ok();
    let named = "warning: no trusted TLS connection with misnamed.example";
    assert!(said.contains(named) && said.contains("for another name"), "{said}");
}

#[test]
fn a_device_waits_for_its_approval_and_then_works() {
    let site = Site::start();
    let mut host = Host::new("pending-host");
    host.add("svc-one");
    host.settings("");
    let key = site.key_with(&["--window", "--valid-for", "1h"]);
    let said = host.enrol(&site, &key).ok();
    assert!(said.contains("waiting for an administrator"), "{said}");
    assert!(!said.contains("warning"), "{said}");
    // The same key admits a second host inside its window.
    let second = Host::new("second-host");
    second.settings("");
    second.enrol(&site, &key).ok();
    let devices = site.items(&["devices", "list", "--state", "pending"]);
    assert_eq!(devices.len(), 2);
    let id = |name: &str| {
        let device = devices.iter().find(|device| device["host_name"] == name);
        text(device.expect("it is listed"), "id")
    };

    host.start_agent();
    until("the agent asking", 20, || host.log().contains("not approved").then_some(()));
    site.cli(&["devices", "approve", &id("pending-host")]).ok();
    // It asks again after 15 s.
    let account = site.await_account("svc-one");
    site.cli(&["reset", &account]).ok();
    assert!(host.takes("svc-one", &site.reveal(&account)));

    // Blocked, it gets nothing more, and its orders are refused.
    site.cli(&["devices", "block", &id("pending-host"), "--reason", "test"]).ok();
    site.cli(&["reset", &account]).refused_with("approved");
    site.audit_is_intact();
}
