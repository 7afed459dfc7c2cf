//! `/etc/passwd`, `/etc/shadow` and `/etc/group` as bytes into entries.
//!
//! The files are edited by people and by other programs: a line that cannot
//! be read is skipped with a warning and never stops the lines after it. Where
//! a name occurs twice the first line wins, as in the C library.

use std::collections::BTreeSet;

use sekisho_model::account::PasswordField;
use sekisho_model::name::AccountName;
use zeroize::Zeroizing;

/// Warnings kept of one file; one more says how many were dropped.
const MAX_WARNINGS: usize = 100;
/// Characters shown of a name that was not accepted.
const MAX_SHOWN: usize = 64;

/// What one file holds.
pub(crate) struct Parsed<T> {
    /// The entries in the order of the file.
    pub(crate) entries: Vec<T>,
    /// What was skipped, one sentence each, without secrets.
    pub(crate) warnings: Vec<String>,
}

/// One line of `/etc/passwd`. Not printable: it may hold a hash.
pub(crate) struct PasswdEntry {
    pub(crate) name: AccountName,
    /// `x` when the hash is in the shadow file.
    pub(crate) password: Zeroizing<String>,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) comment: String,
    pub(crate) shell: String,
}

/// One line of `/etc/shadow`; days since 1970-01-01. Not printable.
pub(crate) struct ShadowEntry {
    pub(crate) name: AccountName,
    pub(crate) password: Zeroizing<String>,
    pub(crate) last_change: Option<i64>,
    pub(crate) max: Option<i64>,
    pub(crate) expires: Option<i64>,
}

/// One line of `/etc/group`.
pub(crate) struct GroupEntry {
    pub(crate) name: String,
    pub(crate) gid: u32,
    pub(crate) members: Vec<String>,
}

impl ShadowEntry {
    /// Whether the account has passed its expiry day (pam_unix: from that
    /// day on).
    pub(crate) fn account_expired(&self, today: i64) -> bool {
        self.expires.is_some_and(|day| today >= day)
    }

    /// Whether the password must be changed at the next login: forced (day
    /// zero) or older than its longest age.
    pub(crate) fn password_expired(&self, today: i64) -> bool {
        match (self.last_change, self.max) {
            (Some(0), _) => true,
            (Some(changed), Some(max)) => changed.saturating_add(max) < today,
            (Some(_) | None, None) | (None, Some(_)) => false,
        }
    }
}

impl PasswdEntry {
    /// Whether the shell refuses logins.
    pub(crate) fn no_login(&self) -> bool {
        matches!(self.shell.rsplit('/').next(), Some("nologin" | "false"))
    }
}

pub(crate) fn parse_passwd(bytes: &[u8]) -> Parsed<PasswdEntry> {
    parse("passwd", bytes, |fields| {
        let [name, password, uid, gid, comment, _home, shell] = *fields else {
            return Err(format!("has {} fields, expected 7", fields.len()));
        };
        Ok(PasswdEntry {
            name: account_name(name)?,
            password: text(password, "password")?.into(),
            uid: number(uid, "uid")?,
            gid: number(gid, "gid")?,
            comment: printable(comment),
            shell: printable(shell),
        })
    })
    .first_of_each(|entry| entry.name.as_str())
}

pub(crate) fn parse_shadow(bytes: &[u8]) -> Parsed<ShadowEntry> {
    parse("shadow", bytes, |fields| {
        // Some tools leave out empty fields at the end.
        let (&[name, password], rest) = fields
            .split_first_chunk::<2>()
            .ok_or_else(|| format!("has {} field, expected 9", fields.len()))?;
        let day = |index: usize, what| -> Result<Option<i64>, String> {
            match rest.get(index) {
                None | Some(&b"") => Ok(None),
                // -1 and below: "no such day" in the C library.
                Some(field) => number::<i64>(field, what).map(|day| (day >= 0).then_some(day)),
            }
        };
        Ok(ShadowEntry {
            name: account_name(name)?,
            password: text(password, "password")?.into(),
            last_change: day(0, "day of the last change")?,
            max: day(2, "longest age")?,
            expires: day(5, "expiry day")?,
        })
    })
    .first_of_each(|entry| entry.name.as_str())
}

