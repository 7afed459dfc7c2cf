//! `install`, `start`, `stop`, `remove` where there is no systemd, and what
//! `remove` refuses. Under a real systemd they are tried with the packages.

use std::fs;

use crate::host::{HOLDING, Host, STATE};
use crate::run::{run, until};
use crate::site::Site;

#[test]
fn without_systemd_it_says_what_to_do() {
    let host = Host::new("plain-host");
    host.bash("mkdir -p /run/systemd; umount /run/systemd/system 2>/dev/null || true");
    host.bash("rm -rf /run/systemd/system");
    for verb in ["start", "stop"] {
        host.settings("");
        let mut command = host.agent_command(&[verb]);
        run(&mut command, b"").refused_with("systemd does not run here");
    }
    let mut install = host.agent_command(&["install", "--server", "127.0.0.1:1"]);
    run(&mut install, b"").refused_with("`sekisho-agent enroll`");
    assert!(!host.has(&format!("{STATE}/identity.key")), "nothing was begun");
}

#[test]
fn an_ordinary_user_is_told_to_be_root() {
    let host = Host::new("user-host");
    for verb in ["install", "start", "update", "stop", "remove"] {
        let agent = crate::run::program("sekisho-agent").display().to_string();
        let args = ["--reuid", "65534", "--clear-groups", &agent, verb];
        host.run("setpriv", &args, b"").refused_with("needs root");
    }
}

#[test]
fn remove_refuses_while_only_this_host_knows_a_result() {
    let mut site = Site::start();
    let mut host = Host::enrolled(&site, "leaving-host", &["leaver"]);
    let account = site.await_account("leaver");
    let check = |host: &Host| run(&mut host.agent_command(&["remove", "--check"]), b"");
    until("an agent that owes nothing", 20, || (check(&host).code == 0).then_some(()));

    // The tool runs, the server goes away, the tool ends: the receipt stays.
    host.wrap_chpasswd(HOLDING);
    host.bash("touch /run/hold");
    let order = site.give_reset(&account);
    host.await_file("/run/called");
    let running = check(&host);
    running.refused_with(&order);
    running.refused_with("begun");
    site.kill();
    host.bash("rm /run/hold");
    until("a receipt", 20, || check(&host).said().contains("not acknowledged").then_some(()));
    host.kill_agent();
    let refused = run(&mut host.agent_command(&["remove"]), b"");
    refused.refused_with(&format!("the result of order {order}"));
    refused.refused_with("the escrow of password version");
    refused.refused_with("--force");
    assert!(host.has(&format!("{STATE}/journal/{order}")), "nothing was removed");

    // The server is back and takes the receipt.
    site.serve();
    host.start_agent();
    site.await_order(&order, &["committed"]);
    until("an agent that owes nothing", 20, || (check(&host).code == 0).then_some(()));
    run(&mut host.agent_command(&["remove"]), b"").refused_with("stop it first");
    host.kill_agent();
    let removed = run(&mut host.agent_command(&["remove"]), b"").ok();
    assert!(removed.contains("has forgotten its device"), "{removed}");
    assert!(!host.has(STATE), "nothing of the memory is left");
    let again = run(&mut host.agent_command(&["remove"]), b"").ok();
    assert!(again.contains("was not enrolled"), "{again}");
    run(&mut host.agent_command(&["status"]), b"").refused_with("not enrolled");
}

#[test]
fn force_lists_what_is_lost() {
    let mut site = Site::start();
    let mut host = Host::enrolled(&site, "forced-host", &["leaver"]);
    let account = site.await_account("leaver");
    host.wrap_chpasswd(HOLDING);
    host.bash("touch /run/hold");
    let order = site.give_reset(&account);
    host.await_file("/run/called");
    site.kill();
    host.kill_agent();
    host.bash("rm /run/hold");
    // What somebody else put into the folder is not ours to remove.
    host.bash(&format!("touch {STATE}/notes.txt"));
    let forced = run(&mut host.agent_command(&["remove", "--force"]), b"").ok();
    assert!(forced.contains(&format!("lost: the result of order {order}")), "{forced}");
    assert!(forced.contains("nobody knows whether it took effect"), "{forced}");
    assert!(forced.contains("lost: the escrow of password version"), "{forced}");
    assert_eq!(host.bash(&format!("ls {STATE}")), "notes.txt\n");
    assert!(fs::exists(site.database()).expect("readable"), "the server's is untouched");
}
