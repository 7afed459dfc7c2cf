//! What is in each package, and where.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use super::package::{Arch, Entry, Package, Scripts};
use super::tarball;
use crate::cmd;

/// A program and what goes with it.
pub(super) struct Product {
    /// Of the package and of the program.
    pub(super) name: &'static str,
    /// The crate, for the list of what is linked into it.
    pub(super) krate: &'static str,
    /// Whether it is linked statically: it needs nothing of the machine but its kernel.
    pub(super) is_static: bool,
    summary: &'static str,
    description: &'static str,
    section: &'static str,
    /// The section of its man pages.
    man: &'static str,
    /// Paths in the package, and their contents.
    files: &'static [(&'static str, &'static str)],
    settings: &'static [(&'static str, &'static str)],
    deb_depends: &'static [&'static str],
    deb_scripts: Scripts,
    rpm_requires: &'static [&'static str],
    rpm_scripts: Scripts,
}

macro_rules! file {
    ($path:literal) => {
        include_str!(concat!("../../../", $path))
    };
}

pub(super) const PRODUCTS: &[Product] = &[
    Product {
        name: "sekisho",
        krate: "sekisho-cli",
        is_static: false,
        summary: "privileged access: the command line",
        description: "The command line of Sekisho, which keeps, rotates and lends the passwords of\n\
                      privileged accounts. It talks to a server over HTTPS.",
        section: "admin",
        man: "1",
        files: &[],
        settings: &[],
        deb_depends: &[],
        deb_scripts: &[],
        rpm_requires: &[],
        rpm_scripts: &[],
    },
    Product {
        name: "sekisho-server",
        krate: "sekisho-server",
        is_static: false,
        summary: "privileged access: the server",
        description: "The server of Sekisho: vault, policy, audit log, REST API, and the agent plane.\n\
                      It runs as its own user, on SQLite or PostgreSQL.\n\
                      \n\
                      Installing it starts nothing; `sekisho-server init` comes first.",
        section: "admin",
        man: "8",
        files: &[
            (
                "usr/lib/systemd/system/sekisho-server.service",
                file!("packaging/systemd/sekisho-server.service"),
            ),
            (
                "usr/lib/systemd/system/sekisho-backup.service",
                file!("packaging/systemd/sekisho-backup.service"),
            ),
            (
                "usr/lib/systemd/system/sekisho-backup.timer",
                file!("packaging/systemd/sekisho-backup.timer"),
            ),
            (
                "usr/lib/sysusers.d/sekisho-server.conf",
                file!("packaging/sysusers/sekisho-server.conf"),
            ),
            (
                "usr/lib/tmpfiles.d/sekisho-server.conf",
                file!("packaging/tmpfiles/sekisho-server.conf"),
            ),
        ],
        settings: &[("etc/sekisho/server.toml", file!("packaging/config/server.toml"))],
        deb_depends: &["passwd"],
        deb_scripts: &[
            ("postinst", file!("packaging/deb/sekisho-server.postinst")),
            ("postrm", file!("packaging/deb/sekisho-server.postrm")),
            ("prerm", file!("packaging/deb/sekisho-server.prerm")),
        ],
        rpm_requires: &["shadow-utils"],
        rpm_scripts: &[
            ("post", file!("packaging/rpm/sekisho-server.post")),
            ("preun", file!("packaging/rpm/sekisho-server.preun")),
            ("postun", file!("packaging/rpm/sekisho-server.postun")),
        ],
    },
    Product {
        name: "sekisho-agent",
        krate: "sekisho-agent",
        is_static: false,
        summary: "privileged access: the agent of a host",
        description: "The agent of Sekisho discovers, resets and verifies the passwords of this host's\n\
                      accounts for a server. It only ever dials out.\n\
                      \n\
                      Installing it starts nothing; `sekisho-agent install` enrols the host.",
        section: "admin",
        man: "8",
        files: &[(
            "usr/lib/systemd/system/sekisho-agent.service",
            file!("packaging/systemd/sekisho-agent.service"),
        )],
        settings: &[("etc/sekisho/agent.toml", file!("packaging/config/agent.toml"))],
        // chpasswd, unix_chkpwd and getent.
        deb_depends: &["passwd", "libpam-modules-bin", "libc-bin"],
        deb_scripts: &[
            ("postinst", file!("packaging/deb/sekisho-agent.postinst")),
            ("postrm", file!("packaging/deb/sekisho-agent.postrm")),
            ("prerm", file!("packaging/deb/sekisho-agent.prerm")),
        ],
        rpm_requires: &["shadow-utils", "pam", "glibc-common"],
        rpm_scripts: &[
            ("post", file!("packaging/rpm/sekisho-agent.post")),
            ("preun", file!("packaging/rpm/sekisho-agent.preun")),
            ("postun", file!("packaging/rpm/sekisho-agent.postun")),
        ],
    },
    Product {
        name: "sekisho-gateway",
        krate: "sekisho-gateway",
        is_static: true,
        summary: "privileged access: the gateway in the DMZ",
        description: "The gateway of Sekisho lets agents on the internet reach a server that is not\n\
                      exposed. It filters and limits what they send, and can read and forge nothing.\n\
                      \n\
                      Installing it starts nothing; set `listen.private`, then pair it.",
        section: "admin",
        man: "8",
        files: &[
            (
                "usr/lib/systemd/system/sekisho-gateway.service",
                file!("packaging/systemd/sekisho-gateway.service"),
            ),
            (
                "usr/lib/sysusers.d/sekisho-gateway.conf",
                file!("packaging/sysusers/sekisho-gateway.conf"),
            ),
            (
                "usr/lib/tmpfiles.d/sekisho-gateway.conf",
                file!("packaging/tmpfiles/sekisho-gateway.conf"),
            ),
        ],
        settings: &[("etc/sekisho/gateway.toml", file!("packaging/config/gateway.toml"))],
        deb_depends: &["passwd"],
        deb_scripts: &[
            ("postinst", file!("packaging/deb/sekisho-gateway.postinst")),
            ("postrm", file!("packaging/deb/sekisho-gateway.postrm")),
            ("prerm", file!("packaging/deb/sekisho-gateway.prerm")),
        ],
        rpm_requires: &["shadow-utils"],
        rpm_scripts: &[
            ("post", file!("packaging/rpm/sekisho-gateway.post")),
            ("preun", file!("packaging/rpm/sekisho-gateway.preun")),
            ("postun", file!("packaging/rpm/sekisho-gateway.postun")),
        ],
    },
];

