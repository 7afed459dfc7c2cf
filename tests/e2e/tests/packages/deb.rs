//! The life of the Debian packages under a real systemd: install, set up,
//! work, upgrade while running, be refused, remove, purge.

use serde_json::Value;
use xtask::dist::Format;

use crate::machine::{Machine, Ran, until};
use crate::{FIRST, SECOND, files, packages};

const SERVER: &str = "sekisho-server.service";
const AGENT: &str = "sekisho-agent.service";
const PASSWORD: &str = "tangerine-orbit-42-lantern";
const FIRST_PASSWORD: &str = "First-Pass#1-quartz";
const MEMORY: &str = "/var/lib/sekisho-agent";

#[test]
fn debian_packages_live_from_install_to_purge() {
    let folder = packages(Format::Deb);
    let debs = |version: &str| -> Vec<String> {
        let names = files(folder.path(), version, ".deb").into_iter();
        names.map(|name| format!("/packages/{version}/{name}")).collect()
    };
    let machine = Machine::boot("sekisho-deb", folder.path());
    let site = Site { machine: &machine };

    installed_but_not_running(&machine, &debs(FIRST));
    site.create();
    site.enrol_and_start();
    let account = site.account("svc-backup");
    let first = site.reset(&account);
    sandboxes_are_tight(&machine);
    backups_are_made(&machine);

    let device = site.device();
    upgrade(&machine, &debs(SECOND));
    assert_eq!(site.device(), device, "it is the same device");
    assert_eq!(site.reveal(&account), first, "nothing was lost");
    let second = site.reset(&account);
    assert_ne!(first, second);
    assert_eq!(site.json(&["audit", "verify"])["intact"], true);

    removal_waits_for_the_server(&site, &account);
    the_agent_is_removed(&machine);
    the_vault_outlives_its_package(&site, &debs(SECOND), &account);
}

fn installed_but_not_running(machine: &Machine, debs: &[String]) {
    dpkg("--install", machine, debs).ok();
    for unit in [SERVER, AGENT] {
        assert_eq!(machine.property(unit, "ActiveState"), "inactive", "{unit}");
        assert_eq!(machine.property(unit, "UnitFileState"), "disabled", "{unit}");
    }
    for folder in ["/var/lib/sekisho", "/etc/sekisho/keys", "/var/backups/sekisho"] {
        let facts = machine.bash(&format!("stat -c '%U:%G %a' {folder}"));
        assert_eq!(facts, "sekisho:sekisho 700\n", "{folder}");
    }
    for file in [
        "/usr/share/man/man1/sekisho-keys-create.1.gz",
        "/usr/share/man/man8/sekisho-agent-install.8.gz",
        "/usr/share/bash-completion/completions/sekisho-server",
        "/usr/share/doc/sekisho-agent/LICENSE-MIT",
    ] {
        assert!(machine.has(file), "{file}");
    }
    machine.run("sekisho-agent", &["start"]).refused_with("not enrolled");
    machine.run("sekisho-agent", &["stop"]).ok();
    assert_eq!(machine.property(AGENT, "ActiveState"), "inactive");
    machine
        .run(
            "systemd-analyze",
            &[
                "verify",
                &format!("/usr/lib/systemd/system/{SERVER}"),
                &format!("/usr/lib/systemd/system/{AGENT}"),
            ],
        )
        .ok();
}

/// What the installed site can be asked.
pub(crate) struct Site<'a> {
    pub(crate) machine: &'a Machine,
}

