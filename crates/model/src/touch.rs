//! Which objects an event says have changed: what a screen that shows one of
//! them has to read again.

use crate::event::{Actor, Event};
use crate::id::{
    AccountId, CustomRoleId, DeviceId, EnrolmentKeyId, OrderId, PasswordPolicyId, ResourceGroupId,
    ResourceId, UserGroupId, UserId,
};
use crate::share::{Principal, Shareable};

/// Something that looks different after an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Touched {
    /// A resource.
    Resource(ResourceId),
    /// An account.
    Account(AccountId),
    /// An order.
    Order(OrderId),
    /// A device.
    Device(DeviceId),
    /// An enrolment key.
    EnrolmentKey(EnrolmentKeyId),
    /// A user, as administrators see them.
    User(UserId),
    /// What a user sees of themselves: role, rights, sessions.
    Own(UserId),
    /// What a user may do: everything they see may be different.
    Rights(UserId),
    /// What everybody with a custom role may do.
    RightsOf(CustomRoleId),
    /// What somebody, or everybody in a user group, may see of what others own:
    /// other rows stand in their lists.
    Access(Principal),
    /// The same of people who cannot be looked up any more.
    AccessOfSome,
    /// Which groups a resource is in by their criteria, and so who may see it.
    Placing(ResourceId),
    /// What the groups of an owner hold, and so who may see it.
    GroupsOf(UserId),
    /// The API tokens of a user.
    Tokens(UserId),
    /// A password policy.
    Policy(PasswordPolicyId),
    /// A resource group.
    Group(ResourceGroupId),
    /// A user group.
    UserGroup(UserGroupId),
    /// A custom role.
    Role(CustomRoleId),
    /// The gateways, the offices and what holds for all of them.
    Gateways,
    /// The packages of the agent, and the links to them.
    Packages,
    /// The state of the server itself.
    System,
}