/// Where the parts of packages are found.
#[derive(Clone, Copy)]
pub(super) struct Parts<'a> {
    /// The programs that go into the packages.
    pub(super) programs: &'a Path,
    /// The same programs for this machine, which print their pages.
    pub(super) printers: &'a Path,
    /// The licences of what is linked into a program.
    pub(super) third_party: &'a dyn Fn(&Product) -> Result<String>,
    pub(super) arch: Arch,
    pub(super) version: &'a str,
    pub(super) time_s: u64,
}

impl Product {
    /// The package with everything in it.
    pub(super) fn package(&self, parts: &Parts<'_>) -> Result<Package> {
        let file = parts.programs.join(self.name);
        let program = fs::read(&file).with_context(|| format!("reading {}", file.display()))?;
        let glibc = if self.is_static { None } else { newest_glibc(&program) };
        let mut entries = vec![entry(format!("usr/bin/{}", self.name), program, 0o755)];
        let texts = self.files.iter().map(|(path, text)| entry((*path).into(), *text, 0o644));
        entries.extend(texts);
        entries.extend(self.settings.iter().map(|(path, text)| Entry {
            is_settings: true,
            ..entry((*path).into(), *text, 0o644)
        }));
        entries.extend(self.pages(parts)?);
        entries.extend(self.completions(parts)?);
        entries.extend(self.licences(parts)?);
        entries.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(Package {
            name: self.name,
            version: parts.version.to_owned(),
            arch: parts.arch,
            summary: self.summary,
            description: self.description,
            section: self.section,
            glibc,
            deb_depends: self.deb_depends,
            deb_scripts: self.deb_scripts,
            rpm_requires: self.rpm_requires,
            rpm_scripts: self.rpm_scripts,
            entries,
            time_s: parts.time_s,
        })
    }

    fn printer(&self, parts: &Parts<'_>) -> Command {
        Command::new(parts.printers.join(self.name))
    }

