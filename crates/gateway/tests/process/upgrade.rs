//! A new program takes over, or does not.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::gateway::{Gateway, is_alive, until, who_answers};

fn content(path: std::path::PathBuf) -> Vec<u8> {
    std::fs::read(path).expect("a file")
}

#[test]
fn a_program_that_proves_itself_takes_over_without_a_refused_connection() {
    let mut gateway = Gateway::new();
    gateway.start();
    let (first, agents, old) = (gateway.pid(), gateway.agents(), content(gateway.installed()));
    assert_eq!(who_answers(agents), Some((first, "first".to_owned())));
    // Somebody asks all the time, and is always answered.
    let done = Arc::new(AtomicBool::new(false));
    let asking = std::thread::spawn({
        let done = done.clone();
        move || {
            let mut answers = Vec::new();
            while !done.load(Ordering::SeqCst) {
                answers.push(who_answers(agents));
            }
            answers
        }
    });
    let upgraded = gateway.upgrade("second", &[]);
    let said = upgraded.json();
    let second = u32::try_from(said["pid"].as_u64().expect("a process")).expect("an id");
    assert_ne!(second, first);
    assert_eq!(gateway.wait(), 0, "the former process ends: {}", gateway.log());
    assert_eq!(gateway.pid(), second);
    let called = std::fs::read_to_string(format!("/proc/{second}/comm")).expect("it runs");
    assert_eq!(called, "sekisho-gateway\n", "not by the name it was staged under");
    assert_eq!(gateway.agents(), agents, "the same socket");
    done.store(true, Ordering::SeqCst);
    let answers = asking.join().expect("it asked");
    assert!(answers.iter().all(Option::is_some), "nobody was turned away");
    assert_eq!(who_answers(agents), Some((second, "second".to_owned())));
    assert_eq!(content(gateway.installed()), content(gateway.path("next")), "it is installed");
    let backup = std::path::PathBuf::from(said["backup"].as_str().expect("a folder"));
    assert_eq!(content(backup.join("sekisho-gateway")), old);
    assert!(backup.join("link.key").exists() && backup.join("gateway.toml").exists());
    assert!(!gateway.path(".sekisho-gateway.former").exists(), "nothing is left beside it");

    // And the way back is the same.
    let file = backup.join("sekisho-gateway").display().to_string();
    let backups = gateway.path("backups").display().to_string();
    gateway.run(&["upgrade", &file, "--backup-dir", &backups, "--drain", "1"]).ok();
    until("the first program", || {
        who_answers(agents).filter(|(_, word)| word == "first").map(drop)
    });
    until("its end", || (!is_alive(second)).then_some(()));
}

#[test]
fn a_program_that_does_not_prove_itself_changes_nothing() {
    let mut gateway = Gateway::new();
    gateway.start();
    let (first, agents, old) = (gateway.pid(), gateway.agents(), content(gateway.installed()));
    for (word, more, part) in [
        ("mute", &["--proof", "1"][..], "did not prove itself within 1 seconds"),
        ("fails", &[], "a request through it failed: it answered 502"),
        ("exits", &[], "the new process has ended"),
        ("dies", &[], "the new process has ended"),
    ] {
        gateway.upgrade(word, more).refused_with(part);
        assert_eq!(gateway.pid(), first, "{word}");
        assert_eq!(who_answers(agents), Some((first, "first".to_owned())), "{word}");
        assert!(content(gateway.installed()) == old, "{word}: the former program is installed");
        assert_eq!(gateway.status()["status"]["problems"], serde_json::json!([]), "{word}");
        let children = format!("/proc/{first}/task/{first}/children");
        let children = std::fs::read_to_string(children).unwrap_or_default();
        assert_eq!(children, "", "{word}: no successor is left");
    }
    gateway.upgrade("second", &[]).ok();
}

#[test]
fn what_is_no_gateway_is_refused_before_anything_is_done() {
    let mut gateway = Gateway::new();
    gateway.start();
    let upgrade = |file: &str| gateway.run(&["upgrade", file, "--check"]);
    std::fs::write(gateway.path("text"), "hello").expect("written");
    upgrade(&gateway.path("text").display().to_string()).refused_with("is not a program");
    upgrade("/bin/true").refused_with("is not a sekisho-gateway");
    upgrade("/nonexistent").refused_with("cannot read /nonexistent");
    let good = gateway.write_program("next", "second").display().to_string();
    assert!(upgrade(&good).ok().contains("nothing was changed"));
    // A file that does not understand the settings any more.
    let settings = gateway.path("gateway.toml");
    let text = std::fs::read_to_string(&settings).expect("read");
    std::fs::write(&settings, format!("drain_s = 1\nfuture = 1\n{text}")).expect("written");
    let refused = gateway.run(&["--set", "drain_s=1", "upgrade", &good, "--check"]);
    refused.refused_with("'future' is not a setting");
    assert!(!gateway.path("backups").exists());
}

#[test]
fn without_its_server_nothing_can_prove_itself() {
    let mut gateway = Gateway::new();
    gateway.start();
    std::fs::write(gateway.path("outage"), "").expect("written");
    gateway.upgrade("second", &[]).refused_with("the server is not connected");
    assert!(!gateway.path("backups").exists(), "nothing was begun");
    std::fs::remove_file(gateway.path("outage")).expect("there");
    gateway.upgrade("second", &[]).ok();
}

#[test]
fn a_successor_ends_when_its_elder_is_killed_before_the_hand_over() {
    let mut gateway = Gateway::new();
    gateway.start();
    let first = gateway.pid();
    let file = gateway.write_program("next", "mute").display().to_string();
    let backups = gateway.path("backups").display().to_string();
    let mut command = gateway.command(&["upgrade", &file, "--backup-dir", &backups]);
    let mut upgrade = command.spawn().expect("it starts");
    let children = format!("/proc/{first}/task/{first}/children");
    let successor: u32 = until("a successor", || {
        std::fs::read_to_string(&children).ok()?.split_whitespace().next()?.parse().ok()
    });
    gateway.kill();
    until("its end", || (!is_alive(successor)).then_some(()));
    assert!(!upgrade.wait().expect("ours").success());
    // What systemd would do.
    gateway.start();
    let agents = gateway.agents();
    assert_eq!(who_answers(agents).expect("answered").1, "first");
}

#[test]
fn a_killed_command_stops_its_upgrade() {
    let mut gateway = Gateway::new();
    gateway.start();
    let first = gateway.pid();
    let file = gateway.write_program("next", "mute").display().to_string();
    let backups = gateway.path("backups").display().to_string();
    let arguments = ["upgrade", &file, "--backup-dir", &backups, "--proof", "2"];
    let mut upgrade = gateway.command(&arguments).spawn().expect("it starts");
    let children = format!("/proc/{first}/task/{first}/children");
    let listed = || std::fs::read_to_string(&children).unwrap_or_default();
    until("a successor", || (!listed().is_empty()).then_some(()));
    upgrade.kill().expect("ours");
    upgrade.wait().expect("ours");
    until("no successor", || listed().is_empty().then_some(()));
    assert_eq!(gateway.pid(), first);
    gateway.upgrade("second", &[]).ok();
}
