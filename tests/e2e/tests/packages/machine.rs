//! A machine that boots: systemd in a container, over a copy-on-write view of
//! this machine's files that is gone with it. It has no network but loopback.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use sekisho_model::clock::{Clock as _, SystemClock};
use tempfile::TempDir;

/// Mounts a copy-on-write view of this machine in a mount namespace of its
/// own: whatever happens, the mounts end with the processes in it.
pub(crate) const OVERLAY: &str = r#"
    base=$1
    mount -t tmpfs tmpfs "$base"
    mkdir "$base/upper" "$base/work" "$base/root"
    mount -t overlay overlay \
        -o "lowerdir=/,upperdir=$base/upper,workdir=$base/work" "$base/root"
    root=$base/root
    rm -rf "$root"/etc/systemd/system/*.wants "$root"/usr/sbin/policy-rc.d \
        "$root"/etc/sekisho "$root"/var/lib/sekisho* "$root"/usr/bin/sekisho*
    rm -f "$root/etc/machine-id"; : > "$root/etc/machine-id"
    mkdir -p "$root/packages"
"#;

const BOOT: &str = r#"
    exec setpriv --pdeathsig KILL -- systemd-nspawn --quiet --directory "$root" --boot \
        --register=no --keep-unit --machine="$3" --console=pipe --private-network \
        --bind-ro="$2:/packages"
"#;

/// A booted machine.
pub(crate) struct Machine {
    nspawn: Child,
    /// Its process 1, as this machine numbers it.
    leader: u32,
    folder: TempDir,
}

impl Machine {
    /// Boots; `packages` is `/packages` in it.
    pub(crate) fn boot(name: &str, packages: &Path) -> Self {
        let folder = tempfile::Builder::new().prefix("sekisho-boot-").tempdir().expect("a folder");
        let base = folder.path().join("base");
        fs::create_dir(&base).expect("a folder");
        let log = fs::File::create(folder.path().join("console.log")).expect("a log");
        let nspawn = Command::new("unshare")
            .args(["--mount", "--propagation", "private", "--", "bash", "-euc"])
            .arg(format!("{OVERLAY}{BOOT}"))
            .arg("boot")
            .args([&base, packages])
            .arg(name)
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a second handle"))
            .stderr(log)
            .spawn()
            .expect("unshare starts");
        let mut machine = Self { nspawn, leader: 0, folder };
        machine.leader = until("the machine's first process", 20, || machine.first_process());
        until("the machine being up", 60, || {
            let state = machine.run("systemctl", &["is-system-running"]).said();
            // Some unit of this machine may not suit a container.
            matches!(state.trim(), "running" | "degraded").then_some(())
        });
        machine
    }

    fn first_process(&mut self) -> Option<u32> {
        let ended = self.nspawn.try_wait().expect("our child");
        assert!(ended.is_none(), "the machine ended: {}", self.console());
        self.leader_now()
    }

    fn leader_now(&self) -> Option<u32> {
        let pid = self.nspawn.id();
        let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).ok()?;
        children.split_whitespace().filter_map(|child| child.parse().ok()).find(|child: &u32| {
            fs::read_to_string(format!("/proc/{child}/comm"))
                .is_ok_and(|comm| comm.trim() == "systemd")
        })
    }

    fn console(&self) -> String {
        fs::read_to_string(self.folder.path().join("console.log")).unwrap_or_default()
    }

    /// A command inside, with the environment of a login of root.
    pub(crate) fn command(&self, program: &str, args: &[&str]) -> Command {
        let mut command = Command::new("nsenter");
        command
            .env_clear()
            .env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
            .env("HOME", "/root")
            .env("LC_ALL", "C.UTF-8")
            .env("DEBIAN_FRONTEND", "noninteractive")
            .args(["--target", &self.leader.to_string(), "--mount", "--uts", "--ipc", "--net"])
            .args(["--pid", "--cgroup", "--wd=/", "--"])
            .arg(program)
            .args(args);
        command
    }

    /// Runs a program inside.
    pub(crate) fn run(&self, program: &str, args: &[&str]) -> Ran {
        self.run_with(program, args, "")
    }

    /// [`run`](Self::run) with something on its standard input.
    pub(crate) fn run_with(&self, program: &str, args: &[&str], input: &str) -> Ran {
        run(&mut self.command(program, args), input)
    }

    /// Runs a bash script inside; it must succeed.
    #[track_caller]
    pub(crate) fn bash(&self, script: &str) -> String {
        self.run("bash", &["-euo", "pipefail", "-c", script]).ok()
    }

    /// Whether a file or folder exists inside.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.run("test", &["-e", path]).code == 0
    }

    /// A property of a unit.
    pub(crate) fn property(&self, unit: &str, name: &str) -> String {
        let shown = self.run("systemctl", &["show", "--property", name, "--value", unit]).ok();
        shown.trim().to_owned()
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        if std::thread::panicking() && self.leader != 0 {
            let journal = self.run("journalctl", &["--no-pager", "-u", "sekisho*", "-n", "40"]);
            eprint("journal", &journal.said());
        }
        // All processes inside end with its first one, and the mounts with them; it
        // does not end with the program that started it. Each of these may fail
        // only because it has ended already.
        if let Some(leader) = self.leader_now() {
            let _ = Command::new("kill").args(["-KILL", &leader.to_string()]).status();
        }
        let _ = self.nspawn.kill();
        let _ = self.nspawn.wait();
    }
}

/// How a program ended and what it printed.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// Both outputs.
    pub(crate) fn said(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }

    /// Its standard output; it must have ended with 0.
    #[track_caller]
    pub(crate) fn ok(self) -> String {
        assert_eq!(self.code, 0, "{}", self.said());
        self.stdout
    }

    /// It must have failed and said this.
    #[track_caller]
    pub(crate) fn refused_with(&self, part: &str) {
        assert_ne!(self.code, 0, "it was not refused: {}", self.said());
        assert!(self.said().contains(part), "no '{part}' in: {}", self.said());
    }
}

/// Runs a command to its end.
pub(crate) fn run(command: &mut Command, input: &str) -> Ran {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?} could not be started: {error}"));
    if let Some(mut stdin) = child.stdin.take() {
        // A program that needs no more input may close it early.
        let _ = stdin.write_all(input.as_bytes());
    }
    let output = child.wait_with_output().expect("the child is ours to wait for");
    Ran {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// [`run`], which must succeed.
#[track_caller]
pub(crate) fn checked(command: &mut Command) -> String {
    run(command, "").ok()
}

/// Looks until there is an answer.
#[track_caller]
pub(crate) fn until<T>(what: &str, limit_s: u64, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = SystemClock.elapsed() + Duration::from_secs(limit_s);
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(SystemClock.elapsed() < deadline, "{what}: not seen within {limit_s} s");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[expect(clippy::print_stderr, reason = "the runner shows it under the test that failed")]
fn eprint(of: &str, text: &str) {
    eprintln!("── {of}\n{text}");
}
