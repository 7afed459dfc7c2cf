//! How roles and permissions are shown.

use sekisho_model::name::Label;
use sekisho_model::share::Level;
use sekisho_model::user::{Role, RoleRef};
use sekisho_policy::{Action, Permission, Permissions};
use sekisho_store::{Access as _, CustomRole, Proposal, StoreError};
use serde::Serialize;

use super::RoleTable;
use crate::app::App;
use crate::http::Time;
use crate::resources::refs::{Named, Names};

/// A role and what it may do.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct RoleView {
    /// The word of a built-in role, the id of a custom one.
    role: String,
    /// What people call it.
    name: String,
    /// What it is for; empty for built-in roles.
    description: String,
    /// Whether it is built in and cannot be changed.
    built_in: bool,
    /// Whether it can be given to somebody: it is built in or was approved.
    in_force: bool,
    /// What it may do.
    #[schema(value_type = Vec<String>)]
    permissions: Vec<Permission>,
    /// What waits for another administrator; only for who manages roles.
    proposal: Option<ProposalView>,
    /// Who approved what is in force.
    approved_by: Option<Named>,
    /// When.
    approved_at: Option<Time>,
    /// How many users have it; only for who manages roles.
    users: Option<u64>,
    /// Counts changes; the ETag. 1 for built-in roles.
    version: i64,
}

/// A role, or a change of one, that waits for another administrator.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct ProposalView {
    /// Its name then.
    #[schema(value_type = String, max_length = 100)]
    name: Label,
    /// What it is for then.
    description: String,
    /// What it may do then.
    #[schema(value_type = Vec<String>)]
    permissions: Vec<Permission>,
    /// What it may do then and may not now.
    #[schema(value_type = Vec<String>)]
    adds: Vec<Permission>,
    /// What it may do now and may not then.
    #[schema(value_type = Vec<String>)]
    removes: Vec<Permission>,
    /// Who proposed it; somebody else approves it.
    by: Option<Named>,
    /// When.
    at: Option<Time>,
}

/// What somebody who may manage roles sees beside the roles themselves.
pub(super) struct Shows {
    pub(super) proposals: bool,
}

/// A built-in role.
pub(super) async fn built_in(app: &App, role: Role, shows: &Shows) -> Result<RoleView, StoreError> {
    let users = match shows.proposals {
        true => Some(app.store.read().users().count_with(role.into()).await?),
        false => None,
    };
    Ok(RoleView {
        role: role.to_string(),
        name: role.to_string(),
        description: String::new(),
        built_in: true,
        in_force: true,
        permissions: Permission::of(role),
        proposal: None,
        approved_by: None,
        approved_at: None,
        users,
        version: 1,
    })
}

/// A custom role.
pub(super) async fn custom(
    app: &App,
    table: &RoleTable,
    role: CustomRole,
    shows: &Shows,
) -> Result<RoleView, StoreError> {
    let reader = app.store.read();
    let mut names = Names::new(reader);
    let reference = RoleRef::Custom(role.id);
    let now = table.permissions(reference);
    let approved_by = match role.approved_by {
        Some(id) => Some(names.user(id).await?),
        None => None,
    };
    let (mut proposal, mut users) = (None, None);
    if shows.proposals {
        users = Some(reader.users().count_with(reference).await?);
        if let Some(wanted) = role.proposed {
            let by = match role.proposed_by {
                Some(id) => Some(names.user(id).await?),
                None => None,
            };
            let Proposal { name, description, permissions } = wanted;
            let then: Permissions =
                permissions.iter().filter_map(|word| word.parse::<Permission>().ok()).collect();
            proposal = Some(ProposalView {
                name,
                description,
                permissions: then.iter().collect(),
                adds: then.beyond(&now).collect(),
                removes: now.beyond(&then).collect(),
                by,
                at: role.proposed_at.map(Time),
            });
        }
    }
    Ok(RoleView {
        role: reference.to_string(),
        name: role.name.to_string(),
        description: role.description,
        built_in: false,
        in_force: role.permissions.is_some(),
        permissions: now.iter().collect(),
        proposal,
        approved_by,
        approved_at: role.approved_at.map(Time),
        users,
        version: role.version,
    })
}

/// A permission and what it is needed for.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct PermissionView {
    /// Its word.
    #[schema(value_type = String)]
    permission: Permission,
    /// What it allows, in English.
    description: &'static str,
    /// Whether custom roles may have it.
    custom: bool,
    /// The actions that need it.
    actions: Vec<&'static str>,
    /// The built-in roles that have it.
    #[schema(value_type = Vec<String>)]
    roles: &'static [Role],
}

/// Every permission there is.
pub(super) fn permissions() -> Vec<PermissionView> {
    let of = |permission: &Permission| PermissionView {
        permission: *permission,
        description: permission.description(),
        custom: permission.is_for_custom_roles(),
        actions: Action::ALL
            .iter()
            .filter(|action| action.needs().any(|needed| needed == *permission))
            .map(|action| action.as_str())
            .collect(),
        roles: permission.roles(),
    };
    Permission::ALL.iter().map(of).collect()
}

/// One action and whether a role may do it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct ActionView {
    /// Its word.
    action: &'static str,
    /// Whether the role may do it with its own things, or at all.
    own: bool,
    /// The weakest level of a share that is enough for it with what others
    /// own: `view`, `modify`, `full`; `null`: none is, or the role may not.
    #[schema(value_type = Option<String>)]
    shared: Option<Level>,
    /// Whether the role may do it with what others own and did not share.
    foreign: bool,
    /// The permissions it needs that the role lacks.
    #[schema(value_type = Vec<String>)]
    lacks: Vec<Permission>,
}

/// What a role can do.
pub(super) fn actions(permissions: &Permissions) -> Vec<ActionView> {
    let of = |action: &Action| {
        let lacks: Vec<Permission> =
            action.needs().filter(|needed| !permissions.has(*needed)).collect();
        let may = lacks.is_empty();
        ActionView {
            action: action.as_str(),
            own: may,
            shared: action.level().filter(|_| may),
            foreign: may && permissions.has(Permission::SeeEverything),
            lacks,
        }
    };
    Action::ALL.iter().map(of).collect()
}
