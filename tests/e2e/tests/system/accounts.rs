//! Accounts as real hosts have them: odd names, odd states.

use xtask::scratch_system::Scheme;

use crate::host::{EVERY_ACCOUNT, FIRST_PASSWORD, Host};
use crate::site::{Site, text};

/// Names that the system's files can hold and that shells, printf and path
/// handling would each read as something else.
const ODD_NAMES: &[&str] = &[
    "with blank",
    "quo\"te",
    "apo's",
    "$(touch /run/owned-1)",
    "`touch /run/owned-2`",
    ";touch /run/owned-3;",
    "a|touch /run/owned-4",
    "%s%n",
    "a*b",
    "back\\slash",
    "<script>",
    "管理者",
    "ünïcode",
    "dot.",
    "a/../b",
    "x'; drop table accounts; --",
];

/// Names that the agent leaves out, and says so.
const REFUSED_NAMES: &[&str] = &["-rf", "+nis", " leading", "trailing ", "esc\u{1b}[31m"];

#[test]
fn odd_names_are_names_and_nothing_else() {
    let site = Site::start();
    let mut host = Host::new("odd-host");
    host.add("plain");
    let mut lines = String::new();
    let mut shadow = String::new();
    for (at, name) in ODD_NAMES.iter().chain(REFUSED_NAMES).enumerate() {
        let uid = 5000 + at;
        lines.push_str(&format!("{name}:x:{uid}:{uid}:odd:/nonexistent:/bin/bash\n"));
        shadow.push_str(&format!("{name}:HASH:20000:0:99999:7:::\n"));
    }
    let shadow = shadow.replace("HASH", &host.shadow("plain"));
    host.run("tee", &["-a", "/etc/passwd"], lines.as_bytes()).ok();
    host.run("tee", &["-a", "/etc/shadow"], shadow.as_bytes()).ok();
    host.settings(EVERY_ACCOUNT);
    host.enrol(&site, &site.key()).ok();
    host.start_agent();
    site.await_account("plain");

    let mut done = Vec::new();
    for name in ODD_NAMES {
        let account = site.find_account(name);
        let account = account.unwrap_or_else(|| panic!("{name} was not discovered"));
        let reset = site.json(&["reset", &account, "--no-wait", "--reason", "odd"]);
        done.push((name, account, text(&reset, "id")));
    }
    let mut refused = Vec::new();
    for (name, account, order) in &done {
        let order = site.await_order(order, &["committed", "not_applied"]);
        if order["state"] == "committed" {
            assert!(host.takes(name, &site.reveal(account)), "{name}");
        } else {
            refused.push((**name, text(&order["result"], "detail")));
            assert!(host.takes(name, FIRST_PASSWORD), "{name}: not applied, so as before");
        }
    }
    assert_eq!(refused, []);
    for name in REFUSED_NAMES {
        assert!(site.find_account(name).is_none(), "{name:?} is listed");
    }
    for said in ["\"-rf\") was skipped", "\"+nis\") was skipped", "\" leading\") was skipped"] {
        assert!(
            host.log().contains(&said.replace('"', "\\\"")) || host.log().contains(said),
            "{said}"
        );
    }
    assert!(!host.log().contains('\u{1b}'), "an escape sequence reached the log");
    assert_eq!(host.bash("ls /run | grep -c owned || true").trim(), "0", "a name was executed");
    assert!(host.takes("plain", FIRST_PASSWORD), "the others are as before");
    site.audit_is_intact();
}

#[test]
fn every_kind_of_account_is_reset_as_it_should_be() {
    let site = Site::start();
    let mut host = Host::new("kinds-host");
    for name in ["yescrypt", "locked", "expired", "nologin", "must-change", "vanishing"] {
        host.add(name);
    }
    host.system.add_account("sha512", FIRST_PASSWORD, Scheme::Sha512).expect("an account");
    host.system.lock_account("locked").expect("locked");
    host.bash(
        "chage -E 2020-01-01 expired; usermod -s /usr/sbin/nologin nologin; \
         chage -d 0 must-change; useradd --no-create-home unusable; passwd -d vanishing >/dev/null",
    );
    host.settings(EVERY_ACCOUNT);
    host.enrol(&site, &site.key()).ok();
    host.start_agent();
    site.await_account("yescrypt");

    let shown = |name: &str| site.json(&["accounts", "show", &site.account(name)]);
    assert!(host.shadow("sha512").starts_with("$6$"));
    assert_eq!(text(&shown("locked"), "password_field"), "locked");
    assert_eq!(text(&shown("unusable"), "password_field"), "unusable");
    assert_eq!(text(&shown("vanishing"), "password_field"), "empty");
    assert_eq!(text(&shown("root"), "presence"), "present");

    // Reset; what the host takes afterwards; what a verify says, with its
    // exit code.
    for (name, taken, verified) in [
        ("yescrypt", true, "in_sync"),
        ("sha512", true, "in_sync"),
        ("nologin", true, "in_sync"),
        ("must-change", true, "in_sync"),
        ("vanishing", true, "in_sync"),
        ("expired", true, "expired"),
        ("locked", false, "locked"),
    ] {
        let account = site.account(name);
        let order = site.give_reset(&account);
        let order = site.await_order(&order, &["committed", "not_applied", "reconciling"]);
        assert_eq!(order["state"], "committed", "{name}: {order}");
        let password = site.reveal(&account);
        assert!(!host.takes(name, FIRST_PASSWORD), "{name}: the former one still works");
        if taken {
            // unix_chkpwd answers for the password; expiry is another matter.
            assert!(host.takes(name, &password) || name == "expired", "{name}");
        }
        let code = if verified == "in_sync" { 0 } else { 1 };
        let ran = site.cli(&["verify", &account, "--json"]);
        assert!(ran.stdout.contains(verified), "{name}: {}", ran.said());
        assert_eq!(ran.code, code, "{name}: {}", ran.said());
    }
    // A lock is kept, around the new password.
    assert!(host.shadow("locked").starts_with('!'), "the account was unlocked");
    host.bash("usermod --unlock locked");
    assert!(host.takes("locked", &site.reveal(&site.account("locked"))));
    // A first password for an account without one would open it.
    let unusable = site.account("unusable");
    let order = site.give_reset(&unusable);
    let order = site.await_order(&order, &["not_applied"]);
    assert!(text(&order["result"], "detail").contains("never had a password"), "{order}");
    assert_eq!(host.shadow("unusable"), "!");
    // An account that is gone by the time the order arrives.
    let vanishing = site.account("vanishing");
    host.bash("userdel vanishing");
    let order = site.give_reset(&vanishing);
    let order = site.await_order(&order, &["not_applied"]);
    assert!(text(&order["result"], "detail").contains("no account"), "{order}");
    let resource = text(&site.items(&["resources", "list"])[0], "id");
    site.cli(&["resources", "discover", &resource]).ok();
    let gone = site.json(&["accounts", "show", &vanishing]);
    assert_eq!(text(&gone, "presence"), "gone");
    site.audit_is_intact();
}
