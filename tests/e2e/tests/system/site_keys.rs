//! New order and receipt keys, with the real programs: made, kept in a backup
//! that is rehearsed, published beside a running server, learnt by an agent.

use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use crate::host::Host;
use crate::run::{run, until};
use crate::site::{Site, text};

impl Site {
    fn rotate_site_key(&self, kind: &str) -> Command {
        self.server_words(&["keys", "rotate", kind])
    }

    fn site_keys(&self) -> Value {
        let printed = run(self.server_words(&["keys", "status"]).arg("--json"), b"").ok();
        let status: Value = serde_json::from_str(&printed).expect("JSON");
        status["site"].clone()
    }

    fn site_key_states(&self) -> Vec<String> {
        let status = self.site_keys();
        let keys = status["keys"].as_array().expect("a list").iter();
        keys.map(|key| format!("{} {}", text(key, "kind"), text(key, "state"))).collect()
    }
}

impl Host {
    fn bundle_version(&self) -> u64 {
        let shown = run(&mut self.agent_command(&["status", "--json"]), b"").ok();
        let shown: Value = serde_json::from_str(&shown).expect("JSON");
        shown["bundle_version"].as_u64().expect("a number")
    }
}

#[test]
fn order_and_receipt_keys_are_replaced_beside_a_running_server() {
    let site = Site::start();
    let mut host = Host::enrolled(&site, "keys-host", &["svc-one"]);
    let account = site.await_account("svc-one");
    let reset = |host: &Host| {
        let order = site.give_reset(&account);
        site.await_order(&order, &["committed"]);
        assert!(host.takes("svc-one", &site.reveal(&account)));
    };
    reset(&host);
    assert_eq!(host.bundle_version(), 1);

    for kind in ["order", "receipt"] {
        let said = run(&mut site.rotate_site_key(kind), b"").ok();
        assert!(said.contains("waits"), "{said}");
        run(&mut site.rotate_site_key(kind), b"").refused_with("no verified backup holds");
    }
    assert_eq!(
        site.site_key_states(),
        ["order waiting", "order live", "receipt waiting", "receipt live"]
    );
    let folder = tempfile::tempdir().expect("a folder");
    let mut backup = site.server_command("backup");
    let made = run(backup.args(["--json", "--to"]).arg(folder.path()), b"").ok();
    let made: Value = serde_json::from_str(made.lines().last().expect("a line")).expect("JSON");
    let key = site.secret_file("recovery-key", &site.recovery_key);
    let mut drill = site.server_command("backup-drill");
    drill.arg("--from").arg(PathBuf::from(text(&made, "path")));
    run(drill.args(["--recovery-key-file", &key]), b"").ok();

    for (kind, bundle) in [("order", 2), ("receipt", 3)] {
        let said = run(site.rotate_site_key(kind).arg("--json"), b"").ok();
        let said: Value = serde_json::from_str(&said).expect("JSON");
        assert_eq!(said["published"]["bundle"], bundle, "{said}");
    }
    assert_eq!(
        site.site_key_states(),
        ["order next", "order live", "receipt live", "receipt former"]
    );
    run(&mut site.rotate_site_key("order"), b"").refused_with("is new itself");
    // The session that is open goes on with the keys it knows.
    reset(&host);

    // Without a restart of the server, the next Hello brings both.
    until("the server noticing", 20, || {
        site.log().contains("a new trust bundle is in use bundle=3").then_some(())
    });
    host.kill_agent();
    host.start_agent();
    until("the agent learning", 30, || (host.bundle_version() == 3).then_some(()));
    // What it has learnt, it shows with the Hello after that.
    host.kill_agent();
    host.start_agent();
    until("the server knowing", 30, || (site.site_keys()["devices_behind"] == 0).then_some(()));
    assert_eq!(site.json(&["status"])["bundle_version"], 3);
    reset(&host);
    site.audit_is_intact();
}
