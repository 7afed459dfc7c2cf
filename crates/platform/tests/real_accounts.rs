//! Real accounts, real tools, real PAM — never this machine's own.
//!
//! Each test runs itself again inside a mount and process namespace in which
//! `/etc`, `/home` and `/var` are overlays (`lab/scratchetc.sh`), and checks
//! afterwards that the machine's account files have not changed.
#![cfg(target_os = "linux")]

mod scratch;

use std::fs;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use scratch::{
    accounts, add_line, add_user, fake_tool, field, hashed, isolated, lock_in_another_process,
    name, set, sh, shadow, verify,
};
use sekisho_model::Secret;
use sekisho_model::account::{AccountSource, PasswordField, VerifyResult};
use sekisho_model::clock::{Clock, SystemClock};
use sekisho_model::order::RefusalClass;
use sekisho_platform::accounts::{AccountBackend, AccountFilter};
use sekisho_platform::linux::LinuxAccounts;

#[test]
fn a_new_password_works_and_the_old_one_does_not() {
    isolated("a_new_password_works_and_the_old_one_does_not", || {
        for method in ["YESCRYPT", "SHA512"] {
            let user = format!("svc-{}", method.to_lowercase());
            add_user(&user, &hashed("First-1", method));
            assert_eq!(verify(&user, "First-1"), VerifyResult::InSync);
            set(&user, "Zweites:Paßwort#2 スペース\"'$(id)").expect("set");
            assert_eq!(verify(&user, "Zweites:Paßwort#2 スペース\"'$(id)"), VerifyResult::InSync);
            assert_eq!(verify(&user, "First-1"), VerifyResult::OutOfSync);
            assert_eq!(verify(&user, ""), VerifyResult::OutOfSync);
        }
        let today = SystemClock.now().as_secs() / 86_400;
        assert_eq!(accounts().last_change_day(&name("svc-sha512")), Some(today));
        assert_eq!(accounts().last_change_day(&name("nobody-here")), None);
        accounts().sync().expect("synced");
    });
}

#[test]
fn the_longest_password_is_exact_and_nothing_longer_is_taken() {
    isolated("the_longest_password_is_exact_and_nothing_longer_is_taken", || {
        add_user("svc", &hashed("First-1", "YESCRYPT"));
        let longest = format!("{}B", "a".repeat(510));
        set("svc", &longest).expect("511 bytes");
        assert_eq!(verify("svc", &longest), VerifyResult::InSync);
        assert_eq!(verify("svc", &longest[..510]), VerifyResult::OutOfSync);
        // The tool would compare the first 511 bytes only.
        assert_eq!(verify("svc", &format!("{longest}x")), VerifyResult::OutOfSync);
        assert_eq!(verify("svc", &format!("{longest}\0")), VerifyResult::OutOfSync);
        assert_eq!(
            set("svc", &format!("{longest}x")).expect_err("too long").class,
            RefusalClass::Policy
        );
    });
}

#[test]
fn odd_names_reach_the_tools_unharmed() {
    isolated("odd_names_reach_the_tools_unharmed", || {
        let odd =
            ["svc user", "o'brien", "a\"b", "$(touch hit)", "`id`", "管理者", "a;b", "a\\b", "#x"];
        for (index, user) in odd.iter().enumerate() {
            add_line(
                user,
                3000 + index,
                "/bin/bash",
                &hashed("First-1", "YESCRYPT"),
                "19000:0:99999:7:::",
            );
        }
        for user in odd {
            if user.starts_with('#') {
                // A comment to the C library: not an account.
                assert_eq!(set(user, "New-22").expect_err(user).class, RefusalClass::Permanent);
                continue;
            }
            set(user, "New-22").unwrap_or_else(|error| panic!("{user}: {error}"));
            assert_eq!(verify(user, "New-22"), VerifyResult::InSync, "{user}");
            assert_eq!(verify(user, "First-1"), VerifyResult::OutOfSync, "{user}");
        }
        // Names that usermod would take for its options, even behind `--`.
        for user in ["-R", "--root=x", "+nis"] {
            add_line(user, 3100, "/bin/bash", &hashed("First-1", "YESCRYPT"), "19000:0:99999:7:::");
            let before = shadow();
            let error = set(user, "New-22").expect_err(user);
            assert_eq!(error.class, RefusalClass::Permanent);
            assert!(error.detail.contains("begins with '+' or '-'"), "{error}");
            assert_eq!(verify(user, "First-1"), VerifyResult::Unknown);
            assert_eq!(shadow(), before);
        }
        assert!(!Path::new("/hit").exists() && !Path::new("hit").exists());
    });
}

