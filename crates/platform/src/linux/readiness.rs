//! "May I change passwords here?", answered check by check.

use std::fs;
use std::path::Path;

use super::{locks, tool};
use crate::accounts::Check;

/// Programs a change and a check need; `getent` lists directory accounts.
const TOOLS: [&str; 3] = ["chpasswd", "unix_chkpwd", "getent"];

/// Every condition, also those that hold.
pub(crate) fn checks(etc: &Path) -> Vec<Check> {
    let root = rustix::process::geteuid().is_root();
    let mut checks = vec![Check {
        name: "root",
        ok: root,
        detail: if root {
            "running as root".to_owned()
        } else {
            "not running as root; passwords can only be changed by root".to_owned()
        },
    }];
    checks.extend(TOOLS.map(|name| match tool::find(name) {
        Some(path) => Check { name, ok: true, detail: path.display().to_string() },
        None => Check {
            name,
            ok: false,
            detail: format!(
                "{name} is not in /usr/sbin, /sbin, /usr/bin or /bin, or others than root may \
                 change it; install the package that provides it"
            ),
        },
    }));
    checks.extend(["passwd", "shadow"].map(|name| {
        let path = etc.join(name);
        match fs::File::open(&path) {
            Ok(_) => Check { name, ok: true, detail: format!("{} is readable", path.display()) },
            Err(error) => Check {
                name,
                ok: false,
                detail: format!("cannot read {}: {error}", path.display()),
            },
        }
    }));
    let obstacle = |name, found: Result<(), locks::Obstacle>, good: &str| match found {
        Ok(()) => Check { name, ok: true, detail: good.to_owned() },
        Err(locks::Obstacle(detail)) => Check { name, ok: false, detail },
    };
    checks.push(obstacle("writable", locks::writable(etc), "account files can be replaced"));
    checks.push(obstacle("space", locks::enough_space(etc), "enough free space"));
    let held = locks::lock_held(etc).map_or(Ok(()), Err);
    checks.push(obstacle("lock", held, "no other program holds the account files"));
    checks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_condition_is_reported_and_the_broken_ones_say_why() {
        let etc = tempfile::tempdir().unwrap();
        fs::write(etc.path().join("passwd"), "").unwrap();
        fs::write(etc.path().join("passwd.lock"), "no number").unwrap();
        let checks = checks(etc.path());
        let broken: Vec<&str> =
            checks.iter().filter(|check| !check.ok).map(|check| check.name).collect();
        for name in ["shadow", "writable", "lock"] {
            assert!(broken.contains(&name), "{checks:#?}");
        }
        assert!(!broken.contains(&"passwd") && !broken.contains(&"space"), "{checks:#?}");
        assert!(checks.iter().all(|check| !check.detail.is_empty()));
    }
}
