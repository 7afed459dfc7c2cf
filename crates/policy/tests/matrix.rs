//! Roles × actions × own/foreign as golden text, so that every change of the
//! rules shows in a review. `SEKISHO_BLESS=1 cargo test -p sekisho-policy`
//! writes the file anew.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use sekisho_model::Timestamp;
use sekisho_model::id::{ResourceId, ShareId, UserId};
use sekisho_model::rng::SeededRng;
use sekisho_model::share::{Level, Principal, Shareable};
use sekisho_model::user::{Role, TokenScope};
use sekisho_policy::{
    Action, ActionType, Denied, Explanation, Facts, Given, Granted, Ground, Held, Permission,
    Permissions, Reason, Subject, action, decide, explain,
};

fn user(seed: u64) -> UserId {
    UserId::at(Timestamp::EPOCH, &SeededRng::new(seed))
}

/// Somebody else's resource, shared with the one who asks.
fn shared(level: Level) -> Facts<()> {
    let resource = ResourceId::at(Timestamp::EPOCH, &SeededRng::new(3));
    let held = Held {
        share: ShareId::at(Timestamp::EPOCH, &SeededRng::new(4)),
        on: Shareable::Resource(resource),
        depth: 0,
        with: Principal::User(user(1)),
        level,
        expires_at: None,
    };
    Facts::shared(user(2), vec![held], Timestamp::EPOCH, ())
}

fn given(to: Option<UserId>, before: Role, after: Role) -> Facts<()> {
    Facts::grant(Given { to, before: before.into(), after: after.into() }, ())
}

fn word<A, R>(outcome: Result<Granted<A, R>, Denied>) -> &'static str {
    match outcome {
        Ok(_) => "yes",
        Err(Denied { visible: true, .. }) => "403",
        Err(Denied { visible: false, .. }) => "404",
    }
}

fn line<A: ActionType>(what: A, own: &str) -> String {
    let mut line = format!("{:<24}{own:<9}", A::ACTION.as_str());
    for role in Role::ALL {
        let subject = Subject::with_role(user(1), *role);
        let facts = match own {
            "own" => Facts::owned_by(user(1), ()),
            "foreign" => Facts::owned_by(user(2), ()),
            "view" => shared(Level::View),
            "modify" => shared(Level::Modify),
            "full" => shared(Level::Full),
            "site" => Facts::of_site(()),
            "self" => Facts::of_person(user(1), *role, ()),
            "other" => Facts::of_person(user(2), Role::PasswordUser, ()),
            "super" => Facts::of_person(user(2), Role::SuperAdministrator, ()),
            _ => Facts::nothing(),
        };
        write!(line, "{:<9}", word(decide(&subject, what, facts))).expect("text");
    }
    line.trim_end().to_owned()
}