impl Site<'_> {
    /// As the postinst says it: init as the server's user, then the unit.
    pub(crate) fn create(&self) {
        let machine = self.machine;
        machine.bash(
            "sed -i 's/^#public_name.*/public_name = \"localhost\"/' \
                      /etc/sekisho/server.toml",
        );
        let init = ["-u", "sekisho", "--", "sekisho-server", "init", "--json"];
        let shown: Value = serde_json::from_str(&machine.run("runuser", &init).ok()).expect("JSON");
        machine.run("systemctl", &["enable", "--quiet", "--now", SERVER]).ok();
        assert_eq!(machine.property(SERVER, "ActiveState"), "active");

        let token = shown["setup_token"].as_str().expect("a token");
        machine.run_with("bash", &["-c", "umask 077; cat > /run/token"], token).ok();
        machine.run_with("bash", &["-c", "umask 077; cat > /run/pw"], PASSWORD).ok();
        let user = ["--user", "admin", "--password-file", "/run/pw"];
        self.cli(&[&["setup", "--token-file", "/run/token"][..], &user].concat()).ok();
        self.cli(&[&["login"][..], &user].concat()).ok();
        let script = format!("useradd svc-backup; echo 'svc-backup:{FIRST_PASSWORD}' | chpasswd");
        machine.bash(&script);
    }

    fn enrol_and_start(&self) {
        let machine = self.machine;
        let key = self.cli(&["keys", "create", "a key", "--platform", "linux", "--pre-approved"]);
        let install = ["install", "--server", "localhost:8383", "--key-file", "-"];
        let said = machine.run_with("sekisho-agent", &install, &key.ok()).ok();
        assert!(said.contains("enrolled as device"), "{said}");
        assert!(said.contains("`sekisho-agent start`"), "{said}");
        assert_eq!(machine.property(AGENT, "ActiveState"), "inactive", "A-046");
        assert_eq!(machine.property(AGENT, "UnitFileState"), "enabled");
        let again = machine.run("sekisho-agent", &["install"]).ok();
        assert!(again.contains("enrolled already"), "{again}");
        for _ in 0..2 {
            machine.run("sekisho-agent", &["start"]).ok();
            assert_eq!(machine.property(AGENT, "ActiveState"), "active");
        }
    }

    pub(crate) fn cli(&self, args: &[&str]) -> Ran {
        let server = ["--server", "https://localhost:8443", "--ca-file", "/var/lib/sekisho/ca.pem"];
        self.machine.run("sekisho", &[&server[..], args].concat())
    }

    #[track_caller]
    pub(crate) fn json(&self, args: &[&str]) -> Value {
        let printed = self.cli(&[args, &["--json"]].concat()).ok();
        serde_json::from_str(&printed).unwrap_or_else(|error| panic!("{error}: {printed}"))
    }

    /// The id of an account, once it is discovered.
    pub(crate) fn account(&self, name: &str) -> String {
        until("the account", 30, || {
            let list = self.json(&["accounts", "list", "--all"]);
            let account = list["items"].as_array()?.iter().find(|item| item["name"] == name)?;
            account["id"].as_str().map(str::to_owned)
        })
    }

    fn reveal(&self, account: &str) -> String {
        let revealed = self.json(&["reveal", account, "--reason", "test"]);
        assert_eq!(revealed["values"].as_array().map(Vec::len), Some(1), "{revealed}");
        revealed["values"][0]["value"].as_str().expect("a value").to_owned()
    }

    /// Resets, and asks the system itself whether the new password works.
    pub(crate) fn reset(&self, account: &str) -> String {
        self.cli(&["reset", account, "--wait", "--reason", "test"]).ok();
        let value = self.reveal(account);
        let takes = |password: &str| {
            let input = format!("{password}\0");
            self.machine.run_with("unix_chkpwd", &["svc-backup", "nonull"], &input).code == 0
        };
        assert!(takes(&value), "the revealed password works");
        assert!(!takes(FIRST_PASSWORD), "the first one does not");
        value
    }

    fn device(&self) -> Value {
        let status = self.machine.run("sekisho-agent", &["status", "--json"]).ok();
        serde_json::from_str::<Value>(&status).expect("JSON")["device"].clone()
    }
}

/// The exposure of each unit in the docs, on a scale from 0 (tight) to 10.
fn sandboxes_are_tight(machine: &Machine) {
    for (unit, limit) in [(SERVER, 1.5), (AGENT, 3.0)] {
        let table = machine.run("systemd-analyze", &["security", "--no-pager", unit]).ok();
        let line = table.lines().find(|line| line.contains("Overall exposure level"));
        let level = line.and_then(|line| line.split_once(": ")?.1.split(' ').next());
        let level: f64 = level.and_then(|level| level.parse().ok()).expect("a number");
        assert!(level <= limit, "{unit}: {level}\n{table}");
    }
}

/// By the timer's unit, as the server's user; and so when root calls.
fn backups_are_made(machine: &Machine) {
    machine.run("systemctl", &["enable", "--quiet", "--now", "sekisho-backup.timer"]).ok();
    assert_eq!(machine.property("sekisho-backup.timer", "ActiveState"), "active");
    machine.run("systemctl", &["start", "sekisho-backup.service"]).ok();
    let made = machine.bash("stat -c '%U %a' /var/backups/sekisho/*.backup");
    assert_eq!(made, "sekisho 600\n");
    let to = ["backup", "--to", "/var/backups/sekisho"];
    machine.run("sekisho-server", &to).ok();
    machine.run("runuser", &[&["-u", "sekisho", "--", "sekisho-server"][..], &to].concat()).ok();
    let owners = machine.bash("stat -c '%U %a' /var/backups/sekisho/*.backup /var/lib/sekisho/*");
    assert!(owners.lines().all(|line| line.starts_with("sekisho ")), "{owners}");
}

