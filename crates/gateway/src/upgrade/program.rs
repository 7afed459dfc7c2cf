//! `sekisho-gateway upgrade`: the command's part. It runs as who may write where
//! the program is, which the gateway itself may not.
//!
//! Nothing that the gateway says is a path or a program here: a gateway that
//! somebody took over gets nothing from the root who upgrades it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use sekisho_model::Timestamp;
use sekisho_platform::{files, process};

use crate::control::{Ask, Client, Say, Upgrade};
use crate::state::{FILES, MAX_FILE_BYTES};
use crate::upgrade::elder;

/// Where backups go unless said otherwise.
pub const BACKUP_DIR: &str = "/var/backups/sekisho-gateway";

/// Backups that are kept.
const KEEP: usize = 3;

/// Largest program, in bytes.
const MAX_PROGRAM_BYTES: u64 = 512 * 1024 * 1024;

/// How long `--version` and `check-config` of a new program may take.
const QUESTION: Duration = Duration::from_secs(20);

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Request {
    /// The new program; `None`: the one that is installed already.
    pub file: Option<PathBuf>,
    /// Where the program is installed.
    pub program: PathBuf,
    /// The settings file, and what else the gateway is started with.
    pub settings: Vec<String>,
    /// The settings file, for the backup.
    pub settings_file: PathBuf,
    /// The gateway's memory.
    pub state_dir: PathBuf,
    /// Where the backup goes.
    pub backup_dir: PathBuf,
    /// So long the new program may take to prove itself, in seconds.
    pub proof_s: u64,
    /// So long the former process finishes what it has begun, in seconds.
    pub drain_s: Option<u64>,
    /// Only look at the file.
    pub check_only: bool,
}

/// What came of an upgrade.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Done {
    /// The version before.
    pub from: String,
    /// The version now.
    pub to: String,
    /// Where the backup is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backup: Option<PathBuf>,
    /// The process that works now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pid: Option<u32>,
    /// So long the former one finishes what it has begun, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drain_s: Option<u64>,
}

/// Upgrades the gateway that runs.
///
/// # Errors
/// Says what is wrong; the gateway goes on with the program it had, which is
/// also the one that is installed.
pub fn upgrade(request: &Request, now: Timestamp, say: &dyn Fn(&str)) -> anyhow::Result<Done> {
    let mut client = Client::connect(&request.state_dir)?;
    client.ask(&Ask::Status)?;
    let Say::Status(report) = client.hear()? else { bail!("the gateway's answer is not a status") };
    let from = printable(&report.version);
    // Before anything is copied; the gateway looks once more.
    ensure!(request.check_only || report.is_well(), "{}", elder::NO_SERVER);
    let Some(file) = &request.file else {
        let to = ask_version(&request.program, request)?;
        ask_settings(&request.program, request)?;
        if request.check_only {
            return Ok(Done { from, to, backup: None, pid: None, drain_s: None });
        }
        let (pid, drain_s) = hand_over(request, &request.program, say, &|| Ok(()))?;
        return Ok(Done { from, to, backup: None, pid: Some(pid), drain_s: Some(drain_s) });
    };
    let staged = Staged::new(file, &request.program)?;
    let to = ask_version(&staged.path, request)?;
    ask_settings(&staged.path, request)?;
    say(&format!("{} is version {to} and understands the settings", file.display()));
    if request.check_only {
        return Ok(Done { from, to, backup: None, pid: None, drain_s: None });
    }
    let backup = back_up(request, &from, now)?;
    say(&format!("backup in {}", backup.display()));
    let install = || {
        staged.install(&request.program)?;
        say(&format!("installed as {}", request.program.display()));
        Ok(())
    };
    match hand_over(request, &staged.path, say, &install) {
        Ok((pid, drain_s)) => {
            Ok(Done { from, to, backup: Some(backup), pid: Some(pid), drain_s: Some(drain_s) })
        }
        Err(error) => {
            let back = staged.take_back(&request.program);
            Err(match back {
                Ok(()) => error,
                Err(back) => error.context(format!(
                    "the former program could not be put back ({back:#}); it is in {}",
                    backup.display()
                )),
            })
        }
    }
}

