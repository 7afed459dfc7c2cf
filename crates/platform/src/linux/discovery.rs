//! Account files and the directory, merged into one list.

use std::collections::{BTreeMap, BTreeSet};

use sekisho_model::account::{AccountSource, DiscoveredAccount, PasswordField};

use super::account_files::{
    GroupEntry, PasswdEntry, ShadowEntry, parse_group, parse_passwd, parse_shadow, password_field,
};
use crate::accounts::CompiledFilter;

/// What a discovery found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Discovery {
    /// The accounts that passed the filter: local ones in the order of the
    /// file, then those of the directory.
    pub accounts: Vec<DiscoveredAccount>,
    /// Lines that were skipped and why, one sentence each, without secrets.
    pub warnings: Vec<String>,
}

/// The raw answers of a host.
pub(crate) struct Sources<'a> {
    pub(crate) passwd: &'a [u8],
    pub(crate) shadow: &'a [u8],
    pub(crate) group: &'a [u8],
    /// Output of `getent passwd`; `None` when the directory was not asked.
    pub(crate) getent: Option<&'a [u8]>,
}

/// Merges the answers. `today` is in days since 1970-01-01.
pub(crate) fn merge(sources: &Sources<'_>, filter: &CompiledFilter, today: i64) -> Discovery {
    let passwd = parse_passwd(sources.passwd);
    let shadow = parse_shadow(sources.shadow);
    let group = parse_group(sources.group);
    let getent = parse_passwd(sources.getent.unwrap_or_default());

    let mut warnings = passwd.warnings;
    warnings.extend(shadow.warnings);
    warnings.extend(group.warnings);
    warnings.extend(getent.warnings.into_iter().filter(|_| filter.wants_directory()));
    let by_name: BTreeMap<&str, &ShadowEntry> =
        shadow.entries.iter().map(|entry| (entry.name.as_str(), entry)).collect();
    let local: BTreeSet<&str> = passwd.entries.iter().map(|entry| entry.name.as_str()).collect();

    let groups = Groups::new(&group.entries);
    let found = passwd
        .entries
        .iter()
        .map(|entry| (entry, local_account(entry, by_name.get(entry.name.as_str()), today)))
        .chain(
            getent
                .entries
                .iter()
                .filter(|entry| !local.contains(entry.name.as_str()))
                .map(|entry| (entry, directory_account(entry))),
        );
    let accounts = found
        .filter(|(entry, account)| {
            filter.accepts(account, entry.uid, |group| groups.holds(group, entry))
        })
        .map(|(_, account)| account)
        .collect();
    Discovery { accounts, warnings }
}

/// The state of the password of a line of `/etc/passwd`, and its scheme.
pub(crate) fn state(
    entry: &PasswdEntry,
    shadow: Option<&ShadowEntry>,
) -> (PasswordField, Option<String>) {
    match (entry.password.as_str(), shadow) {
        ("x", Some(shadow)) => password_field(&shadow.password),
        ("x", None) => (PasswordField::Unusable, None),
        (field, _) => password_field(field),
    }
}

fn local_account(
    entry: &PasswdEntry,
    shadow: Option<&&ShadowEntry>,
    today: i64,
) -> DiscoveredAccount {
    let shadow = shadow.copied();
    let (password, scheme) = state(entry, shadow);
    DiscoveredAccount {
        password,
        scheme,
        account_expired: shadow.is_some_and(|entry| entry.account_expired(today)),
        password_expired: shadow.is_some_and(|entry| entry.password_expired(today)),
        last_change_day: shadow.and_then(|entry| entry.last_change),
        source: AccountSource::Local,
        ..directory_account(entry)
    }
}

fn directory_account(entry: &PasswdEntry) -> DiscoveredAccount {
    DiscoveredAccount {
        name: entry.name.clone(),
        native_id: entry.uid.to_string(),
        source: AccountSource::Directory,
        password: PasswordField::Hidden,
        scheme: None,
        account_expired: false,
        password_expired: false,
        no_login: entry.no_login(),
        last_change_day: None,
        comment: entry.comment.clone(),
    }
}