#[test]
fn a_locked_account_is_never_open_and_its_new_password_is_right() {
    isolated("a_locked_account_is_never_open_and_its_new_password_is_right", || {
        for (user, method, marks) in
            [("svc-y", "YESCRYPT", "!"), ("svc-6", "SHA512", "!"), ("svc-rh", "YESCRYPT", "!!")]
        {
            add_user(user, &format!("{marks}{}", hashed("First-1", method)));
            assert_eq!(verify(user, "First-1"), VerifyResult::Locked);
            let done = AtomicBool::new(false);
            std::thread::scope(|scope| {
                let watcher = scope.spawn(|| {
                    let mut looks = 0_u64;
                    while !done.load(Ordering::SeqCst) {
                        let field = field(user);
                        assert!(field.starts_with(marks), "open for a moment: {field}");
                        looks += 1;
                    }
                    looks
                });
                let result = set(user, "New-22");
                done.store(true, Ordering::SeqCst);
                result.expect("set while locked");
                assert!(watcher.join().expect("never open") > 10);
            });
            assert_eq!(verify(user, "New-22"), VerifyResult::Locked);
            let prefix = if method == "SHA512" { "$6$" } else { "$y$" };
            assert!(field(user).starts_with(&format!("{marks}{prefix}")), "{}", field(user));
            sh(&format!("sed -i 's/^{user}:!*/{user}:/' /etc/shadow"));
            assert_eq!(verify(user, "New-22"), VerifyResult::InSync);
        }
        let leftovers = fs::read_dir("/run").expect("/run").flatten().filter(|entry| {
            let file = entry.file_name().to_string_lossy().into_owned();
            file.starts_with(&format!("sekisho-hash.{}.", std::process::id()))
        });
        assert_eq!(leftovers.count(), 0);
    });
}

#[test]
fn expired_is_said_only_of_the_right_password() {
    isolated("expired_is_said_only_of_the_right_password", || {
        let hash = hashed("First-1", "YESCRYPT");
        add_line("gone", 3001, "/bin/bash", &hash, "19000:0:99999:7::1:");
        add_line("must", 3002, "/bin/bash", &hash, "0:0:99999:7:::");
        add_line("aged", 3003, "/bin/bash", &hash, "19000:0:10:7:::");
        for user in ["gone", "must", "aged"] {
            assert_eq!(verify(user, "First-1"), VerifyResult::Expired, "{user}");
            assert_eq!(verify(user, "wrong"), VerifyResult::OutOfSync, "{user}");
        }
        for user in ["gone", "must", "aged"] {
            set(user, "New-22").unwrap_or_else(|error| panic!("{user}: {error}"));
        }
        // A new password ends its own expiry, not that of the account.
        assert_eq!(verify("gone", "New-22"), VerifyResult::Expired);
        assert_eq!(verify("must", "New-22"), VerifyResult::InSync);
        assert_eq!(verify("aged", "New-22"), VerifyResult::InSync);
    });
}

#[test]
fn accounts_without_a_password_get_none() {
    isolated("accounts_without_a_password_get_none", || {
        for (index, field) in ["*", "!", "!!", "!*"].into_iter().enumerate() {
            add_line(
                &format!("svc{index}"),
                3001 + index,
                "/bin/bash",
                field,
                "19000:0:99999:7:::",
            );
        }
        sh("echo 'noshadow:x:3010:100::/:/bin/sh' >>/etc/passwd");
        sh("echo 'visible:$6$salt$hash:3011:100::/:/bin/sh' >>/etc/passwd");
        let before = (shadow(), fs::read("/etc/passwd").expect("readable"));
        for user in ["svc0", "svc1", "svc2", "svc3", "noshadow"] {
            let error = set(user, "New-22").expect_err(user);
            assert_eq!(error.class, RefusalClass::Permanent, "{error}");
            assert!(error.detail.contains("never had a password"), "{error}");
            assert_eq!(verify(user, "x"), VerifyResult::Disabled);
        }
        let error = set("visible", "New-22").expect_err("not in shadow");
        assert_eq!(error.class, RefusalClass::Permanent);
        assert!(error.detail.contains("pwconv"), "{error}");
        assert_eq!((shadow(), fs::read("/etc/passwd").expect("readable")), before);
    });
}