fn matrix() -> String {
    let mut out = format!("{:<24}{:<9}", "action", "object");
    for short in ["super", "admin", "pwadmin", "auditor", "pwuser", "connect"] {
        write!(out, "{short:<9}").expect("text");
    }
    out = out.trim_end().to_owned() + "\n";
    macro_rules! rows {
        ($($name:ident: $($object:literal)+;)*) => {{
            // No action may be missing: the match is exhaustive.
            for action in Action::ALL {
                match action {
                    $(Action::$name => {
                        $(writeln!(out, "{}", line(action::$name, $object)).expect("text");)+
                    })*
                }
            }
        }};
    }
    rows! {
        WatchEvents: "-"; ViewOverview: "-";
        ListUsers: "-"; ViewUser: "site"; CreateUser: "-"; EditUser: "site"; GrantRole: "site";
        DisableUser: "site";
        ListUserGroups: "-"; ViewUserGroup: "site"; CreateUserGroup: "-"; EditUserGroup: "site";
        ViewRoles: "-"; ProposeRole: "-"; ApproveRole: "-";
        ListTokens: "-"; CreateToken: "-"; RevokeToken: "own" "foreign"; ChangeOwnPassword: "-";
        ViewOwnSignIn: "own" "foreign"; ChangeOwnSignIn: "own" "foreign";
        ViewPreferences: "-"; ChangePreferences: "-";
        ListViews: "-"; SaveView: "-"; EditView: "own" "foreign"; ShareView: "-";
        ViewSignInRules: "site"; ChangeSignInRules: "site";
        ResetSecondFactor: "self" "other" "super";
        UnlinkIdentity: "self" "other" "super";
        ListResources: "-"; ViewResource: "own" "foreign" "view" "modify" "full";
        CreateResource: "-";
        EditResource: "own" "foreign" "view" "modify" "full";
        DeleteResource: "own" "foreign" "view" "modify" "full";
        TransferResource: "own" "foreign" "view" "modify" "full";
        ViewShares: "own" "foreign" "view" "modify" "full";
        ShareObject: "own" "foreign" "view" "modify" "full";
        ListPrincipals: "-";
        ExplainOwn: "own" "foreign" "view" "modify" "full";
        ExplainOthers: "own" "foreign" "view" "modify" "full";
        DiscoverAccounts: "own" "foreign" "view" "modify" "full";
        ListAccounts: "-"; ViewAccount: "own" "foreign" "view" "modify" "full";
        AddAccount: "own" "foreign" "view" "modify" "full";
        EditAccount: "own" "foreign" "view" "modify" "full";
        StorePassword: "own" "foreign" "view" "modify" "full";
        RevealPassword: "own" "foreign" "view" "modify" "full";
        ViewHistory: "own" "foreign" "view" "modify" "full";
        RevealFormer: "own" "foreign" "view" "modify" "full";
        ResetPassword: "own" "foreign" "view" "modify" "full";
        VerifyPassword: "own" "foreign" "view" "modify" "full";
        PauseRotation: "own" "foreign" "view" "modify" "full";
        ListGroups: "-"; ViewGroup: "own" "foreign" "view" "modify" "full"; CreateGroup: "-";
        EditGroup: "own" "foreign" "view" "modify" "full";
        ListOrders: "-"; ViewOrder: "own" "foreign" "view" "modify" "full";
        CancelOrder: "own" "foreign" "view" "modify" "full";
        ViewPolicies: "site"; ManagePolicies: "site";
        ListEnrolmentKeys: "-"; ViewEnrolmentKey: "own" "foreign"; CreateEnrolmentKey: "-";
        CreatePreApprovedKey: "-"; RevokeEnrolmentKey: "own" "foreign";
        ListDevices: "-"; ViewDevice: "site"; ApproveDevice: "site"; BlockDevice: "site";
        ListAgents: "-"; ViewAgent: "own" "foreign"; ManageAgent: "own" "foreign";
        ViewPackages: "-"; SharePackage: "-"; RevokePackageLink: "own" "foreign";
        ListNotifications: "-"; MarkNotifications: "-";
        ViewAudit: "-"; VerifyAudit: "-"; ExportAudit: "-"; ViewWitness: "site";
        ManageWitness: "site"; SendHeads: "-"; ViewSystem: "-";
        ListReports: "-"; ListSchedules: "-"; ScheduleReport: "-";
        ViewSchedule: "own" "foreign"; EditSchedule: "own" "foreign";
        ViewMail: "-"; ManageMail: "site";
        ProveRecoveryKey: "-"; ChangeCertificate: "-";
        ViewGateways: "-" "site"; PairGateway: "-"; ManageGateway: "site"; ManageGatewaySettings: "-";
        ManageOffice: "site";
    }
    out
}

#[test]
fn the_matrix_is_the_committed_one() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/matrix.txt");
    let now = matrix();
    if std::env::var_os("SEKISHO_BLESS").is_some_and(|value| value == "1") {
        std::fs::write(path, &now).expect("the file can be written");
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(now, committed, "the rules changed; see the head of tests/matrix.rs");
}

