//! The first steps of an operator, and the mistakes on the way.

use std::fs;

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
fn root_is_told_to_leave_the_files_to_the_servers_user() {
    let site = Site::create();
    std::os::unix::fs::chown(site.data_dir(), Some(65534), None).expect("we are root");
    for words in [&["run"][..], &["keys", "status"], &["backup", "--to", "/nonexistent"]] {
        let ran = run(&mut site.server_words(words), b"");
        ran.refused_with("belongs to nobody");
        ran.refused_with("runuser -u nobody -- sekisho-server");
    }
    run(&mut site.server_command("check-config"), b"").ok();
}
