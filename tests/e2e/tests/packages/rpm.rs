//! RPM packages in a scratch root: their scripts run in it, without a systemd.

use std::process::Command;

use xtask::dist::Format;

use crate::machine::{OVERLAY, checked};
use crate::{FIRST, SECOND, files, packages};

/// Everything in one namespace; each line that fails ends it.
const STORY: &str = r#"
    packages=$2; shift 2
    rpm() { command rpm --root "$root" "$@"; }
    step() { echo "── $*" >&2; }

    step install
    rpm --install --nodeps "$packages"/0.1.0/*.rpm
    rpm --query sekisho sekisho-agent sekisho-server
    # Every file as packed: mode, owner, content.
    rpm --verify --nodeps sekisho sekisho-agent sekisho-server
    chroot "$root" getent passwd sekisho | grep -q :/var/lib/sekisho:
    [ "$(chroot "$root" stat -c '%U %a' /var/lib/sekisho)" = "sekisho 700" ]
    chroot "$root" sekisho-server --version
    chroot "$root" sekisho-agent remove --check
    test -s "$root/usr/share/man/man8/sekisho-agent-enroll.8.gz"
    test -s "$root/usr/share/zsh/site-functions/_sekisho"

    step what it asks for
    rpm --query --requires sekisho-agent | grep -x shadow-utils
    rpm --query --requires sekisho-agent | grep -E 'libc\.so\.6\(GLIBC_2\.[0-9]+\)\(64bit\)'

    step upgrade
    echo 'log = "debug"' >> "$root/etc/sekisho/agent.toml"
    echo kept > "$root/var/lib/sekisho/sekisho.db"
    rpm --upgrade --nodeps "$packages"/0.1.1/*.rpm
    rpm --query sekisho-agent | grep -F 0.1.1
    grep -q debug "$root/etc/sekisho/agent.toml"

    step remove
    rpm --erase sekisho sekisho-agent sekisho-server 2> "$1/said"
    ! rpm --query sekisho-agent
    test ! -e "$root/usr/bin/sekisho-server"
    grep -q "was NOT deleted" "$1/said"
    grep -q /var/backups/sekisho "$1/said"
    grep -q kept "$root/var/lib/sekisho/sekisho.db"
    grep -q debug "$root/etc/sekisho/agent.toml.rpmsave"
"#;

#[test]
fn rpm_packages_install_upgrade_and_leave_the_vault() {
    let packages = packages(Format::Rpm);
    for version in [FIRST, SECOND] {
        files(packages.path(), version, ".rpm");
    }
    let folder = tempfile::tempdir().expect("a folder");
    let (base, notes) = (folder.path().join("base"), folder.path().join("notes"));
    for folder in [&base, &notes] {
        std::fs::create_dir(folder).expect("a folder");
    }
    let mut command = Command::new("unshare");
    command
        .args(["--mount", "--propagation", "private", "--", "bash", "-euxo", "pipefail", "-c"])
        .arg(format!("{OVERLAY}{STORY}"))
        .arg("rpm")
        .args([&base, packages.path(), &notes]);
    checked(&mut command);
}