    fn pages(&self, parts: &Parts<'_>) -> Result<Vec<Entry>> {
        let folder = tempfile::tempdir()?;
        cmd::run(self.printer(parts).arg("man-pages").arg(folder.path()))?;
        let mut pages = Vec::new();
        for page in fs::read_dir(folder.path())? {
            let page = page?;
            let name = page.file_name().to_string_lossy().into_owned();
            let path = format!("usr/share/man/man{}/{name}.gz", self.man);
            pages.push(entry(path, tarball::gz(&fs::read(page.path())?)?, 0o644));
        }
        Ok(pages)
    }

    fn completions(&self, parts: &Parts<'_>) -> Result<Vec<Entry>> {
        let name = self.name;
        [
            ("bash", format!("usr/share/bash-completion/completions/{name}")),
            ("zsh", format!("usr/share/zsh/site-functions/_{name}")),
            ("fish", format!("usr/share/fish/vendor_completions.d/{name}.fish")),
        ]
        .into_iter()
        .map(|(shell, path)| {
            let script = cmd::output(self.printer(parts).args(["completions", shell]))?;
            Ok(entry(path, script, 0o644))
        })
        .collect()
    }

    fn licences(&self, parts: &Parts<'_>) -> Result<Vec<Entry>> {
        let folder = format!("usr/share/doc/{}", self.name);
        let third_party = tarball::gz((parts.third_party)(self)?.as_bytes())?;
        Ok(vec![
            entry(format!("{folder}/copyright"), COPYRIGHT, 0o644),
            entry(format!("{folder}/LICENSE-APACHE"), file!("LICENSE-APACHE"), 0o644),
            entry(format!("{folder}/LICENSE-MIT"), file!("LICENSE-MIT"), 0o644),
            entry(format!("{folder}/third-party-licences.txt.gz"), third_party, 0o644),
        ])
    }
}

const COPYRIGHT: &str = "\
Sekisho is licensed under Apache-2.0 or MIT, at your choice: LICENSE-APACHE and
LICENSE-MIT beside this file. The licences of the libraries that are linked
into the program are in third-party-licences.txt.gz.
";

fn entry(path: String, content: impl Into<Vec<u8>>, mode: u32) -> Entry {
    Entry { path, content: content.into(), mode, is_settings: false }
}

/// The newest version of glibc's symbols that a program asks for: the names
/// stand in its table of strings.
fn newest_glibc(program: &[u8]) -> Option<String> {
    const NAME: &[u8] = b"GLIBC_2.";
    program
        .windows(NAME.len() + 4)
        .filter(|window| window.starts_with(NAME))
        .filter_map(|window| {
            let digits: String = window[NAME.len()..]
                .iter()
                .take_while(|byte| byte.is_ascii_digit())
                .map(|byte| char::from(*byte))
                .collect();
            digits.parse::<u32>().ok()
        })
        .max()
        .map(|minor| format!("2.{minor}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_glibc_is_found_by_number_and_not_by_text() {
        let program = b"\0GLIBC_2.9\0GLIBC_2.34\0GLIBC_2.4\0\0\0\0GLIBC_2.\0\0\0\0";
        assert_eq!(newest_glibc(program).as_deref(), Some("2.34"));
        assert_eq!(newest_glibc(b"nothing of the kind"), None);
    }

    #[test]
    fn scripts_are_shell_and_stop_at_the_first_error() {
        for product in PRODUCTS {
            for (name, script) in product.deb_scripts {
                assert!(script.starts_with("#!/bin/sh\nset -e\n"), "{} {name}", product.name);
            }
            for (name, script) in product.deb_scripts.iter().chain(product.rpm_scripts) {
                let checked = cmd::feed(Command::new("sh").arg("-n"), script.as_bytes());
                assert!(checked.expect("sh runs").status.success(), "{} {name}", product.name);
            }
        }
    }

    /// Issue 5: what is left to somebody who takes the gateway over.
    #[test]
    fn the_gateways_unit_leaves_a_thief_little() {
        if !cmd::on_path("systemd-analyze") {
            eprintln!("no systemd-analyze here: nothing was looked at");
            return;
        }
        let folder = tempfile::tempdir().expect("a folder");
        let unit = folder.path().join("sekisho-gateway.service");
        fs::write(&unit, file!("packaging/systemd/sekisho-gateway.service")).expect("written");
        let mut command = Command::new("systemd-analyze");
        command.args(["security", "--offline=true", "--no-pager", "--threshold=20"]).arg(&unit);
        let said = cmd::output(&mut command).expect("at most 2.0 of 10");
        assert!(said.contains("Overall exposure level"), "{said}");
    }
}