pub(crate) fn parse_group(bytes: &[u8]) -> Parsed<GroupEntry> {
    parse("group", bytes, |fields| {
        let [name, _password, gid, members] = *fields else {
            return Err(format!("has {} fields, expected 4", fields.len()));
        };
        let members = text(members, "list of members")?;
        Ok(GroupEntry {
            name: text(name, "name")?,
            gid: number(gid, "gid")?,
            members: members
                .split(',')
                .map(str::trim)
                .filter(|name| !name.is_empty())
                .map(str::to_owned)
                .collect(),
        })
    })
}

fn parse<T>(file: &str, bytes: &[u8], entry: impl Fn(&[&[u8]]) -> Result<T, String>) -> Parsed<T> {
    let mut parsed = Parsed { entries: Vec::new(), warnings: Vec::new() };
    let mut unreported = 0_usize;
    for (index, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let content = line.trim_ascii_start();
        if content.is_empty() || content.starts_with(b"#") {
            continue;
        }
        let fields: Vec<&[u8]> = line.split(|byte| *byte == b':').collect();
        match entry(&fields) {
            Ok(entry) => parsed.entries.push(entry),
            Err(_) if parsed.warnings.len() >= MAX_WARNINGS => unreported += 1,
            Err(problem) => parsed.warnings.push(format!(
                "{file} line {} (name \"{}\") was skipped: it {problem}",
                index + 1,
                escaped(fields.first().copied().unwrap_or_default()),
            )),
        }
    }
    if unreported > 0 {
        parsed.warnings.push(format!("{file}: {unreported} more lines were skipped"));
    }
    parsed
}

impl<T> Parsed<T> {
    /// Keeps the first entry of each name.
    fn first_of_each(mut self, name: impl Fn(&T) -> &str) -> Self {
        let mut seen: BTreeSet<String> = BTreeSet::new();
        let warnings = &mut self.warnings;
        self.entries.retain(|entry| {
            let first = seen.insert(name(entry).to_owned());
            if !first && warnings.len() <= MAX_WARNINGS {
                warnings.push(format!(
                    "the name \"{}\" occurs more than once; its first line counts",
                    escaped(name(entry).as_bytes())
                ));
            }
            first
        });
        self
    }
}

/// A name the C library would also look up: it takes a line that begins with
/// `+` or `-` for an instruction to merge NIS maps.
fn account_name(field: &[u8]) -> Result<AccountName, String> {
    let name: AccountName =
        text(field, "name")?.parse().map_err(|error| format!("is not usable: {error}"))?;
    if is_compat_name(name.as_str()) {
        return Err("begins with '+' or '-', which the C library reads as a NIS entry".to_owned());
    }
    Ok(name)
}

/// Names that are not accounts to the C library, and that the tools would
/// take for options: `usermod` looks for `-R` even behind `--`.
pub(crate) fn is_compat_name(name: &str) -> bool {
    name.starts_with(['+', '-'])
}

fn text(field: &[u8], what: &str) -> Result<String, String> {
    std::str::from_utf8(field)
        .map(str::to_owned)
        .map_err(|_| format!("has a {what} that is not UTF-8"))
}

fn number<N: std::str::FromStr>(field: &[u8], what: &str) -> Result<N, String> {
    std::str::from_utf8(field)
        .ok()
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| format!("has the {what} \"{}\", expected a number", escaped(field)))
}

/// Free text for people: control characters removed, at most 200 characters.
fn printable(field: &[u8]) -> String {
    String::from_utf8_lossy(field).chars().filter(|c| !c.is_control()).take(200).collect()
}

fn escaped(bytes: &[u8]) -> String {
    let lossy = String::from_utf8_lossy(bytes);
    let mut shown: String = lossy.chars().take(MAX_SHOWN).flat_map(char::escape_debug).collect();
    if lossy.chars().nth(MAX_SHOWN).is_some() {
        shown.push('…');
    }
    shown
}

