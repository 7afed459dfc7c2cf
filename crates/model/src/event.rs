//! The numbered catalogue of audit events.
//!
//! One variant per event, with fixed fields. The number never changes and is
//! never used again; the reference page in the book is generated from
//! [`Event::samples`].

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::account::VerifyResult;
use crate::device::{DeviceState, EnrolmentRefusal, KeyUse};
use crate::gateway::LinkDirection;
use crate::id::{
    AccountId, ApiTokenId, AuditChainId, CustomRoleId, DeviceId, EnrolmentKeyId, GatewayId, MailId,
    OfficeId, OrderId, PackageId, PackageLinkId, PasskeyId, PasswordPolicyId, ReportScheduleId,
    RequestId, ResourceGroupId, ResourceId, SavedViewId, SecretVersionId, ShareId, SiteId,
    SiteKeyId, UserGroupId, UserId,
};
use crate::mail::{MailAddress, MailKind};
use crate::order::{Operation, RefusalClass};
use crate::report::{Every, RunResult};
use crate::share::{Level, Principal, Shareable};
use crate::user::{ProofMethod, RoleRef, TokenScope};

/// Who did it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "id", rename_all = "snake_case")]
pub enum Actor {
    /// A signed-in person, or a program with their token.
    User(UserId),
    /// An enrolled device.
    Device(DeviceId),
    /// The server itself, or its operator at the console of the machine.
    System,
    /// Somebody who has not proved who they are.
    Anonymous,
}

/// Where a request came from and which one it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The id of the request, also in its response header and in the log.
    pub request: RequestId,
    /// The peer's address, if it came over the network.
    pub address: Option<IpAddr>,
}

/// Which rule turned somebody away at sign-in. Never shown to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignInRefusal {
    /// No user of that name.
    UnknownUser,
    /// The password was wrong.
    WrongPassword,
    /// The user is disabled.
    Disabled,
    /// Too many tries from this address for this user.
    Throttled,
    /// The password was right, the second factor was not.
    WrongSecondFactor,
    /// The answer of an authenticator was wrong, or not known here.
    WrongPasskey,
}

/// An audit event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case", rename_all_fields = "snake_case")]
#[expect(missing_docs, reason = "the field names are the catalogue; each event is described")]
pub enum Event {
    /// The site was created.
    SiteInitialised { site: SiteId },
    /// The server started.
    ServerStarted { version: String },
    /// The server stopped in good order.
    ServerStopped {},
    /// The first administrator was created with the set-up token.
    SetUpCompleted { user: UserId },
    /// The site entered recovery: a device knows more than the database.
    RecoveryEntered { device: DeviceId, reason: String },
    /// An operator ended recovery.
    RecoveryEnded {},
    /// The site entered recovery: the database lacks a line of the audit log
    /// that this server has written.
    DatabaseFoundOlder { known: u64, found: u64 },
    /// A backup was written and read back.
    BackupMade { file: String, rows: u64, bytes: u64 },
    /// A backup was restored beside the site and checked. The keys are those
    /// of the site whose private halves it holds and opened.
    BackupDrilled {
        file: String,
        taken_at: Timestamp,
        passed: bool,
        #[serde(default)]
        keys: Vec<SiteKeyId>,
    },
    /// The site was restored from a backup; its former audit chain ends at
    /// this line, and lines written after the backup are not in it.
    SiteRestored { taken_at: Timestamp, former_chain: AuditChainId, former_seq: u64 },
    /// The site was moved to another database.
    DatabaseMoved { from: String, to: String },
    /// A new data key of the vault seals from now on; older values are being
    /// sealed anew.
    VaultKeyRotated { from: i64, to: i64 },
    /// Nothing is sealed with a data key of the vault any more.
    VaultKeyRetired { version: i64 },
    /// Another key that locks the vault was prepared beside the one in use.
    VaultKekChangePrepared { from: String, to: String },
    /// The other key opened the vault and locks it from now on.
    VaultKekChanged { from: String, to: String },
    /// The preparation was taken back.
    VaultKekChangeCancelled {},
    /// The server started without the key that opens the vault.
    ServerSealed {},
    /// The sealed server got the key and went on.
    ServerUnsealed { provider: String },
    /// An operator gave a key that does not open the vault.
    UnsealRefused {},
    /// A new order or receipt key was made; no agent knows it yet.
    SiteKeyMade { key: SiteKeyId, kind: String, kid: String },
    /// The next trust bundle was published: it brings a new order or receipt
    /// key.
    BundlePublished { bundle: u64, kind: String, kid: String, without_backup: bool },
    /// A device showed newer trust bundles, signed by this site's root key:
    /// the database was put back to an older copy and holds them again.
    BundlesTakenOver { device: DeviceId, from: u64, to: u64 },
    /// Order and receipt keys were lost with an older database; a new trust
    /// bundle brings others.
    LostKeysReplaced { bundle: u64, lost: Vec<String> },

