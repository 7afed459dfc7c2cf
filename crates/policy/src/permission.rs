//! The named permissions and the table of the built-in roles.

use std::collections::BTreeSet;

use sekisho_model::user::Role;
use serde::{Deserialize, Serialize};

macro_rules! permissions {
    ($($(#[doc = $doc:literal])* $name:ident = $word:literal: $roles:expr,)*) => {
        /// One thing a role may do. Custom roles are made of these words.
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        pub enum Permission {
            $($(#[doc = $doc])* #[serde(rename = $word)] $name,)*
        }

        impl Permission {
            /// Every permission, in the order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The fixed word.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)*
                }
            }

            /// What it allows, in one English sentence.
            pub fn description(self) -> &'static str {
                match self {
                    $(Self::$name => concat!($($doc),*).trim_start(),)*
                }
            }

            /// The built-in roles that have it.
            pub const fn roles(self) -> &'static [Role] {
                match self {
                    $(Self::$name => $roles,)*
                }
            }
        }
    };
}

/// Super Administrator and Administrator.
const ADMINISTRATORS: &[Role] = &[Role::SuperAdministrator, Role::Administrator];

/// The administrators and whoever looks after passwords.
const MANAGERS: &[Role] =
    &[Role::SuperAdministrator, Role::Administrator, Role::PasswordAdministrator];

/// Everybody who works with passwords.
const USERS: &[Role] = &[
    Role::SuperAdministrator,
    Role::Administrator,
    Role::PasswordAdministrator,
    Role::PasswordUser,
];

/// The administrators and the auditor.
const AUDITORS: &[Role] = &[Role::SuperAdministrator, Role::Administrator, Role::PasswordAuditor];

permissions! {
    /// See what others own.
    SeeEverything = "see_everything": &[Role::SuperAdministrator],
    /// List, create, change, disable and enable users and user groups.
    ManageUsers = "manage_users": ADMINISTRATORS,
    /// Propose custom roles, and approve what others proposed.
    ManageRoles = "manage_roles": ADMINISTRATORS,
    /// See the resources and accounts one owns or is given.
    ViewResources = "view_resources": USERS,
    /// Create resources.
    AddResources = "add_resources": MANAGERS,
    /// Change and delete resources, and the accounts on them.
    EditResources = "edit_resources": MANAGERS,
    /// Share what one owns or has full access to.
    Share = "share": MANAGERS,
    /// Create, change and delete resource groups.
    ManageGroups = "manage_groups": MANAGERS,
    /// Reveal and copy passwords, and see their history.
    UsePasswords = "use_passwords": USERS,
    /// Store, reset and recover passwords.
    ChangePasswords = "change_passwords": MANAGERS,
    /// Check whether passwords work.
    VerifyPasswords = "verify_passwords": USERS,
    /// See the rules for generated passwords.
    ViewPolicies = "view_policies": &[
        Role::SuperAdministrator,
        Role::Administrator,
        Role::PasswordAdministrator,
        Role::PasswordAuditor,
        Role::PasswordUser,
    ],
    /// Change the rules for generated passwords.
    ManagePolicies = "manage_policies": ADMINISTRATORS,
    /// Download the agent and make keys that admit devices.
    DownloadAgent = "download_agent": MANAGERS,
    /// See all devices, approve and block them.
    ManageDevices = "manage_devices": ADMINISTRATORS,
    /// Read and verify the audit log.
    ViewAudit = "view_audit": AUDITORS,
    /// Witness the audit logs of other sites: choose them and their keys.
    ManageWitness = "manage_witness": ADMINISTRATORS,
    /// Send heads of an audit log to be witnessed; for another site's server.
    SendHeads = "send_heads": AUDITORS,
    /// See the state of the server.
    ViewSystem = "view_system": AUDITORS,
    /// Change the server's certificate, and show that the recovery key is kept.
    ManageServer = "manage_server": ADMINISTRATORS,
}

/// What somebody's role may do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Permissions(BTreeSet<Permission>);

impl Permissions {
    /// Whether it is among them.
    pub fn has(&self, permission: Permission) -> bool {
        self.0.contains(&permission)
    }

    /// Each of them, in the order of declaration.
    pub fn iter(&self) -> impl Iterator<Item = Permission> + '_ {
        self.0.iter().copied()
    }

    /// What is here and not there.
    pub fn beyond<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = Permission> + 'a {
        self.0.difference(&other.0).copied()
    }
}

impl From<Role> for Permissions {
    fn from(role: Role) -> Self {
        Permission::of(role).into_iter().collect()
    }
}

impl FromIterator<Permission> for Permissions {
    fn from_iter<I: IntoIterator<Item = Permission>>(permissions: I) -> Self {
        Self(permissions.into_iter().collect())
    }
}

/// The text names no permission.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no permission")]
pub struct UnknownPermission(String);

impl Permission {
    /// Whether a role has it.
    pub fn is_of(self, role: Role) -> bool {
        self.roles().contains(&role)
    }

    /// Whether a custom role may have it: all but seeing what others own, which
    /// is the Super Administrator's.
    pub const fn is_for_custom_roles(self) -> bool {
        !matches!(self, Self::SeeEverything)
    }

    /// What a role may do.
    pub fn of(role: Role) -> Vec<Self> {
        Self::ALL.iter().copied().filter(|permission| permission.is_of(role)).collect()
    }
}

impl std::fmt::Display for Permission {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

impl std::str::FromStr for Permission {
    type Err = UnknownPermission;

    fn from_str(text: &str) -> Result<Self, UnknownPermission> {
        Self::ALL
            .iter()
            .copied()
            .find(|permission| permission.as_str() == text)
            .ok_or_else(|| UnknownPermission(text.chars().take(64).collect()))
    }
}
