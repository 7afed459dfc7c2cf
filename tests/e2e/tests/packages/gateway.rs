//! The life of the gateway's Debian package under a real systemd: install, pair,
//! work, upgrade without a dropped connection, remove, purge.

use serde_json::Value;
use xtask::dist::Format;

use crate::deb::{Site, dpkg};
use crate::machine::{Machine, until};
use crate::{FIRST, SECOND, files, packages};

const UNIT: &str = "sekisho-gateway.service";
const MEMORY: &str = "/var/lib/sekisho-gateway";

/// The server has the ports of the other addresses.
const SETTINGS: &str = "[listen]\nprivate = \"127.0.0.2:8363\"\nagents = \"127.0.0.2:9383\"\n\
                        pass_through = \"127.0.0.2:9443\"\n";

#[test]
fn the_gateways_package_lives_from_install_to_purge() {
    let folder = packages(Format::Deb);
    let debs = |version: &str, of: &str| -> Vec<String> {
        let names = files(folder.path(), version, ".deb").into_iter();
        let names = names.filter(|name| name.starts_with(of));
        names.map(|name| format!("/packages/{version}/{name}")).collect()
    };
    let machine = Machine::boot("sekisho-gateway", folder.path());
    let site = Site { machine: &machine };
    dpkg("--install", &machine, &debs(FIRST, "sekisho")).ok();
    installed_but_not_running(&machine);
    site.create();
    pair(&machine, &site);
    let account = enrol_behind_it(&machine, &site);
    site.reset(&account);
    is_tight(&machine);

    // Another process with the new program; systemd has restarted nothing.
    let before = machine.property(UNIT, "MainPID");
    dpkg("--install", &machine, &debs(SECOND, "sekisho-gateway")).ok();
    assert_ne!(machine.property(UNIT, "MainPID"), before);
    assert_eq!(machine.property(UNIT, "ActiveState"), "active");
    assert_eq!(machine.property(UNIT, "NRestarts"), "0");
    let journal = machine.run("journalctl", &["--no-pager", "-u", UNIT]).said();
    assert!(journal.contains("a successor works"), "it handed over: {journal}");
    assert_eq!(machine.bash("dpkg-query -W -f '${Version}' sekisho-gateway"), SECOND);
    assert_eq!(machine.bash("cat /etc/sekisho/gateway.toml"), SETTINGS, "what was edited is kept");
    await_service(&machine);
    site.reset(&account);

    let package = ["sekisho-gateway".to_owned()];
    dpkg("--remove", &machine, &package).ok();
    assert_eq!(machine.property(UNIT, "ActiveState"), "inactive");
    assert!(!machine.has("/usr/bin/sekisho-gateway"));
    assert!(!machine.has(&format!("/etc/systemd/system/multi-user.target.wants/{UNIT}")));
    assert!(machine.has(&format!("{MEMORY}/gateway.cbor")), "removing keeps its pairing");
    let purged = dpkg("--purge", &machine, &package);
    assert!(purged.said().contains("revoke this gateway at the server"), "{}", purged.said());
    for gone in [MEMORY, "/etc/sekisho/gateway.toml", "/var/backups/sekisho-gateway"] {
        assert!(!machine.has(gone), "{gone}");
    }
}

fn installed_but_not_running(machine: &Machine) {
    assert_eq!(machine.property(UNIT, "ActiveState"), "inactive");
    assert_eq!(machine.property(UNIT, "UnitFileState"), "disabled");
    let facts = machine.bash(&format!("stat -c '%U:%G %a' {MEMORY}"));
    assert_eq!(facts, "sekisho-gateway:sekisho-gateway 700\n");
    for file in [
        "/usr/share/man/man8/sekisho-gateway.8.gz",
        "/usr/share/man/man8/sekisho-gateway-upgrade.8.gz",
        "/usr/share/bash-completion/completions/sekisho-gateway",
    ] {
        assert!(machine.has(file), "{file}");
    }
    let unit = format!("/usr/lib/systemd/system/{UNIT}");
    machine.run("systemd-analyze", &["verify", &unit]).ok();
    machine.run("sekisho-gateway", &["check-config"]).refused_with("'listen.private' is missing");
}

fn status(machine: &Machine) -> Value {
    // Who is not well ends with an exit code that says so.
    let said = machine.run("sekisho-gateway", &["status", "--json"]).stdout;
    serde_json::from_str(&said).unwrap_or_default()
}

fn await_service(machine: &Machine) {
    until("a gateway that serves, with a certificate", 40, || {
        let status = status(machine);
        let names = &status["status"]["certificate"]["names"];
        (status["serving"] == true && names[0] == "127.0.0.2").then_some(())
    });
}

fn pair(machine: &Machine, site: &Site<'_>) {
    machine.run_with("bash", &["-c", "cat > /etc/sekisho/gateway.toml"], SETTINGS).ok();
    machine.run("systemctl", &["enable", "--quiet", "--now", UNIT]).ok();
    assert_eq!(machine.property(UNIT, "ActiveState"), "active");
    let printed = machine.run("sekisho-gateway", &["pair", "--json"]).ok();
    let printed: Value = serde_json::from_str(&printed).expect("JSON");
    let string = printed["pairing_string"].as_str().expect("a string");
    machine.run_with("bash", &["-c", "umask 077; cat > /run/pairing"], string).ok();
    let pair = ["gateways", "pair", "dmz-1", "--pairing-file", "/run/pairing"];
    site.cli(&[&pair[..], &["--public", "127.0.0.2:9383"]].concat()).ok();
    await_service(machine);
    let owners = machine.bash(&format!("stat -c '%U %a' {MEMORY}/*.cbor {MEMORY}/*.key"));
    assert!(owners.lines().all(|line| line == "sekisho-gateway 600"), "{owners}");
}

/// The account of this host, whose agent knows the gateway only.
fn enrol_behind_it(machine: &Machine, site: &Site<'_>) -> String {
    let key = site.cli(&["keys", "create", "a key", "--platform", "linux", "--pre-approved"]);
    let install = ["install", "--server", "127.0.0.2:9383", "--key-file", "-"];
    machine.run_with("sekisho-agent", &install, &key.ok()).ok();
    machine.run("sekisho-agent", &["start"]).ok();
    let account = site.account("svc-backup");
    until("an agent that waits at the gateway", 20, || {
        (status(machine)["status"]["parked"] == 1).then_some(())
    });
    account
}

/// The exposure in the docs, on a scale from 0 (tight) to 10.
fn is_tight(machine: &Machine) {
    let table = machine.run("systemd-analyze", &["security", "--no-pager", UNIT]).ok();
    let line = table.lines().find(|line| line.contains("Overall exposure level"));
    let level = line.and_then(|line| line.split_once(": ")?.1.split(' ').next());
    let level: f64 = level.and_then(|level| level.parse().ok()).expect("a number");
    assert!(level <= 2.0, "{level}\n{table}");
}
