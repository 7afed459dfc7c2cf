//! What kind of event it is, and how much it matters to whoever watches.
//!
//! The class also says what becomes of an event that no required witness can
//! see in time: see [`EventClass`].

use crate::event::{Actor, Event, Severity};
use crate::word::words;

words! {
    /// The kind of an event. Whatever its class, an event that cannot be
    /// written to the database takes the change with it that it tells of.
    EventClass ("event class") {
        /// A secret or a key is used: shown, copied, sent to a device,
        /// admits one. Held for everybody while a required witness is missing.
        Use = "use",
        /// People, resources, rules, orders and devices change. Held while a
        /// required witness is missing when a person or their program asks.
        Change = "change",
        /// Somebody signs in or out.
        SignIn = "sign_in",
        /// The record of what has happened elsewhere already, e.g. on a
        /// device. To refuse it would only lose it.
        Outcome = "outcome",
        /// Something is wrong, or somebody was turned away.
        Alarm = "alarm",
        /// The audit log itself is read, proved or exported, or a list is.
        Audit = "audit",
        /// The server itself.
        System = "system",
    }
}

impl Event {
    /// Its class and its severity.
    pub const fn rank(&self) -> (EventClass, Severity) {
        use EventClass as C;
        use Severity as S;
        match self {
            Self::PasswordRevealed { .. }
            | Self::PasswordCopied { .. }
            | Self::FormerPasswordRevealed { .. }
            | Self::OrderDelivered { .. }
            | Self::DeviceEnrolled { .. }
            | Self::AgentRehomed { .. } => (C::Use, S::Notice),

            // A token for a day at most is how a command line signs in.
            Self::TokenCreated { sign_in: true, .. } | Self::TokenRevoked { sign_in: true, .. } => {
                (C::SignIn, S::Info)
            }
            Self::SetUpCompleted { .. }
            | Self::UserCreated { .. }
            | Self::UserRoleChanged { .. }
            | Self::UserDisabled { .. }
            | Self::UserEnabled { .. }
            | Self::UserPasswordChanged { .. }
            | Self::TokenCreated { .. }
            | Self::TokenRevoked { .. }
            | Self::ResourceDeleted { .. }
            | Self::PasswordStored { .. }
            | Self::PolicyChanged { .. }
            | Self::PolicyDeleted { .. }
            | Self::EnrolmentKeyCreated { .. }
            | Self::EnrolmentKeyRevoked { .. }
            | Self::DeviceApproved { .. }
            | Self::DeviceBlocked { .. }
            | Self::DeviceUnblocked { .. }
            | Self::DeviceResumed { .. }
            | Self::AgentDissociated { .. }
            | Self::AgentAssociated { .. }
            | Self::AgentRemapped { .. }
            | Self::AgentDeleted { .. }
            | Self::PackageAdded { .. }
            | Self::PackageRemoved { .. }
            | Self::PackageLinkCreated { .. }
            | Self::PackageLinkRevoked { .. }
            | Self::RotationPaused { .. }
            | Self::ResourceGroupDeleted { .. }
            | Self::ResourceTransferred { .. }
            | Self::ShareCreated { .. }
            | Self::ShareChanged { .. }
            | Self::ShareEnded { .. }
            | Self::UserGroupDeleted { .. }
            | Self::UserGroupJoined { .. }
            | Self::UserGroupLeft { .. }
            | Self::ResourceGroupNested { .. }
            | Self::ResourceGroupUnnested { .. }
            | Self::RoleProposed { .. }
            | Self::RoleApproved { .. }
            | Self::RoleRejected { .. }
            | Self::RoleDeleted { .. }
            | Self::WitnessedSiteAdded { .. }
            | Self::WitnessedSiteRemoved { .. }
            | Self::SecondFactorAdded { .. }
            | Self::PasskeyAdded { .. }
            | Self::IdentityLinked { .. }
            | Self::IdentityUnlinked { .. }
            | Self::PasskeyRemoved { .. }
            | Self::SecondFactorRemoved { .. }
            | Self::RecoveryCodesMade { .. }
            | Self::SecondFactorReset { .. }
            | Self::ReportScheduleCreated { .. }
            | Self::ReportScheduleChanged { .. }
            | Self::ReportScheduleDeleted { .. }
            | Self::MailAddressChanged { .. }
            | Self::MailDiscarded { .. }
            | Self::SecondFactorRuleChanged { .. }
            | Self::SetupTokenRenewed { .. }
            | Self::RecoveryKeyProved { .. }
            | Self::GatewayPaired { .. }
            | Self::GatewayRevoked { .. }
            | Self::GatewayLimitsChanged { .. }
            | Self::PublicNameChanged { .. }
            | Self::OfficeDeleted { .. }
            | Self::ServerCertificateChanged { .. } => (C::Change, S::Notice),
            Self::UserChanged { .. }
            | Self::ResourceCreated { .. }
            | Self::ResourceChanged { .. }
            | Self::AccountAdded { .. }
            | Self::AccountChanged { .. }
            | Self::PolicyCreated { .. }
            | Self::OrderCreated { .. }
            | Self::OrderCancelled { .. }
            | Self::RotationResumed { .. }
            | Self::ResourceGroupCreated { .. }
            | Self::ResourceGroupChanged { .. }
            | Self::ResourceGroupJoined { .. }
            | Self::ResourceGroupLeft { .. }
            | Self::UserGroupCreated { .. }
            | Self::UserGroupChanged { .. }
            | Self::ViewSaved { .. }
            | Self::ViewDeleted { .. }
            | Self::PasskeyRenamed { .. }
            | Self::MailSentAgain { .. }
            | Self::GatewayChanged { .. }
            | Self::GatewayBansLifted { .. }
            | Self::OfficeCreated { .. }
            | Self::OfficeChanged { .. }
            | Self::GatewayCertificateIssued { .. }
            | Self::CertificateIssued { .. } => (C::Change, S::Info),

            Self::SignedIn { .. }
            | Self::SignedOut { .. }
            | Self::SecondFactorAsked { .. }
            | Self::IdentityProved { .. }
            | Self::SessionsEnded { .. } => (C::SignIn, S::Info),
            // Somebody may have lost a device, or found the paper of another.
            Self::RecoveryCodeUsed { .. } => (C::SignIn, S::Notice),

            Self::AccountsDiscovered { .. }
            | Self::PasswordVerified { .. }
            | Self::ResetCommitted { .. }
            | Self::RotationAnnounced { .. }
            | Self::DeviceSessionOpened { .. } => (C::Outcome, S::Info),
            Self::PasswordRecovered { .. } | Self::OrderExpired { .. } => (C::Outcome, S::Notice),
            Self::ResetNotApplied { .. }
            | Self::ResetIndeterminate { .. }
            | Self::OrderFailed { .. }
            | Self::ReportNotMailed { .. }
            | Self::RotationFailed { .. } => (C::Outcome, S::Warning),

            Self::SignInRefused { .. }
            | Self::IdentityNotProved { .. }
            | Self::ProviderSignInRefused { .. }
            | Self::EnrolmentRefused { .. }
            | Self::AccessDenied { .. }
            | Self::ResetOutOfSync { .. }
            | Self::OrderUnanswered { .. }
            | Self::PasswordOutOfSync { .. } => (C::Alarm, S::Warning),
            Self::RecoveryEntered { .. }
            | Self::DeviceReverted { .. }
            | Self::DeviceCloned { .. }
            | Self::CertificateRelayed { .. }
            | Self::DeviceRecovered { .. }
            | Self::PasskeyCopied { .. }
            | Self::DatabaseFoundOlder { .. }
            | Self::WitnessUnreachable { .. }
            | Self::WitnessRefused { .. }
            | Self::WitnessedHeadRefused { .. } => (C::Alarm, S::Critical),
            Self::AuditSinkUnreachable { .. }
            | Self::GatewayLost { .. }
            | Self::GatewayConfigRefused { .. }
            | Self::MailServerUnreachable { .. }
            | Self::MailGivenUp { .. }
            | Self::ServerCertificateEnds { .. } => (C::Alarm, S::Warning),
            Self::WitnessReached { .. }
            | Self::GatewayConnected { .. }
            | Self::GatewaysPublished { .. }
            | Self::AuditSinkReached { .. }
            | Self::MailServerReached { .. } => (C::System, S::Notice),

            // What a verification found is in the event; a broken chain is
            // the worst that can be found.
            Self::AuditVerified { intact: false, .. } => (C::Audit, S::Critical),
            Self::AuditVerified { .. } => (C::Audit, S::Info),
            Self::AuditViewed { .. } | Self::PasswordHistoryViewed { .. } => (C::Audit, S::Info),
            Self::AuditExported { .. } | Self::ListExported { .. } | Self::ReportMailed { .. } => {
                (C::Audit, S::Notice)
            }

            Self::BackupDrilled { passed: false, .. } => (C::Alarm, S::Critical),
            Self::BackupMade { .. } | Self::BackupDrilled { .. } | Self::DatabaseMoved { .. } => {
                (C::System, S::Notice)
            }
            Self::SiteRestored { .. } => (C::Alarm, S::Critical),

            Self::VaultKeyRotated { .. }
            | Self::VaultKekChangePrepared { .. }
            | Self::VaultKekChanged { .. }
            | Self::VaultKekChangeCancelled { .. } => (C::Change, S::Notice),
            Self::BundlePublished { without_backup: true, .. } => (C::Change, S::Warning),
            Self::SiteKeyMade { .. } | Self::BundlePublished { .. } => (C::Change, S::Notice),
            Self::LostKeysReplaced { .. } => (C::Alarm, S::Warning),
            Self::ServerSealed { .. } | Self::UnsealRefused { .. } => (C::Alarm, S::Warning),

            Self::SiteInitialised { .. }
            | Self::VaultKeyRetired { .. }
            | Self::ServerUnsealed { .. }
            | Self::ServerStarted { .. }
            | Self::ServerStopped { .. }
            | Self::AuditKeyCreated { .. }
            | Self::BundlesTakenOver { .. }
            | Self::RecoveryEnded { .. } => (C::System, S::Notice),
        }
    }

