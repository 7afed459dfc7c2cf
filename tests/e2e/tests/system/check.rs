//! `sekisho-agent check` names what is wrong.

use serde_json::Value;

use crate::host::{CONFIG, Host};
use crate::run::{free_ports, run};
use crate::site::{Site, text};

/// The lines that are not ok, as `name: detail`.
fn wrong(host: &Host) -> Vec<String> {
    let ran = run(&mut host.agent_command(&["check", "--json"]), b"");
    let lines: Value =
        serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {}", ran.said()));
    let lines = lines.as_array().expect("a list");
    let wrong: Vec<String> = lines
        .iter()
        .filter(|line| line["ok"] == false)
        .map(|line| format!("{}: {}", text(line, "name"), text(line, "detail")))
        .collect();
    assert_eq!(ran.code == 0, wrong.is_empty(), "{}", ran.said());
    wrong
}

#[track_caller]
fn only(wrong: &[String], name: &str, part: &str) {
    assert_eq!(wrong.len(), 1, "{wrong:?}");
    assert!(wrong[0].starts_with(&format!("{name}: ")), "{wrong:?}");
    assert!(wrong[0].contains(part), "{wrong:?}");
}

#[test]
fn check_names_what_is_wrong() {
    let site = Site::start();
    let other = Site::start();
    let host = Host::new("check-host");
    host.settings("");

    let before = wrong(&host);
    assert!(before.iter().any(|line| line.starts_with("key: ")), "{before:?}");
    assert!(before.iter().any(|line| line.starts_with("enrolment: ")), "{before:?}");

    host.enrol(&site, &site.key()).ok();
    assert_eq!(wrong(&host), [""; 0]);

    host.settings("server = \"nowhere.invalid:8383\"\n");
    only(&wrong(&host), "dns", "nowhere.invalid");
    let [port] = free_ports();
    host.settings(&format!("server = \"127.0.0.1:{port}\"\n"));
    only(&wrong(&host), "tcp", "refused");
    host.settings(&format!("server = \"{}\"\n", other.agents()));
    let wrongs = wrong(&host);
    assert!(wrongs.iter().any(|line| line.starts_with("tls: ")), "{wrongs:?}");
    host.settings(
        "trust = \"sha256:0000000000000000000000000000000000000000000000000000000000000000\"\n",
    );
    assert!(wrong(&host).iter().any(|line| line.starts_with("tls: ")));
    host.settings("");

    host.bash("printf 1 > /etc/passwd.lock");
    only(&wrong(&host), "lock", "process 1");
    host.bash("rm /etc/passwd.lock");

    host.bash(
        "install -m 644 /dev/null /run/nothing; mount --bind /run/nothing /usr/sbin/chpasswd",
    );
    only(&wrong(&host), "chpasswd", "install the package");
    host.bash("umount /usr/sbin/chpasswd");

    let agent = crate::run::program("sekisho-agent").display().to_string();
    let args = ["-u", "nobody", "--", &agent, "check", "--config", CONFIG];
    let ordinary = host.run("runuser", &args, b"");
    assert_ne!(ordinary.code, 0);
    let said = ordinary.said();
    assert!(said.contains("root") || said.contains("ermission denied"), "{said}");
    host.run(
        "runuser",
        &[
            "-u",
            "nobody",
            "--",
            &agent,
            "check",
            "--state-dir",
            "/tmp/none",
            "--config",
            "/dev/null",
        ],
        b"",
    )
    .refused_with("not running as root; passwords can only be changed by root");
    host.bash("rmdir /tmp/none 2>/dev/null || true");
}