    /// A user was created.
    UserCreated { user: UserId, name: String, role: RoleRef },
    /// A user's role was changed.
    UserRoleChanged { user: UserId, from: RoleRef, to: RoleRef },
    /// A user was disabled.
    UserDisabled { user: UserId },
    /// A user was enabled again.
    UserEnabled { user: UserId },
    /// A user was changed otherwise.
    UserChanged { user: UserId, fields: Vec<String> },
    /// Somebody signed in.
    SignedIn {
        user: UserId,
        #[serde(default)]
        with: Vec<ProofMethod>,
    },
    /// A sign-in was refused.
    SignInRefused { name: String, reason: SignInRefusal },
    /// Somebody signed out.
    SignedOut { user: UserId },
    /// A user's own password was changed.
    UserPasswordChanged { user: UserId },
    /// An API token was created.
    TokenCreated {
        token: ApiTokenId,
        name: String,
        scopes: Vec<TokenScope>,
        #[serde(default)]
        sign_in: bool,
    },
    /// An API token was revoked.
    TokenRevoked {
        token: ApiTokenId,
        #[serde(default)]
        sign_in: bool,
    },

    /// A resource was created.
    ResourceCreated { resource: ResourceId, name: String },
    /// A resource was changed.
    ResourceChanged { resource: ResourceId, fields: Vec<String> },
    /// A resource was deleted.
    ResourceDeleted { resource: ResourceId, name: String },
    /// An account was added by a person.
    AccountAdded { account: AccountId, resource: ResourceId, name: String },
    /// An account was changed.
    AccountChanged { account: AccountId, fields: Vec<String> },
    /// A password typed by a person was stored.
    PasswordStored { account: AccountId, version: SecretVersionId },
    /// A discovery was taken over.
    AccountsDiscovered { resource: ResourceId, added: u32, returned: u32, gone: u32, total: u32 },
    /// Somebody paused the rotation of an account.
    RotationPaused { account: AccountId, until: Timestamp, reason: String },
    /// Somebody ended a pause before its time.
    RotationResumed { account: AccountId },
    /// A resource group was created.
    ResourceGroupCreated { group: ResourceGroupId, name: String },
    /// A resource group was changed.
    ResourceGroupChanged { group: ResourceGroupId, fields: Vec<String> },
    /// A resource group was deleted.
    ResourceGroupDeleted { group: ResourceGroupId, name: String },
    /// A resource was put into a group.
    ResourceGroupJoined { group: ResourceGroupId, resource: ResourceId },
    /// A resource was taken out of a group.
    ResourceGroupLeft { group: ResourceGroupId, resource: ResourceId },
    /// A password policy was created.
    PolicyCreated { policy: PasswordPolicyId, name: String },
    /// A password policy was changed.
    PolicyChanged { policy: PasswordPolicyId, fields: Vec<String> },
    /// A password policy was deleted.
    PolicyDeleted { policy: PasswordPolicyId, name: String },

    /// A password was revealed.
    PasswordRevealed { account: AccountId, versions: Vec<SecretVersionId>, reason: String },
    /// A password was copied without being shown.
    PasswordCopied { account: AccountId, versions: Vec<SecretVersionId>, reason: String },
    /// A former password was revealed.
    FormerPasswordRevealed { account: AccountId, version: SecretVersionId, reason: String },
    /// The history of a password was listed.
    PasswordHistoryViewed { account: AccountId },

    /// An order was given.
    OrderCreated {
        order: OrderId,
        operation: Operation,
        device: DeviceId,
        account: Option<AccountId>,
    },
    /// An order was handed to its device.
    OrderDelivered { order: OrderId, device: DeviceId, seq: u64 },
    /// A reset took effect; its candidate is the current password.
    ResetCommitted {
        order: OrderId,
        account: AccountId,
        version: SecretVersionId,
        evidence: String,
    },
    /// A reset did not take effect; the former password still works.
    ResetNotApplied { order: OrderId, account: AccountId, class: RefusalClass, detail: String },
    /// A reset's outcome is open; both values are kept and shown.
    ResetIndeterminate { order: OrderId, account: AccountId, detail: String },
    /// Neither value works; somebody else changed the password.
    ResetOutOfSync { order: OrderId, account: AccountId },
    /// A verify gave an answer.
    PasswordVerified { order: OrderId, account: AccountId, result: VerifyResult },
    /// An order was withdrawn before delivery.
    OrderCancelled { order: OrderId },
    /// An order was not fetched in time.
    OrderExpired { order: OrderId },
    /// An order that changes nothing failed on the device.
    OrderFailed { order: OrderId, detail: String },
    /// A device keeps calling, is handed an order again and again, and its answer
    /// never comes: somebody on the way may hold it back.
    OrderUnanswered { order: OrderId, device: DeviceId, deliveries: u64 },
    /// A password will soon have its maximum age and be reset by itself.
    RotationAnnounced { account: AccountId, due_at: Timestamp },
    /// A reset that the server gave by itself failed for good; it is tried
    /// again at the time named.
    RotationFailed {
        account: AccountId,
        order: Option<OrderId>,
        detail: String,
        next_try_at: Timestamp,
    },
    /// Two checks in a row found that the known password does not work.
    PasswordOutOfSync { account: AccountId, since: Timestamp },
    /// A password was read back from an agent's escrow.
    PasswordRecovered { account: AccountId, version: SecretVersionId, device: DeviceId },

