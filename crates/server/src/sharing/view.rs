//! How shares are shown.

use sekisho_model::Timestamp;
use sekisho_model::id::ShareId;
use sekisho_model::share::{Level, Principal, Shareable};
use sekisho_store::{Access as _, Reader, Share, StoreError};
use serde::Serialize;

use crate::http::Time;
use crate::resources::refs::{Named, Names};

/// What is shared, or whom with: its kind, its id and what it is called.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub(super) struct KindNamed {
    /// `resource_group`, `resource`, `account`; `user`, `user_group`.
    kind: &'static str,
    /// Its id.
    id: String,
    /// Its name.
    name: String,
    /// Where an account is.
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<Named>,
}

/// A share.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct ShareView {
    /// Its id.
    #[schema(value_type = String)]
    id: ShareId,
    /// What is shared.
    object: KindNamed,
    /// With whom.
    with: KindNamed,
    /// `view`, `modify`, `full`.
    #[schema(value_type = String)]
    level: Level,
    /// When it ends by itself; `null`: when it is taken back.
    expires_at: Option<Time>,
    /// Whether it has ended by itself.
    ended: bool,
    /// Who shared it.
    created_by: Named,
    /// When.
    created_at: Time,
    /// Counts changes; the ETag.
    version: i64,
}

/// Finds what shares are about by name, each once per answer.
pub(super) struct Shown<'a> {
    reader: &'a Reader,
    names: Names<'a>,
}

impl<'a> Shown<'a> {
    pub(super) fn new(reader: &'a Reader) -> Self {
        Self { reader, names: Names::new(reader) }
    }

    pub(super) fn names(&mut self) -> &mut Names<'a> {
        &mut self.names
    }

    pub(super) async fn object(&mut self, object: Shareable) -> Result<KindNamed, StoreError> {
        let kind = object.kind();
        let (named, resource) = match object {
            Shareable::ResourceGroup(id) => (self.names.resource_group(id).await?, None),
            Shareable::Resource(id) => (self.names.resource(id).await?, None),
            Shareable::Account(id) => {
                let account = self.reader.accounts().find(id).await?;
                let resource = match account {
                    Some(account) => Some(self.names.resource(account.resource).await?),
                    None => None,
                };
                (self.names.account(id).await?, resource)
            }
        };
        Ok(KindNamed { kind, id: named.id, name: named.name, resource })
    }

    pub(super) async fn with(&mut self, with: Principal) -> Result<KindNamed, StoreError> {
        let named = match with {
            Principal::User(id) => self.names.user(id).await?,
            Principal::UserGroup(id) => self.names.user_group(id).await?,
        };
        Ok(KindNamed { kind: with.kind(), id: named.id, name: named.name, resource: None })
    }

    pub(super) async fn share(
        &mut self,
        share: Share,
        now: Timestamp,
    ) -> Result<ShareView, StoreError> {
        Ok(ShareView {
            id: share.id,
            object: self.object(share.object).await?,
            with: self.with(share.with).await?,
            level: share.level,
            expires_at: share.expires_at.map(Time),
            ended: share.expires_at.is_some_and(|end| end <= now),
            created_by: self.names.user(share.created_by).await?,
            created_at: share.created_at.into(),
            version: share.version,
        })
    }
}

impl KindNamed {
    /// Its name.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Its kind, in words.
    pub(super) fn kind_words(&self) -> String {
        self.kind.replace('_', " ")
    }
}
