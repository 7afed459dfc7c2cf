//! Why somebody may or may not do something with an object: which share, which
//! role, what is missing. In words for programs, and in sentences.

use sekisho_model::Timestamp;
use sekisho_model::id::{ShareId, UserId};
use sekisho_model::share::{Level, Shareable};
use sekisho_model::user::UserState;
use sekisho_policy::{Action, Explanation, Facts, Ground, Held, Permission, Reason, explain};
use sekisho_store::{Access as _, User};
use serde::Serialize;

use super::change::Object;
use super::view::{KindNamed, Shown};
use crate::app::App;
use crate::http::{Authenticated, Problem, Time};
use crate::resources::refs::Named;
use crate::roles::RoleTable;

/// What can be asked about a resource.
const OF_RESOURCE: &[Action] = &[
    Action::ViewResource,
    Action::EditResource,
    Action::AddAccount,
    Action::DiscoverAccounts,
    Action::ShareObject,
    Action::TransferResource,
    Action::DeleteResource,
];

/// What can be asked about an account.
const OF_ACCOUNT: &[Action] = &[
    Action::ViewAccount,
    Action::RevealPassword,
    Action::VerifyPassword,
    Action::ViewHistory,
    Action::RevealFormer,
    Action::ResetPassword,
    Action::StorePassword,
    Action::PauseRotation,
    Action::EditAccount,
    Action::ShareObject,
];

/// What can be asked about a resource group.
const OF_GROUP: &[Action] = &[Action::ViewGroup, Action::EditGroup, Action::ShareObject];

/// Why somebody may or may not.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct ExplainView {
    /// The object.
    object: KindNamed,
    /// Who owns it.
    owner: Named,
    /// Who would do something.
    user: Named,
    /// Whether they may sign in: `active` or `disabled`.
    #[schema(value_type = String)]
    state: UserState,
    /// Their role: the word of a built-in one, the id of a custom one.
    role: String,
    /// What people call it.
    role_name: String,
    /// The shares that reach them and hold, the one that counts first.
    shares: Vec<HeldView>,
    /// One for each action that was asked for.
    decisions: Vec<DecisionView>,
}

/// A share that reaches somebody.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct HeldView {
    /// Its id.
    #[schema(value_type = String)]
    id: ShareId,
    /// What was shared: the object itself, or what it is in.
    on: KindNamed,
    /// How many groups lie between a shared group and the object.
    depth: u16,
    /// With whom: the person, or a group they are in.
    with: KindNamed,
    /// How far it goes.
    #[schema(value_type = String)]
    level: Level,
    /// When it ends by itself.
    expires_at: Option<Time>,
    /// Whether it is the one that counts: the most specific, even when another
    /// one goes further.
    counts: bool,
}

/// One action, and why or why not.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct DecisionView {
    /// Its word.
    action: &'static str,
    /// Whether they may.
    allowed: bool,
    /// What they have to do with the object: `owner`, `sees_everything`,
    /// `share`, `stranger`.
    ground: &'static str,
    /// What is needed of a share: `view`, `modify`, `full`, or `owner` when no
    /// share is enough.
    needs: &'static str,
    /// Each permission it needs, and whether their role has it.
    permissions: Vec<PermissionStep>,
    /// Every reason why not; empty when they may.
    reasons: Vec<ReasonView>,
    /// The same as a sentence.
    sentence: String,
}

/// A permission that is needed.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct PermissionStep {
    /// Its word.
    #[schema(value_type = String)]
    permission: Permission,
    /// Whether the role has it.
    has: bool,
}

/// Why not.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct ReasonView {
    /// `permission`, `not_owner`, `level`, `disabled`.
    code: &'static str,
    /// As a sentence.
    detail: String,
}

/// What one does with an object.
pub(crate) const fn actions_of(object: Shareable) -> &'static [Action] {
    match object {
        Shareable::Resource(_) => OF_RESOURCE,
        Shareable::Account(_) => OF_ACCOUNT,
        Shareable::ResourceGroup(_) => OF_GROUP,
    }
}

/// The actions a request names, or all that make sense for the object.
///
/// # Errors
/// Names the field.
pub(super) fn wanted(object: Shareable, word: Option<&str>) -> Result<Vec<Action>, Problem> {
    let all = actions_of(object);
    let Some(word) = word else { return Ok(all.to_vec()) };
    match all.iter().find(|action| action.as_str() == word) {
        Some(action) => Ok(vec![*action]),
        None => {
            let found: String = word.chars().take(64).collect();
            let known: Vec<&str> = all.iter().map(|action| action.as_str()).collect();
            let kind = object.kind();
            Err(Problem::invalid(
                "action",
                format!(
                    "'action' is '{found}', which is nothing one does with a {kind}; give one of: {}",
                    known.join(", ")
                ),
            ))
        }
    }
}

