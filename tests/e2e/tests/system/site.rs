//! A site of its own: server, database, administrator, command line.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;
use xtask::networks::{AGENTS_PORT, API_PORT, Namespace, Networks, Reached, Relay, SERVER};

use crate::run::{Ran, free_ports, program, run, until};

/// The first administrator.
pub(crate) const ADMINISTRATOR: &str = "admin";

/// The administrator's password; long enough for a canary.
pub(crate) const PASSWORD: &str = "tangerine-orbit-42-lantern";

/// A running site.
pub(crate) struct Site {
    child: Option<Child>,
    pub(crate) folder: TempDir,
    pub(crate) api_port: u16,
    pub(crate) agents_port: u16,
    pub(crate) metrics_port: u16,
    pub(crate) recovery_key: String,
    pub(crate) setup_token: String,
    env: Vec<(&'static str, PathBuf)>,
    lan: Option<Lan>,
}

/// A LAN of the server's own, on the ports that it has in the field, and how its
/// API and its metrics are reached from loopback.
struct Lan {
    lan: Namespace,
    api: Relay,
    metrics: Relay,
}

/// The server's port for metrics in a LAN of its own.
const METRICS_PORT: u16 = 9464;

impl Lan {
    /// Where the server listens: API, agents, metrics.
    const LISTENERS: [SocketAddr; 3] = [
        SocketAddr::new(SERVER, API_PORT),
        SocketAddr::new(SERVER, AGENTS_PORT),
        at_loopback(METRICS_PORT),
    ];

    fn of(networks: &Networks) -> Self {
        let lan = networks.lan.clone();
        let [api, _, metrics] = Self::LISTENERS;
        let relay = |to| Relay::start(None, 0, Some(&lan), to).expect("a relay");
        Self { api: relay(api), metrics: relay(metrics), lan }
    }
}

const fn at_loopback(port: u16) -> SocketAddr {
    SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), port)
}

/// What locks a site's vault.
pub(crate) struct Lock {
    /// The lines of `[vault]`.
    pub(crate) settings: String,
    /// The environment of the server's programs.
    pub(crate) env: Vec<(&'static str, PathBuf)>,
    /// A file with a passphrase that only `init` is given.
    pub(crate) passphrase_file: Option<PathBuf>,
}

impl Lock {
    /// A key file, which `init` makes.
    pub(crate) fn file(folder: &Path) -> Self {
        let settings = format!("kek_file = {:?}", folder.join("kek/kek"));
        Self { settings, env: Vec::new(), passphrase_file: None }
    }
}

impl Site {
    /// Creates a site, starts its server, makes the administrator, signs in.
    pub(crate) fn start() -> Self {
        Self::start_on("")
    }

    /// [`start`](Self::start) with settings of the database.
    pub(crate) fn start_on(database: &str) -> Self {
        let mut site = Self::create_on(database);
        site.serve();
        site.set_up();
        site
    }

    /// [`start`](Self::start) in the LAN of these networks, where agents reach it
    /// only by a gateway.
    pub(crate) fn start_in(networks: &Networks) -> Self {
        let mut site = Self::create_in(Some(Lan::of(networks)), Lock::file, "");
        site.serve();
        site.set_up();
        site
    }

    /// Creates a site; nothing runs yet.
    pub(crate) fn create() -> Self {
        Self::create_on("")
    }

    fn create_on(database: &str) -> Self {
        Self::create_locked(Lock::file, database)
    }

    /// Creates a site whose vault is locked in another way, with more settings
    /// at the end of the file.
    pub(crate) fn create_locked(lock: impl FnOnce(&Path) -> Lock, more: &str) -> Self {
        Self::create_in(None, lock, more)
    }

