//! The agent's way out through an HTTP proxy.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::host::{EVERY_ACCOUNT, Host};
use crate::run::{run, until};
use crate::site::Site;

/// `ann:swordfish`.
const AUTHORIZATION: &str = "proxy-authorization: Basic YW5uOnN3b3JkZmlzaA==";

/// A proxy that lets Ann through. Its threads end with the test process.
struct Proxy {
    url: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let seen = asked.clone();
        thread::spawn(move || {
            for near in listener.incoming().flatten() {
                let seen = seen.clone();
                thread::spawn(move || serve(near, &seen));
            }
        });
        Self { url, asked }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("no holder panics").clone()
    }
}

/// Serves one connection; whoever hangs up ends it.
fn serve(mut near: TcpStream, seen: &Mutex<Vec<String>>) -> Option<()> {
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") {
        near.read_exact(&mut byte).ok()?;
        request.push(byte[0]);
    }
    let request = String::from_utf8(request).ok()?;
    let target = request.strip_prefix("CONNECT ")?.split(' ').next()?.to_owned();
    let is_ann = request.contains(AUTHORIZATION);
    seen.lock().expect("no holder panics").push(request);
    if !is_ann {
        let wants = b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n";
        return near.write_all(wants).ok();
    }
    let mut far = TcpStream::connect(target).ok()?;
    near.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").ok()?;
    let (mut from, mut to) = (near.try_clone().ok()?, far.try_clone().ok()?);
    thread::spawn(move || {
        let _ = std::io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Both);
    });
    let _ = std::io::copy(&mut far, &mut near);
    near.shutdown(Shutdown::Both).ok()
}

#[test]
fn an_agent_lives_behind_a_proxy() {
    let mut site = Site::start();
    let proxy = Proxy::start();
    let mut host = Host::new("proxied-host");
    host.add("svc-one");
    let through = format!("proxy = \"{}\"\n", proxy.url);
    let file = "proxy_credentials_file = \"/etc/sekisho/proxy-credentials\"\n";
    let with_credentials = format!("{through}{file}{EVERY_ACCOUNT}");

    // It wants to know who asks.
    host.settings(&format!("{through}{EVERY_ACCOUNT}"));
    host.enrol(&site, &site.key()).refused_with("(407)");
    host.bash("install -m 600 /dev/null /etc/sekisho/proxy-credentials");
    host.bash("echo ann:swordfish > /etc/sekisho/proxy-credentials");
    host.settings(&with_credentials);
    host.enrol(&site, &site.key()).ok();
    run(&mut host.agent_command(&["check"]), b"").ok();
    host.start_agent();
    let account = site.await_account("svc-one");
    site.cli(&["reset", &account]).ok();
    assert!(host.takes("svc-one", &site.reveal(&account)));

    // The proxy sees where to, and nothing of what is said.
    let asked = proxy.asked();
    assert!(asked.iter().all(|it| it.starts_with(&format!("CONNECT {} ", site.agents()))));
    assert!(!host.log().contains("swordfish"));

    // The server comes back, and is found again in the same way.
    site.kill();
    until("the agent noticing", 20, || host.log().contains("not connected").then_some(()));
    site.serve();
    site.cli(&["reset", &account]).ok();
    assert!(host.takes("svc-one", &site.reveal(&account)));
    assert!(proxy.asked().len() > asked.len(), "there is no other way out");

    // Told to leave the proxy aside, without a restart.
    let direct = format!("no_proxy = [\"127.0.0.0/8\"]\n{with_credentials}");
    host.settings(&direct);
    until("the changed settings", 30, || host.log().contains("settings changed").then_some(()));
    let before = proxy.asked().len();
    site.cli(&["reset", &account]).ok();
    assert_eq!(proxy.asked().len(), before);
    site.audit_is_intact();
}