#[test]
fn nobody_makes_himself_super_administrator() {
    let subject = Subject::with_role(user(1), Role::Administrator);
    let rise = |to| given(Some(to), Role::Administrator, Role::SuperAdministrator);
    let denied = decide(&subject, action::GrantRole, rise(user(1))).expect_err("himself");
    assert_eq!(denied.reasons, [Reason::GrantToSelf]);
    assert!(denied.visible);
    assert!(decide(&subject, action::GrantRole, rise(user(2))).is_ok(), "another");
    let user_role = Subject::with_role(user(1), Role::PasswordUser);
    let denied = decide(&user_role, action::GrantRole, rise(user(2))).expect_err("no permission");
    assert!(!denied.visible);
}

#[test]
fn a_token_never_exceeds_its_scopes() {
    let mut subject = Subject {
        scopes: Some(vec![TokenScope::Read, TokenScope::Write]),
        ..Subject::with_role(user(1), Role::SuperAdministrator)
    };
    let reveal =
        |subject: &Subject| decide(subject, action::RevealPassword, Facts::owned_by(user(1), 7));
    let denied = reveal(&subject).expect_err("no reveal scope");
    assert_eq!(denied.reasons, [Reason::Scope(TokenScope::Reveal)]);
    assert_eq!(denied.to_string(), "the API token lacks the scope reveal");
    subject.scopes = Some(vec![TokenScope::Reveal]);
    assert_eq!(reveal(&subject).expect("reveal scope").into_row(), 7);
    // Nor its user.
    subject.permissions = Role::PasswordAuditor.into();
    assert!(reveal(&subject).is_err());
}

/// What [`explain`] says is what [`decide`] does, for every role, action and
/// kind of object.
#[test]
fn an_explanation_says_what_the_decision_does() {
    let objects = || {
        [
            Facts::nothing(),
            Facts::owned_by(user(1), ()),
            Facts::owned_by(user(2), ()),
            Facts::of_site(()),
            shared(Level::View),
            shared(Level::Modify),
            shared(Level::Full),
        ]
    };
    macro_rules! each {
        ($($name:ident)*) => {$(
            for role in Role::ALL {
                for (facts, same) in objects().into_iter().zip(objects()) {
                    let subject = Subject::with_role(user(1), *role);
                    let said = explain(&subject, Action::$name, &same);
                    let done = decide(&subject, action::$name, facts);
                    assert_eq!(said.allowed, done.is_ok(), "{role} {}", Action::$name);
                    if let Err(denied) = done {
                        assert_eq!((said.visible, said.reasons), (denied.visible, denied.reasons));
                    }
                }
            }
        )*};
    }
    each! {
        ListAgents CreateEnrolmentKey ViewResource EditResource DeleteResource TransferResource
        ShareObject RevealPassword RevealFormer ResetPassword ViewGroup EditGroup ViewUserGroup
        ProposeRole ManagePolicies
    }
}

#[test]
fn the_steps_of_a_decision_are_told() {
    let subject = Subject::with_role(user(1), Role::PasswordUser);
    let told: Explanation = explain(&subject, Action::ResetPassword, &shared(Level::View));
    assert!(!told.allowed && told.visible);
    assert_eq!(told.permissions, [(Permission::ChangePasswords, false)]);
    assert!(matches!(told.ground, Ground::Share(held) if held.level == Level::View));
    assert_eq!(told.shares.len(), 1);
    let missing = Reason::Permission {
        permission: Permission::ChangePasswords,
        role: Role::PasswordUser.to_string(),
    };
    let weak = Reason::Level { needed: Level::Modify, has: Level::View };
    assert_eq!(told.reasons, [missing, weak]);
}

/// to manage agents a role needs resource add and edit beside
/// *download agent*. A-132: a share, even with full access, is none of an
/// agent's owner.
#[test]
fn agents_need_three_permissions_and_ownership() {
    let needs: Vec<Permission> = Action::ListAgents.needs().collect();
    assert_eq!(
        needs,
        [Permission::DownloadAgent, Permission::AddResources, Permission::EditResources]
    );
    assert_eq!(Action::ListAgents.level(), None);
    assert_eq!(Action::TransferResource.level(), None);
}