/// Speaks with the gateway until the successor works; `install` is called when
/// it has proved itself.
fn hand_over(
    request: &Request,
    program: &Path,
    say: &dyn Fn(&str),
    install: &dyn Fn() -> anyhow::Result<()>,
) -> anyhow::Result<(u32, u64)> {
    let mut client = Client::connect(&request.state_dir)?;
    client.be_patient(Duration::from_secs(request.proof_s + 30))?;
    client.ask(&Ask::Upgrade(Upgrade {
        program: program.to_owned(),
        proof_s: request.proof_s,
        drain_s: request.drain_s,
    }))?;
    loop {
        match client.hear()? {
            Say::Step(text) => say(&printable(&text)),
            Say::Proved { version } => {
                say(&format!("version {} has proved itself", printable(&version)));
                install()?;
                client.ask(&Ask::Installed)?;
            }
            Say::HandedOver { pid, drain_s } => return Ok((pid, drain_s)),
            Say::Failed(reason) => bail!("{}; the gateway goes on as it was", printable(&reason)),
            Say::Status(_) | Say::Done => {
                bail!("the gateway does not follow the order of an upgrade")
            }
        }
    }
}

/// What another process says, without what a terminal would obey.
fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(2000).collect()
}

/// A new program beside the installed one, so that installing is one rename.
struct Staged {
    path: PathBuf,
    former: PathBuf,
}

impl Staged {
    fn new(file: &Path, program: &Path) -> anyhow::Result<Self> {
        let (path, former) = (beside(program, "new")?, beside(program, "former")?);
        let source = File::open(file).with_context(|| format!("cannot read {}", file.display()))?;
        let facts = source.metadata()?;
        ensure!(facts.is_file(), "{} is not a file", file.display());
        let mut magic = [0; 4];
        let is_program = (&source).read_exact(&mut magic).is_ok() && magic == *b"\x7fELF";
        // Anything else a shell might take for a script.
        ensure!(
            is_program && facts.len() <= MAX_PROGRAM_BYTES,
            "{} is not a program for Linux; expected the program sekisho-gateway itself",
            file.display()
        );
        (&source).seek(io::SeekFrom::Start(0))?;
        let staged = Self { path, former };
        staged.copy(source).with_context(|| {
            format!(
                "the program cannot be put beside {}; an upgrade is for root",
                program.display()
            )
        })?;
        Ok(staged)
    }

    fn copy(&self, mut source: File) -> io::Result<()> {
        remove(&self.path)?;
        let mut options = OpenOptions::new();
        let mut copy = options.write(true).create_new(true).mode(0o700).open(&self.path)?;
        io::copy(&mut source, &mut copy)?;
        // Whatever the umask is: the gateway's own user runs it.
        copy.set_permissions(fs::Permissions::from_mode(0o755))?;
        copy.sync_all()
    }

    /// Puts it in the place of the installed one, which is kept beside.
    fn install(&self, program: &Path) -> anyhow::Result<()> {
        let done = (|| {
            remove(&self.former)?;
            if program.exists() {
                fs::hard_link(program, &self.former)?;
            }
            fs::rename(&self.path, program)?;
            sync_folder(program)
        })();
        done.with_context(|| format!("cannot install {}", program.display()))
    }

    /// Puts the former program back, if it was replaced.
    fn take_back(&self, program: &Path) -> anyhow::Result<()> {
        if self.former.exists() {
            fs::rename(&self.former, program)?;
            sync_folder(program)?;
        }
        Ok(())
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        for left in [&self.path, &self.former] {
            let _ = remove(left);
        }
    }
}

