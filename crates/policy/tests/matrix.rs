//! Roles × actions × own/foreign as golden text, so that every change of the
//! rules shows in a review. `SEKISHO_BLESS=1 cargo test -p sekisho-policy`
//! writes the file anew.

use std::fmt::Write as _;

use sekisho_model::Timestamp;
use sekisho_model::id::UserId;
use sekisho_model::rng::SeededRng;
use sekisho_model::user::{Role, TokenScope};
use sekisho_policy::{Action, ActionType, Denied, Facts, Granted, Reason, Subject, action, decide};

fn user(seed: u64) -> UserId {
    UserId::at(Timestamp::EPOCH, &SeededRng::new(seed))
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
        let subject = Subject { user: user(1), role: *role, scopes: None };
        let facts = match own {
            "own" => Facts::owned_by(user(1), ()),
            "foreign" => Facts::owned_by(user(2), ()),
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
        ListUsers: "-"; ViewUser: "site"; CreateUser: "-"; EditUser: "site"; GrantRole: "site";
        DisableUser: "site";
        ListTokens: "-"; CreateToken: "-"; RevokeToken: "own" "foreign"; ChangeOwnPassword: "-";
        ViewOwnSignIn: "own" "foreign"; ChangeOwnSignIn: "own" "foreign";
        ViewPreferences: "-"; ChangePreferences: "-";
        ListViews: "-"; SaveView: "-"; EditView: "own" "foreign"; ShareView: "-";
        ViewSignInRules: "site"; ChangeSignInRules: "site";
        ResetSecondFactor: "self" "other" "super";
        ListResources: "-"; ViewResource: "own" "foreign"; CreateResource: "-";
        EditResource: "own" "foreign"; DeleteResource: "own" "foreign";
        DiscoverAccounts: "own" "foreign";
        ListAccounts: "-"; ViewAccount: "own" "foreign"; AddAccount: "own" "foreign";
        EditAccount: "own" "foreign"; StorePassword: "own" "foreign";
        RevealPassword: "own" "foreign"; ViewHistory: "own" "foreign";
        RevealFormer: "own" "foreign"; ResetPassword: "own" "foreign";
        VerifyPassword: "own" "foreign"; PauseRotation: "own" "foreign";
        ListGroups: "-"; ViewGroup: "own" "foreign"; CreateGroup: "-";
        EditGroup: "own" "foreign";
        ListOrders: "-"; ViewOrder: "own" "foreign"; CancelOrder: "own" "foreign";
        ViewPolicies: "site"; ManagePolicies: "site";
        ListEnrolmentKeys: "-"; ViewEnrolmentKey: "own" "foreign"; CreateEnrolmentKey: "-";
        CreatePreApprovedKey: "-"; RevokeEnrolmentKey: "own" "foreign";
        ListDevices: "-"; ViewDevice: "site"; ApproveDevice: "site"; BlockDevice: "site";
        ListAgents: "-";
        ViewAudit: "-"; VerifyAudit: "-"; ExportAudit: "-"; ViewWitness: "site";
        ManageWitness: "site"; SendHeads: "-"; ViewSystem: "-";
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
    let subject = Subject { user: user(1), role: Role::Administrator, scopes: None };
    let rise = |to| Facts::change_of_role(to, Role::Administrator, Role::SuperAdministrator, ());
    let denied = decide(&subject, action::GrantRole, rise(user(1))).expect_err("himself");
    assert_eq!(denied.reasons, [Reason::GrantToSelf]);
    assert!(denied.visible);
    assert!(decide(&subject, action::GrantRole, rise(user(2))).is_ok(), "another");
    let user_role = Subject { role: Role::PasswordUser, ..subject };
    let denied = decide(&user_role, action::GrantRole, rise(user(2))).expect_err("no permission");
    assert!(!denied.visible);
}

#[test]
fn a_token_never_exceeds_its_scopes() {
    let mut subject = Subject {
        user: user(1),
        role: Role::SuperAdministrator,
        scopes: Some(vec![TokenScope::Read, TokenScope::Write]),
    };
    let reveal =
        |subject: &Subject| decide(subject, action::RevealPassword, Facts::owned_by(user(1), 7));
    let denied = reveal(&subject).expect_err("no reveal scope");
    assert_eq!(denied.reasons, [Reason::Scope(TokenScope::Reveal)]);
    assert_eq!(denied.to_string(), "the API token lacks the scope reveal");
    subject.scopes = Some(vec![TokenScope::Reveal]);
    assert_eq!(reveal(&subject).expect("reveal scope").into_row(), 7);
    // Nor its user.
    subject.role = Role::PasswordAuditor;
    assert!(reveal(&subject).is_err());
}
