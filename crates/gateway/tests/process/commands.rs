//! Commands around a gateway that runs, or does not.

use std::os::unix::fs::PermissionsExt as _;

use crate::gateway::{Gateway, until};

#[test]
fn a_string_for_pairing_is_printed_and_named_in_the_status() {
    let mut gateway = Gateway::new();
    let printed = gateway.run(&["pair"]);
    assert!(printed.stderr.contains("the gateway does not run"), "{printed:?}");
    let text = printed.ok();
    assert!(text.contains("\nsekisho-gw1-") && text.contains("30 minutes"), "{text}");
    gateway.start();
    let again = gateway.run(&["pair", "--json"]).json();
    assert!(again["pairing_string"].as_str().expect("text").starts_with("sekisho-gw1-"));
    let status = gateway.status();
    let left = status["pairing_left_s"].as_u64().expect("open");
    assert!((1700..=1800).contains(&left), "{left}");
    assert_eq!(status["belongs"], serde_json::Value::Null);
    let shown = gateway.run(&["status"]);
    assert!(shown.stdout.contains("a string is open for 30 more minutes"), "{shown:?}");
}

#[test]
fn nobody_else_may_look_into_the_memory() {
    let mut gateway = Gateway::new();
    gateway.start();
    let mode = |name: &str| {
        let path = gateway.state_dir().join(name);
        std::fs::metadata(path).expect(name).permissions().mode() & 0o7777
    };
    assert_eq!((mode(""), mode("link.key"), mode("control.sock")), (0o700, 0o600, 0o600));
    std::fs::set_permissions(gateway.state_dir(), std::fs::Permissions::from_mode(0o755))
        .expect("ours");
    gateway.run(&["pair"]).refused_with("restrict it with chmod 0700");
}

#[test]
fn a_gateway_that_does_not_run_says_so() {
    let gateway = Gateway::new();
    gateway.run(&["status"]).refused_with("not paired; run 'sekisho-gateway pair'");
    assert_eq!(gateway.status()["running"], false);
    gateway.run(&["upgrade", "--installed"]).refused_with("the gateway does not run");
}

#[test]
fn a_settings_file_that_is_not_there_is_noted_in_log_and_status_and_no_obstacle() {
    let mut gateway = Gateway::new();
    gateway.start_without_file();
    let note = "/etc/sekisho/gateway.toml is not there; defaults hold";
    assert_eq!(gateway.status()["notes"], serde_json::json!([note]));
    assert!(gateway.run(&["status"]).stdout.contains(&format!("note          {note}")));
    assert!(gateway.log().contains(note), "{}", gateway.log());
}

#[test]
fn the_check_of_the_settings_names_what_is_missing() {
    let gateway = Gateway::new();
    let text = gateway.run(&["check-config"]).ok();
    assert!(text.contains("state is not there; the first start makes it"), "{text}");
    gateway.run(&["pair"]).ok();
    let text = gateway.run(&["check-config"]).ok();
    assert!(text.contains("note: not paired") && text.contains("no certificate was imported"));
    std::fs::write(gateway.path("gateway.toml"), "listen.privat = '10.0.0.1'").expect("written");
    gateway.run(&["check-config"]).refused_with("did you mean 'listen.private'?");
    gateway.run(&["run"]).refused_with("'listen.private' is missing");
}

#[test]
fn an_address_that_cannot_be_had_is_explained() {
    let gateway = Gateway::new();
    for (address, part) in [
        ("192.0.2.1:8363", "is not an address of this machine"),
        ("0.0.0.0:8363", "must not be open to the internet"),
    ] {
        gateway.run(&["run", "--set", &format!("listen.private={address}")]).refused_with(part);
    }
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("bound");
    gateway
        .run(&["run", "--set", &format!("listen.agents={address}")])
        .refused_with("is in use by another program");
}

#[test]
fn an_imported_certificate_is_judged_kept_and_removed() {
    let mut gateway = Gateway::new();
    gateway.start();
    let key = rcgen::KeyPair::generate().expect("a key");
    let other = rcgen::KeyPair::generate().expect("a key");
    let params = rcgen::CertificateParams::new(vec!["gw.example.com".to_owned()]).expect("names");
    let pem = params.self_signed(&key).expect("signed").pem();
    let write = |name: &str, text: String| {
        std::fs::write(gateway.path(name), text).expect("written");
        gateway.path(name).display().to_string()
    };
    let certificate = write("server.crt", pem);
    let (good, wrong) = (write("a", key.serialize_pem()), write("b", other.serialize_pem()));
    let import = |more: &[&str]| {
        let first = ["certificate", "import", "--json", &certificate];
        gateway.run(&[&first, more].concat())
    };
    for (more, word) in [
        (vec![wrong.as_str()], "certificate_key_mismatch"),
        (vec![], "key_missing"),
        (vec![&good, "--name", "dmz.example.jp"], "certificate_name_missing"),
    ] {
        let refused = import(&more);
        assert_eq!((refused.code, refused.json()["problem"].as_str()), (1, Some(word)));
    }
    let show = || gateway.run(&["certificate", "show", "--json"]).json();
    assert_eq!(show()["certificate"], serde_json::Value::Null, "nothing was kept");
    import(&[&good, "--check"]).ok();
    assert_eq!(show()["certificate"], serde_json::Value::Null, "it was only looked at");
    import(&[&good, "--name", "gw.example.com"]).ok();
    assert_eq!(show()["certificate"]["names"][0], "gw.example.com");
    gateway.run(&["certificate", "remove"]).ok();
    gateway.run(&["certificate", "remove"]).refused_with("no certificate was imported");
}

#[test]
fn a_stopped_gateway_leaves_no_socket_behind() {
    let mut gateway = Gateway::new();
    gateway.start();
    let pid = gateway.pid().to_string();
    std::process::Command::new("kill").arg(&pid).status().expect("sent");
    assert_eq!(gateway.wait(), 0, "{}", gateway.log());
    assert!(!gateway.state_dir().join("control.sock").exists());
    until("nobody", || (gateway.status()["running"] == false).then_some(()));
}
