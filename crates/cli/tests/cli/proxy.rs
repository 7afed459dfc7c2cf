//! The way through an HTTP proxy.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use crate::fake::Fake;
use crate::person::Person;

/// What a proxy does with a connection.
#[derive(Clone)]
enum Does {
    /// Lets bytes through to where it was asked to.
    Through,
    /// Lets them through to somebody else, as one who opens TLS would.
    To(String),
    /// Answers with this and hangs up.
    Says(&'static str),
}

/// A proxy on a free port; its threads end with the test process.
struct Proxy {
    url: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    fn start(does: Does) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let seen = asked.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (does, seen) = (does.clone(), seen.clone());
                std::thread::spawn(move || serve(stream.expect("accepted"), &does, &seen));
            }
        });
        Self { url, asked }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("no holder panics").clone()
    }
}

fn serve(mut near: TcpStream, does: &Does, seen: &Mutex<Vec<String>>) {
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") {
        if near.read(&mut byte).unwrap_or(0) == 0 {
            return;
        }
        request.push(byte[0]);
    }
    let request = String::from_utf8(request).expect("text");
    let target = request.split(' ').nth(1).expect("CONNECT target").to_owned();
    seen.lock().expect("no holder panics").push(request);
    let target = match does {
        Does::Through => target,
        Does::To(other) => other.clone(),
        Does::Says(text) => {
            let _ = near.write_all(text.as_bytes());
            return;
        }
    };
    let mut far = TcpStream::connect(target).expect("connected");
    near.write_all(b"HTTP/1.1 200 OK\r\n\r\n").expect("written");
    let (mut up_from, mut up_to) =
        (near.try_clone().expect("same"), far.try_clone().expect("same"));
    let up = std::thread::spawn(move || {
        let _ = std::io::copy(&mut up_from, &mut up_to);
        let _ = up_to.shutdown(Shutdown::Write);
    });
    let _ = std::io::copy(&mut far, &mut near);
    let _ = near.shutdown(Shutdown::Both);
    let _ = up.join();
}

const LIST: &str = r#"{"items":[],"next":null}"#;

#[test]
fn every_request_goes_through_the_proxy_and_only_bytes_do() {
    let fake = Fake::start();
    let person = Person::signed_in(&fake);
    fake.json("GET /resource-groups?limit=100", LIST);
    let proxy = Proxy::start(Does::Through);
    let secret = person.config().join("proxy-credentials");
    std::fs::write(&secret, "ann:canary-proxy\n").expect("written");
    let credentials = secret.display();
    let line =
        format!("--proxy {} --proxy-credentials-file {credentials} groups list --json", proxy.url);
    let done = person.run(&line).ends_with(0);
    assert_eq!(done.stdout.trim(), LIST);
    let asked = proxy.asked();
    let host = fake.url.strip_prefix("https://").expect("a URL");
    assert!(asked[0].starts_with(&format!("CONNECT {host} HTTP/1.1\r\n")), "{asked:?}");
    assert!(asked[0].contains("proxy-authorization: Basic "), "{asked:?}");
    assert!(!asked[0].contains("canary-token"), "{asked:?}");
    assert_eq!(
        fake.seen().pop().and_then(|it| it.header("proxy-authorization").map(str::to_owned)),
        None
    );
}

#[test]
fn the_proxy_of_the_environment_is_used_unless_it_is_said_otherwise() {
    let fake = Fake::start();
    let person = Person::signed_in(&fake);
    fake.json("GET /resource-groups?limit=100", LIST);
    let proxy = Proxy::start(Does::Through);
    let everybody = [("HTTPS_PROXY", proxy.url.as_str())];
    person.run_in(&everybody, &["groups", "list"]).ends_with(0);
    assert_eq!(proxy.asked().len(), 1);
    person.run_in(&everybody, &["--proxy", "none", "groups", "list"]).ends_with(0);
    let except = [everybody[0], ("NO_PROXY", "localhost,127.0.0.0/8")];
    person.run_in(&except, &["groups", "list"]).ends_with(0);
    assert_eq!(proxy.asked().len(), 1);
    let with_secret = [("HTTPS_PROXY", "http://ann:canary-proxy@127.0.0.1:1")];
    let done = person.run_in(&with_secret, &["groups", "list"]).ends_with(2);
    assert!(!done.says("a file of their own").stderr.contains("canary-proxy"));
}

#[test]
fn what_the_proxy_does_is_named() {
    let fake = Fake::start();
    let person = Person::signed_in(&fake);
    let list = |proxy: &Proxy| person.run(&format!("--proxy {} groups list", proxy.url));
    let wants = "HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n";
    list(&Proxy::start(Does::Says(wants))).ends_with(4).says("(407)");
    let denies = "HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n";
    list(&Proxy::start(Does::Says(denies))).ends_with(4).says("status 403");
    list(&Proxy::start(Does::Says(""))).ends_with(4).says("the proxy");
    // Somebody else's certificate: nothing is sent.
    let other = Fake::start();
    let elsewhere = other.url.strip_prefix("https://").expect("a URL").to_owned();
    let opened = Proxy::start(Does::To(elsewhere));
    list(&opened).ends_with(4).says("the proxy seems to open TLS");
    assert!(other.seen().is_empty());
    let gone = TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("bound");
    let line = format!("--proxy http://{gone} groups list");
    person.run(&line).ends_with(4).says("cannot be reached");
    person.run("--proxy socks5://x:1 groups list").ends_with(2).says("http://");
}