#[test]
fn a_shell_that_refuses_logins_does_not_matter_to_the_password() {
    isolated("a_shell_that_refuses_logins_does_not_matter_to_the_password", || {
        let hash = hashed("First-1", "YESCRYPT");
        add_line("svc", 3001, "/usr/sbin/nologin", &hash, "19000:0:99999:7:::");
        set("svc", "New-22").expect("set");
        assert_eq!(verify("svc", "New-22"), VerifyResult::InSync);
        assert_eq!(verify("svc", "First-1"), VerifyResult::OutOfSync);
    });
}

#[test]
fn an_empty_password_is_seen_and_can_be_closed() {
    isolated("an_empty_password_is_seen_and_can_be_closed", || {
        add_user("open", "");
        assert_eq!(verify("open", ""), VerifyResult::OutOfSync);
        set("open", "New-22").expect("set");
        assert_eq!(verify("open", "New-22"), VerifyResult::InSync);
    });
}

#[test]
fn unknown_and_directory_accounts_are_refused_by_name() {
    isolated("unknown_and_directory_accounts_are_refused_by_name", || {
        let error = set("nobody-here", "New-22").expect_err("unknown");
        assert_eq!(error.class, RefusalClass::Permanent);
        assert_eq!(error.detail, "there is no account 'nobody-here' on this host");
        assert_eq!(verify("nobody-here", "x"), VerifyResult::Unknown);
        // A uid is no name, though getent takes it for one.
        let error = set("0", "New-22").expect_err("a uid");
        assert_eq!(error.detail, "there is no account '0' on this host");

        // No directory can be had here; a getent that knows one account more.
        fake_tool(
            "/usr/bin/getent",
            "cat /etc/passwd; echo 'corp\\jane:*:90001:100:Jane:/home/jane:/bin/bash'",
        );
        let error = set("corp\\jane", "New-22").expect_err("not local");
        assert_eq!(error.class, RefusalClass::Permanent);
        assert!(error.detail.contains("is not a local account"), "{error}");
        let found = accounts().discover(&AccountFilter::default()).expect("listed");
        let jane = found.last().expect("jane");
        assert_eq!((jane.name.as_str(), jane.source), ("corp\\jane", AccountSource::Directory));
        assert_eq!(jane.password, PasswordField::Hidden);

        fake_tool("/usr/bin/getent", "echo 'half:x:1:'; exit 1");
        let error = accounts().discover(&AccountFilter::default()).expect_err("directory down");
        assert!(error.to_string().contains("include_directory = false"), "{error}");
    });
}

#[test]
fn discovery_lists_what_the_filter_asks_for() {
    isolated("discovery_lists_what_the_filter_asks_for", || {
        sh("groupadd -g 3500 ops; useradd -u 3001 -m -s /bin/bash ann");
        sh("useradd -u 3002 -g ops bob; useradd -u 3003 -G ops -s /usr/sbin/nologin svc-web");
        sh(
            "printf 'ann:First-1\\nsvc-web:First-1\\n' | chpasswd; echo 'broken line' >>/etc/passwd",
        );
        let listed = |filter: AccountFilter| -> Vec<String> {
            let filter = AccountFilter { uid_min: Some(3000), uid_max: Some(3999), ..filter };
            let found = accounts().discover(&filter).expect("listed");
            found.into_iter().map(|account| account.name.into()).collect()
        };
        assert_eq!(listed(AccountFilter::default()), ["ann"]);
        let all = AccountFilter { include_disabled: true, ..AccountFilter::default() };
        assert_eq!(listed(all.clone()), ["ann", "bob", "svc-web"]);
        let ops = AccountFilter { groups: vec!["ops".to_owned()], ..all.clone() };
        assert_eq!(listed(ops), ["bob", "svc-web"]);
        assert_eq!(
            listed(AccountFilter { names: Some("^svc-".to_owned()), ..all.clone() }),
            ["svc-web"]
        );
        let survey = LinuxAccounts::new(Arc::new(SystemClock)).survey(&all).expect("listed");
        assert!(survey.warnings.iter().any(|w| w.contains("broken line")), "{survey:?}");
    });
}

