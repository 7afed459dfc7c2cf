//! A server that starts without the key that opens its vault.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::run::{Ran, run, until};
use crate::site::{Lock, Site};

/// What is asked of a probe or an endpoint: status and body.
impl Site {
    pub(crate) fn get(&self, path: &str) -> (u16, String) {
        self.get_from(&format!("https://localhost:{}{path}", self.api_port))
    }

    fn get_from(&self, url: &str) -> (u16, String) {
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--max-time", "10", "--write-out", "\n%{http_code}", "--cacert"]);
        let ran = run(curl.arg(self.ca_file()).arg(url), b"");
        let (body, status) = ran.stdout.rsplit_once('\n').expect("curl prints the status");
        (status.parse().expect("a status"), body.to_owned())
    }

    fn metrics(&self) -> String {
        self.get_from(&format!("http://127.0.0.1:{}/metrics", self.metrics_port)).1
    }

    /// Everything but the pulse says 503, to people and to agents, and what to
    /// do.
    #[track_caller]
    pub(crate) fn is_sealed(&self, part: &str) {
        assert_eq!(self.get("/healthz"), (200, r#"{"status":"alive"}"#.to_owned()));
        for path in ["/readyz", "/api/v1/system/public", "/api/v1/me", "/"] {
            let (status, body) = self.get(path);
            assert_eq!(status, 503, "{path}: {body}");
            assert!(body.contains(r#""code":"sealed""#) && body.contains(part), "{path}: {body}");
        }
        let agents = format!("https://localhost:{}", self.agents_port);
        for path in ["/agent/v1/bundle/0", "/agent/v1/hello"] {
            assert_eq!(self.get_from(&format!("{agents}{path}")).0, 503, "{path}");
        }
        assert!(self.metrics().contains("sekisho_vault_sealed 1"), "{}", self.metrics());
    }

    /// Waits until it serves.
    #[track_caller]
    pub(crate) fn await_ready(&self) {
        until("the server serving", 20, || (self.get("/readyz").0 == 200).then_some(()));
        assert!(self.metrics().contains("sekisho_vault_sealed 0"), "{}", self.metrics());
    }

    fn unseal(&self, passphrase: &str) -> Ran {
        // The socket is there a moment after the ports.
        until("the socket of the sealed server", 20, || {
            let ran = self.try_unseal(passphrase);
            (!ran.said().contains("no sealed server")).then_some(ran)
        })
    }

    fn try_unseal(&self, passphrase: &str) -> Ran {
        let mut unseal = self.server_command("unseal");
        run(unseal.args(["--passphrase-file", "-"]), passphrase.as_bytes())
    }
}

fn asked(folder: &Path) -> Lock {
    use std::os::unix::fs::PermissionsExt as _;
    let file = folder.join("passphrase");
    fs::write(&file, "correct horse battery staple\n").expect("a file");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("our file");
    let settings = "passphrase = \"ask\"".to_owned();
    Lock { settings, env: Vec::new(), passphrase_file: Some(file) }
}

#[test]
fn a_passphrase_that_is_kept_nowhere_opens_the_running_server() {
    let mut site = Site::create_locked(asked, "");
    fs::remove_file(site.folder.path().join("passphrase")).expect("init has read it");
    site.serve();
    // Never served before: there is no certificate yet that clients trust.
    let log = until("the seal in the log", 20, || {
        Some(site.log()).filter(|log| log.contains("the server is sealed"))
    });
    assert!(log.contains("waits for its passphrase"), "{log}");
    site.unseal("correct horse battery staple").ok();
    site.await_ready();
    site.set_up();
    let pid = site.pid();
    assert!(site.try_unseal("whatever it is").said().contains("unsealed already"));

    site.kill();
    site.serve();
    site.is_sealed("waits for its passphrase");
    // A wrong one is refused with one sentence, whatever is wrong with it.
    let said: Vec<_> = ["correct horse battery stapl", "x", "correct horse battery Staple"]
        .map(|wrong| site.unseal(wrong))
        .map(|ran| (ran.code, ran.said()))
        .into();
    assert!(said.iter().all(|one| *one == said[0]), "{said:?}");
    assert!(said[0].0 == 1 && said[0].1.contains("does not open this vault"), "{said:?}");
    site.is_sealed("does not open this vault");
    // Another try of the same process.
    let sealed = site.pid();
    assert_ne!(sealed, pid);
    assert!(site.unseal("correct horse battery staple").ok().contains("is unsealed"));
    site.await_ready();
    assert_eq!(site.pid(), sealed, "it went on without a restart");
    assert_eq!(site.json(&["audit", "verify"])["intact"], true);
    let code = |code: u16| site.sql(&format!("select count(*) from audit_lines where code={code}"));
    assert_eq!((code(135), code(136), code(137)), ("2".into(), "2".into(), "3".into()));
    // The sign-in of before still counts.
    site.cli(&["accounts", "list"]).ok();
}

#[test]
fn a_key_file_that_comes_back_opens_the_running_server() {
    let mut site = Site::start();
    site.kill();
    let kek = site.folder.path().join("kek/kek");
    let kept = site.folder.path().join("kept");
    fs::rename(&kek, &kept).expect("it is there");
    site.serve();
    site.is_sealed("is not there");
    // The key of another site is not taken for it.
    let other = Site::create();
    fs::copy(other.folder.path().join("kek/kek"), &kek).expect("it is there");
    until("the other key being refused", 20, || {
        site.get("/readyz").1.contains("does not open this vault").then_some(())
    });
    fs::rename(&kept, &kek).expect("it is there");
    site.await_ready();
    assert!(!site.data_dir().join("kek").exists());
    // While the server runs the key is not needed, but its absence is told.
    fs::rename(&kek, &kept).expect("it is there");
    until("the warning", 30, || site.get("/readyz").1.contains("kek_missing").then_some(()));
    assert!(site.metrics().contains("sekisho_vault_kek_available 0"), "{}", site.metrics());
    site.cli(&["accounts", "list"]).ok();
    assert_eq!(site.stop(), Some(0));
}

#[test]
fn a_systemd_credential_opens_the_vault() {
    let mut site = Site::create_locked(
        |folder| {
            let credentials = folder.join("credentials");
            fs::create_dir(&credentials).expect("a folder");
            let kek = credentials.join("sekisho.kek");
            let mut new = Command::new(crate::run::program("sekisho-server"));
            run(new.args(["keys", "new-kek"]).arg(&kek), b"").ok();
            Lock {
                settings: "credential = \"sekisho.kek\"".to_owned(),
                env: vec![("CREDENTIALS_DIRECTORY", credentials)],
                passphrase_file: None,
            }
        },
        "",
    );
    site.serve();
    site.await_ready();
    site.kill();
    let kek = site.folder.path().join("credentials/sekisho.kek");
    let kept = site.folder.path().join("kept");
    fs::rename(&kek, &kept).expect("it is there");
    site.serve();
    site.is_sealed("is not there");
    fs::rename(&kept, &kek).expect("it is there");
    // At once, instead of waiting for the next look.
    until("the socket of the sealed server", 20, || {
        (run(&mut site.server_command("unseal"), b"").code == 0).then_some(())
    });
    site.await_ready();
}
