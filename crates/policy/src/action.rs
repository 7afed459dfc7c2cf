//! What can be asked for, one type each, so that a proof for one action cannot
//! be spent on another.

use sekisho_model::share::Level;
use sekisho_model::user::TokenScope;

use crate::Permission;

/// A type that stands for one action.
pub trait ActionType: Copy {
    /// The action.
    const ACTION: Action;
}

macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident = $word:literal, $permission:expr, $scope:ident;)*) => {
        /// Every action there is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Action {
            $($(#[$doc])* $name,)*
        }

        impl Action {
            /// Every action, in the order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The fixed word, e.g. in the audit log.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)*
                }
            }

            /// The permission it needs; `None` when being signed in is enough.
            pub const fn permission(self) -> Option<Permission> {
                match self {
                    $(Self::$name => $permission,)*
                }
            }

            /// The scope an API token needs for it.
            pub const fn scope(self) -> TokenScope {
                match self {
                    $(Self::$name => TokenScope::$scope,)*
                }
            }
        }

        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug, PartialEq, Eq)]
            pub struct $name;

            impl ActionType for $name {
                const ACTION: Action = Action::$name;
            }
        )*
    };
}

actions! {
    /// List users.
    ListUsers = "list_users", Some(Permission::ManageUsers), Read;
    /// See a user.
    ViewUser = "view_user", Some(Permission::ManageUsers), Read;
    /// Create a user.
    CreateUser = "create_user", Some(Permission::ManageUsers), Write;
    /// Change a user's name or role.
    EditUser = "edit_user", Some(Permission::ManageUsers), Write;
    /// Give a user a role; the facts say which.
    GrantRole = "grant_role", Some(Permission::ManageUsers), Write;
    /// Disable or enable a user.
    DisableUser = "disable_user", Some(Permission::ManageUsers), Write;

    /// List user groups.
    ListUserGroups = "list_user_groups", Some(Permission::ManageUsers), Read;
    /// See a user group and who is in it.
    ViewUserGroup = "view_user_group", Some(Permission::ManageUsers), Read;
    /// Create a user group.
    CreateUserGroup = "create_user_group", Some(Permission::ManageUsers), Write;
    /// Change or delete a user group, or who is in it.
    EditUserGroup = "edit_user_group", Some(Permission::ManageUsers), Write;

    /// See custom roles that wait for approval.
    ViewRoles = "view_roles", Some(Permission::ManageRoles), Read;
    /// Propose a custom role or a change of one, or delete one.
    ProposeRole = "propose_role", Some(Permission::ManageRoles), Write;
    /// Approve or reject what another administrator proposed.
    ApproveRole = "approve_role", Some(Permission::ManageRoles), Write;

    /// List one's own API tokens.
    ListTokens = "list_tokens", None, Read;
    /// Make an API token for oneself.
    CreateToken = "create_token", None, Write;
    /// Revoke one's own API token.
    RevokeToken = "revoke_token", None, Write;
    /// Change one's own password.
    ChangeOwnPassword = "change_own_password", None, Write;
    /// See one's own second factors and sessions.
    ViewOwnSignIn = "view_own_sign_in", None, Read;
    /// Set up or remove one's own second factor, end one's own sessions.
    ChangeOwnSignIn = "change_own_sign_in", None, Write;
    /// See how one likes the console.
    ViewPreferences = "view_preferences", None, Read;
    /// Change how one likes the console.
    ChangePreferences = "change_preferences", None, Write;
    /// List one's own saved views and those shared with one's role.
    ListViews = "list_views", None, Read;
    /// Save a view of a list for oneself or for one's own role.
    SaveView = "save_view", None, Write;
    /// Change or delete a saved view.
    EditView = "edit_view", None, Write;
    /// Share a saved view with another role than one's own.
    ShareView = "share_view", Some(Permission::ManageUsers), Write;

    /// See which roles need a second factor.
    ViewSignInRules = "view_sign_in_rules", Some(Permission::ManageUsers), Read;
    /// Say which roles need a second factor.
    ChangeSignInRules = "change_sign_in_rules", Some(Permission::ManageUsers), Write;
    /// Take away somebody else's second factors; the facts say whose.
    ResetSecondFactor = "reset_second_factor", Some(Permission::ManageUsers), Write;
    /// Take away the identity at a provider that somebody else signs in with;
    /// the facts say whose.
    UnlinkIdentity = "unlink_identity", Some(Permission::ManageUsers), Write;

    /// Watch what changes; only what one may see is told.
    WatchEvents = "watch_events", None, Read;

    /// See what is to be done, in numbers; only of what one may see.
    ViewOverview = "view_overview", None, Read;

    /// List resources.
    ListResources = "list_resources", Some(Permission::ViewResources), Read;
    /// See a resource.
    ViewResource = "view_resource", Some(Permission::ViewResources), Read;
    /// Create a resource.
    CreateResource = "create_resource", Some(Permission::AddResources), Write;
    /// Change a resource.
    EditResource = "edit_resource", Some(Permission::EditResources), Write;
    /// Delete a resource.
    DeleteResource = "delete_resource", Some(Permission::EditResources), Write;
    /// Give a resource to another owner.
    TransferResource = "transfer_resource", Some(Permission::EditResources), Write;
    /// See whom a resource, an account or a group is shared with.
    ViewShares = "view_shares", Some(Permission::Share), Read;
    /// Share a resource, an account or a group, or take a share back.
    ShareObject = "share", Some(Permission::Share), Write;
    /// See with whom one can share.
    ListPrincipals = "list_principals", Some(Permission::Share), Read;
    /// Ask why oneself may or may not do something with an object.
    ExplainOwn = "explain_own", Some(Permission::ViewResources), Read;
    /// Ask why somebody else may or may not.
    ExplainOthers = "explain_others", Some(Permission::Share), Read;
    /// Have an agent list the accounts of its host.
    DiscoverAccounts = "discover_accounts", Some(Permission::EditResources), Write;

    /// List accounts.
    ListAccounts = "list_accounts", Some(Permission::ViewResources), Read;
    /// See an account, without its password.
    ViewAccount = "view_account", Some(Permission::ViewResources), Read;
    /// Add an account to a resource.
    AddAccount = "add_account", Some(Permission::EditResources), Write;
    /// Change an account.
    EditAccount = "edit_account", Some(Permission::EditResources), Write;
    /// Store a typed password.
    StorePassword = "store_password", Some(Permission::ChangePasswords), Write;
    /// Reveal or copy a password.
    RevealPassword = "reveal_password", Some(Permission::UsePasswords), Reveal;
    /// List the versions of a password, without their values.
    ViewHistory = "view_history", Some(Permission::UsePasswords), Read;
    /// Reveal a former password.
    RevealFormer = "reveal_former", Some(Permission::UsePasswords), Reveal;
    /// Have an agent set a new password.
    ResetPassword = "reset_password", Some(Permission::ChangePasswords), Write;
    /// Have an agent check whether a password works.
    VerifyPassword = "verify_password", Some(Permission::VerifyPasswords), Write;

    /// Pause or resume the rotation of an account.
    PauseRotation = "pause_rotation", Some(Permission::ChangePasswords), Write;

    /// List resource groups.
    ListGroups = "list_groups", Some(Permission::ViewResources), Read;
    /// See a resource group.
    ViewGroup = "view_group", Some(Permission::ViewResources), Read;
    /// Create a resource group.
    CreateGroup = "create_group", Some(Permission::ManageGroups), Write;
    /// Change or delete a resource group, or which resources are in it.
    EditGroup = "edit_group", Some(Permission::ManageGroups), Write;

    /// List orders.
    ListOrders = "list_orders", Some(Permission::ViewResources), Read;
    /// See an order.
    ViewOrder = "view_order", Some(Permission::ViewResources), Read;
    /// Withdraw an order.
    CancelOrder = "cancel_order", Some(Permission::ChangePasswords), Write;

    /// See password policies.
    ViewPolicies = "view_policies", Some(Permission::ViewPolicies), Read;
    /// Create, change or delete a password policy.
    ManagePolicies = "manage_policies", Some(Permission::ManagePolicies), Write;

    /// List enrolment keys.
    ListEnrolmentKeys = "list_enrolment_keys", Some(Permission::DownloadAgent), Read;
    /// See an enrolment key, without its secret.
    ViewEnrolmentKey = "view_enrolment_key", Some(Permission::DownloadAgent), Read;
    /// Issue an enrolment key for oneself.
    CreateEnrolmentKey = "create_enrolment_key", Some(Permission::DownloadAgent), Write;
    /// Issue an enrolment key that admits devices at once, or for another owner.
    CreatePreApprovedKey = "create_pre_approved_key", Some(Permission::ManageDevices), Write;
    /// Revoke an enrolment key.
    RevokeEnrolmentKey = "revoke_enrolment_key", Some(Permission::DownloadAgent), Write;

    /// List all devices.
    ListDevices = "list_devices", Some(Permission::ManageDevices), Read;
    /// See a device.
    ViewDevice = "view_device", Some(Permission::ManageDevices), Read;
    /// Let a device work.
    ApproveDevice = "approve_device", Some(Permission::ManageDevices), Write;
    /// Block or unblock a device.
    BlockDevice = "block_device", Some(Permission::ManageDevices), Write;
    /// See the agents on one's own resources.
    ListAgents = "list_agents", Some(Permission::DownloadAgent), Read;
    /// See the agent of a resource that one owns.
    ViewAgent = "view_agent", Some(Permission::DownloadAgent), Read;
    /// Associate, dissociate, remap or delete an agent.
    ManageAgent = "manage_agent", Some(Permission::DownloadAgent), Write;

    /// See and download packages of the agent.
    ViewPackages = "view_packages", Some(Permission::DownloadAgent), Read;
    /// Make a link with which a package can be downloaded without signing in.
    SharePackage = "share_package", Some(Permission::DownloadAgent), Write;
    /// Revoke such a link.
    RevokePackageLink = "revoke_package_link", Some(Permission::DownloadAgent), Write;

    /// See what became of the tasks one has asked for.
    ListNotifications = "list_notifications", None, Read;
    /// Mark them as read, or mute a kind.
    MarkNotifications = "mark_notifications", None, Write;

    /// Read the audit log.
    ViewAudit = "view_audit", Some(Permission::ViewAudit), Read;
    /// Verify the audit log.
    VerifyAudit = "verify_audit", Some(Permission::ViewAudit), Write;
    /// Export the audit log.
    ExportAudit = "export_audit", Some(Permission::ViewAudit), Read;
    /// See which other sites are witnessed, and their heads.
    ViewWitness = "view_witness", Some(Permission::ViewAudit), Read;
    /// Begin or end witnessing another site.
    ManageWitness = "manage_witness", Some(Permission::ManageWitness), Write;
    /// Send heads of another site to be witnessed.
    SendHeads = "send_heads", Some(Permission::SendHeads), Witness;
    /// List the reports one may run.
    ListReports = "list_reports", None, Read;
    /// List the reports one has sent to oneself.
    ListSchedules = "list_report_schedules", None, Read;
    /// Have a report sent to oneself again and again.
    ScheduleReport = "schedule_report", None, Write;
    /// See such a schedule.
    ViewSchedule = "view_report_schedule", None, Read;
    /// Change, run or delete such a schedule.
    EditSchedule = "edit_report_schedule", None, Write;
    /// See which mails wait, were sent and were given up, without their texts.
    ViewMail = "view_mail", Some(Permission::ViewSystem), Read;
    /// Send a mail again that was given up, or throw it away.
    ManageMail = "manage_mail", Some(Permission::ManageUsers), Write;
    /// See the state of the server.
    ViewSystem = "view_system", Some(Permission::ViewSystem), Read;
    /// Show that one holds the recovery key.
    ProveRecoveryKey = "prove_recovery_key", Some(Permission::ManageServer), Write;
    /// See the gateways, the offices and what holds for all of them.
    ViewGateways = "view_gateways", Some(Permission::ViewSystem), Read;
    /// Pair a gateway.
    PairGateway = "pair_gateway", Some(Permission::ManageServer), Write;
    /// Change or revoke a gateway, lift its bans.
    ManageGateway = "manage_gateway", Some(Permission::ManageServer), Write;
    /// Say what holds for all gateways: limits, the public name.
    ManageGatewaySettings = "manage_gateway_settings", Some(Permission::ManageServer), Write;
    /// Add, change or remove an office.
    ManageOffice = "manage_office", Some(Permission::ManageServer), Write;
    /// Choose the certificate that browsers and the command line see.
    ChangeCertificate = "change_certificate", Some(Permission::ManageServer), Write;
}

