//! The vault's keys: in a security module, rotated, locked in another way.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::run::{run, until};
use crate::site::{Lock, Site, text};

const PIN: &str = "1234-user";

/// SoftHSM with one token, under the site's folder.
fn security_module(folder: &Path) -> Lock {
    let tokens = folder.join("tokens");
    fs::create_dir(&tokens).expect("a folder");
    let config = folder.join("softhsm2.conf");
    let text = format!("directories.tokendir = {}\nobjectstore.backend = file\n", tokens.display());
    fs::write(&config, text).expect("a file");
    let mut init = Command::new("softhsm2-util");
    init.env("SOFTHSM2_CONF", &config);
    init.args(["--init-token", "--free", "--label", "test", "--so-pin", "so-1234", "--pin", PIN]);
    run(&mut init, b"").ok();
    let pin = folder.join("pin");
    write_private(&pin, PIN);
    Lock {
        settings: format!(
            "pkcs11_module = \"/usr/lib/softhsm/libsofthsm2.so\"\npkcs11_token = \"test\"\n\
             pkcs11_pin_file = {pin:?}"
        ),
        env: vec![("SOFTHSM2_CONF", config)],
        passphrase_file: None,
    }
}

fn write_private(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::write(path, text).expect("a file");
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).expect("our file");
}

impl Site {
    /// Accounts whose passwords a person typed.
    fn with_passwords(&self, count: usize) -> Vec<String> {
        let resource = text(&self.json(&["resources", "create", "web-1"]), "id");
        let add = |at: usize| {
            let account = text(&self.json(&["accounts", "add", &resource, &typed(at)]), "id");
            let set = ["accounts", "set-password", &account, "--password-file", "-"];
            self.cli_with(&set, &typed(at)).ok();
            account
        };
        (0..count).map(add).collect()
    }

    #[track_caller]
    fn passwords_are_whole(&self, accounts: &[String]) {
        for (at, account) in accounts.iter().enumerate() {
            assert_eq!(self.reveal(account), typed(at));
        }
    }

    fn rotate(&self, more: &[&str]) -> Value {
        let mut rotate = self.server_words(&["keys", "rotate", "vault"]);
        let printed = run(rotate.args(more).arg("--json"), b"").ok();
        serde_json::from_str(&printed).expect("JSON")
    }

    fn keys(&self) -> Value {
        let printed = run(self.server_words(&["keys", "status"]).arg("--json"), b"").ok();
        serde_json::from_str(&printed).expect("JSON")
    }

    fn state_of(&self, version: i64) -> String {
        let keys = self.keys();
        let keys = keys["keys"].as_array().expect("a list");
        let key = keys.iter().find(|key| key["version"] == version).expect("the key");
        text(key, "state")
    }

    fn settings(&self) -> PathBuf {
        self.folder.path().join("server.toml")
    }
}

fn typed(at: usize) -> String {
    format!("typed-By-a-person-{at}")
}

#[test]
fn a_security_module_holds_the_key_and_may_be_unplugged() {
    let mut site = Site::create_locked(security_module, "");
    site.serve();
    site.set_up();
    let accounts = site.with_passwords(2);
    // In two processes at a time: the server, and this command.
    assert_eq!(site.rotate(&[])["rotated"]["version"], 2);
    until("the old key retired", 20, || (site.state_of(1) == "retired").then_some(()));
    site.passwords_are_whole(&accounts);

    let tokens = site.folder.path().join("tokens");
    let away = site.folder.path().join("away");
    fs::rename(&tokens, &away).expect("it is there");
    until("the warning", 30, || site.get("/readyz").1.contains("kek_missing").then_some(()));
    // What is open stays open.
    site.passwords_are_whole(&accounts);
    run(&mut site.server_words(&["keys", "rotate", "vault"]), b"").refused_with("module");
    assert_eq!(site.keys()["keys"][0]["version"], 2, "nothing was changed");

    site.kill();
    site.serve();
    site.is_sealed("is not there");
    fs::rename(&away, &tokens).expect("it is there");
    site.await_ready();
    site.passwords_are_whole(&accounts);

    // A PIN that is wrong is sent once: tokens lock.
    site.kill();
    write_private(&site.folder.path().join("pin"), "9999-user");
    site.serve();
    site.is_sealed("does not open this vault");
    let refusals = || site.log().matches("refuses the PIN").count();
    let before = refusals();
    write_private(&site.folder.path().join("pin"), PIN);
    site.await_ready();
    assert_eq!(refusals(), before);
    site.audit_is_intact();
}

