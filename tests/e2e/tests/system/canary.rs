//! INV-3: a secret is nowhere but where it belongs. Canaries are planted
//! wherever a secret enters, a whole cycle is run, and then everything that
//! was written is searched for them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use data_encoding::{BASE64, BASE64URL, HEXLOWER, HEXUPPER};
use sekisho_seal::enrolment_key::EnrolmentKeyText;

use crate::host::{CONFIG, EVERY_ACCOUNT, FIRST_PASSWORD, Host, STATE};
use crate::plane::Api;
use crate::site::{PASSWORD, Site, text};

/// A word that is no secret and is known to be logged.
const CONTROL: &str = "reason-control-word-7731";

const SIGN_IN_TOKEN: &str = "sign-in token";

#[test]
fn secrets_are_nowhere_but_where_they_belong() {
    let watch = ProcessWatch::start();
    let mut canaries = Canaries::default();
    let site = Site::start();
    canaries.plant("recovery key", &site.recovery_key);
    canaries.plant("set-up token", &site.setup_token);
    canaries.plant("administrator's password", PASSWORD);
    canaries.plant(SIGN_IN_TOKEN, &site.token());

    // A host, its enrolment, and enrolments that go wrong.
    let mut host = Host::new("canary-host");
    host.add("svc-one");
    host.add("svc-two");
    host.settings(EVERY_ACCOUNT);
    let key = site.key();
    canaries.plant_key("enrolment key", &key);
    let revoked = site.key();
    canaries.plant_key("revoked enrolment key", &revoked);
    for id in site.items(&["keys", "list"]) {
        if text(&id, "id") == EnrolmentKeyText::parse(&revoked).expect("a key").id.to_string() {
            site.cli(&["keys", "revoke", &text(&id, "id")]).ok();
        }
    }
    host.enrol(&site, &revoked).refused_with("revoked");
    host.enrol(&site, &typo(&key)).refused_with("key");
    host.enrol(&site, &key).ok();
    host.enrol(&site, &key).refused_with("enrolled already");
    host.start_agent();

    // Discover, reset, reveal, copy, type a password, verify.
    let one = site.await_account("svc-one");
    let two = site.await_account("svc-two");
    site.cli(&["reset", &one, "--reason", CONTROL]).ok();
    let generated = site.reveal(&one);
    canaries.plant("generated password", &generated);
    let copied = site.cli(&["copy", &one, "--reason", CONTROL, "--stdout"]).ok();
    assert_eq!(copied.trim_end(), generated);
    site.cli(&["verify", &one]).ok();
    canaries.plant("typed password", FIRST_PASSWORD);
    site.cli_with(&["accounts", "set-password", &two, "--password-file", "-"], FIRST_PASSWORD).ok();
    site.cli(&["verify", &two]).ok();
    site.cli(&["reset", &two]).ok();
    canaries.plant("second generated password", &site.reveal(&two));

    // Users, tokens, and sign-ins that fail.
    let user_password = "porcelain-comet-77-anvil";
    canaries.plant("user's password", user_password);
    let file = site.secret_file("carol", user_password);
    site.cli(&["users", "create", "carol", "--role", "password_user", "--password-file", &file])
        .ok();
    fs::remove_file(file).expect("written above");
    let scopes = ["--scope", "read", "--scope", "reveal"];
    let create = [&["tokens", "create", "robot", "--password-file", "-"][..], &scopes].concat();
    let token = site.cli_with(&create, PASSWORD).ok();
    let token = token.trim();
    canaries.plant("API token", token);
    let wrong = "wrong-password-walnut-3";
    canaries.plant("mistyped password", wrong);
    let mut login = site.cli_command(&["--config-dir", "/nonexistent", "login", "--user", "carol"]);
    let failed = crate::run::run(login.args(["--password-file", "-"]), wrong.as_bytes());
    assert_ne!(failed.code, 0);
    // People type the password where the name goes.
    let misplaced = "misplaced-password-linden-8";
    canaries.plant("password typed as a name", misplaced);
    let api = Api::of(&site, "");
    let body = format!(r#"{{"name":"{misplaced}","password":"{wrong}"}}"#);
    assert_eq!(api.post("/api/v1/session", &body, None).status, 401);

    // The API itself, with keys for repeats: their answers may be stored.
    let api = Api::of(&site, token);
    let reveal = format!("/api/v1/accounts/{one}/reveal");
    let body = format!(r#"{{"reason":"{CONTROL}","purpose":"show"}}"#);
    let shown = api.post(&reveal, &body, Some("canary-1"));
    assert_eq!(
        (shown.status, shown.json()["values"][0]["value"].as_str()),
        (200, Some(&*generated))
    );
    let admin = Api::of(&site, &site.token());
    let body = r#"{"label":"api","platform":"linux","use":"once","pre_approved":false}"#;
    let made = admin.post("/api/v1/enrolment-keys", body, Some("canary-2"));
    assert_eq!(made.status, 201, "{}", made.body);
    canaries.plant_key("enrolment key of the API", &text(&made.json(), "key"));
    let bad = Api::of(&site, "sekisho_pat_not-a-token-canary-991");
    canaries.plant("wrong token", "sekisho_pat_not-a-token-canary-991");
    assert_eq!(bad.get("/api/v1/me").status, 401);
    site.audit_is_intact();

    // Everything that was written.
    let mut places = Places::default();
    places.tree("the site", site.folder.path());
    places.text("the database as SQL", site.sql(".dump"));
    places.text("the server's log", site.log());
    places.text("the agent's log", host.log());
    places.text("the audit log", site.cli(&["audit", "list", "--all", "--json"]).ok());
    places.text("the audit lines", admin.get("/api/v1/audit/lines?limit=200").body);
    places.text("the agent's status", host.agent_command(&["status", "--json"]).output_text());
    let inside = PathBuf::from(format!("/proc/{}/root", host.agent_pid()));
    for folder in [STATE, "/etc/sekisho", "/run", "/var/tmp", "/var/log"] {
        places.tree("the host", &inside.join(folder.trim_start_matches('/')));
    }
    assert!(host.has(CONFIG) && inside.join("var/lib/sekisho-agent/journal").is_dir());
    for pid in [site.pid(), host.agent_pid()] {
        places.process(pid);
        // What is in memory is not written out when it crashes.
        let limits = fs::read_to_string(format!("/proc/{pid}/limits")).expect("it runs");
        let core = limits.lines().find_map(|line| line.strip_prefix("Max core file size"));
        let core: Vec<&str> = core.expect("a limit").split_whitespace().take(2).collect();
        assert_eq!(core, ["0", "0"], "core dumps of process {pid}");
    }
    places.seen.extend(watch.stop());

    // The search finds what is there…
    for (name, value) in [
        ("the control word", CONTROL),
        ("a command line", "sekisho-agent"),
        ("a command line of a tool", "unix_chkpwd"),
        ("a name in the database", "canary-host"),
    ] {
        assert!(!places.holding(&forms(value.as_bytes())).is_empty(), "{name} is not found");
    }
    // … and finds no canary.
    let mut found = Vec::new();
    for (name, value) in &canaries.values {
        for place in places.holding(&forms(value)) {
            // The command line keeps its own token there.
            if !(name == SIGN_IN_TOKEN && place.ends_with("/cli/credentials")) {
                found.push(format!("{name} in {place}"));
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
    assert!(canaries.values.len() > 12);
}

#[test]
fn the_search_finds_every_form() {
    let secret = b"a\"b c/d?e%f";
    let mut places = Places::default();
    for written in [
        "x a\"b c/d?e%f y".to_owned(),
        r#"{"value":"a\"b c/d?e%f"}"#.to_owned(),
        HEXUPPER.encode(b"--a\"b c/d?e%f--"),
        BASE64.encode(b"a\"b c/d?e%f"),
        BASE64.encode(b"1a\"b c/d?e%f1"),
        BASE64URL.encode(b"12a\"b c/d?e%f12"),
        "q=a%22b%20c%2Fd%3Fe%25f&".to_owned(),
        "q=a%22b+c%2fd%3fe%25f&".to_owned(),
    ] {
        places.text(&written.clone(), written);
    }
    assert_eq!(places.holding(&forms(secret)).len(), 8);
    assert_eq!(places.holding(&forms(b"other")).len(), 0);
}

/// What must not be found.
#[derive(Default)]
pub(crate) struct Canaries {
    pub(crate) values: Vec<(String, Vec<u8>)>,
}

impl Canaries {
    #[track_caller]
    pub(crate) fn plant(&mut self, name: &str, value: &str) {
        assert!(value.len() >= 12, "{name} is too short to be looked for");
        self.values.push((name.to_owned(), value.as_bytes().to_vec()));
    }

    /// The text of an enrolment key and the secret in it.
    pub(crate) fn plant_key(&mut self, name: &str, key: &str) {
        self.plant(name, key);
        let secret = EnrolmentKeyText::parse(key).expect("a key").secret;
        self.values.push((format!("the secret of the {name}"), secret.expose().to_vec()));
    }
}

/// What was written, by place.
#[derive(Default)]
pub(crate) struct Places {
    seen: BTreeSet<(String, Vec<u8>)>,
}

impl Places {
    pub(crate) fn text(&mut self, name: &str, text: String) {
        assert!(!text.is_empty(), "{name} is empty");
        self.seen.insert((name.to_owned(), text.into_bytes()));
    }

    /// Every file below a folder.
    pub(crate) fn tree(&mut self, name: &str, folder: &Path) {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let (path, kind) = (entry.path(), entry.file_type());
            if kind.as_ref().is_ok_and(fs::FileType::is_dir) {
                self.tree(name, &path);
            } else if kind.is_ok_and(|kind| kind.is_file())
                && let Ok(bytes) = fs::read(&path)
            {
                self.seen.insert((format!("{name}: {}", path.display()), bytes));
            }
        }
    }

    fn process(&mut self, pid: u32) {
        for file in ["cmdline", "environ"] {
            let path = format!("/proc/{pid}/{file}");
            let bytes = fs::read(&path).expect("root reads every process");
            self.seen.insert((path, bytes));
        }
    }

    /// The places that hold any of these.
    pub(crate) fn holding(&self, forms: &[Vec<u8>]) -> Vec<&str> {
        let holds = |bytes: &[u8]| forms.iter().any(|form| contains(bytes, form));
        self.seen.iter().filter(|(_, bytes)| holds(bytes)).map(|(name, _)| &**name).collect()
    }
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    let Some((first, _)) = part.split_first() else { return true };
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|byte| byte == first) {
        if rest[at..].starts_with(part) {
            return true;
        }
        rest = &rest[at + 1..];
    }
    false
}

/// A value as it is and as programs write it down.
pub(crate) fn forms(value: &[u8]) -> Vec<Vec<u8>> {
    let mut forms = vec![value.to_vec()];
    forms.push(HEXLOWER.encode(value).into_bytes());
    forms.push(HEXUPPER.encode(value).into_bytes());
    for encoding in [&BASE64, &BASE64URL] {
        for before in 0..3 {
            // The letters that depend on nothing but the value, wherever it
            // begins.
            let padded = [&[0; 3][..before], value].concat();
            let letters = encoding.encode(&padded).into_bytes();
            let whole = (before * 8).div_ceil(6)..(before + value.len()) * 8 / 6;
            forms.push(letters[whole].to_vec());
        }
    }
    for (hex, blank) in [(&HEXUPPER, "%20"), (&HEXLOWER, "%20"), (&HEXUPPER, "+"), (&HEXLOWER, "+")]
    {
        let mut percent = String::new();
        for byte in value {
            match byte {
                b' ' => percent.push_str(blank),
                byte if byte.is_ascii_alphanumeric() || b"-._~".contains(byte) => {
                    percent.push(char::from(*byte));
                }
                byte => percent.push_str(&format!("%{}", hex.encode(&[*byte]))),
            }
        }
        forms.push(percent.into_bytes());
    }
    if let Ok(text) = std::str::from_utf8(value) {
        let escaped = serde_json::to_string(text).expect("text is JSON");
        forms.push(escaped.trim_matches('"').as_bytes().to_vec());
    }
    forms
}

/// Notes the command line and environment of every process while it runs.
struct ProcessWatch {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<BTreeSet<(String, Vec<u8>)>>,
}

impl ProcessWatch {
    fn start() -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let asked = stop.clone();
        let thread = std::thread::spawn(move || {
            let mut seen = BTreeSet::new();
            while !asked.load(Ordering::SeqCst) {
                for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
                    for file in ["cmdline", "environ"] {
                        if let Ok(bytes) = fs::read(entry.path().join(file)) {
                            seen.insert((format!("the {file} of a process"), bytes));
                        }
                    }
                }
                std::thread::yield_now();
            }
            seen
        });
        Self { stop, thread }
    }

    fn stop(self) -> BTreeSet<(String, Vec<u8>)> {
        self.stop.store(true, Ordering::SeqCst);
        self.thread.join().expect("the watch does not panic")
    }
}

/// The same key with one letter changed.
fn typo(key: &str) -> String {
    let last = key.chars().last().expect("a key is not empty");
    let other = if last == '2' { '3' } else { '2' };
    format!("{}{other}", &key[..key.len() - 1])
}

trait OutputText {
    fn output_text(&mut self) -> String;
}

impl OutputText for std::process::Command {
    fn output_text(&mut self) -> String {
        crate::run::run(self, b"").said()
    }
}