#[test]
fn a_second_record_cannot_be_smuggled_in() {
    isolated("a_second_record_cannot_be_smuggled_in", || {
        add_user("svc", &hashed("First-1", "YESCRYPT"));
        let before = shadow();
        for bad in ["x\nroot:pwned", "x\r", "x\0y", "\u{1b}[0m", "\u{85}", ""] {
            assert_eq!(set("svc", bad).expect_err(bad).class, RefusalClass::Policy, "{bad:?}");
        }
        let not_text = Secret::new(vec![0xff, 0xfe]);
        let error = accounts().set_password(&name("svc"), &not_text).expect_err("not text");
        assert_eq!(error.class, RefusalClass::Policy);
        assert_eq!(shadow(), before);
        assert_eq!(verify("svc", "First-1"), VerifyResult::InSync);
    });
}

#[test]
fn a_held_lock_is_waited_for_and_then_transient() {
    isolated("a_held_lock_is_waited_for_and_then_transient", || {
        add_user("svc", &hashed("First-1", "YESCRYPT"));
        let before = shadow();
        let patient = |wait| LinuxAccounts::new(Arc::new(SystemClock)).with_lock_wait(wait);
        let holder = lock_in_another_process();
        let error = patient(Duration::from_millis(200))
            .set_password(&name("svc"), &Secret::from("New-22"))
            .expect_err("locked");
        assert_eq!(error.class, RefusalClass::Transient);
        assert_eq!(error.detail, "another program holds the lock /etc/.pwd.lock");
        assert_eq!(shadow(), before);
        let broken: Vec<_> = accounts().readiness().into_iter().filter(|check| !check.ok).collect();
        assert_eq!(broken.len(), 1, "{broken:?}");
        assert_eq!(broken[0].name, "lock");

        // Let go while the change waits.
        std::thread::scope(|scope| {
            let change = scope.spawn(|| {
                patient(Duration::from_secs(60)).set_password(&name("svc"), &Secret::from("New-22"))
            });
            drop(holder);
            change.join().expect("no panic").expect("set after the lock was given back");
        });
        assert_eq!(verify("svc", "New-22"), VerifyResult::InSync);

        fs::write("/etc/shadow.lock", format!("{}\0", std::process::id())).expect("written");
        let error = patient(Duration::ZERO)
            .set_password(&name("svc"), &Secret::from("New-33"))
            .expect_err("locked by shadow");
        assert_eq!(error.class, RefusalClass::Transient);
        assert_eq!(verify("svc", "New-22"), VerifyResult::InSync);
    });
}

#[test]
fn read_only_and_full_file_systems_are_transient() {
    isolated("read_only_and_full_file_systems_are_transient", || {
        add_user("svc", &hashed("First-1", "YESCRYPT"));
        add_user("off", &format!("!{}", hashed("First-1", "YESCRYPT")));
        let before = shadow();
        let refused = |what: &str| {
            for user in ["svc", "off"] {
                let error = set(user, "New-22").expect_err(what);
                assert_eq!(error.class, RefusalClass::Transient, "{error}");
                assert!(error.detail.contains(what), "{error}");
            }
            assert_eq!(shadow(), before);
        };
        sh("mount -o remount,ro /etc");
        refused("read-only");
        sh("mount -o remount,rw /etc");

        sh(
            "mkdir /home/t && mount -t tmpfs -o size=300k tmpfs /home/t && mkdir /home/t/u /home/t/w",
        );
        sh("mount -t overlay overlay -o lowerdir=/etc,upperdir=/home/t/u,workdir=/home/t/w /etc");
        sh("dd if=/dev/zero of=/etc/fill 2>/dev/null || true");
        refused("free space");
        sh("rm /etc/fill");
        set("svc", "New-22").expect("there is room again");
    });
}

#[test]
fn what_the_tools_say_decides_the_class() {
    isolated("what_the_tools_say_decides_the_class", || {
        add_user("svc", &hashed("First-1", "YESCRYPT"));
        // A real refusal by a rule of PAM: no password twice.
        sh("sed -i '1i password required pam_pwhistory.so remember=5 enforce_for_root' \
            /etc/pam.d/common-password");
        set("svc", "New-22").expect("set");
        let error = set("svc", "New-22").expect_err("used before");
        assert_eq!(error.class, RefusalClass::Policy, "{error}");
        assert!(!error.detail.contains("New-22"), "{error}");
        assert_eq!(verify("svc", "New-22"), VerifyResult::InSync);

        for (script, class, detail) in [
            ("cat >/dev/null; exit 0", RefusalClass::Unknown, "no new password"),
            ("cat >&2; exit 1", RefusalClass::Unknown, "svc:[password]"),
            ("kill -9 $$", RefusalClass::Unknown, "signal 9"),
            ("exec sleep 100", RefusalClass::Unknown, "did not end in time"),
        ] {
            fake_tool("/usr/sbin/chpasswd", script);
            let error = LinuxAccounts::new(Arc::new(SystemClock))
                .with_deadline(Duration::from_millis(500))
                .set_password(&name("svc"), &Secret::from("New-33"))
                .expect_err(script);
            assert_eq!(error.class, class, "{script}: {error}");
            assert!(error.detail.contains(detail), "{script}: {error}");
        }
    });
}