    /// An enrolment key was issued.
    EnrolmentKeyCreated { key: EnrolmentKeyId, r#use: KeyUse, owner: UserId, pre_approved: bool },
    /// An enrolment key was revoked.
    EnrolmentKeyRevoked { key: EnrolmentKeyId },
    /// An enrolment was refused to somebody who holds the key's secret.
    EnrolmentRefused { key: EnrolmentKeyId, reason: EnrolmentRefusal, host: String },
    /// A device enrolled.
    DeviceEnrolled { device: DeviceId, key: EnrolmentKeyId, host: String, state: DeviceState },
    /// A device was approved.
    DeviceApproved { device: DeviceId },
    /// A device was blocked.
    DeviceBlocked { device: DeviceId, reason: String },
    /// A blocked device was unblocked; it waits for approval again.
    DeviceUnblocked { device: DeviceId },
    /// A device that was held back as a copy was let go on.
    DeviceResumed { device: DeviceId, reason: String },
    /// A device that this database had forgotten showed a certificate of this
    /// site; it waits for approval.
    DeviceRecovered { device: DeviceId, host: String, serial: String },
    /// An agent was dissociated from its resource: it does nothing, and looks
    /// for its state every so many minutes.
    AgentDissociated { device: DeviceId, resource: ResourceId, every_min: u32 },
    /// An agent was associated with its resource again.
    AgentAssociated { device: DeviceId, resource: ResourceId },
    /// An agent was given another resource; so many accounts went there from
    /// the former one.
    AgentRemapped { device: DeviceId, from: Option<ResourceId>, to: ResourceId, accounts: u64 },
    /// An agent whose resource was deleted was taken off the list.
    AgentDeleted { device: DeviceId, host: String },
    /// A host moved its agent to the owner of another enrolment key.
    AgentRehomed { device: DeviceId, key: EnrolmentKeyId, from: Option<ResourceId>, to: ResourceId },
    /// A package of the agent was put up for download.
    PackageAdded { package: PackageId, file: String, sha256: String },
    /// A package of the agent was removed.
    PackageRemoved { package: PackageId, file: String },
    /// A link was made with which a package can be downloaded without signing
    /// in.
    PackageLinkCreated { link: PackageLinkId, package: PackageId, expires_at: Timestamp },
    /// Such a link was revoked.
    PackageLinkRevoked { link: PackageLinkId },
    /// A device was given a certificate.
    CertificateIssued { device: DeviceId, serial: String, renewal: bool },
    /// A device opened a session.
    DeviceSessionOpened { device: DeviceId, agent_version: String },
    /// A device's counter went back: the endpoint was reverted to a snapshot.
    DeviceReverted { device: DeviceId, counter: u64, expected: u64 },
    /// Two sessions of one identity alternate: the endpoint was copied.
    DeviceCloned { device: DeviceId },
    /// A device's message came with the certificate of another one: whoever is in
    /// between passes credentials on, or one was stolen.
    CertificateRelayed { device: DeviceId, shown: DeviceId, gateway: Option<GatewayId> },

    /// A resource was given to another owner; the former one keeps nothing.
    ResourceTransferred {
        resource: ResourceId,
        from: UserId,
        to: UserId,
        left_groups: u64,
        ended_shares: u64,
        reason: String,
    },
    /// Something was shared.
    ShareCreated {
        share: ShareId,
        object: Shareable,
        with: Principal,
        level: Level,
        expires_at: Option<Timestamp>,
    },
    /// The level or the end of a share was changed.
    ShareChanged {
        share: ShareId,
        object: Shareable,
        with: Principal,
        level: Level,
        expires_at: Option<Timestamp>,
    },
    /// A share was taken back.
    ShareEnded { share: ShareId, object: Shareable, with: Principal },
    /// A user group was created.
    UserGroupCreated { user_group: UserGroupId, name: String },
    /// A user group was changed.
    UserGroupChanged { user_group: UserGroupId, fields: Vec<String> },
    /// A user group was deleted, with what was shared with it.
    UserGroupDeleted { user_group: UserGroupId, name: String, ended_shares: u64 },
    /// A user was put into a user group.
    UserGroupJoined { user_group: UserGroupId, user: UserId },
    /// A user was taken out of a user group.
    UserGroupLeft { user_group: UserGroupId, user: UserId },
    /// A resource group was put into another one.
    ResourceGroupNested { group: ResourceGroupId, inner: ResourceGroupId },
    /// A resource group was taken out of another one.
    ResourceGroupUnnested { group: ResourceGroupId, inner: ResourceGroupId },
    /// A custom role, or a change of one, was proposed; it waits for another
    /// administrator.
    RoleProposed { role: CustomRoleId, name: String, permissions: Vec<String> },
    /// Another administrator approved a custom role as proposed.
    RoleApproved { role: CustomRoleId, name: String, permissions: Vec<String>, proposed_by: UserId },
    /// A proposal for a custom role was rejected or taken back.
    RoleRejected { role: CustomRoleId, name: String, reason: String },
    /// A custom role was deleted.
    RoleDeleted { role: CustomRoleId, name: String },
    /// A sign-in with the right password waits for its second factor.
    SecondFactorAsked { user: UserId },
    /// Somebody set up a second factor for themselves.
    SecondFactorAdded { user: UserId, method: ProofMethod },
    /// Somebody removed their own second factor.
    SecondFactorRemoved { user: UserId, method: ProofMethod },
    /// Somebody got new recovery codes; the former ones are void.
    RecoveryCodesMade { user: UserId, count: u32 },
    /// A recovery code was used up.
    RecoveryCodeUsed { user: UserId, left: u32 },
    /// An administrator took away somebody's second factors.
    SecondFactorReset { user: UserId },
    /// The roles that need a second factor were changed.
    SecondFactorRuleChanged { roles: Vec<RoleRef> },
    /// A signed-in person proved again who they are.
    IdentityProved { user: UserId, method: ProofMethod },
    /// A signed-in person failed to prove who they are.
    IdentityNotProved { user: UserId, method: ProofMethod },
    /// Sessions of a user were ended by the user.
    SessionsEnded { user: UserId, count: u32 },
    /// A view of a list was saved or changed.
    ViewSaved { view: SavedViewId, name: String, shared_with: Option<RoleRef> },
    /// A saved view was deleted.
    ViewDeleted { view: SavedViewId, name: String },
    /// Somebody registered a passkey for themselves.
    PasskeyAdded { user: UserId, passkey: PasskeyId, name: String },
    /// Somebody renamed a passkey of theirs.
    PasskeyRenamed { user: UserId, passkey: PasskeyId, name: String },
    /// Somebody removed a passkey of theirs.
    PasskeyRemoved { user: UserId, passkey: PasskeyId },
    /// The counter of a passkey went back: its authenticator was copied.
    PasskeyCopied { user: UserId, passkey: PasskeyId },
    /// An operator made a new set-up token; the former one is void.
    SetupTokenRenewed { expires_at: Timestamp },
    /// Somebody has shown that they hold the recovery key of this id.
    RecoveryKeyProved { user: UserId, kid: String },
    /// The certificate that browsers and the command line see was changed:
    /// `site_ca` with these further names, or `uploaded`.
    ServerCertificateChanged { source: String, names: Vec<String>, serial: Option<String> },
    /// The uploaded certificate ends in so many days or fewer; 0: it is over.
    ServerCertificateEnds { serial: String, not_after: Timestamp, days: u16 },

    /// A gateway was paired: its key counts from now on.
    GatewayPaired {
        gateway: GatewayId,
        name: String,
        address: String,
        key: String,
        direction: LinkDirection,
    },
    /// A gateway was changed.
    GatewayChanged { gateway: GatewayId, fields: Vec<String> },
    /// A gateway was revoked: its key counts for nothing any more.
    GatewayRevoked { gateway: GatewayId, name: String, reason: String },
    /// The next trust bundle was published: it names these gateways.
    GatewaysPublished { bundle: u64, addresses: Vec<String> },
    /// A gateway is connected, after it was not.
    GatewayConnected { gateway: GatewayId, version: String },
    /// A gateway has not been connected for a while.
    GatewayLost { gateway: GatewayId, silent_s: u64 },
    /// A gateway does not work by the configuration it was sent.
    GatewayConfigRefused { gateway: GatewayId, problem: String },
    /// A certificate for a gateway's link or its public listeners was issued.
    GatewayCertificateIssued { gateway: GatewayId, serial: String, for_link: bool },
    /// Bans of a gateway were lifted.
    GatewayBansLifted { gateway: GatewayId, addresses: Vec<String> },
    /// The limits of all gateways were changed.
    GatewayLimitsChanged { fields: Vec<String> },
    /// The name by which the site is reached from outside was changed.
    PublicNameChanged { name: Option<String> },
    /// An office was added.
    OfficeCreated { office: OfficeId, name: String },
    /// An office was changed.
    OfficeChanged { office: OfficeId, fields: Vec<String> },
    /// An office was removed.
    OfficeDeleted { office: OfficeId, name: String },

    /// A user was made for, or linked to, an identity at an OpenID provider.
    IdentityLinked { user: UserId, issuer: String, subject: String },
    /// A sign-in through an OpenID provider was refused.
    ProviderSignInRefused { issuer: String, subject: Option<String>, problem: String },
    /// An identity at an OpenID provider no longer signs a user in.
    IdentityUnlinked { user: UserId, issuer: String, subject: String },

    /// The audit log was read.
    AuditViewed { filter: String },
    /// The audit log was verified.
    AuditVerified { lines: u64, intact: bool },
    /// A list was exported as a file, with these conditions.
    ListExported { list: String, filter: String },
    /// The audit log was exported, wholly or in part.
    AuditExported { format: String, filter: String },
    /// The key that signs the heads of the audit log was made.
    AuditKeyCreated { key: SiteKeyId, public: String },
    /// A witness of the audit log cannot be reached.
    WitnessUnreachable { witness: String, heads: u64, lag_s: u64, problem: String },
    /// A witness of the audit log is reached again and has every head.
    WitnessReached { witness: String },
    /// A witness says that the audit log contradicts what it saw before.
    WitnessRefused { witness: String, problem: String },
    /// A target of the audit export cannot be reached.
    AuditSinkUnreachable { sink: String, lines: u64, problem: String },
    /// A target of the audit export is reached again.
    AuditSinkReached { sink: String },
    /// This server witnesses the audit log of another site from now on.
    WitnessedSiteAdded { site: SiteId, name: String, public: String },
    /// This server no longer witnesses the audit log of another site.
    WitnessedSiteRemoved { site: SiteId },
    /// Another site sent a head that is forged or contradicts one it sent before.
    WitnessedHeadRefused { site: SiteId, chain: AuditChainId, seq: u64, problem: String },
    /// Somebody has a report sent to themselves again and again.
    ReportScheduleCreated { schedule: ReportScheduleId, user: UserId, report: String, every: Every },
    /// Such a schedule was changed.
    ReportScheduleChanged { schedule: ReportScheduleId, user: UserId, fields: Vec<String> },
    /// Such a schedule was deleted.
    ReportScheduleDeleted { schedule: ReportScheduleId, user: UserId, report: String },
    /// A scheduled report was made, with these parameters, and is to be sent by
    /// mail.
    ReportMailed {
        schedule: ReportScheduleId,
        user: UserId,
        report: String,
        filter: String,
        rows: u64,
        mail: MailId,
    },
    /// A scheduled report was not made.
    ReportNotMailed { schedule: ReportScheduleId, user: UserId, report: String, result: RunResult },
    /// Somebody's mail address was set, changed or removed.
    MailAddressChanged { user: UserId, address: Option<MailAddress> },
    /// A mail was given up.
    MailGivenUp { mail: MailId, kind: MailKind, user: Option<UserId>, problem: String },
    /// A mail that was given up is to be sent again.
    MailSentAgain { mail: MailId },
    /// A mail that was given up was thrown away.
    MailDiscarded { mail: MailId },
    /// The mail server cannot be reached, or does not take mail from us.
    MailServerUnreachable { server: String, waiting: u64, problem: String },
    /// The mail server takes mail again.
    MailServerReached { server: String },
    /// Somebody was turned away.
    AccessDenied { action: String, target: String, reason: String },
}

/// The catalogue's line of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventInfo {
    /// The number, unique for ever.
    pub code: u16,
    /// What happened, in English.
    pub en: &'static str,
    /// What happened, in Japanese.
    pub ja: &'static str,
    /// The version of the product that has it first.
    pub since: &'static str,
}