impl Event {
    /// What has changed with this event of an actor. An event that changes
    /// nothing but the audit log (a reading, a refusal) touches nothing.
    ///
    /// The match is total: an event without a line here does not compile, so
    /// that no change can be forgotten by whoever watches.
    pub fn touches(&self, actor: Actor) -> Vec<Touched> {
        use Touched as T;
        let optional = |account: Option<_>| account.map(T::Account);
        match *self {
            Self::SiteInitialised { .. }
            | Self::ServerStarted { .. }
            | Self::ServerStopped {}
            | Self::RecoveryEnded {}
            | Self::DatabaseFoundOlder { .. }
            | Self::BackupMade { .. }
            | Self::BackupDrilled { .. }
            | Self::SiteRestored { .. }
            | Self::DatabaseMoved { .. }
            | Self::VaultKeyRotated { .. }
            | Self::VaultKeyRetired { .. }
            | Self::VaultKekChangePrepared { .. }
            | Self::VaultKekChanged { .. }
            | Self::VaultKekChangeCancelled {}
            | Self::ServerSealed {}
            | Self::ServerUnsealed { .. }
            | Self::UnsealRefused {}
            | Self::SiteKeyMade { .. }
            | Self::BundlePublished { .. }
            | Self::BundlesTakenOver { .. }
            | Self::LostKeysReplaced { .. }
            | Self::AuditKeyCreated { .. }
            | Self::WitnessUnreachable { .. }
            | Self::WitnessReached { .. }
            | Self::WitnessRefused { .. }
            | Self::AuditSinkUnreachable { .. }
            | Self::AuditSinkReached { .. }
            | Self::MailGivenUp { .. }
            | Self::MailSentAgain { .. }
            | Self::MailDiscarded { .. }
            | Self::MailServerUnreachable { .. }
            | Self::MailServerReached { .. }
            | Self::WitnessedSiteAdded { .. }
            | Self::WitnessedSiteRemoved { .. }
            | Self::WitnessedHeadRefused { .. } => vec![T::System],
            Self::RecoveryEntered { device, .. } => vec![T::System, T::Device(device)],

            Self::SetUpCompleted { user } => vec![T::User(user), T::System],
            Self::UserCreated { user, .. } => vec![T::User(user)],
            Self::UserRoleChanged { user, .. } => {
                vec![T::User(user), T::Own(user), T::Rights(user)]
            }
            Self::UserDisabled { user }
            | Self::UserEnabled { user }
            | Self::UserChanged { user, .. } => vec![T::User(user), T::Own(user)],
            Self::SignedIn { user, .. }
            | Self::SignedOut { user }
            | Self::UserPasswordChanged { user } => vec![T::Own(user)],
            Self::TokenCreated { .. } | Self::TokenRevoked { .. } => match actor {
                Actor::User(user) => vec![T::Tokens(user)],
                Actor::Device(_) | Actor::System | Actor::Anonymous => Vec::new(),
            },

            Self::ResourceCreated { resource, .. }
            | Self::ResourceChanged { resource, .. }
            | Self::ResourceDeleted { resource, .. } => {
                vec![T::Resource(resource), T::Placing(resource)]
            }
            Self::AccountsDiscovered { resource, .. } => vec![T::Resource(resource)],
            Self::AccountAdded { account, .. }
            | Self::AccountChanged { account, .. }
            | Self::PasswordStored { account, .. }
            | Self::RotationPaused { account, .. }
            | Self::RotationResumed { account }
            | Self::RotationAnnounced { account, .. }
            | Self::RotationFailed { account, .. }
            | Self::PasswordOutOfSync { account, .. }
            | Self::PasswordRecovered { account, .. } => vec![T::Account(account)],
            Self::ResourceGroupCreated { group, .. }
            | Self::ResourceGroupChanged { group, .. }
            | Self::ResourceGroupDeleted { group, .. } => vec![T::Group(group)],
            Self::ResourceGroupJoined { group, resource }
            | Self::ResourceGroupLeft { group, resource } => {
                vec![T::Group(group), T::Resource(resource)]
            }
            Self::ResourceGroupNested { group, inner }
            | Self::ResourceGroupUnnested { group, inner } => {
                vec![T::Group(group), T::Group(inner)]
            }
            Self::ResourceTransferred { resource, from, to, .. } => {
                let people = [from, to].into_iter();
                [T::Resource(resource), T::Placing(resource), T::GroupsOf(from)]
                    .into_iter()
                    .chain(people.flat_map(|one| [T::Own(one), T::Access(Principal::User(one))]))
                    .collect()
            }
            Self::ShareCreated { object, with, .. }
            | Self::ShareChanged { object, with, .. }
            | Self::ShareEnded { object, with, .. } => {
                let shared = match object {
                    Shareable::Resource(id) => T::Resource(id),
                    Shareable::Account(id) => T::Account(id),
                    Shareable::ResourceGroup(id) => T::Group(id),
                };
                let whom = match with {
                    Principal::User(user) => T::Own(user),
                    Principal::UserGroup(group) => T::UserGroup(group),
                };
                vec![shared, whom, T::Access(with)]
            }
            Self::UserGroupCreated { user_group, .. }
            | Self::UserGroupChanged { user_group, .. } => vec![T::UserGroup(user_group)],
            // Who was in it is not known any more.
            Self::UserGroupDeleted { user_group, ended_shares, .. } => {
                let some = (ended_shares > 0).then_some(T::AccessOfSome);
                std::iter::once(T::UserGroup(user_group)).chain(some).collect()
            }
            Self::UserGroupJoined { user_group, user }
            | Self::UserGroupLeft { user_group, user } => {
                vec![T::UserGroup(user_group), T::Own(user), T::Access(Principal::User(user))]
            }
            Self::RoleApproved { role, .. } => vec![T::Role(role), T::RightsOf(role)],
            Self::RoleProposed { role, .. }
            | Self::RoleRejected { role, .. }
            | Self::RoleDeleted { role, .. } => vec![T::Role(role)],
            Self::PolicyCreated { policy, .. }
            | Self::PolicyChanged { policy, .. }
            | Self::PolicyDeleted { policy, .. } => vec![T::Policy(policy)],

            Self::OrderCreated { order, account, .. } => {
                std::iter::once(T::Order(order)).chain(optional(account)).collect()
            }
            Self::OrderDelivered { order, .. }
            | Self::OrderCancelled { order }
            | Self::OrderExpired { order }
            | Self::OrderUnanswered { order, .. }
            | Self::OrderFailed { order, .. } => vec![T::Order(order)],
            Self::ResetCommitted { order, account, .. }
            | Self::ResetNotApplied { order, account, .. }
            | Self::ResetIndeterminate { order, account, .. }
            | Self::ResetOutOfSync { order, account }
            | Self::PasswordVerified { order, account, .. } => {
                vec![T::Order(order), T::Account(account)]
            }

            Self::EnrolmentKeyCreated { key, .. }
            | Self::EnrolmentKeyRevoked { key }
            | Self::EnrolmentRefused { key, .. } => vec![T::EnrolmentKey(key)],
            Self::DeviceEnrolled { device, key, .. } => {
                vec![T::Device(device), T::EnrolmentKey(key)]
            }
            Self::DeviceApproved { device }
            | Self::DeviceBlocked { device, .. }
            | Self::DeviceUnblocked { device }
            | Self::DeviceRecovered { device, .. }
            | Self::DeviceResumed { device, .. }
            | Self::CertificateIssued { device, .. }
            | Self::DeviceSessionOpened { device, .. }
            | Self::DeviceReverted { device, .. }
            | Self::DeviceCloned { device } => vec![T::Device(device)],
            Self::CertificateRelayed { device, shown, .. } => {
                vec![T::Device(device), T::Device(shown)]
            }

            Self::AgentDissociated { device, resource, .. }
            | Self::AgentAssociated { device, resource } => {
                vec![T::Device(device), T::Resource(resource)]
            }
            Self::AgentRemapped { device, from, to, .. }
            | Self::AgentRehomed { device, from, to, .. } => [T::Device(device), T::Resource(to)]
                .into_iter()
                .chain(from.map(T::Resource))
                .collect(),
            Self::AgentDeleted { device, .. } => vec![T::Device(device)],
            Self::GatewayPaired { .. }
            | Self::GatewayChanged { .. }
            | Self::GatewayRevoked { .. }
            | Self::GatewayConnected { .. }
            | Self::GatewayLost { .. }
            | Self::GatewayConfigRefused { .. }
            | Self::GatewayCertificateIssued { .. }
            | Self::GatewayBansLifted { .. }
            | Self::GatewayLimitsChanged { .. }
            | Self::OfficeCreated { .. }
            | Self::OfficeChanged { .. }
            | Self::OfficeDeleted { .. } => vec![T::Gateways],
            Self::GatewaysPublished { .. } | Self::PublicNameChanged { .. } => {
                vec![T::Gateways, T::System]
            }
            Self::PackageAdded { .. }
            | Self::PackageRemoved { .. }
            | Self::PackageLinkCreated { .. }
            | Self::PackageLinkRevoked { .. } => vec![T::Packages],

            Self::SecondFactorAdded { user, .. }
            | Self::SecondFactorRemoved { user, .. }
            | Self::SecondFactorReset { user }
            | Self::PasskeyAdded { user, .. }
            | Self::IdentityLinked { user, .. }
            | Self::IdentityUnlinked { user, .. }
            | Self::PasskeyRemoved { user, .. } => vec![T::User(user), T::Own(user)],
            Self::RecoveryCodesMade { user, .. }
            | Self::RecoveryCodeUsed { user, .. }
            | Self::IdentityProved { user, .. }
            | Self::SessionsEnded { user, .. }
            | Self::PasskeyRenamed { user, .. }
            | Self::PasskeyCopied { user, .. }
            | Self::ReportScheduleCreated { user, .. }
            | Self::ReportScheduleChanged { user, .. }
            | Self::ReportScheduleDeleted { user, .. }
            | Self::ReportNotMailed { user, .. }
            | Self::MailAddressChanged { user, .. } => vec![T::Own(user)],
            Self::SecondFactorRuleChanged { .. }
            | Self::SetupTokenRenewed { .. }
            | Self::RecoveryKeyProved { .. }
            | Self::ServerCertificateChanged { .. }
            | Self::ServerCertificateEnds { .. } => vec![T::System],
            Self::ViewSaved { .. } | Self::ViewDeleted { .. } => match actor {
                Actor::User(user) => vec![T::Own(user)],
                Actor::Device(_) | Actor::System | Actor::Anonymous => Vec::new(),
            },

            Self::SignInRefused { .. }
            | Self::SecondFactorAsked { .. }
            | Self::IdentityNotProved { .. }
            | Self::ProviderSignInRefused { .. }
            | Self::PasswordRevealed { .. }
            | Self::PasswordCopied { .. }
            | Self::FormerPasswordRevealed { .. }
            | Self::PasswordHistoryViewed { .. }
            | Self::AuditViewed { .. }
            | Self::AuditVerified { .. }
            | Self::AuditExported { .. }
            | Self::ListExported { .. }
            | Self::ReportMailed { .. }
            | Self::AccessDenied { .. } => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An id in an event that nobody is told of would be a stale screen.
    #[test]
    fn whatever_an_event_changes_is_touched() {
        let person = Actor::User("01a2015a-c083-78b9-bf67-2b24cdb84124".parse().expect("an id"));
        for event in Event::samples() {
            let touched = event.touches(person);
            let class = event.rank().0.as_str();
            let quiet = touched.is_empty();
            assert_eq!(
                quiet,
                matches!(
                    event,
                    Event::SignInRefused { .. }
                        | Event::SecondFactorAsked { .. }
                        | Event::IdentityNotProved { .. }
                        | Event::ProviderSignInRefused { .. }
                        | Event::AccessDenied { .. }
                        | Event::PasswordRevealed { .. }
                        | Event::PasswordCopied { .. }
                        | Event::FormerPasswordRevealed { .. }
                        | Event::PasswordHistoryViewed { .. }
                ) || (class == "audit"),
                "{event:?} of class {class}"
            );
        }
    }

    #[test]
    fn tokens_are_touched_for_whoever_made_them() {
        let id = "01a2015a-c083-78b9-bf67-2b24cdb84124";
        let user = id.parse().expect("an id");
        let revoked = Event::TokenRevoked { token: id.parse().expect("an id"), sign_in: false };
        assert_eq!(revoked.touches(Actor::User(user)), [Touched::Tokens(user)]);
        assert!(revoked.touches(Actor::System).is_empty());
    }
}