#[test]
fn a_check_that_cannot_be_made_says_so() {
    isolated("a_check_that_cannot_be_made_says_so", || {
        add_user("svc", &hashed("First-1", "YESCRYPT"));
        assert!(
            accounts().readiness().iter().all(|check| check.ok),
            "{:?}",
            accounts().readiness()
        );
        for script in ["exit 9", "kill -9 $$"] {
            fake_tool("/usr/sbin/unix_chkpwd", script);
            assert_eq!(verify("svc", "First-1"), VerifyResult::Unknown, "{script}");
        }
        sh("mv /etc/shadow /etc/away");
        assert_eq!(verify("svc", "First-1"), VerifyResult::Unreachable);
        assert!(accounts().discover(&AccountFilter::default()).is_err());
        assert_eq!(set("svc", "x").expect_err("no files").class, RefusalClass::Transient);
        let broken: Vec<_> = accounts().readiness().into_iter().filter(|c| !c.ok).collect();
        assert_eq!(broken.iter().map(|c| c.name).collect::<Vec<_>>(), ["shadow", "writable"]);
    });
}

#[test]
fn the_password_is_in_no_argument_and_no_environment() {
    isolated("the_password_is_in_no_argument_and_no_environment", || {
        add_user("svc", &hashed("First-1", "YESCRYPT"));
        let spy = "tr '\\0' '\\n' </proc/$$/cmdline >>/home/spy; \
            tr '\\0' '\\n' </proc/$$/environ >>/home/spy; cat >/dev/null; exit 1";
        fake_tool("/usr/sbin/chpasswd", spy);
        fake_tool("/usr/sbin/unix_chkpwd", spy);
        assert!(set("svc", "Canary-8f3a").is_err());
        verify("svc", "Canary-8f3a");
        let seen = fs::read_to_string("/home/spy").expect("the spies ran");
        assert!(!seen.contains("Canary"), "{seen}");
        let environment: Vec<&str> = seen.lines().filter(|line| line.contains('=')).collect();
        let expected = ["LC_ALL=C", "PATH=/usr/sbin:/sbin:/usr/bin:/bin"];
        assert!(environment.iter().all(|line| expected.contains(line)), "{environment:?}");
        assert_eq!(environment.len(), 4);
    });
}

#[test]
fn a_scratch_root_is_changed_without_touching_the_host() {
    isolated("a_scratch_root_is_changed_without_touching_the_host", || {
        let root = Path::new("/home/root");
        fs::create_dir_all(root.join("etc")).expect("created");
        let write = |file: &str, text: &str| {
            let mut file = fs::File::create(root.join("etc").join(file)).expect("created");
            file.write_all(text.as_bytes()).expect("written");
        };
        let hash = hashed("First-1", "SHA512");
        write("passwd", "svc:x:3001:100::/:/bin/sh\noff:x:3002:100::/:/bin/sh\n");
        write("shadow", &format!("svc:{hash}:1:0:99999:7:::\noff:!{hash}:1:0:99999:7:::\n"));
        write("group", "users:x:100:\n");
        let before = shadow();
        let below = LinuxAccounts::at(root, Arc::new(SystemClock));
        for user in ["svc", "off"] {
            below.set_password(&name(user), &Secret::from("New-22")).expect("set");
        }
        below.sync().expect("synced");
        let text = fs::read_to_string(root.join("etc/shadow")).expect("readable");
        assert!(text.contains("svc:$6$") && text.contains("off:!$6$"), "{text}");
        assert!(!text.contains(&hash));
        let answer = below.verify(&name("svc"), &Secret::from("New-22"));
        assert_eq!(answer.result, VerifyResult::Unknown);
        assert!(answer.detail.contains("cannot be checked"));
        assert_eq!(below.discover(&AccountFilter::default()).expect("listed").len(), 1);
        assert_eq!(shadow(), before);
    });
}

/// Not a test of its own: holds the lock for the tests above when asked to.
#[test]
fn lock_holder() {
    scratch::hold_lock_if_asked();
}
