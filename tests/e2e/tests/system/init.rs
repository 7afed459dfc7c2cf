//! The first steps of an operator, and the mistakes on the way.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::process::Command;

use crate::run::run;
use crate::site::Site;

#[test]
fn a_second_init_changes_nothing() {
    let site = Site::create();
    let files = || {
        let read = |name: &str| fs::read(site.folder.path().join(name)).expect("it is there");
        (site.sql(".dump"), read("kek/kek"), read("data/ca.pem"))
    };
    let before = files();

    let again = run(site.server_command("init").arg("--json"), b"");
    again.refused_with("nothing was changed");
    assert!(again.stdout.is_empty(), "it shows no keys: {}", again.stdout);
    assert!(files() == before, "something was changed");
}

#[test]
fn settings_that_cannot_be_right_are_refused_by_name() {
    let site = Site::create();
    let path = site.folder.path().join("server.toml");
    let good = fs::read_to_string(&path).expect("settings");
    let refused = |text: &str, parts: &[&str]| {
        fs::write(&path, text).expect("settings");
        for verb in ["check-config", "run", "init"] {
            let ran = run(&mut site.server_command(verb), b"");
            for part in parts {
                ran.refused_with(part);
            }
        }
    };

    refused(&good.replace("data_dir", "data_dri"), &["data_dri", "data_dir"]);
    refused(&good.replace("[listen]", "[lisen]"), &["lisen", "listen"]);
    refused(&good.replace("api = \"127", "api = \"1277"), &["listen.api"]);
    let inside = site.data_dir().join("kek");
    let kek = site.folder.path().join("kek/kek");
    refused(
        &good.replace(&kek.display().to_string(), &inside.display().to_string()),
        &["kek_file", "data_dir"],
    );
    assert!(!inside.exists());
    fs::write(&path, &good).expect("settings");
    run(&mut site.server_command("check-config"), b"").ok();
}

#[test]
fn what_root_calls_is_done_as_the_servers_user() {
    const NOBODY: u32 = 65534;
    let site = Site::create();
    let folder = site.folder.path();
    let url_file = folder.join("database-url");
    fs::write(&url_file, format!("sqlite://{}", site.data_dir().join("sekisho.db").display()))
        .expect("the address");
    fs::set_permissions(&url_file, fs::Permissions::from_mode(0o600)).expect("private");
    site.set_database(&format!("[database]\nurl_file = {url_file:?}"));
    let backups = folder.join("backups");
    fs::create_dir(&backups).expect("a folder");
    run(Command::new("chown").args(["-R", "65534"]).arg(folder), b"").ok();

    let checked = run(&mut site.server_command("check-config"), b"").ok();
    assert!(checked.contains("done as the user nobody, to whom"), "{checked}");
    run(&mut site.server_words(&["keys", "status"]), b"").ok();
    let to = backups.display().to_string();
    run(&mut site.server_words(&["backup", "--to", &to]), b"").ok();
    let roots = run(Command::new("find").arg(folder).args(["!", "-uid", "65534"]), b"").ok();
    assert_eq!(roots, "", "root left files");
    let made: Vec<_> = fs::read_dir(&backups).expect("backups").flatten().collect();
    assert_eq!(made.len(), 1);
    assert_eq!(made[0].metadata().expect("facts").uid(), NOBODY);

    // What only root may read, a command does not read, and says why.
    let mut recover = site.server_command("recover");
    let ran = run(recover.args(["--recovery-key-file", "/etc/shadow"]), b"");
    ran.refused_with("Permission denied");
    ran.refused_with("note: done as the user nobody");
}