    fn create_in(lan: Option<Lan>, lock: impl FnOnce(&Path) -> Lock, more: &str) -> Self {
        let folder = tempfile::Builder::new().prefix("sekisho-e2e-").tempdir().expect("a folder");
        let ([api_port, agents_port, metrics_port], [api, agents, metrics]) = match &lan {
            Some(lan) => ([lan.api.port(), AGENTS_PORT, lan.metrics.port()], Lan::LISTENERS),
            None => {
                let ports = free_ports();
                (ports, ports.map(at_loopback))
            }
        };
        let path = folder.path();
        let lock = lock(path);
        let settings = format!(
            "data_dir = {:?}\npublic_name = \"localhost\"\n[listen]\napi = \"{api}\"\n\
             agents = \"{agents}\"\nmetrics = \"{metrics}\"\n\
             [vault]\n{}\n{more}\n",
            path.join("data"),
            lock.settings,
        );
        fs::write(path.join("server.toml"), settings).expect("settings");
        let mut init = Self::server(path, "init");
        init.arg("--json").envs(lock.env.iter().cloned());
        if let Some(file) = &lock.passphrase_file {
            init.arg("--passphrase-file").arg(file);
        }
        let init = init.output().expect("init runs");
        assert!(init.status.success(), "{}", String::from_utf8_lossy(&init.stderr));
        let shown: Value = serde_json::from_slice(&init.stdout).expect("init prints JSON");
        let text = |key: &str| shown[key].as_str().expect("init shows it").to_owned();
        Self {
            child: None,
            api_port,
            agents_port,
            metrics_port,
            env: lock.env,
            recovery_key: text("recovery_key"),
            setup_token: text("setup_token"),
            folder,
            lan,
        }
    }

    /// The machine and everything on it is gone; another one with the same
    /// addresses and these settings of the database takes its place.
    pub(crate) fn lose_machine(&mut self, database: &str) {
        assert!(self.child.is_none(), "a lost machine runs nothing");
        for lost in ["data", "kek"] {
            fs::remove_dir_all(self.folder.path().join(lost)).expect("it was there");
        }
        self.set_database(database);
    }

    /// Adds settings of the database to those of a site that has none.
    pub(crate) fn set_database(&self, settings: &str) {
        let path = self.folder.path().join("server.toml");
        let all = fs::read_to_string(&path).expect("settings");
        assert!(!all.contains("[database]"), "it has some already: {all}");
        fs::write(&path, format!("{all}\n{settings}\n")).expect("settings");
    }

    fn server(folder: &Path, verb: &str) -> Command {
        let mut command = Command::new(program("sekisho-server"));
        command.arg(verb).arg("--config").arg(folder.join("server.toml"));
        command
    }

    /// A verb of the server with this site's settings.
    pub(crate) fn server_command(&self, verb: &str) -> Command {
        let mut command = Self::server(self.folder.path(), verb);
        command.envs(self.env.iter().cloned());
        command
    }

    /// A verb of two or more words.
    pub(crate) fn server_words(&self, words: &[&str]) -> Command {
        let mut command = Command::new(program("sekisho-server"));
        command.args(words).arg("--config").arg(self.folder.path().join("server.toml"));
        command.envs(self.env.iter().cloned());
        command
    }

    /// Starts the server on the ports it had, and waits until it listens.
    pub(crate) fn serve(&mut self) {
        let log = fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.log_path())
            .expect("the server's log");
        let mut command = Command::new("setpriv");
        command
            .args(["--pdeathsig", "KILL", "--"])
            .arg(program("sekisho-server"))
            .args(["run", "--config"])
            .arg(self.folder.path().join("server.toml"))
            .envs(self.env.iter().cloned());
        if let Some(Lan { lan, .. }) = &self.lan {
            command = lan.enter(&command);
        }
        let child = command
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a second handle"))
            .stderr(log)
            .spawn()
            .expect("the server starts");
        self.child = Some(child);
        let ports = [self.api_port, self.agents_port];
        let lan = self.lan.as_ref().map(|lan| lan.lan.clone());
        until("the server listening", 20, || {
            let ended = self.child.as_mut().and_then(|child| child.try_wait().ok().flatten());
            assert!(ended.is_none(), "the server ended: {}", self.log());
            let listens = match &lan {
                Some(lan) => Lan::LISTENERS[..2]
                    .iter()
                    .all(|at| lan.reach(*at).expect("tried") == Reached::Yes),
                None => ports.into_iter().all(|port| TcpStream::connect(at_loopback(port)).is_ok()),
            };
            listens.then_some(())
        });
    }