impl Action {
    /// The weakest level of a share that is enough for it; `None`: no share
    /// is, only the owner may.
    pub const fn level(self) -> Option<Level> {
        if matches!(
            self,
            Self::ViewResource
                | Self::ViewAccount
                | Self::RevealPassword
                | Self::ViewHistory
                | Self::VerifyPassword
                | Self::ViewGroup
                | Self::ViewOrder
                | Self::ExplainOwn
        ) {
            Some(Level::View)
        } else if matches!(
            self,
            Self::StorePassword
                | Self::EditAccount
                | Self::RevealFormer
                | Self::ResetPassword
                | Self::PauseRotation
                | Self::CancelOrder
        ) {
            Some(Level::Modify)
        } else if matches!(
            self,
            Self::EditResource
                | Self::AddAccount
                | Self::DiscoverAccounts
                | Self::ViewShares
                | Self::ShareObject
                | Self::ExplainOthers
        ) {
            Some(Level::Full)
        } else {
            None
        }
    }

    /// What it needs beside its permission.
    pub const fn also(self) -> &'static [Permission] {
        match self {
            // resource add and edit, and *download agent*.
            Self::ListAgents | Self::ViewAgent | Self::ManageAgent => {
                &[Permission::AddResources, Permission::EditResources]
            }
            // Its agent adds a resource for the key's owner.
            Self::CreateEnrolmentKey => &[Permission::AddResources],
            _ => &[],
        }
    }

    /// Every permission it needs.
    pub fn needs(self) -> impl Iterator<Item = Permission> {
        self.permission().into_iter().chain(self.also().iter().copied())
    }

    /// The permission with which an object of the site is seen at all:
    /// without it the object does not exist for the caller.
    pub const fn seen_with(self) -> Option<Permission> {
        match self.permission() {
            Some(Permission::ManagePolicies) => Some(Permission::ViewPolicies),
            Some(Permission::ManageServer) => Some(Permission::ViewSystem),
            other => other,
        }
    }
}

impl std::fmt::Display for Action {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}
