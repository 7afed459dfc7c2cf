//! Rules about every committed text: no paths of one machine, no hosts of
//! package registries.

use super::finding::Finding;

/// Written by tools, with the registry's name in every entry.
const LOCK_FILES: &[&str] = &["Cargo.lock", "package-lock.json"];

/// Folders of build machines. Split, so that this file does not name them.
const MACHINE_PATHS: &[&str] =
    &[concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/fa", "rm/")];

/// Where packages are fetched from is a matter of the machine's own clients.
const REGISTRY_HOSTS: &[&str] = &[
    concat!("index.", "crates.io"),
    concat!("static.", "crates.io"),
    concat!("py", "pi.org"),
    concat!("python", "hosted.org"),
    concat!("registry.", "npmjs.org"),
    concat!("registry.", "yarnpkg.com"),
    concat!("deb.", "debian.org"),
    concat!("ftp.", "debian.org"),
    concat!("security.", "debian.org"),
    concat!("snapshot.", "debian.org"),
    concat!("proxy.", "golang.org"),
];

/// Checks one text file.
pub(super) fn check(file: &str, text: &str) -> Vec<Finding> {
    let name = file.rsplit('/').next().unwrap_or(file);
    if LOCK_FILES.contains(&name) {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for (index, line) in text.lines().enumerate() {
        for path in MACHINE_PATHS.iter().filter(|path| names_path(line, path)) {
            findings.push(Finding::fault(
                file,
                index + 1,
                format!("`{path}` is a path of one machine"),
                "make it relative, or take it from an argument",
            ));
        }
        for host in REGISTRY_HOSTS.iter().filter(|host| line.contains(**host)) {
            findings.push(Finding::fault(
                file,
                index + 1,
                format!("`{host}` is the host of a package registry"),
                "name the package, not where it comes from",
            ));
        }
    }
    findings
}

/// Whether an absolute path begins with `path`; a part of a longer one is not.
fn names_path(line: &str, path: &str) -> bool {
    line.match_indices(path).any(|(at, _)| {
        !line[..at].ends_with(|before: char| {
            before.is_alphanumeric() || matches!(before, '.' | '_' | '-' | '/' | '}' | '>')
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_one_machine_is_a_fault() {
        for path in MACHINE_PATHS {
            let found = check("docs/a.md", &format!("see\n`{path}main`\n"));
            assert_eq!(found.len(), 1, "{path}");
            assert_eq!(found[0].line, 2);
        }
    }

    #[test]
    fn part_of_another_path_is_none() {
        for path in MACHINE_PATHS {
            assert_eq!(check("docs/a.md", &format!("src{path}a ../x{path}a ..{path}a")), []);
        }
    }

    #[test]
    fn a_registry_host_is_a_fault_outside_lock_files() {
        for host in REGISTRY_HOSTS {
            let line = format!("from https://{host}/x\n");
            assert_eq!(check("README.md", &line).len(), 1, "{host}");
            assert_eq!(check("console/package-lock.json", &line), []);
        }
    }
}