/// The state of a password field, and the scheme of its hash.
pub(crate) fn password_field(field: &str) -> (PasswordField, Option<String>) {
    if field.is_empty() {
        return (PasswordField::Empty, None);
    }
    let hash = field.trim_start_matches('!');
    match scheme(hash) {
        None => (PasswordField::Unusable, None),
        Some(scheme) if hash.len() < field.len() => (PasswordField::Locked, Some(scheme)),
        Some(scheme) => (PasswordField::Set, Some(scheme)),
    }
}

/// The scheme of a crypt(5) hash, `None` when it is no hash at all.
pub(crate) fn scheme(hash: &str) -> Option<String> {
    let salt_or_hash = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'/');
    let Some(rest) = hash.strip_prefix('$') else {
        let des = hash.len() == 13 && hash.bytes().all(salt_or_hash);
        let bsdi =
            hash.len() == 20 && hash.starts_with('_') && hash.bytes().skip(1).all(salt_or_hash);
        return if des { Some("des".to_owned()) } else { bsdi.then(|| "bsdicrypt".to_owned()) };
    };
    let (id, value) = rest.split_once('$')?;
    let plausible = (1..=16).contains(&id.len())
        && id.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-')
        && !value.is_empty()
        && !value.bytes().any(|c| c.is_ascii_control() || c.is_ascii_whitespace() || c == b'*');
    plausible.then(|| {
        match id {
            "y" => "yescrypt",
            "gy" => "gost-yescrypt",
            "7" => "scrypt",
            "6" => "sha512",
            "5" => "sha256",
            "1" => "md5",
            "2a" | "2b" | "2x" | "2y" => "bcrypt",
            other => other,
        }
        .to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn names<T>(parsed: &Parsed<T>, name: impl Fn(&T) -> &str) -> Vec<String> {
        parsed.entries.iter().map(|entry| name(entry).to_owned()).collect()
    }

    #[test]
    fn a_usual_line_is_read_whole() {
        let parsed = parse_passwd(b"ann:x:1000:100:Ann B.,,,:/home/ann:/bin/bash\n");
        assert!(parsed.warnings.is_empty());
        let entry = &parsed.entries[0];
        assert_eq!((entry.name.as_str(), entry.uid, entry.gid), ("ann", 1000, 100));
        assert_eq!((entry.comment.as_str(), entry.shell.as_str()), ("Ann B.,,,", "/bin/bash"));
        let parsed = parse_shadow(b"ann:$6$s$h:19000:0:99999:7:::\n");
        let entry = &parsed.entries[0];
        assert_eq!(entry.password.as_str(), "$6$s$h");
        assert_eq!((entry.last_change, entry.max, entry.expires), (Some(19000), Some(99999), None));
    }

    #[test]
    fn odd_lines_are_skipped_and_the_rest_is_kept() {
        let file = b"# note\n\n   \nroot:x:0:0::/root:/bin/sh\r\n\
            +nis::::::\n-rf:x:1:1::/:/bin/sh\nshort:x:1\nbad:x:-5:1::/:/bin/sh\n\
            \xff\xfe:x:1:1::/:/bin/sh\na\x1bb:x:1:1::/:/bin/sh\n lead:x:1:1::/:/bin/sh\n\
            root:x:9:9::/:/bin/sh\nlong:x:1:1::/:/bin/sh:more\n\
            \xe7\xae\xa1\xe7\x90\x86:x:2:2::/:/bin/sh\nlast:x:3:3::/:/usr/sbin/nologin";
        let parsed = parse_passwd(file);
        assert_eq!(names(&parsed, |entry| entry.name.as_str()), ["root", "管理", "last"]);
        assert_eq!(parsed.entries[0].uid, 0);
        assert_eq!(parsed.entries[0].shell, "/bin/sh");
        assert!(parsed.entries[2].no_login());
        assert_eq!(parsed.warnings.len(), 9, "{:#?}", parsed.warnings);
        assert!(parsed.warnings.iter().any(|w| w.contains("a\\u{1b}b")), "{:#?}", parsed.warnings);
        assert!(parsed.warnings.iter().all(|w| !w.contains('\u{1b}')));
    }

    #[test]
    fn empty_files_and_missing_last_newlines_are_fine() {
        assert!(parse_passwd(b"").entries.is_empty());
        assert!(parse_shadow(b"\n\n").warnings.is_empty());
        assert_eq!(parse_shadow(b"a:*").entries.len(), 1);
        assert_eq!(parse_shadow(b"a:*:1:0:99999:7::20000:\r").entries[0].expires, Some(20000));
        assert_eq!(parse_shadow(b"a:*:-1:0:-1:7::-1:").entries[0].last_change, None);
        assert_eq!(parse_shadow(b"a:*:soon:0").entries.len(), 0);
    }

    #[test]
    fn large_files_are_read_in_full_and_warnings_stay_bounded() {
        let good: String = (0..10_000).map(|n| format!("u{n}:x:{n}:1::/:/bin/sh\n")).collect();
        assert_eq!(parse_passwd(good.as_bytes()).entries.len(), 10_000);
        let bad = "broken\n".repeat(10_000);
        let warnings = parse_passwd(bad.as_bytes()).warnings;
        assert_eq!(warnings.len(), MAX_WARNINGS + 1);
        assert_eq!(warnings[MAX_WARNINGS], "passwd: 9900 more lines were skipped");
    }

    #[test]
    fn groups_know_their_members() {
        let parsed = parse_group(b"ops:x:50:ann,, bob\nempty:x:51:\nbad:x\n");
        assert_eq!(parsed.entries[0].members, ["ann", "bob"]);
        assert!(parsed.entries[1].members.is_empty());
        assert_eq!(parsed.warnings.len(), 1);
    }

    #[test]
    fn the_state_of_a_password_field() {
        use PasswordField::{Empty, Locked, Set, Unusable};
        for (field, state, expected) in [
            ("", Empty, None),
            ("*", Unusable, None),
            ("!", Unusable, None),
            ("!!", Unusable, None),
            ("!*", Unusable, None),
            ("*LK*", Unusable, None),
            ("x", Unusable, None),
            ("$y$j9T$salt$hash", Set, Some("yescrypt")),
            ("!$y$j9T$salt$hash", Locked, Some("yescrypt")),
            ("!!$6$salt$hash", Locked, Some("sha512")),
            ("$5$salt$hash", Set, Some("sha256")),
            ("$1$salt$hash", Set, Some("md5")),
            ("$2b$12$hash", Set, Some("bcrypt")),
            ("$gy$j9T$salt$hash", Set, Some("gost-yescrypt")),
            ("abJnggxhB/yWI", Set, Some("des")),
            ("!abJnggxhB/yWI", Locked, Some("des")),
            ("$sha1$x$y", Set, Some("sha1")),
            ("$6$", Unusable, None),
            ("$", Unusable, None),
        ] {
            assert_eq!(password_field(field), (state, expected.map(str::to_owned)), "{field:?}");
        }
    }

    #[test]
    fn expiry_follows_pam_unix() {
        let entry = |rest: &str| parse_shadow(format!("a:*:{rest}").as_bytes()).entries.remove(0);
        assert!(entry("0:0:99999:7:::").password_expired(100));
        assert!(!entry("10:0:90:7:::").password_expired(100));
        assert!(entry("10:0:89:7:::").password_expired(100));
        assert!(!entry(":0:90:7:::").password_expired(100));
        assert!(!entry("10:0::7:::").password_expired(100));
        assert!(entry("10:0::7::100:").account_expired(100));
        assert!(!entry("10:0::7::101:").account_expired(100));
        assert!(!entry("10:0::7:::").account_expired(100));
        let far = format!("{}:0:{}:7:::", i64::MAX, i64::MAX);
        assert!(!entry(&far).password_expired(100));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..2_000)) {
            parse_passwd(&bytes);
            parse_shadow(&bytes);
            parse_group(&bytes);
            password_field(&String::from_utf8_lossy(&bytes));
        }

        #[test]
        fn nearly_right_lines_do_not_either(text in "([a-z!$*:\r\n0-9+-]{0,12}:?){0,20}") {
            for entry in parse_shadow(text.as_bytes()).entries {
                entry.password_expired(i64::MAX);
                entry.account_expired(i64::MIN);
                password_field(&entry.password);
            }
            parse_passwd(text.as_bytes());
        }
    }
}
