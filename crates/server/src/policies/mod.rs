//! Password policies: the rules by which passwords are generated.

mod routes;

use sekisho_model::Rng;
use sekisho_model::event::Event;
use sekisho_model::id::PasswordPolicyId;
use sekisho_model::name::Label;
use sekisho_model::password::{PasswordRules, UnsatisfiableRules};
use sekisho_model::rotation::{Age, Ageing};
use sekisho_policy::Granted;
use sekisho_policy::action::ManagePolicies;
use sekisho_store::{
    Access, Account, OperationContext, Page, Paged, PasswordPolicy, Resource, StoreError,
    UnitOfWork,
};

use crate::app::App;
use crate::http::{IfMatch, Problem};

pub use routes::routes;

/// As many former passwords as one query reads.
pub const MAX_HISTORY: u16 = sekisho_store::MAX_PAGE;

const MAX_EXCLUDED_CHARS: usize = 128;

/// A policy with what it says of ages.
pub type Shown = (PasswordPolicy, Ageing);

/// The longest notice, in days.
const MAX_NOTICE_DAYS: u16 = 365;

fn check_ageing(rotation: Option<Ageing>) -> Result<(), Problem> {
    match rotation {
        Some(Ageing { notice_days, .. }) if notice_days > MAX_NOTICE_DAYS => {
            let detail = format!("notice_days is {notice_days}; at most {MAX_NOTICE_DAYS}");
            let field = Some("rotation.notice_days".to_owned());
            Err(Problem::Unsatisfiable { field, detail })
        }
        Some(Ageing { max_age: Some(Age::Off) | None, reset_unknown: true, .. }) => {
            let detail = "reset_unknown needs a maximum age in days: without one nothing is reset \
                          by itself"
                .to_owned();
            let field = Some("rotation.reset_unknown".to_owned());
            Err(Problem::Unsatisfiable { field, detail })
        }
        Some(_) | None => Ok(()),
    }
}

/// Creates a policy.
///
/// # Errors
/// Rules no generator can satisfy; a name that is taken.
pub async fn create(
    app: &App,
    context: &OperationContext,
    granted: Granted<ManagePolicies, ()>,
    name: Label,
    rules: PasswordRules,
    rotation: Option<Ageing>,
) -> Result<Shown, Problem> {
    check(&rules)?;
    check_ageing(rotation)?;
    granted.into_row();
    let policy = PasswordPolicy {
        id: PasswordPolicyId::at(context.now, app.rng.as_ref()),
        name,
        rules,
        is_default: false,
        created_at: context.now,
        version: 1,
    };
    let mut work = app.store.begin(context).await?;
    work.password_policies().insert(policy.clone()).await?;
    let said = rotation.unwrap_or_default();
    work.rotation().put_policy(policy.id, said).await?;
    work.record(Event::PolicyCreated { policy: policy.id, name: policy.name.to_string() });
    work.commit().await.map(drop)?;
    Ok((policy, said))
}

/// Gives a new site its default policy, inside the unit of work that creates
/// the site and under its event.
///
/// # Errors
/// When the database does not answer, or the site has a default policy.
pub async fn insert_default(work: &mut UnitOfWork, rng: &dyn Rng) -> Result<(), StoreError> {
    let policy = PasswordPolicy {
        id: PasswordPolicyId::at(work.now(), rng),
        name: "Default".parse().expect("a valid label"),
        rules: PasswordRules::default(),
        is_default: true,
        created_at: work.now(),
        version: 1,
    };
    work.password_policies().insert(policy).await
}

/// Changes a policy. Passwords that exist are not touched.
///
/// # Errors
/// Rules no generator can satisfy; a name that is taken; a stale version.
pub async fn edit(
    app: &App,
    context: &OperationContext,
    granted: Granted<ManagePolicies, PasswordPolicy>,
    read: IfMatch,
    name: Option<Label>,
    rules: Option<PasswordRules>,
    rotation: Option<Ageing>,
) -> Result<Shown, Problem> {
    let before = granted.into_row();
    read.check(before.version)?;
    check_ageing(rotation)?;
    let mut next = before.clone();
    let mut fields = Vec::new();
    if let Some(name) = name.filter(|name| *name != before.name) {
        next.name = name;
        fields.push("name".to_owned());
    }
    if let Some(rules) = rules.filter(|rules| *rules != before.rules) {
        check(&rules)?;
        next.rules = rules;
        fields.push("rules".to_owned());
    }
    let mut work = app.store.begin(context).await?;
    let mut said = work.rotation().of_policy(before.id).await?;
    if let Some(rotation) = rotation.filter(|rotation| *rotation != said) {
        said = rotation;
        fields.push("rotation".to_owned());
    }
    if fields.is_empty() {
        return Ok((before, said));
    }
    let policy = work.password_policies().update(next, before.version).await?;
    work.rotation().put_policy(policy.id, said).await?;
    work.record(Event::PolicyChanged { policy: policy.id, fields });
    work.commit().await.map(drop)?;
    Ok((policy, said))
}