/// Explains what `who` may do with an object. The caller has been allowed to
/// ask.
///
/// # Errors
/// [`Problem::NotFound`] when the object is gone.
pub(super) async fn view(
    app: &App,
    caller: &Authenticated,
    object: Shareable,
    who: User,
    actions: Vec<Action>,
) -> Result<ExplainView, Problem> {
    let reader = app.store.read();
    let table = RoleTable::of(reader, who.role).await?;
    let subject = table.subject(&who);
    let asked = Authenticated { subject: subject.clone(), ..caller.clone() };
    let found = Object::find(reader, &asked, object).await?;
    let mut shown = Shown::new(reader);
    let (owner, held) = (found.owner, found.held);
    let facts = || Facts::shared(owner, held.clone(), caller.now, ());
    let told: Vec<Explanation> =
        actions.into_iter().map(|action| explain(&subject, action, &facts())).collect();
    let shares = told.first().map(|one| one.shares.clone()).unwrap_or_default();
    let mut views = Vec::with_capacity(shares.len());
    for (at, share) in shares.iter().enumerate() {
        views.push(held_view(&mut shown, share, at == 0).await?);
    }
    let mut decisions = Vec::with_capacity(told.len());
    for one in told {
        decisions.push(decision(&mut shown, &who, &subject.role, one, caller.now).await?);
    }
    Ok(ExplainView {
        object: shown.object(object).await?,
        owner: shown.names().user(owner).await?,
        user: Named::new(who.id, who.name.to_string()),
        state: who.state,
        role: who.role.to_string(),
        role_name: subject.role,
        shares: views,
        decisions,
    })
}

/// Somebody who is asked about.
///
/// # Errors
/// Names the field when there is nobody.
pub(super) async fn person(app: &App, id: UserId) -> Result<User, Problem> {
    let found = app.store.read().users().find(id).await?;
    found.ok_or_else(|| Problem::invalid("user", "'user' is nobody there is"))
}

async fn held_view(shown: &mut Shown<'_>, held: &Held, counts: bool) -> Result<HeldView, Problem> {
    Ok(HeldView {
        id: held.share,
        on: shown.object(held.on).await?,
        depth: held.depth,
        with: shown.with(held.with).await?,
        level: held.level(),
        expires_at: held.expires_at.map(Time),
        counts,
    })
}

async fn decision(
    shown: &mut Shown<'_>,
    who: &User,
    role: &str,
    told: Explanation,
    now: Timestamp,
) -> Result<DecisionView, Problem> {
    let mut reasons: Vec<ReasonView> = told
        .reasons
        .iter()
        .map(|reason| ReasonView { code: reason.code(), detail: reason.to_string() })
        .collect();
    if who.state != UserState::Active {
        let detail = "they are disabled and cannot sign in".to_owned();
        reasons.push(ReasonView { code: "disabled", detail });
    }
    let because = ground_sentence(shown, &told, now).await?;
    let allowed = reasons.is_empty();
    let action = told.action;
    let sentence = if allowed {
        format!("{} may {action}: {because}, and the role {role} allows it", who.name)
    } else {
        let why: Vec<String> = told.reasons.iter().map(Reason::to_string).collect();
        let disabled = (who.state != UserState::Active).then(|| "they are disabled".to_owned());
        let why: Vec<String> = why.into_iter().chain(disabled).collect();
        format!("{} may not {action}: {} ({because})", who.name, why.join("; "))
    };
    Ok(DecisionView {
        action: action.as_str(),
        allowed,
        ground: ground_word(&told.ground),
        needs: action.level().map_or("owner", Level::as_str),
        permissions: told
            .permissions
            .iter()
            .map(|(permission, has)| PermissionStep { permission: *permission, has: *has })
            .collect(),
        reasons,
        sentence,
    })
}

/// The fixed word.
pub(crate) const fn ground_word(ground: &Ground) -> &'static str {
    match ground {
        Ground::Role => "role",
        Ground::Owner => "owner",
        Ground::SeesEverything => "sees_everything",
        Ground::Share(_) => "share",
        Ground::Stranger => "stranger",
    }
}

async fn ground_sentence(
    shown: &mut Shown<'_>,
    told: &Explanation,
    now: Timestamp,
) -> Result<String, Problem> {
    Ok(match told.ground {
        Ground::Role => "it depends on the role alone".to_owned(),
        Ground::Owner => "they own it".to_owned(),
        Ground::SeesEverything => "their role sees what others own".to_owned(),
        Ground::Stranger => "nothing is shared with them".to_owned(),
        Ground::Share(held) => {
            let on = shown.object(held.on).await?;
            let with = shown.with(held.with).await?;
            let end = match held.expires_at {
                Some(end) if end > now => format!(" until {end}"),
                Some(_) | None => String::new(),
            };
            format!(
                "the {} '{}' is shared with the {} '{}' to {}{end}",
                on.kind_words(),
                on.name(),
                with.kind_words(),
                with.name(),
                held.level()
            )
        }
    })
}