/// `.sekisho-gateway.new` beside `sekisho-gateway`.
fn beside(program: &Path, ending: &str) -> anyhow::Result<PathBuf> {
    let name = program.file_name().with_context(|| format!("{} is no file", program.display()))?;
    let mut hidden = std::ffi::OsString::from(".");
    hidden.push(name);
    hidden.push(".");
    hidden.push(ending);
    Ok(program.with_file_name(hidden))
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

fn sync_folder(file: &Path) -> io::Result<()> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

fn ask_version(program: &Path, request: &Request) -> anyhow::Result<String> {
    let said = question(program, &["--version".to_owned()], request)?;
    let version = said.trim().strip_prefix("sekisho-gateway ").map(printable);
    version.filter(|version| !version.is_empty() && version.len() < 100).with_context(|| {
        format!("{} is not a sekisho-gateway: it does not say its version", program.display())
    })
}

fn ask_settings(program: &Path, request: &Request) -> anyhow::Result<()> {
    let mut arguments = vec!["check-config".to_owned()];
    arguments.extend(request.settings.iter().cloned());
    question(program, &arguments, request)
        .map(drop)
        .context("the new program does not accept the settings")
}

/// Starts the program as the gateway's own user; what it says.
fn question(program: &Path, arguments: &[String], request: &Request) -> anyhow::Result<String> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    if process::is_root() {
        let owner = fs::metadata(&request.state_dir)
            .with_context(|| format!("the gateway's memory {}", request.state_dir.display()))?;
        command.uid(owner.uid()).gid(owner.gid());
    }
    let shown = program.display();
    let child = command.spawn().with_context(|| format!("{shown} could not be started"))?;
    let pid = child.id();
    let (sender, receiver) = std::sync::mpsc::sync_channel(1);
    std::thread::spawn(move || sender.send(child.wait_with_output()));
    let output = receiver.recv_timeout(QUESTION).map_err(|_| {
        anyhow::anyhow!("{shown} (process {pid}) did not answer within {} s", QUESTION.as_secs())
    })??;
    let text = |bytes: &[u8]| -> String {
        let text = String::from_utf8_lossy(&bytes[..bytes.len().min(64 * 1024)]).into_owned();
        text.lines().map(printable).collect::<Vec<_>>().join("\n")
    };
    ensure!(
        output.status.success(),
        "`{shown} {}` failed: {}\n{}",
        arguments.first().map_or("", String::as_str),
        text(&output.stdout),
        text(&output.stderr)
    );
    Ok(text(&output.stdout))
}

/// The program, the settings and the memory as they are now, for their owner
/// only.
fn back_up(request: &Request, version: &str, now: Timestamp) -> anyhow::Result<PathBuf> {
    files::create_private_dir(&request.backup_dir)?;
    let name: String =
        now.to_string().chars().filter(|c| c.is_ascii_digit() || "TZ".contains(*c)).collect();
    let folder = request.backup_dir.join(name);
    fs::create_dir(&folder)
        .with_context(|| format!("cannot make the backup {}", folder.display()))?;
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o700))?;
    let made = (|| {
        keep(&request.program, &folder.join("sekisho-gateway"), 0o755, MAX_PROGRAM_BYTES)?;
        if request.settings_file.exists() {
            keep(&request.settings_file, &folder.join("gateway.toml"), 0o600, 1024 * 1024)?;
        }
        for file in FILES {
            let from = request.state_dir.join(file);
            if fs::symlink_metadata(&from).is_ok() {
                keep(&from, &folder.join(file), 0o600, MAX_FILE_BYTES as u64)?;
            }
        }
        fs::write(folder.join("VERSION"), format!("{version}\n"))?;
        File::open(&folder)?.sync_all()?;
        anyhow::Ok(())
    })();
    if let Err(error) = made {
        let _ = fs::remove_dir_all(&folder);
        return Err(error.context("the backup could not be made; nothing was changed"));
    }
    forget_old(&request.backup_dir);
    Ok(folder)
}

/// Copies a file that somebody else may have put there: no link is followed,
/// and nothing but a file is read.
fn keep(from: &Path, to: &Path, mode: u32, most: u64) -> anyhow::Result<()> {
    let copied = (|| {
        // Opening a pipe would wait for somebody to write into it.
        if !fs::symlink_metadata(from)?.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a file"));
        }
        let mut source = files::open_no_link(from)?;
        let mut copy = OpenOptions::new().write(true).create_new(true).mode(mode).open(to)?;
        let bytes = io::copy(&mut (&mut source).take(most + 1), &mut copy)?;
        if bytes > most {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is too large"));
        }
        copy.flush()?;
        copy.sync_all()
    })();
    copied.with_context(|| format!("cannot copy {}", from.display()))
}

/// Best effort: a backup too many does no harm.
fn forget_old(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let is_ours = |path: &PathBuf| path.join("VERSION").is_file();
    let mut backups: Vec<PathBuf> =
        entries.filter_map(|entry| Some(entry.ok()?.path())).filter(is_ours).collect();
    backups.sort();
    let old = backups.len().saturating_sub(KEEP);
    for path in backups.into_iter().take(old) {
        let _ = fs::remove_dir_all(path);
    }
}