/// Whoever grants roles may hold back nothing but *see everything*; rules about
/// granting rely on it.
#[test]
fn an_administrator_lacks_nothing_but_seeing_everything() {
    let lacks: Vec<&Permission> =
        Permission::ALL.iter().filter(|one| !one.is_of(Role::Administrator)).collect();
    assert_eq!(lacks, [&Permission::SeeEverything]);
}

/// Whoever has only part of an administrator's permissions does not hand out
/// the rest, neither to others nor to himself.
#[test]
fn nobody_grants_what_he_has_not() {
    let custom: Permissions =
        [Permission::ManageUsers, Permission::ViewResources].into_iter().collect();
    let clerk = Subject {
        permissions: custom.clone(),
        role: "clerk".to_owned(),
        ..Subject::with_role(user(1), Role::ConnectionUser)
    };
    let denied =
        decide(&clerk, action::GrantRole, given(None, Role::ConnectionUser, Role::Administrator));
    let reasons = denied.expect_err("beyond").reasons;
    assert!(reasons.contains(&Reason::GrantBeyond { permission: Permission::ManageDevices }));
    let down = given(Some(user(2)), Role::Administrator, Role::ConnectionUser);
    assert!(decide(&clerk, action::GrantRole, down).is_ok(), "taking away is no grant");
    let himself = Given {
        to: Some(user(1)),
        before: custom,
        after: [Permission::ManageUsers, Permission::ViewAudit].into_iter().collect(),
    };
    let denied = decide(&clerk, action::GrantRole, Facts::grant(himself, ())).expect_err("himself");
    assert!(denied.reasons.contains(&Reason::GrantToSelf));
    // Administrators make others Super Administrators, as before.
    let admin = Subject::with_role(user(1), Role::Administrator);
    let rise = given(Some(user(2)), Role::PasswordUser, Role::SuperAdministrator);
    assert!(decide(&admin, action::GrantRole, rise).is_ok());
}

#[test]
fn a_role_is_approved_by_another_administrator_who_does_not_have_it() {
    let admin = Subject::with_role(user(1), Role::Administrator);
    let approve = |by, mine| decide(&admin, action::ApproveRole, Facts::proposal(by, mine, ()));
    assert!(approve(user(2), false).is_ok());
    let own = approve(user(1), false).expect_err("own proposal");
    assert_eq!(own.reasons, [Reason::OwnProposal]);
    assert_eq!(approve(user(2), true).expect_err("own role").reasons, [Reason::OwnRole]);
}

/// The manual has a row for each permission, with the actions that need it.
#[test]
fn the_manual_describes_every_permission_and_its_actions_in_both_languages() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs");
    for (page, none) in [("en/access.md", "none"), ("ja/access.md", "なし")] {
        let text = std::fs::read_to_string(format!("{folder}/{page}")).expect("the page");
        let row = |head: &str| {
            let found = text.lines().find(|line| line.starts_with(&format!("| {head} |")));
            found.unwrap_or_else(|| panic!("{page} has no row that begins with '| {head} |'"))
        };
        for permission in Permission::ALL.iter().map(|one| Some(*one)).chain([None]) {
            let head = permission.map_or(none.to_owned(), |one| format!("`{one}`"));
            let cells: Vec<&str> = row(&head).trim_matches('|').split('|').collect();
            let [_, purpose, named] = cells[..] else { panic!("{page}: {head} has other cells") };
            assert!(!purpose.trim().is_empty(), "{page} does not say what {head} is for");
            let named: BTreeSet<&str> =
                named.split_whitespace().map(|word| word.trim_matches('`')).collect();
            let actions = Action::ALL.iter().filter(|action| action.permission() == permission);
            let expected: BTreeSet<&str> = actions.map(|action| action.as_str()).collect();
            assert_eq!(named, expected, "{page}: the actions of {head}");
        }
    }
}
