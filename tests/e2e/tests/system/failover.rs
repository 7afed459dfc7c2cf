//! The database's primary is killed under load and its standby promoted: the
//! server says so meanwhile, goes on by itself, and nothing acknowledged is
//! lost.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::database::programs;
use crate::host::{HOLDING, Host};
use crate::plane::Api;
use crate::run::{free_ports, until};
use crate::site::{Site, text};

/// The script that runs the pair; it says at its top how it is spoken to.
const SCRIPT: &str = include_str!("../../../../crates/store/tests/fixtures/pair.sh");

/// A primary and its synchronous standby. They end with the pipe that only we
/// hold, however we end.
struct Pair {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    ports: [u16; 2],
}

impl Pair {
    fn start() -> Self {
        let ports = free_ports();
        // PostgreSQL refuses to run as root.
        let mut child = Command::new("runuser")
            .args(["-u", "postgres", "--", "sh", "-c", SCRIPT, "sh"])
            .arg(programs())
            .args(ports.map(|port: u16| port.to_string()))
            .arg("on")
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a shell starts");
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().expect("piped"));
        let mut pair = Self { child, input, output, ports };
        pair.hears("ready");
        pair
    }

    /// The settings of a server that works on it.
    fn settings(&self) -> String {
        let [a, b] = self.ports;
        format!("[database]\nurl = \"postgres://postgres@127.0.0.1:{a},127.0.0.1:{b}/postgres\"")
    }

    fn hears(&mut self, word: &str) {
        let mut line = String::new();
        self.output.read_line(&mut line).expect("readable");
        assert_eq!(line.trim(), word, "PostgreSQL did not do it; see /tmp/sekisho-pair-*/log");
    }

    fn tell(&mut self, word: &str) {
        writeln!(self.input.as_mut().expect("open until the end"), "{word}").expect("it reads");
        self.hears(word);
    }
}

impl Drop for Pair {
    fn drop(&mut self) {
        drop(self.input.take());
        // It stops both and removes their folder.
        let _ = self.child.wait();
    }
}

/// Makes resources until told to stop; what the server says it has made.
fn write(api: &Api, writer: usize, stop: &AtomicBool, made: &Mutex<Vec<String>>) {
    for number in 0.. {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        let name = format!("web-{writer}-{number}");
        let body = format!("{{\"name\":\"{name}\",\"platform\":\"linux\"}}");
        let answer = api.post("/api/v1/resources", &body, None);
        match answer.status {
            201 => made.lock().expect("whole").push(name),
            503 => assert!(["unavailable", "undecided"].contains(&&*answer.code()), "{answer:?}"),
            other => panic!("{other}: {answer:?}"),
        }
    }
}

#[test]
fn a_killed_primary_costs_seconds_and_nothing_that_was_acknowledged() {
    let mut pair = Pair::start();
    let site = Site::start_on(&pair.settings());
    let host = Host::enrolled(&site, "failover", &["svc-one"]);
    let account = site.await_account("svc-one");
    let api = Api::of(&site, &site.token());
    host.wrap_chpasswd(HOLDING);
    host.bash("touch /run/hold");
    let order = site.give_reset(&account);
    host.await_file("/run/called");

    let (stop, made) = (AtomicBool::new(false), Mutex::new(Vec::new()));
    let count = || made.lock().expect("whole").len();
    std::thread::scope(|scope| {
        for writer in 0..2 {
            let (api, stop, made) = (&api, &stop, &made);
            scope.spawn(move || write(api, writer, stop, made));
        }
        until("resources being made", 30, || (count() > 10).then_some(()));
        pair.tell("kill-a");
        // The agent wants to report while no database takes it down.
        host.bash("rm /run/hold");
        until("the server saying so", 20, || (api.get("/readyz").status == 503).then_some(()));
        assert_eq!(api.get("/healthz").status, 200, "the server itself lives");
        pair.tell("promote-b");
        until("the server going on", 30, || (api.get("/readyz").status == 200).then_some(()));
        let before = count();
        until("resources being made again", 30, || (count() > before + 10).then_some(()));
        stop.store(true, Ordering::Relaxed);
    });

    let resources = site.items(&["resources", "list"]);
    let names: Vec<String> = resources.iter().map(|resource| text(resource, "name")).collect();
    for name in made.into_inner().expect("whole") {
        assert!(names.contains(&name), "{name} was acknowledged and is lost");
    }
    let order = site.await_order(&order, &["committed"]);
    assert_eq!(text(&order, "operation"), "reset");
    assert!(host.takes("svc-one", &site.reveal(&account)));
    site.audit_is_intact();
}

#[test]
fn a_synchronous_standby_that_is_gone_is_named_by_the_probe() {
    let mut pair = Pair::start();
    let site = Site::start_on(&pair.settings());
    let api = Api::of(&site, &site.token());
    assert_eq!(api.get("/readyz").status, 200);
    pair.tell("kill-b");
    let body = "{\"name\":\"web\",\"platform\":\"linux\"}";
    let refused = api.post("/api/v1/resources", body, None);
    assert_eq!(refused.code(), "undecided", "{refused:?}");
    // The one who asked has given up; the database waits on.
    let answer = api.get("/readyz");
    assert_eq!((answer.status, answer.code()), (503, "unavailable".to_owned()), "{answer:?}");
    assert_eq!(answer.json()["cause"], "standby", "{answer:?}");
    assert_eq!(api.get("/healthz").status, 200, "the server itself lives");

    pair.tell("alone-a");
    until("the server being ready", 20, || (api.get("/readyz").status == 200).then_some(()));
    let again = "{\"name\":\"db\",\"platform\":\"linux\"}";
    assert_eq!(api.post("/api/v1/resources", again, None).status, 201);
}
