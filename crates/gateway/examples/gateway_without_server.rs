//! The gateway's process with a data plane that needs no server: for tests of
//! starting, asking, stopping and upgrading. To whoever connects where agents do
//! it says its process id and the word at the end of its own file, which is also
//! how it is told to misbehave:
//!
//! | Word | What it does |
//! | --- | --- |
//! | none | works |
//! | `mute` | never gets a configuration |
//! | `fails` | a request through it fails |
//! | `exits` | ends as soon as it starts |
//! | `dies` | dies when it shall take over |
//!
//! A file `outage` in its folder takes the server away.

#![expect(clippy::disallowed_methods, reason = "it stands alone, without a clock of others")]

use std::io::{ErrorKind, Write as _};
use std::net::TcpListener;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use sekisho_gateway::process::Plane;
use sekisho_gateway::{Identity, Paired, Parts, PublicCertificate};
use sekisho_wire::gateway::{CertificateStatus, GatewayStatus};

/// What the word at the end of a program begins with.
const MARK: &str = "\nGATEWAY-WITHOUT-SERVER:";

fn main() -> ExitCode {
    sekisho_gateway::command::main(&|parts| Ok(Double::start(parts)))
}

/// The word at the end of this program.
fn word() -> String {
    let bytes = std::fs::read("/proc/self/exe").expect("the program that runs can be read");
    let tail = String::from_utf8_lossy(&bytes[bytes.len().saturating_sub(64)..]).into_owned();
    tail.rsplit_once(MARK).map(|(_, word)| word.trim().to_owned()).unwrap_or_default()
}

struct Double {
    word: String,
    open: AtomicBool,
    ended: AtomicBool,
    held: AtomicBool,
    asked_to_dial: AtomicBool,
    served: AtomicU64,
    began: Instant,
}

impl Double {
    fn start(parts: Parts) -> Arc<dyn Plane> {
        let word = word();
        if word == "exits" {
            std::process::exit(3);
        }
        let double = Arc::new(Self {
            word,
            open: AtomicBool::new(false),
            ended: AtomicBool::new(false),
            held: AtomicBool::new(false),
            asked_to_dial: AtomicBool::new(false),
            served: AtomicU64::new(0),
            began: Instant::now(),
        });
        for listener in parts.listeners.agents {
            let double = double.clone();
            std::thread::spawn(move || double.answer(&listener));
        }
        double
    }

    fn answer(&self, listener: &TcpListener) {
        listener.set_nonblocking(true).expect("a socket");
        while !self.ended.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(1));
            if !self.open.load(Ordering::SeqCst) {
                continue;
            }
            match listener.accept() {
                Ok((mut stream, _)) => {
                    let _ = writeln!(stream, "{} {}", std::process::id(), self.word);
                    self.served.fetch_add(1, Ordering::SeqCst);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(_) => return,
            }
        }
    }

    fn has_server(&self) -> bool {
        self.word != "mute" && !std::path::Path::new("outage").exists()
    }
}

impl Plane for Double {
    fn open(&self) {
        if self.word == "dies" {
            std::process::exit(4);
        }
        self.open.store(true, Ordering::SeqCst);
    }

    fn hold_private(&self, held: bool) {
        self.held.store(held, Ordering::SeqCst);
    }

    fn identify(&self, _identity: Identity) {}

    fn belong(&self, _paired: Option<Paired>) {}

    fn show(&self, _public: PublicCertificate) {}

    fn request_certificate(&self, _for_link: bool, _request: Vec<u8>) {}

    fn dial_again(&self) {
        // Who asks before it holds its own listener back would be dialled itself.
        assert!(self.held.load(Ordering::SeqCst), "the private listener is held");
        self.asked_to_dial.store(true, Ordering::SeqCst);
    }

    fn status(&self) -> GatewayStatus {
        let held = self.held.load(Ordering::SeqCst);
        GatewayStatus {
            config_version: self.has_server().then_some(1),
            uptime_s: self.began.elapsed().as_secs(),
            relayed: self.served.load(Ordering::SeqCst),
            certificate: Some(CertificateStatus {
                names: vec!["gw.example.com".to_owned()],
                imported: false,
                not_after: sekisho_model::Timestamp::EPOCH,
                key_sha256: [0; 32],
            }),
            problems: held.then(|| "held".to_owned()).into_iter().collect(),
            ..GatewayStatus::default()
        }
    }

    fn links(&self) -> u64 {
        u64::from(!std::path::Path::new("outage").exists()) * 2
    }

    fn server_heard(&self) -> Option<sekisho_model::Timestamp> {
        None
    }

    fn pass_through(&self) -> Option<TcpListener> {
        None
    }

    fn check_itself(&self, _patience: Duration) -> Result<(), String> {
        if self.word == "fails" { Err("it answered 502".to_owned()) } else { Ok(()) }
    }

    fn drain(&self, _spread: Duration, _grace: Duration) {
        self.ended.store(true, Ordering::SeqCst);
    }
}