fn upgrade(machine: &Machine, debs: &[String]) {
    let pids = |machine: &Machine| [SERVER, AGENT].map(|unit| machine.property(unit, "MainPID"));
    let before = pids(machine);
    dpkg("--install", machine, debs).ok();
    let after = pids(machine);
    for (before, after) in before.iter().zip(&after) {
        assert!(before != after && after != "0", "restarted: {before} {after}");
    }
    for unit in [SERVER, AGENT] {
        assert_eq!(machine.property(unit, "ActiveState"), "active", "{unit}");
    }
    let version = machine.bash("dpkg-query -W -f '${Version}' sekisho-agent");
    assert_eq!(version, SECOND);
    let kept = machine.bash("cat /etc/sekisho/server.toml");
    assert!(kept.contains("public_name = \"localhost\""), "what was edited is kept");
}

/// The tool ends while the server is away: only the agent knows the result.
fn removal_waits_for_the_server(site: &Site<'_>, account: &str) {
    let machine = site.machine;
    machine.bash(
        "cp --preserve=mode /usr/sbin/chpasswd /usr/sbin/chpasswd.real; touch /run/hold
         cat > /usr/sbin/chpasswd.new <<'END'
#!/bin/bash
touch /run/called
while test -e /run/hold; do sleep 0.05; done
exec /usr/sbin/chpasswd.real \"$@\"
END
         chmod 755 /usr/sbin/chpasswd.new; mv /usr/sbin/chpasswd.new /usr/sbin/chpasswd",
    );
    let order = site.json(&["reset", account, "--no-wait", "--reason", "test"]);
    let order = order["id"].as_str().expect("an id").to_owned();
    until("the tool", 20, || machine.has("/run/called").then_some(()));
    machine.run("systemctl", &["stop", SERVER]).ok();
    machine.bash("rm /run/hold");
    until("the receipt", 30, || {
        let check = machine.run("sekisho-agent", &["remove", "--check"]);
        check.said().contains("not acknowledged").then_some(())
    });

    for way in ["--remove", "--purge"] {
        let refused = dpkg(way, machine, &["sekisho-agent".to_owned()]);
        refused.refused_with(&format!("the result of order {order}"));
        refused.refused_with("sekisho-agent remove --force");
    }
    machine.run("sekisho-agent", &["remove"]).refused_with(&order);
    assert_eq!(machine.property(AGENT, "ActiveState"), "active", "it still tries to report");

    machine.run("systemctl", &["start", SERVER]).ok();
    until("the receipt at the server", 90, || {
        let order = site.json(&["orders", "show", &order]);
        (order["state"] == "committed").then_some(())
    });
    until("an agent that owes nothing", 20, || {
        (machine.run("sekisho-agent", &["remove", "--check"]).code == 0).then_some(())
    });
}

fn the_agent_is_removed(machine: &Machine) {
    machine.run("sekisho-agent", &["stop"]).ok();
    assert_eq!(machine.property(AGENT, "ActiveState"), "inactive");
    machine.run("sekisho-agent", &["start"]).ok();

    let package = ["sekisho-agent".to_owned()];
    dpkg("--remove", machine, &package).ok();
    assert_eq!(machine.property(AGENT, "ActiveState"), "inactive");
    assert!(!machine.has("/usr/bin/sekisho-agent"));
    assert!(!machine.has("/etc/systemd/system/multi-user.target.wants/sekisho-agent.service"));
    assert!(machine.has(&format!("{MEMORY}/identity.key")), "removing keeps the device");
    dpkg("--purge", machine, &package).ok();
    assert!(!machine.has(MEMORY), "a purge does not");
    assert!(!machine.has("/etc/sekisho/agent.toml"));
}

fn the_vault_outlives_its_package(site: &Site<'_>, debs: &[String], account: &str) {
    let machine = site.machine;
    let password = site.reveal(account);
    let package = ["sekisho-server".to_owned()];
    dpkg("--remove", machine, &package).ok();
    assert_eq!(machine.property(SERVER, "ActiveState"), "inactive");
    let said = dpkg("--purge", machine, &package);
    assert!(said.said().contains("the vault was NOT deleted"), "{}", said.said());
    assert_eq!(machine.property("sekisho-backup.timer", "ActiveState"), "inactive");
    for kept in ["/var/lib/sekisho/sekisho.db", "/etc/sekisho/keys/kek", "/var/backups/sekisho"] {
        assert!(machine.has(kept), "{kept}");
    }
    assert!(!machine.has("/etc/sekisho/server.toml"), "its settings are gone");

    // Installed anew, it is the same vault.
    dpkg("--install", machine, debs).ok();
    machine
        .bash("sed -i 's/^#public_name.*/public_name = \"localhost\"/' /etc/sekisho/server.toml");
    machine.run("systemctl", &["start", SERVER]).ok();
    assert_eq!(site.reveal(account), password);
}

pub(crate) fn dpkg(action: &str, machine: &Machine, packages: &[String]) -> Ran {
    let packages: Vec<&str> = packages.iter().map(String::as_str).collect();
    machine.run("dpkg", &[&[action][..], &packages].concat())
}