    /// What a service manager does: a server that ended by itself, because its
    /// database was not there when it began, is started again.
    pub(crate) fn serve_if_it_ended(&mut self) {
        if self.child.as_mut().is_some_and(|child| !matches!(child.try_wait(), Ok(None))) {
            self.serve();
        }
    }

    pub(crate) fn set_up(&self) {
        let (token, password) =
            (self.secret_file("token", &self.setup_token), self.secret_file("pw", PASSWORD));
        let user = ["--user", ADMINISTRATOR, "--password-file", &password];
        self.cli(&[&["setup", "--token-file", &token][..], &user].concat()).ok();
        self.cli(&[&["login"][..], &user].concat()).ok();
        for file in [token, password] {
            fs::remove_file(file).expect("written above");
        }
    }

    /// A file for a command that reads a secret from one.
    pub(crate) fn secret_file(&self, name: &str, secret: &str) -> String {
        let path = self.folder.path().join(name);
        fs::write(&path, secret).expect("a file in the folder of the site");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("our file");
        path.display().to_string()
    }

    /// Ends the server without a chance to tidy up, as a power cut would.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().expect("our child");
            child.wait().expect("our child");
        }
    }

    /// Asks the server to end; its exit code.
    pub(crate) fn stop(&mut self) -> Option<i32> {
        let mut child = self.child.take().expect("the server runs");
        let pid = child.id().to_string();
        run(Command::new("bash").args(["-c", r#"kill -TERM "$1""#, "stop", &pid]), b"").ok();
        until("the end of the server", 20, || child.try_wait().expect("our child")).code()
    }

    /// The token of the administrator's sign-in.
    pub(crate) fn token(&self) -> String {
        let credentials = fs::read_to_string(self.folder.path().join("cli/credentials"));
        let credentials = credentials.expect("signed in");
        let line = credentials.lines().find_map(|line| line.strip_prefix("token = "));
        line.expect("it holds a token").trim_matches('"').to_owned()
    }

    /// The server's process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.as_ref().expect("the server runs").id()
    }

    /// The command line, signed in as the administrator.
    pub(crate) fn cli(&self, args: &[&str]) -> Ran {
        self.cli_with(args, "")
    }

    /// [`cli`](Self::cli) with something on its standard input.
    pub(crate) fn cli_with(&self, args: &[&str], input: &str) -> Ran {
        run(&mut self.cli_command(args), input.as_bytes())
    }

    /// [`cli`](Self::cli), not started.
    pub(crate) fn cli_command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(program("sekisho"));
        command
            .arg("--server")
            .arg(self.url())
            .arg("--ca-file")
            .arg(self.ca_file())
            .arg("--config-dir")
            .arg(self.folder.path().join("cli"))
            .args(args);
        command
    }

    /// The JSON of a command that must succeed.
    #[track_caller]
    pub(crate) fn json(&self, args: &[&str]) -> Value {
        let printed = self.cli(&[args, &["--json"]].concat()).ok();
        serde_json::from_str(&printed).unwrap_or_else(|error| panic!("{error}: {printed}"))
    }

    /// The items of a list.
    #[track_caller]
    pub(crate) fn items(&self, args: &[&str]) -> Vec<Value> {
        match self.json(&[args, &["--all"]].concat())["items"].take() {
            Value::Array(items) => items,
            other => panic!("`{}` printed no list: {other}", args.join(" ")),
        }
    }

    /// A new enrolment key for one Linux device, approved in advance.
    pub(crate) fn key(&self) -> String {
        self.key_with(&["--pre-approved"])
    }

    /// A new enrolment key.
    pub(crate) fn key_with(&self, args: &[&str]) -> String {
        let key = self.cli(&[&["keys", "create", "a key"], args].concat()).ok();
        key.trim().to_owned()
    }

    /// The id of an account by its name on any resource.
    #[track_caller]
    pub(crate) fn account(&self, name: &str) -> String {
        let found = self.find_account(name);
        found.unwrap_or_else(|| panic!("no account {name}: {:?}", self.account_names()))
    }

    /// The id of an account, if it is known.
    pub(crate) fn find_account(&self, name: &str) -> Option<String> {
        let accounts = self.items(&["accounts", "list"]);
        let account = accounts.iter().find(|account| account["name"] == name)?;
        account["id"].as_str().map(str::to_owned)
    }

    /// All names of accounts.
    pub(crate) fn account_names(&self) -> Vec<String> {
        let accounts = self.items(&["accounts", "list"]);
        accounts.iter().map(|account| text(account, "name")).collect()
    }

    /// Waits for the accounts of the first discovery.
    #[track_caller]
    pub(crate) fn await_account(&self, name: &str) -> String {
        until(&format!("the account {name}"), 20, || self.find_account(name))
    }

    /// An order as it is now.
    pub(crate) fn order(&self, id: &str) -> Value {
        self.json(&["orders", "show", id])
    }

    /// Waits until an order is in one of these states.
    #[track_caller]
    pub(crate) fn await_order(&self, id: &str, states: &[&str]) -> Value {
        until(&format!("order {id} being {states:?}"), 30, || {
            let order = self.order(id);
            states.contains(&text(&order, "state").as_str()).then_some(order)
        })
    }

    /// Gives a reset without waiting; its id.
    #[track_caller]
    pub(crate) fn give_reset(&self, account: &str) -> String {
        text(&self.json(&["reset", account, "--no-wait", "--reason", "test"]), "id")
    }

    /// The password of an account, as the server knows it.
    #[track_caller]
    pub(crate) fn reveal(&self, account: &str) -> String {
        let revealed = self.json(&["reveal", account, "--reason", "test"]);
        let values = revealed["values"].as_array().expect("a list of values");
        assert_eq!(values.len(), 1, "more than one value may work");
        text(&values[0], "value")
    }

    /// What SQL says about the database.
    #[track_caller]
    pub(crate) fn sql(&self, statement: &str) -> String {
        let mut command = Command::new("sqlite3");
        command.args(["-cmd", ".timeout 5000"]).arg(self.database()).arg(statement);
        run(&mut command, b"").ok().trim().to_owned()
    }

    /// The audit chain must be whole.
    #[track_caller]
    pub(crate) fn audit_is_intact(&self) {
        assert_eq!(self.json(&["audit", "verify"])["intact"], true);
    }

    /// Where people and programs reach it.
    pub(crate) fn url(&self) -> String {
        format!("https://127.0.0.1:{}", self.api_port)
    }

    /// Where agents reach it.
    pub(crate) fn agents(&self) -> String {
        format!("127.0.0.1:{}", self.agents_port)
    }

    /// The sum of all samples of a metric whose labels contain this text.
    pub(crate) fn metric(&self, name: &str, labels: &str) -> f64 {
        let mut stream =
            TcpStream::connect((Ipv4Addr::LOCALHOST, self.metrics_port)).expect("metrics");
        let request = b"GET /metrics HTTP/1.1\r\nHost: metrics\r\nConnection: close\r\n\r\n";
        stream.write_all(request).expect("a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        let samples = answer.lines().filter(|line| {
            let rest = line.strip_prefix(name);
            rest.is_some_and(|rest| rest.starts_with([' ', '{'])) && line.contains(labels)
        });
        samples.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum()
    }

    pub(crate) fn data_dir(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub(crate) fn ca_file(&self) -> PathBuf {
        self.data_dir().join("ca.pem")
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.data_dir().join("sekisho.db")
    }

    fn log_path(&self) -> PathBuf {
        self.folder.path().join("server.log")
    }

    /// Everything the server has logged.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.log_path()).unwrap_or_default()
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprint_log("server", &self.log());
        }
        if let Some(mut child) = self.child.take() {
            // Both may fail only because it has ended already.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// An id as SQLite holds it.
pub(crate) fn sql_id(id: &str) -> String {
    format!("X'{}'", id.replace('-', ""))
}

/// The text of a key; empty if there is none.
pub(crate) fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_default().to_owned()
}

/// Shows the end of a log under a test that failed.
#[expect(clippy::print_stderr, reason = "the runner shows it under the test that failed")]
pub(crate) fn eprint_log(of: &str, log: &str) {
    let lines: Vec<&str> = log.lines().collect();
    eprintln!("── {of}\n{}", lines[lines.len().saturating_sub(30)..].join("\n"));
}