    /// Whether it must not happen while no required witness sees it.
    pub fn is_held_without_witness(&self, actor: &Actor) -> bool {
        match self.rank().0 {
            EventClass::Use => true,
            EventClass::Change => matches!(actor, Actor::User(_)),
            EventClass::SignIn
            | EventClass::Outcome
            | EventClass::Alarm
            | EventClass::Audit
            | EventClass::System => false,
        }
    }
}

impl Severity {
    /// The severity of syslog (RFC 5424, table 2).
    pub const fn syslog(self) -> u8 {
        match self {
            Self::Critical => 2,
            Self::Warning => 4,
            Self::Notice => 5,
            Self::Info => 6,
        }
    }

    /// The severity of CEF, 0 to 10.
    pub const fn cef(self) -> u8 {
        match self {
            Self::Critical => 9,
            Self::Warning => 7,
            Self::Notice => 4,
            Self::Info => 2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::UserId;

    #[test]
    fn secrets_wait_for_everybody_and_results_for_nobody() {
        let person =
            Actor::User("01a2015a-c083-78b9-bf67-2b24cdb84124".parse::<UserId>().expect("an id"));
        for event in Event::samples() {
            let (class, _) = event.rank();
            let by_anybody = event.is_held_without_witness(&Actor::System);
            let by_person = event.is_held_without_witness(&person);
            assert_eq!(by_anybody, class == EventClass::Use, "{event:?}");
            assert_eq!(by_person, matches!(class, EventClass::Use | EventClass::Change));
        }
    }

    #[test]
    fn an_alarm_is_never_quiet() {
        for event in Event::samples() {
            if let (EventClass::Alarm, severity) = event.rank() {
                assert!(severity.syslog() <= 4, "{event:?}");
            }
        }
    }
}
