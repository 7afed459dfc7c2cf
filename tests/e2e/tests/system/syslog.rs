//! The audit log on its way to a real rsyslog: witness and export over TLS and
//! TCP, through a restart of the receiver.

use std::collections::BTreeSet;
use std::fs;
use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::run::{free_ports, program, run, until};
use crate::site::Site;

/// What breaks careless writers: quotes, brackets, bars, equals signs,
/// backslashes, line ends, Japanese.
const NASTY: &str = "関所\"]|=\\ 'x'\nnext";

/// An rsyslog of our own, on free ports of the loopback interface.
struct Rsyslog {
    folder: tempfile::TempDir,
    tls: u16,
    tcp: u16,
    child: Option<Child>,
}

impl Rsyslog {
    fn start() -> Self {
        let folder =
            tempfile::Builder::new().prefix("sekisho-e2e-log-").tempdir().expect("a folder");
        let [tls, tcp] = free_ports();
        certificates(folder.path());
        let path = folder.path().display();
        let configuration = format!(
            r#"global(workDirectory="{path}" maxMessageSize="64k" DefaultNetstreamDriver="gtls"
  DefaultNetstreamDriverCAFile="{path}/ca.pem" DefaultNetstreamDriverCertFile="{path}/server.pem"
  DefaultNetstreamDriverKeyFile="{path}/server.key")
module(load="imtcp" StreamDriver.Name="gtls" StreamDriver.Mode="1" StreamDriver.AuthMode="anon"
  gnutlsPriorityString="NORMAL:+VERS-TLS1.3")
module(load="imptcp")
ruleset(name="tls") {{ action(type="omfile" file="{path}/tls.log" template="RSYSLOG_SyslogProtocol23Format") }}
ruleset(name="tcp") {{ action(type="omfile" file="{path}/tcp.log" template="RSYSLOG_SyslogProtocol23Format") }}
input(type="imtcp" address="127.0.0.1" port="{tls}" ruleset="tls")
input(type="imptcp" address="127.0.0.1" port="{tcp}" ruleset="tcp")
"#
        );
        fs::write(folder.path().join("rsyslog.conf"), configuration).expect("written");
        let mut own = Self { folder, tls, tcp, child: None };
        own.run();
        own
    }

    fn run(&mut self) {
        let folder = self.folder.path();
        let log = fs::File::create(folder.join("rsyslogd.out")).expect("a log");
        let child = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", "--", "rsyslogd", "-n", "-f"])
            .arg(folder.join("rsyslog.conf"))
            .arg("-i")
            .arg(folder.join("pid"))
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a handle"))
            .stderr(log)
            .spawn()
            .expect("rsyslogd starts; `cargo xtask setup` installs it");
        self.child = Some(child);
        for port in [self.tls, self.tcp] {
            until("rsyslogd listening", 20, || {
                TcpStream::connect((Ipv4Addr::LOCALHOST, port)).ok()
            });
        }
    }

    /// Ends it as its service does.
    fn stop(&mut self) {
        let mut child = self.child.take().expect("it runs");
        let pid = child.id().to_string();
        run(Command::new("bash").args(["-c", r#"kill -TERM "$1""#, "stop", &pid]), b"").ok();
        until("the end of rsyslogd", 20, || child.try_wait().expect("our child"));
    }

    fn received(&self, file: &str) -> String {
        let bytes = fs::read(self.folder.path().join(file)).unwrap_or_default();
        String::from_utf8(bytes).expect("UTF-8, also where it is Japanese")
    }

    /// The lines whose signed heads came, in order.
    fn heads(&self) -> BTreeSet<u64> {
        let text = self.received("tls.log");
        let seqs = text.lines().filter_map(|line| {
            let (_, rest) = line.split_once(r#""seq":"#)?;
            rest.split(',').next()?.parse().ok()
        });
        seqs.collect()
    }

    /// The numbers of the audit lines that came, each once.
    fn lines(&self, file: &str) -> BTreeSet<u64> {
        let text = self.received(file);
        let seqs = text.lines().filter_map(|line| {
            let (_, rest) = line.split_once(" seq=\"")?;
            rest.split('"').next()?.parse().ok()
        });
        seqs.collect()
    }
}

impl Drop for Rsyslog {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// A CA of its own and a certificate for localhost.
fn certificates(folder: &Path) {
    let script = r#"
set -e
cd "$1"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=log-ca \
  -keyout ca.key -out ca.pem -addext keyUsage=critical,keyCertSign
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost \
  -keyout server.key -out server.csr
printf 'subjectAltName=DNS:localhost\nbasicConstraints=CA:FALSE\n' > ext
openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile ext \
  -out server.pem
"#;
    let mut command = Command::new("bash");
    run(command.args(["-c", script, "certificates"]).arg(folder), b"").ok();
}

/// The last line of the site's audit log.
fn last_line(site: &Site) -> u64 {
    site.json(&["audit", "verify"])["head"]["seq"].as_u64().expect("a number")
}

#[test]
fn rsyslog_gets_every_line_and_head_through_its_restart() {
    let mut rsyslog = Rsyslog::start();
    let (tls, tcp, ca) = (rsyslog.tls, rsyslog.tcp, rsyslog.folder.path().join("ca.pem"));
    let site = Site::start_on(&format!(
        "[audit]\nhead_interval_s = 1\n[audit.witness]\nsyslog = \"tls://localhost:{tls}\"\n\
         syslog_ca = {ca:?}\n[audit.export]\nsyslog = \"tcp://127.0.0.1:{tcp}\"\n"
    ));
    site.cli(&["audit", "list", "--search", NASTY]).ok();
    let first = last_line(&site);
    let expected: BTreeSet<u64> = (1..=first).collect();
    until("every line at rsyslog", 30, || {
        rsyslog.lines("tcp.log").is_superset(&expected).then_some(())
    });

    // Our escapes come through as they are: the message is the event as JSON.
    let text = rsyslog.received("tcp.log");
    let line = text.lines().find(|line| line.contains("E700")).expect("the list is on record");
    let json = &line[line.rfind("Audit log viewed ").expect("the name") + 17..];
    let event: serde_json::Value = serde_json::from_str(json).expect("JSON");
    assert!(event["filter"].as_str().expect("text").contains(NASTY), "{line}");
    assert!(line.contains(r#"filter="q=関所\"\]|=\\ 'x'\\nnext""#), "{line}");

    // While nobody listens work goes on, and nothing is lost.
    rsyslog.stop();
    site.cli(&["audit", "list", "--search", "while it is down"]).ok();
    until("the trouble being said", 30, || {
        let readers = site.json(&["status"])["audit_readers"].take();
        let readers = readers.as_array()?.clone();
        readers.iter().all(|reader| reader["problem"].is_string()).then_some(())
    });
    rsyslog.run();
    let last = last_line(&site);
    let expected: BTreeSet<u64> = (1..=last).collect();
    until("what was written meanwhile", 60, || {
        rsyslog.lines("tcp.log").is_superset(&expected).then_some(())
    });

    // What the witness holds proves the log, without a server. The export is
    // younger than the witness's file, so it must reach its newest head.
    let folder = site.folder.path();
    let path = |name: &str| folder.join(name).display().to_string();
    let witnessed = until("a head of all that at rsyslog", 60, || {
        rsyslog.heads().last().copied().filter(|seq| *seq >= last)
    });
    fs::copy(rsyslog.folder.path().join("tls.log"), path("witness.log")).expect("copied");
    fs::write(folder.join("audit.key"), site.cli(&["audit", "key"]).ok()).expect("written");
    site.cli(&["audit", "export", "--output", &path("log.jsonl")]).ok();
    let verify = |export: &str| {
        let [export, witness, key] = [export, "witness.log", "audit.key"].map(path);
        site.cli(&["audit", "verify", "--export", &export, "--witness", &witness, "--key", &key])
    };
    let said = verify("log.jsonl").ok();
    assert!(said.contains("The audit log is intact."), "{said}");

    // The newest witnessed line cut off, and one in the middle removed.
    let log = fs::read_to_string(folder.join("log.jsonl")).expect("exported");
    let lines: Vec<&str> = log.lines().collect();
    let short = usize::try_from(witnessed).expect("small") - 1;
    fs::write(folder.join("short.jsonl"), lines[..short].join("\n") + "\n").expect("written");
    verify("short.jsonl").refused_with(&format!("the chain ends at line {short}, but line"));
    let without = [&lines[..2], &lines[3..]].concat().join("\n") + "\n";
    fs::write(folder.join("gap.jsonl"), without).expect("written");
    verify("gap.jsonl").refused_with("line 3 is missing; the next one found is 4");

    // The same at the database itself, with the server running.
    let mut command = Command::new(program("sekisho-server"));
    command.args(["audit", "verify", "--config", &path("server.toml")]);
    let said = run(command.args(["--witness", &path("witness.log")]), b"").ok();
    assert!(said.contains(&format!("witnessed up to line {witnessed}")), "{said}");
    site.audit_is_intact();
}