/// Groups by name, members looked up in a set.
struct Groups<'a>(BTreeMap<&'a str, (u32, BTreeSet<&'a str>)>);

impl<'a> Groups<'a> {
    fn new(entries: &'a [GroupEntry]) -> Self {
        let mut groups = BTreeMap::new();
        for entry in entries {
            let members = entry.members.iter().map(String::as_str).collect();
            groups.entry(entry.name.as_str()).or_insert((entry.gid, members));
        }
        Self(groups)
    }

    fn holds(&self, group: &str, account: &PasswdEntry) -> bool {
        self.0.get(group).is_some_and(|(gid, members)| {
            *gid == account.gid || members.contains(account.name.as_str())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::AccountFilter;

    const PASSWD: &[u8] = b"root:x:0:0:root:/root:/bin/bash\n\
        ann:x:1000:100:Ann:/home/ann:/bin/bash\n\
        bob:x:1001:50::/home/bob:/bin/bash\n\
        off:x:1002:100::/:/bin/bash\n\
        daemon:x:1:1::/:/usr/sbin/nologin\n\
        noshadow:x:1003:100::/:/bin/sh\n\
        open::1004:100::/:/bin/sh\n";
    const SHADOW: &[u8] = b"root:*:19000:0:99999:7:::\nann:$y$j9T$s$h:19000:0:99999:7::19999:\n\
        bob:$6$s$h:0:0:99999:7:::\noff:!$6$s$h:19000:0:99999:7:::\ndaemon:*:19000::::::\n";
    const GROUP: &[u8] = b"users:x:100:\nops:x:50:ann\n";
    const GETENT: &[u8] = b"root:x:0:0:root:/root:/bin/bash\n\
        ann:x:1000:100:Ann:/home/ann:/bin/bash\n\
        corp\\jane:*:20001:100:Jane:/home/jane:/bin/bash\nann:x:20002:100::/:/bin/sh\n\
        bot:*:20003:100::/:/sbin/nologin\n";

    fn discover(filter: &AccountFilter) -> Discovery {
        let sources =
            Sources { passwd: PASSWD, shadow: SHADOW, group: GROUP, getent: Some(GETENT) };
        merge(&sources, &filter.compile().unwrap(), 20_000)
    }

    fn names(filter: &AccountFilter) -> Vec<String> {
        discover(filter).accounts.into_iter().map(|account| account.name.into()).collect()
    }

    #[test]
    fn usable_accounts_and_those_of_the_directory_are_listed() {
        let found = discover(&AccountFilter::default()).accounts;
        let names: Vec<&str> = found.iter().map(|account| account.name.as_str()).collect();
        assert_eq!(names, ["ann", "bob", "open", "corp\\jane"]);
        assert!(found[0].account_expired && !found[0].password_expired);
        assert!(!found[1].account_expired && found[1].password_expired);
        assert_eq!(found[0].scheme.as_deref(), Some("yescrypt"));
        assert_eq!(found[0].last_change_day, Some(19_000));
        assert_eq!(found[2].password, PasswordField::Empty);
        assert_eq!(found[3].source, AccountSource::Directory);
        assert_eq!(found[3].password, PasswordField::Hidden);
        assert_eq!(found[3].native_id, "20001");
    }

    #[test]
    fn the_file_wins_over_the_directory_for_the_same_name() {
        let all = AccountFilter { include_disabled: true, ..AccountFilter::default() };
        let found = discover(&all).accounts;
        let anns: Vec<_> = found.iter().filter(|a| a.name.as_str() == "ann").collect();
        assert_eq!(anns.len(), 1);
        assert_eq!(anns[0].native_id, "1000");
    }

    #[test]
    fn disabled_accounts_are_listed_on_request() {
        let all = AccountFilter {
            include_disabled: true,
            include_directory: false,
            ..AccountFilter::default()
        };
        assert_eq!(names(&all), ["root", "ann", "bob", "off", "daemon", "noshadow", "open"]);
        let found = discover(&all).accounts;
        assert_eq!(found[3].password, PasswordField::Locked);
        assert_eq!(found[5].password, PasswordField::Unusable);
    }

    #[test]
    fn groups_count_as_primary_and_as_supplementary() {
        let ops = AccountFilter { groups: vec!["ops".to_owned()], ..AccountFilter::default() };
        assert_eq!(names(&ops), ["ann", "bob"]);
        let none = AccountFilter { groups: vec!["none".to_owned()], ..AccountFilter::default() };
        assert!(names(&none).is_empty());
    }
}