#[test]
fn a_rotation_that_is_killed_goes_on_where_it_was() {
    // One value in a transaction, slowly.
    let mut site = Site::create_locked(
        |folder| {
            let mut lock = Lock::file(folder);
            lock.settings.push_str("\nreseal_rows_per_second = 5");
            lock
        },
        "",
    );
    site.serve();
    site.set_up();
    let accounts = site.with_passwords(6);
    let total = site.keys()["keys"][0]["values"].as_u64().expect("a number");
    assert!(total >= 10, "site keys and passwords: {total}");
    site.rotate(&[]);
    for at_least in [2, 5] {
        until("some values sealed anew", 20, || {
            let left = site.keys()["values_left"].as_u64().expect("a number");
            (left + at_least <= total).then_some(())
        });
        site.kill();
        let left = site.keys()["values_left"].as_u64().expect("a number");
        assert!(left > 0 && left < total, "killed in the middle: {left} of {total}");
        assert_eq!(site.state_of(1), "draining");
        site.serve();
        site.passwords_are_whole(&accounts);
    }
    until("the old key retired", 30, || (site.state_of(1) == "retired").then_some(()));
    let keys = site.keys();
    assert_eq!((&keys["values_left"], &keys["keys"][1]["values"]), (&0.into(), &0.into()));
    site.passwords_are_whole(&accounts);
    let code = |code: u16| site.sql(&format!("select count(*) from audit_lines where code={code}"));
    assert_eq!((code(130), code(131)), ("1".into(), "1".into()));
    assert_eq!(site.get("/api/v1/system/vault").0, 401);
    site.audit_is_intact();

    // Here and now, and another one right after it.
    site.rotate(&[]);
    assert_eq!(site.rotate(&["--now"])["rotated"]["version"], 4);
    assert_eq!(site.keys()["values_left"], 0);
    site.passwords_are_whole(&accounts);
}

#[test]
fn the_vault_can_be_locked_in_another_way() {
    let mut site = Site::start();
    let accounts = site.with_passwords(1);
    let old = fs::read_to_string(site.settings()).expect("settings");
    let file = site.folder.path().join("kek/kek");
    let passphrase = site.secret_file("passphrase", "correct horse battery staple");
    let new =
        old.replace(&format!("kek_file = {file:?}"), &format!("passphrase_file = {passphrase:?}"));
    assert_ne!(old, new);
    let new_settings = site.folder.path().join("new.toml");
    fs::write(&new_settings, &new).expect("settings");
    let change = |more: &[&str]| {
        let mut command = site.server_words(&["keys", "change-kek"]);
        command.arg("--new-config").arg(&new_settings).args(more);
        run(&mut command, b"")
    };

    change(&["--json"]).ok();
    change(&[]).refused_with("is prepared");
    run(&mut site.server_words(&["keys", "rotate", "vault"]), b"").refused_with("is prepared");
    assert_eq!(site.keys()["next_provider"], "passphrase");
    run(site.server_words(&["keys", "change-kek"]).arg("--cancel"), b"").ok();
    assert_eq!(site.keys()["next_provider"], Value::Null);
    change(&[]).ok();

    // Until it was used, the old one opens the vault as well.
    site.kill();
    site.serve();
    site.await_ready();
    assert_eq!(site.keys()["provider"], "file");
    site.kill();
    fs::write(site.settings(), &new).expect("settings");
    site.serve();
    site.await_ready();
    assert_eq!(
        (&site.keys()["provider"], &site.keys()["next_provider"]),
        (&"passphrase".into(), &Value::Null)
    );
    site.passwords_are_whole(&accounts);
    site.rotate(&["--now"]);
    site.passwords_are_whole(&accounts);
    site.audit_is_intact();

    // The old key is worth nothing now.
    site.kill();
    fs::write(site.settings(), &old).expect("settings");
    site.serve();
    site.is_sealed("does not open this vault");
}
