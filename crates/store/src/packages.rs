//! Packages of the agent, and links with which they can be downloaded without
//! signing in. The files themselves are in the data folder.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use sekisho_model::Timestamp;
use sekisho_model::device::Platform;
use sekisho_model::id::{PackageId, PackageLinkId, UserId};

use crate::access::{Access, sealed::Connected};
use crate::error::StoreError;
use crate::page::{Key, Page, Paged, Sort, SortBy, Sorting, sorted};
use crate::stored::{Hash, affected, insert, one, record};
use crate::unit_of_work::UnitOfWork;

record! {
    /// A package of the agent.
    pub struct Package in row "packages" {
        /// Its id.
        [primary_key] id: PackageId,
        /// The name of its file; unique.
        file: String,
        /// `deb`, `rpm` or `tar.gz`.
        format: String,
        /// For what kind of agent.
        platform: Platform,
        /// For which processor: `amd64`, `arm64`.
        architecture: String,
        /// The version of the agent in it.
        agent_version: String,
        /// How long its file is.
        bytes: u64,
        /// The SHA-256 of its file.
        sha256: Hash,
        /// When it was added.
        added_at: Timestamp,
    }
}

record! {
    /// A link to a package, without what makes it a secret.
    pub struct PackageLink in link_row "package_links" {
        /// Its id.
        [primary_key] id: PackageLinkId,
        /// What it leads to.
        package: PackageId,
        /// Hash of the text in it; unique.
        token_hash: Hash,
        /// Who made it.
        created_by: UserId,
        /// When.
        created_at: Timestamp,
        /// Until when it works.
        expires_at: Timestamp,
        /// When somebody revoked it.
        revoked_at: Option<Timestamp>,
    }
}

const NEWEST: Sort = Sort { by: "created_at", descending: true };

const SORTING: Sorting<Package> = Sorting {
    by: &[SortBy { word: "created_at", key: Key::Id }],
    id: row::Column::Id,
    id_of: |package| package.id.uuid(),
    usual: NEWEST,
};

const LINK_SORTING: Sorting<PackageLink> = Sorting {
    by: &[SortBy { word: "created_at", key: Key::Id }],
    id: link_row::Column::Id,
    id_of: |link| link.id.uuid(),
    usual: NEWEST,
};

/// Packages of the agent.
pub struct Packages<'a, A> {
    pub(crate) at: &'a A,
}

impl<A: Access> Packages<'_, A> {
    /// One package.
    pub async fn find(&self, id: PackageId) -> Result<Option<Package>, StoreError> {
        one(&self.at.db(), row::Entity::find_by_id(id.uuid())).await
    }

    /// The package of a file name.
    pub async fn find_by_file(&self, file: &str) -> Result<Option<Package>, StoreError> {
        one(&self.at.db(), row::Entity::find().filter(row::Column::File.eq(file))).await
    }

    /// Packages, newest first.
    pub async fn list(&self, page: &Page) -> Result<Paged<Package>, StoreError> {
        sorted(&self.at.db(), row::Entity::find(), &SORTING, page).await
    }

    /// One link.
    pub async fn find_link(&self, id: PackageLinkId) -> Result<Option<PackageLink>, StoreError> {
        one(&self.at.db(), link_row::Entity::find_by_id(id.uuid())).await
    }

    /// The link of a text, by its hash, whatever its state.
    pub async fn find_link_by_token(&self, hash: Hash) -> Result<Option<PackageLink>, StoreError> {
        let select =
            link_row::Entity::find().filter(link_row::Column::TokenHash.eq(hash.0.to_vec()));
        one(&self.at.db(), select).await
    }

    /// Links that somebody made, or everybody's, newest first.
    pub async fn list_links(
        &self,
        by: Option<UserId>,
        page: &Page,
    ) -> Result<Paged<PackageLink>, StoreError> {
        let mut select = link_row::Entity::find();
        if let Some(by) = by {
            select = select.filter(link_row::Column::CreatedBy.eq(by.uuid()));
        }
        sorted(&self.at.db(), select, &LINK_SORTING, page).await
    }
}

impl Packages<'_, UnitOfWork> {
    /// Adds a package.
    ///
    /// # Errors
    /// A conflict on [`Unique::PackageFile`](crate::Unique::PackageFile).
    pub async fn insert(&self, package: Package) -> Result<(), StoreError> {
        insert(&self.at.db(), package).await
    }

    /// Removes a package with its links. Returns whether it was there.
    pub async fn remove(&self, id: PackageId) -> Result<bool, StoreError> {
        let db = self.at.db();
        link_row::Entity::delete_many()
            .filter(link_row::Column::Package.eq(id.uuid()))
            .exec(&db)
            .await?;
        let removed = row::Entity::delete_many().filter(row::Column::Id.eq(id.uuid())).exec(&db);
        Ok(removed.await?.rows_affected == 1)
    }

    /// Adds a link.
    pub async fn insert_link(&self, link: PackageLink) -> Result<(), StoreError> {
        insert(&self.at.db(), link).await
    }

    /// Forgets links that were over at an instant. Returns how many.
    pub async fn purge_links(&self, over_since: Timestamp) -> Result<u64, StoreError> {
        let delete = link_row::Entity::delete_many()
            .filter(link_row::Column::ExpiresAt.lt(over_since.as_millis()));
        Ok(delete.exec(&self.at.db()).await?.rows_affected)
    }

    /// Revokes a link. Returns whether it was not revoked before.
    pub async fn revoke_link(&self, id: PackageLinkId) -> Result<bool, StoreError> {
        let update = link_row::Entity::update_many()
            .col_expr(link_row::Column::RevokedAt, Expr::value(self.at.now().as_millis()))
            .filter(link_row::Column::Id.eq(id.uuid()))
            .filter(link_row::Column::RevokedAt.is_null());
        Ok(affected(&self.at.db(), update).await? == 1)
    }
}