const fn info(code: u16, en: &'static str, ja: &'static str) -> EventInfo {
    EventInfo { code, en, ja, since: "0.1" }
}

/// How much an event matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Somebody must look at once.
    Critical,
    /// Something was refused or went wrong.
    Warning,
    /// Worth reading afterwards: a secret was used, a right changed.
    Notice,
    /// Daily life.
    Info,
}

impl Event {
    /// The catalogue's line of this event.
    pub const fn info(&self) -> EventInfo {
        match self {
            Self::SiteInitialised { .. } => info(100, "Site created", "サイトを作成"),
            Self::ServerStarted { .. } => info(101, "Server started", "サーバーを開始"),
            Self::ServerStopped { .. } => info(102, "Server stopped", "サーバーを停止"),
            Self::SetUpCompleted { .. } => info(103, "Set-up completed", "初期設定を完了"),
            Self::RecoveryEntered { .. } => info(110, "Recovery entered", "復旧モードを開始"),
            Self::RecoveryEnded { .. } => info(111, "Recovery ended", "復旧モードを終了"),
            Self::DatabaseFoundOlder { .. } => {
                info(112, "Older database found", "古いデータベースを検出")
            }
            Self::BackupMade { .. } => info(120, "Backup made", "バックアップを作成"),
            Self::BackupDrilled { .. } => {
                info(121, "Restore of a backup rehearsed", "バックアップの復元を検証")
            }
            Self::SiteRestored { .. } => {
                info(122, "Site restored from a backup", "バックアップからサイトを復元")
            }
            Self::DatabaseMoved { .. } => {
                info(123, "Site moved to another database", "サイトを別のデータベースへ移行")
            }
            Self::VaultKeyRotated { .. } => {
                info(130, "Vault data key rotated", "保管庫のデータ鍵を更新")
            }
            Self::VaultKeyRetired { .. } => {
                info(131, "Vault data key retired", "保管庫のデータ鍵を引退")
            }
            Self::VaultKekChangePrepared { .. } => {
                info(132, "Change of the vault's lock prepared", "保管庫の鍵の変更を準備")
            }
            Self::VaultKekChanged { .. } => info(133, "Vault's lock changed", "保管庫の鍵を変更"),
            Self::VaultKekChangeCancelled { .. } => {
                info(134, "Change of the vault's lock cancelled", "保管庫の鍵の変更を取り消し")
            }
            Self::ServerSealed { .. } => info(135, "Server sealed", "サーバーが封印状態で開始"),
            Self::ServerUnsealed { .. } => info(136, "Server unsealed", "サーバーの封印を解除"),
            Self::UnsealRefused { .. } => info(137, "Unsealing refused", "封印の解除を拒否"),
            Self::SiteKeyMade { .. } => info(140, "Site key made", "サイトの鍵を作成"),
            Self::BundlePublished { .. } => {
                info(141, "Trust bundle published", "信頼バンドルを発行")
            }
            Self::BundlesTakenOver { .. } => {
                info(142, "Newer trust bundles taken over", "新しい信頼バンドルを引き継ぎ")
            }
            Self::LostKeysReplaced { .. } => {
                info(143, "Lost site keys replaced", "失われたサイトの鍵を交換")
            }
            Self::UserCreated { .. } => info(200, "User created", "ユーザーを作成"),
            Self::UserRoleChanged { .. } => {
                info(201, "User role changed", "ユーザーのロールを変更")
            }
            Self::UserDisabled { .. } => info(202, "User disabled", "ユーザーを無効化"),
            Self::UserEnabled { .. } => info(203, "User enabled", "ユーザーを有効化"),
            Self::UserChanged { .. } => info(204, "User changed", "ユーザーを変更"),
            Self::SignedIn { .. } => info(210, "Signed in", "サインイン"),
            Self::SignInRefused { .. } => info(211, "Sign-in refused", "サインインを拒否"),
            Self::SignedOut { .. } => info(212, "Signed out", "サインアウト"),
            Self::UserPasswordChanged { .. } => {
                info(213, "Own password changed", "自分のパスワードを変更")
            }
            Self::TokenCreated { .. } => info(220, "API token created", "API トークンを作成"),
            Self::TokenRevoked { .. } => info(221, "API token revoked", "API トークンを失効"),
            Self::ResourceCreated { .. } => info(300, "Resource created", "リソースを作成"),
            Self::ResourceChanged { .. } => info(301, "Resource changed", "リソースを変更"),
            Self::ResourceDeleted { .. } => info(302, "Resource deleted", "リソースを削除"),
            Self::AccountAdded { .. } => info(310, "Account added", "アカウントを追加"),
            Self::AccountChanged { .. } => info(311, "Account changed", "アカウントを変更"),
            Self::PasswordStored { .. } => info(312, "Password stored", "パスワードを登録"),
            Self::AccountsDiscovered { .. } => info(313, "Accounts discovered", "アカウントを検出"),
            Self::RotationPaused { .. } => {
                info(314, "Rotation paused", "自動ローテーションを一時停止")
            }
            Self::RotationResumed { .. } => {
                info(315, "Rotation resumed", "自動ローテーションを再開")
            }
            Self::ResourceGroupCreated { .. } => {
                info(330, "Resource group created", "リソースグループを作成")
            }
            Self::ResourceGroupChanged { .. } => {
                info(331, "Resource group changed", "リソースグループを変更")
            }
            Self::ResourceGroupDeleted { .. } => {
                info(332, "Resource group deleted", "リソースグループを削除")
            }
            Self::ResourceGroupJoined { .. } => {
                info(333, "Resource put into a group", "リソースをグループに追加")
            }
            Self::ResourceGroupLeft { .. } => {
                info(334, "Resource taken out of a group", "リソースをグループから除外")
            }
            Self::PolicyCreated { .. } => {
                info(320, "Password policy created", "パスワードポリシーを作成")
            }
            Self::PolicyChanged { .. } => {
                info(321, "Password policy changed", "パスワードポリシーを変更")
            }
            Self::PolicyDeleted { .. } => {
                info(322, "Password policy deleted", "パスワードポリシーを削除")
            }
            Self::PasswordRevealed { .. } => info(400, "Password revealed", "パスワードを表示"),
            Self::PasswordCopied { .. } => info(401, "Password copied", "パスワードをコピー"),
            Self::FormerPasswordRevealed { .. } => {
                info(402, "Former password revealed", "以前のパスワードを表示")
            }
            Self::PasswordHistoryViewed { .. } => {
                info(403, "Password history viewed", "パスワード履歴を閲覧")
            }
            Self::OrderCreated { .. } => info(500, "Order created", "タスクを作成"),
            Self::OrderDelivered { .. } => info(501, "Order delivered", "タスクを配信"),
            Self::ResetCommitted { .. } => info(502, "Reset committed", "リセットを確定"),
            Self::ResetNotApplied { .. } => info(503, "Reset not applied", "リセットは未適用"),
            Self::ResetIndeterminate { .. } => {
                info(504, "Reset outcome unknown", "リセットの結果が不明")
            }
            Self::ResetOutOfSync { .. } => info(505, "Password out of sync", "パスワードが不一致"),
            Self::PasswordVerified { .. } => info(506, "Password verified", "パスワードを検証"),
            Self::OrderCancelled { .. } => info(507, "Order cancelled", "タスクを取り消し"),
            Self::OrderExpired { .. } => info(508, "Order expired", "タスクの期限切れ"),
            Self::OrderFailed { .. } => info(509, "Order failed", "タスクが失敗"),
            Self::OrderUnanswered { .. } => {
                info(511, "Order handed out in vain", "タスクを渡しても結果が届かない")
            }
            Self::RotationAnnounced { .. } => {
                info(520, "Rotation announced", "自動ローテーションを予告")
            }
            Self::RotationFailed { .. } => info(521, "Rotation failed", "自動ローテーションに失敗"),
            Self::PasswordOutOfSync { .. } => {
                info(522, "Password found out of sync", "パスワードの不一致を検出")
            }
            Self::PasswordRecovered { .. } => {
                info(510, "Password recovered from escrow", "エスクローからパスワードを復旧")
            }
            Self::EnrolmentKeyCreated { .. } => {
                info(600, "Enrolment key created", "エージェントキーを発行")
            }
            Self::EnrolmentKeyRevoked { .. } => {
                info(601, "Enrolment key revoked", "エージェントキーを失効")
            }
            Self::EnrolmentRefused { .. } => info(602, "Enrolment refused", "登録を拒否"),
            Self::DeviceEnrolled { .. } => info(610, "Device enrolled", "デバイスを登録"),
            Self::DeviceApproved { .. } => info(611, "Device approved", "デバイスを承認"),
            Self::DeviceBlocked { .. } => info(612, "Device blocked", "デバイスをブロック"),
            Self::DeviceUnblocked { .. } => {
                info(613, "Device unblocked", "デバイスのブロックを解除")
            }
            Self::DeviceResumed { .. } => {
                info(614, "Device let go on", "複製とみたデバイスの停止を解除")
            }
            Self::DeviceRecovered { .. } => {
                info(605, "Forgotten device recovered", "忘れられていたデバイスを復旧")
            }
            Self::AgentDissociated { .. } => {
                info(615, "Agent dissociated", "エージェントの関連付けを解除")
            }
            Self::AgentAssociated { .. } => info(616, "Agent associated", "エージェントを関連付け"),
            Self::AgentRemapped { .. } => info(617, "Agent remapped", "エージェントを再マッピング"),
            Self::AgentDeleted { .. } => info(618, "Agent deleted", "エージェントを削除"),
            Self::AgentRehomed { .. } => {
                info(619, "Agent moved to another owner", "エージェントを別の所有者に移動")
            }
            Self::PackageAdded { .. } => info(624, "Package added", "パッケージを追加"),
            Self::PackageRemoved { .. } => info(625, "Package removed", "パッケージを削除"),
            Self::PackageLinkCreated { .. } => {
                info(626, "Package link created", "パッケージの共有リンクを作成")
            }
            Self::PackageLinkRevoked { .. } => {
                info(627, "Package link revoked", "パッケージの共有リンクを失効")
            }
            Self::CertificateIssued { .. } => info(620, "Certificate issued", "証明書を発行"),
            Self::DeviceSessionOpened { .. } => {
                info(621, "Device session opened", "デバイスのセッションを開始")
            }
            Self::DeviceReverted { .. } => {
                info(622, "Device reverted to a snapshot", "デバイスの巻き戻りを検出")
            }
            Self::ListExported { .. } => info(640, "List exported", "一覧をエクスポート"),
            Self::DeviceCloned { .. } => info(623, "Device cloned", "デバイスの複製を検出"),
            Self::CertificateRelayed { .. } => {
                info(628, "Another device's certificate shown", "別のデバイスの証明書の使用を検出")
            }
            Self::ResourceTransferred { .. } => {
                info(650, "Resource given to another owner", "リソースの所有者を変更")
            }
            Self::ShareCreated { .. } => info(651, "Shared", "共有を開始"),
            Self::ShareChanged { .. } => info(652, "Share changed", "共有を変更"),
            Self::ShareEnded { .. } => info(653, "Share ended", "共有を終了"),
            Self::UserGroupCreated { .. } => {
                info(660, "User group created", "ユーザーグループを作成")
            }
            Self::UserGroupChanged { .. } => {
                info(661, "User group changed", "ユーザーグループを変更")
            }
            Self::UserGroupDeleted { .. } => {
                info(662, "User group deleted", "ユーザーグループを削除")
            }
            Self::UserGroupJoined { .. } => {
                info(663, "User put into a group", "ユーザーをグループに追加")
            }
            Self::UserGroupLeft { .. } => {
                info(664, "User taken out of a group", "ユーザーをグループから除外")
            }
            Self::ResourceGroupNested { .. } => {
                info(665, "Resource group put into another", "リソースグループを入れ子に追加")
            }
            Self::ResourceGroupUnnested { .. } => {
                info(666, "Resource group taken out of another", "リソースグループを入れ子から除外")
            }
            Self::RoleProposed { .. } => info(670, "Role proposed", "ロールを申請"),
            Self::RoleApproved { .. } => info(671, "Role approved", "ロールを承認"),
            Self::RoleRejected { .. } => info(672, "Role rejected", "ロールの申請を却下"),
            Self::RoleDeleted { .. } => info(673, "Role deleted", "ロールを削除"),
            Self::SecondFactorAsked { .. } => {
                info(680, "Second factor asked for", "二要素目の確認を要求")
            }
            Self::SecondFactorAdded { .. } => info(681, "Second factor set up", "二要素目を登録"),
            Self::SecondFactorRemoved { .. } => {
                info(682, "Second factor removed", "二要素目を削除")
            }
            Self::RecoveryCodesMade { .. } => {
                info(683, "Recovery codes made", "リカバリーコードを発行")
            }
            Self::RecoveryCodeUsed { .. } => {
                info(684, "Recovery code used", "リカバリーコードを使用")
            }
            Self::SecondFactorReset { .. } => {
                info(685, "Second factor reset", "二要素目をリセット")
            }
            Self::SecondFactorRuleChanged { .. } => {
                info(686, "Second factor rule changed", "二要素目の必須設定を変更")
            }
            Self::IdentityProved { .. } => info(687, "Identity proved again", "本人を再確認"),
            Self::IdentityNotProved { .. } => {
                info(688, "Identity not proved", "本人の再確認に失敗")
            }
            Self::SessionsEnded { .. } => info(689, "Sessions ended", "セッションを終了"),
            Self::ViewSaved { .. } => info(690, "View saved", "ビューを保存"),
            Self::ViewDeleted { .. } => info(691, "View deleted", "ビューを削除"),
            Self::PasskeyAdded { .. } => info(692, "Passkey registered", "パスキーを登録"),
            Self::PasskeyRenamed { .. } => info(693, "Passkey renamed", "パスキーの名前を変更"),
            Self::PasskeyRemoved { .. } => info(694, "Passkey removed", "パスキーを削除"),
            Self::PasskeyCopied { .. } => info(695, "Copied passkey found", "パスキーの複製を検出"),
            Self::IdentityLinked { .. } => info(696, "Identity linked", "外部の ID と関連付け"),
            Self::ProviderSignInRefused { .. } => {
                info(697, "Sign-in by OpenID refused", "OpenID でのサインインを拒否")
            }
            Self::IdentityUnlinked { .. } => {
                info(698, "Identity unlinked", "外部の ID の関連付けを解除")
            }
            Self::AuditViewed { .. } => info(700, "Audit log viewed", "監査ログを閲覧"),
            Self::AuditVerified { .. } => info(701, "Audit log verified", "監査ログを検証"),
            Self::AuditExported { .. } => info(702, "Audit log exported", "監査ログを出力"),
            Self::AuditKeyCreated { .. } => info(703, "Audit key created", "監査用の鍵を作成"),
            Self::WitnessUnreachable { .. } => {
                info(710, "Audit witness unreachable", "監査の証人に到達不能")
            }
            Self::WitnessReached { .. } => {
                info(711, "Audit witness reached again", "監査の証人に再接続")
            }
            Self::WitnessRefused { .. } => {
                info(712, "Audit witness objects", "監査の証人が矛盾を報告")
            }
            Self::AuditSinkUnreachable { .. } => {
                info(713, "Audit export target unreachable", "監査ログの転送先に到達不能")
            }
            Self::AuditSinkReached { .. } => {
                info(714, "Audit export target reached again", "監査ログの転送先に再接続")
            }
            Self::ReportScheduleCreated { .. } => {
                info(715, "Report scheduled", "レポートの定期送信を登録")
            }
            Self::ReportScheduleChanged { .. } => {
                info(716, "Schedule of a report changed", "レポートの定期送信を変更")
            }
            Self::ReportScheduleDeleted { .. } => {
                info(717, "Schedule of a report deleted", "レポートの定期送信を削除")
            }
            Self::ReportMailed { .. } => info(718, "Report mailed", "レポートをメールで送信"),
            Self::ReportNotMailed { .. } => {
                info(719, "Report not mailed", "レポートのメール送信を中止")
            }
            Self::MailAddressChanged { .. } => {
                info(723, "Mail address changed", "メールアドレスを変更")
            }
            Self::MailGivenUp { .. } => info(724, "Mail given up", "メールの送信を断念"),
            Self::MailSentAgain { .. } => info(725, "Mail sent again", "メールを再送"),
            Self::MailDiscarded { .. } => info(726, "Mail discarded", "メールを破棄"),
            Self::MailServerUnreachable { .. } => {
                info(727, "Mail server unreachable", "メールサーバーに到達不能")
            }
            Self::MailServerReached { .. } => {
                info(728, "Mail server reached again", "メールサーバーに再接続")
            }
            Self::WitnessedSiteAdded { .. } => {
                info(720, "Foreign site witnessed", "他サイトの証人を開始")
            }
            Self::WitnessedSiteRemoved { .. } => {
                info(721, "Foreign site no longer witnessed", "他サイトの証人を終了")
            }
            Self::WitnessedHeadRefused { .. } => {
                info(722, "Foreign audit head refused", "他サイトの監査ヘッドを拒否")
            }
            Self::SetupTokenRenewed { .. } => {
                info(730, "Set-up token renewed", "セットアップトークンを再発行")
            }
            Self::RecoveryKeyProved { .. } => {
                info(731, "Recovery key confirmed", "リカバリーキーの保管を確認")
            }
            Self::GatewayPaired { .. } => info(740, "Gateway paired", "ゲートウェイを登録"),
            Self::GatewayChanged { .. } => info(741, "Gateway changed", "ゲートウェイを変更"),
            Self::GatewayRevoked { .. } => info(742, "Gateway revoked", "ゲートウェイを失効"),
            Self::GatewaysPublished { .. } => {
                info(743, "Gateways published to agents", "ゲートウェイをエージェントに公開")
            }
            Self::GatewayConnected { .. } => info(744, "Gateway connected", "ゲートウェイに接続"),
            Self::GatewayLost { .. } => {
                info(745, "Gateway not connected", "ゲートウェイの接続が途絶")
            }
            Self::GatewayConfigRefused { .. } => {
                info(746, "Gateway refused its configuration", "ゲートウェイが構成を拒否")
            }
            Self::GatewayCertificateIssued { .. } => {
                info(747, "Certificate of a gateway issued", "ゲートウェイの証明書を発行")
            }
            Self::GatewayBansLifted { .. } => info(748, "Bans lifted", "アクセス禁止を解除"),
            Self::GatewayLimitsChanged { .. } => {
                info(749, "Limits of gateways changed", "ゲートウェイの制限値を変更")
            }
            Self::PublicNameChanged { .. } => info(750, "Public name changed", "公開名を変更"),
            Self::OfficeCreated { .. } => info(751, "Office added", "拠点を追加"),
            Self::OfficeChanged { .. } => info(752, "Office changed", "拠点を変更"),
            Self::OfficeDeleted { .. } => info(753, "Office removed", "拠点を削除"),
            Self::ServerCertificateChanged { .. } => {
                info(732, "Server certificate changed", "サーバー証明書を変更")
            }
            Self::ServerCertificateEnds { .. } => {
                info(733, "Server certificate ends", "サーバー証明書の期限を警告")
            }
            Self::AccessDenied { .. } => info(800, "Access denied", "アクセスを拒否"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_event_has_a_sample_and_a_number_of_its_own() {
        let samples = Event::samples();
        let codes: BTreeSet<u16> = samples.iter().map(|event| event.info().code).collect();
        assert_eq!(codes.len(), samples.len(), "a number is used twice");
        let source = include_str!("event.rs");
        let in_catalogue = source.matches("=> info(").count()
            + source.matches("=> {\n                info(").count();
        // The pattern occurs once in this test as well.
        assert_eq!(in_catalogue - 1, samples.len(), "an event has no sample");
    }
}
