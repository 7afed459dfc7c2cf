//! A real mail server (aiosmtpd, Debian's `python3-aiosmtpd`) that a test owns,
//! and small false ones for what no real one does.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::Value;

/// The program of Debian's Python, whose packages `cargo xtask setup` installs.
const PYTHON: &str = "/usr/bin/python3";

/// Whom the peer lets in, and with what.
pub(crate) const USER: &str = "sekisho";
pub(crate) const PASSWORD: &str = "Mail-server-s3cret";

/// A mail server in a process of its own; it ends with its owner.
pub(crate) struct Peer {
    pub(crate) port: u16,
    scheme: &'static str,
    folder: tempfile::TempDir,
    child: Child,
    out: BufReader<ChildStdout>,
}

impl Peer {
    /// Nobody listens any more.
    pub(crate) fn stop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A certificate for these names that nobody else signed, and its key.
pub(crate) fn certificate(folder: &Path, name: &str, names: &[&str]) -> (PathBuf, PathBuf) {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let made = rcgen::generate_simple_self_signed(names).expect("a certificate");
    let (certificate, key) =
        (folder.join(format!("{name}.pem")), folder.join(format!("{name}.key")));
    std::fs::write(&certificate, made.cert.pem()).expect("written");
    private(&key, &made.signing_key.serialize_pem());
    (certificate, key)
}

/// A file that nobody else can read.
pub(crate) fn private(path: &Path, text: &str) {
    let _ = std::fs::remove_file(path);
    let mut file = std::fs::OpenOptions::new()
        .create_new(true)
        .write(true)
        .mode(0o600)
        .open(path)
        .expect("a new file");
    file.write_all(text.as_bytes()).expect("written");
}

impl Peer {
    /// Starts one; `options` are those of `peer.py`.
    pub(crate) fn start(options: Value) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let (certificate, key) = certificate(folder.path(), "peer", &["localhost", "127.0.0.1"]);
        private(&folder.path().join("password"), PASSWORD);
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/http/smtp/peer.py");
        let mut child = Command::new(PYTHON)
            .arg(script)
            .args([&certificate, &key])
            .arg(options.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Debian's Python; `cargo xtask setup` installs what is missing");
        let out = child.stdout.take().expect("its output");
        let mut out = BufReader::new(out);
        let first = line(&mut out).expect("python3-aiosmtpd; `cargo xtask setup` installs it");
        let port = first["port"].as_u64().and_then(|port| u16::try_from(port).ok());
        let scheme = if options["tls"] == "implicit" { "tls" } else { "starttls" };
        Self { port: port.expect("a port"), scheme, folder, child, out }
    }

    /// A file of this peer: `peer.pem`, `password`.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The settings of a server that uses it.
    pub(crate) fn settings(&self) -> Vec<String> {
        vec![
            format!("mail.server={}://localhost:{}", self.scheme, self.port),
            format!("mail.ca={}", self.file("peer.pem").display()),
            "mail.from=sekisho@example.jp".to_owned(),
            format!("mail.user={USER}"),
            format!("mail.password_file={}", self.file("password").display()),
            "mail.language=en".to_owned(),
        ]
    }

    /// The next mail that it took, which must be there: it says so before it
    /// answers.
    pub(crate) fn mail(&mut self) -> Value {
        loop {
            let told = line(&mut self.out).expect("a mail");
            if told["mail"].is_string() {
                return told;
            }
        }
    }

    /// Ends it, and tells what else it has seen.
    pub(crate) fn rest(mut self) -> Vec<Value> {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
        std::iter::from_fn(|| line(&mut self.out)).collect()
    }
}

fn line(out: &mut BufReader<ChildStdout>) -> Option<Value> {
    let mut text = String::new();
    out.read_line(&mut text).expect("readable");
    (!text.is_empty()).then(|| serde_json::from_str(&text).expect("JSON"))
}