/// Deletes a policy that nothing uses.
///
/// # Errors
/// A conflict for the default policy and for one in use; a stale version.
pub async fn delete(
    app: &App,
    context: &OperationContext,
    granted: Granted<ManagePolicies, PasswordPolicy>,
    read: IfMatch,
) -> Result<(), Problem> {
    let decided = granted.into_row();
    let mut work = app.store.begin(context).await?;
    // Inside the transaction: it may have become the default meanwhile.
    let policy = work.password_policies().find(decided.id).await?;
    let policy = policy.ok_or(Problem::NotFound { what: "password policy" })?;
    read.check(policy.version)?;
    if policy.is_default {
        return Err(Problem::conflict_of(
            "default_policy",
            "this is the default policy, which holds wherever no other was chosen; it cannot be \
             deleted",
        ));
    }
    let resources = work.resources().count_with_policy(policy.id).await?;
    let accounts = work.accounts().count_with_policy(policy.id).await?;
    if resources + accounts > 0 {
        return Err(Problem::conflict_of(
            "in_use",
            format!(
                "{} and {} use this policy; choose another one for them first",
                counted(resources, "resource"),
                counted(accounts, "account"),
            ),
        ));
    }
    work.password_policies().delete(policy.id).await?;
    work.record(Event::PolicyDeleted { policy: policy.id, name: policy.name.to_string() });
    work.commit().await.map(drop)?;
    Ok(())
}

fn counted(number: u64, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// The policy that holds for an account: its own, else its resource's, else
/// the default one. Without any the built-in rules hold.
///
/// # Errors
/// When the database does not answer.
pub async fn policy_of<A: Access>(
    at: &A,
    account: &Account,
    resource: Option<&Resource>,
) -> Result<Option<PasswordPolicy>, StoreError> {
    let policies = at.password_policies();
    match account.policy.or(resource.and_then(|resource| resource.policy)) {
        Some(id) => policies.find(id).await,
        None => policies.find_default().await,
    }
}

/// Checks that a policy somebody chose exists.
///
/// # Errors
/// [`Problem::InvalidInput`] naming the field `policy`.
pub async fn check_exists(
    work: &UnitOfWork,
    policy: Option<PasswordPolicyId>,
) -> Result<(), Problem> {
    let Some(id) = policy else { return Ok(()) };
    match work.password_policies().find(id).await? {
        Some(_) => Ok(()),
        None => {
            let detail = format!("'policy' is {id}, but there is no such password policy");
            Err(Problem::invalid("policy", detail))
        }
    }
}

/// Whether passwords can be generated from these rules.
fn check(rules: &PasswordRules) -> Result<(), Problem> {
    rules.generator()?;
    let refuse = |field: &str, detail: String| {
        Err(Problem::Unsatisfiable { field: Some(field.to_owned()), detail })
    };
    if rules.history > MAX_HISTORY {
        let detail = format!("history is {}; at most {MAX_HISTORY} are compared", rules.history);
        return refuse("rules.history", detail);
    }
    if rules.excluded.chars().count() > MAX_EXCLUDED_CHARS {
        let detail = format!("excluded has more than {MAX_EXCLUDED_CHARS} characters");
        return refuse("rules.excluded", detail);
    }
    Ok(())
}

impl From<UnsatisfiableRules> for Problem {
    fn from(rules: UnsatisfiableRules) -> Self {
        let field = match &rules {
            UnsatisfiableRules::Length(_) | UnsatisfiableRules::TooWeak { .. } => "rules.length",
            UnsatisfiableRules::TooMany { .. } | UnsatisfiableRules::NoClass => "rules",
            UnsatisfiableRules::ClassExcluded(_) => "rules.excluded",
            UnsatisfiableRules::NoLetter => "rules.starts_with_letter",
        };
        Self::Unsatisfiable { field: Some(field.to_owned()), detail: rules.to_string() }
    }
}

/// One policy.
///
/// # Errors
/// [`Problem::NotFound`].
pub async fn find(app: &App, id: PasswordPolicyId) -> Result<PasswordPolicy, Problem> {
    let found = app.store.read().password_policies().find(id).await?;
    found.ok_or(Problem::NotFound { what: "password policy" })
}

/// The policies whose name contains a text, or every policy.
///
/// # Errors
/// When the database does not answer.
pub async fn list(app: &App, text: Option<&str>, page: &Page) -> Result<Paged<Shown>, StoreError> {
    let reader = app.store.read();
    let found = reader.password_policies().search(text, page).await?;
    let ids = found.items.iter().map(|policy| policy.id);
    let mut said = reader.rotation().of_policies(ids).await?;
    Ok(found.map(|policy| {
        let rotation = said.remove(&policy.id).unwrap_or_default();
        (policy, rotation)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_broken_rule_is_named() {
        let with = |change: fn(&mut PasswordRules)| {
            let mut rules = PasswordRules::default();
            change(&mut rules);
            match check(&rules).expect_err("unsatisfiable") {
                Problem::Unsatisfiable { field, detail } => (field.expect("a field"), detail),
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(with(|rules| rules.length = 3).0, "rules.length");
        assert_eq!(with(|rules| rules.digit = Some(30)).0, "rules");
        assert_eq!(with(|rules| rules.excluded = "0123456789".to_owned()).0, "rules.excluded");
        let (field, detail) = with(|rules| rules.history = 201);
        assert_eq!(
            (field.as_str(), detail.as_str()),
            ("rules.history", "history is 201; at most 200 are compared",)
        );
        assert!(check(&PasswordRules::default()).is_ok());
    }
}
