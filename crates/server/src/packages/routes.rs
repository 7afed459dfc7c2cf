//! `/packages`, `/package-links`, and what is at the end of a link.

use std::time::Duration;

use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use data_encoding::HEXLOWER;
use http::{HeaderValue, StatusCode, header};
use sekisho_model::device::Platform;
use sekisho_model::id::{
    Package as PackageKind, PackageId, PackageLink as PackageLinkKind, PackageLinkId,
};
use sekisho_policy::Facts;
use sekisho_policy::action::{RevokePackageLink, SharePackage, ViewPackages};
use sekisho_store::{Access as _, Package};
use serde::{Deserialize, Serialize};
use tower_http::services::ServeFile;
use utoipa_axum::routes;

use super::links;
use crate::app::{App, SharedApp};
use crate::http::{
    Authenticated, ItemList, Json, List, ListQuery, NoFilter, PathId, Problem, Routes, SecretText,
    Time,
};
use crate::resources::refs::{Named, Names, SecretJson};

/// The endpoints.
pub fn routes() -> Routes {
    Routes::new()
        .signed_in(routes!(list_packages))
        .signed_in(routes!(download_package))
        .with_secret(routes!(share_package))
        .signed_in(routes!(list_package_links))
        .signed_in(routes!(revoke_package_link))
        .open(routes!(download_shared_package))
}

/// A package of the agent.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct PackageView {
    /// Its id.
    #[schema(value_type = String)]
    id: PackageId,
    /// The name of its file.
    file: String,
    /// `deb`, `rpm` or `tar.gz`.
    format: String,
    /// For what kind of agent: `linux`.
    #[schema(value_type = String)]
    platform: Platform,
    /// For which processor: `amd64`, `arm64`.
    architecture: String,
    /// The version of the agent in it.
    version: String,
    /// How long it is, in bytes.
    bytes: u64,
    /// The SHA-256 of the file, in hexadecimal digits.
    sha256: String,
    /// When it was added.
    added_at: Time,
}

impl From<Package> for PackageView {
    fn from(package: Package) -> Self {
        Self {
            id: package.id,
            sha256: HEXLOWER.encode(&package.sha256.0),
            file: package.file,
            format: package.format,
            platform: package.platform,
            architecture: package.architecture,
            version: package.agent_version,
            bytes: package.bytes,
            added_at: package.added_at.into(),
        }
    }
}

/// How long a link works.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct ShareRequest {
    /// So many seconds: 60 to 604800 (7 days), 86400 (a day) if not given.
    #[serde(default)]
    #[schema(minimum = 60, maximum = 604_800)]
    valid_for_s: Option<u64>,
}

/// A new link. The text in it is shown this once.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct CreatedLink {
    /// Its id.
    #[schema(value_type = String)]
    id: PackageLinkId,
    /// The path of the link, to put after the address of this server.
    path: SecretText,
    /// Until when it works.
    expires_at: Time,
}

/// A link, without what makes it a secret.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct PackageLinkView {
    /// Its id.
    #[schema(value_type = String)]
    id: PackageLinkId,
    /// The package that it leads to.
    package: Named,
    /// Who made it.
    created_by: Named,
    /// When.
    created_at: Time,
    /// Until when it works.
    expires_at: Time,
    /// `active`, `expired` or `revoked`.
    state: &'static str,
}

const MISSING: Problem = Problem::NotFound { what: "package" };

/// List the packages of the agent, newest first.
#[utoipa::path(
    get, path = "/packages", tag = "packages", params(ListQuery),
    responses((status = 200, description = "A page of packages", body = ItemList<PackageView>)),
)]
async fn list_packages(
    State(app): State<SharedApp>,
    caller: Authenticated,
    list: List<NoFilter>,
) -> Result<Json<ItemList<PackageView>>, Problem> {
    caller.decide(ViewPackages, Facts::nothing())?.into_row();
    list.no_search()?;
    let found = app.store.read().packages().list(&list.page).await?;
    let (packages, end) = found.into_parts();
    Ok(Json(ItemList::new(packages.into_iter().map(PackageView::from).collect(), end)))
}

/// Download a package.
#[utoipa::path(
    get, path = "/packages/{id}/download", tag = "packages",
    params(("id" = String, Path, description = "Its id")),
    responses(
        (status = 200, description = "The file", content_type = "application/octet-stream"),
        (status = 404, description = "No such package"),
    ),
)]
async fn download_package(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<PackageKind>,
    request: Request,
) -> Result<Response, Problem> {
    caller.decide(ViewPackages, Facts::nothing())?.into_row();
    let package = app.store.read().packages().find(id).await?.ok_or(MISSING)?;
    file(&app, &package, request).await
}

/// Make a link with which one package can be downloaded without signing in.
/// It is shown this once.
#[utoipa::path(
    post, path = "/packages/{id}/links", tag = "packages", request_body = ShareRequest,
    params(("id" = String, Path, description = "The package")),
    responses(
        (status = 201, description = "The link", body = CreatedLink),
        (status = 404, description = "No such package"),
    ),
)]
async fn share_package(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<PackageKind>,
    body: Option<Json<ShareRequest>>,
) -> Result<SecretJson<CreatedLink>, Problem> {
    caller.decide(ViewPackages, Facts::nothing())?.into_row();
    let package = app.store.read().packages().find(id).await?.ok_or(MISSING)?;
    let granted = caller.decide(SharePackage, Facts::of_site(package))?;
    let valid_for = body.and_then(|Json(body)| body.valid_for_s).map(Duration::from_secs);
    let (link, text) = links::create(&app, &caller.context(), granted, valid_for).await?;
    let mut path = b"/api/v1/shared-packages/".to_vec();
    path.extend_from_slice(text.expose());
    let body = CreatedLink {
        id: link.id,
        path: SecretText(sekisho_model::Secret::new(path)),
        expires_at: link.expires_at.into(),
    };
    Ok(SecretJson { status: StatusCode::CREATED, body })
}

/// List the links that one has made, newest first.
#[utoipa::path(
    get, path = "/package-links", tag = "packages", params(ListQuery),
    responses((status = 200, description = "A page of links", body = ItemList<PackageLinkView>)),
)]
async fn list_package_links(
    State(app): State<SharedApp>,
    caller: Authenticated,
    list: List<NoFilter>,
) -> Result<Json<ItemList<PackageLinkView>>, Problem> {
    caller.decide(ViewPackages, Facts::nothing())?.into_row();
    list.no_search()?;
    let reader = app.store.read();
    let by = (!caller.subject.sees_everything()).then_some(caller.user.id);
    let found = reader.packages().list_links(by, &list.page).await?;
    let (links, end) = found.into_parts();
    let mut names = Names::new(reader);
    let mut items = Vec::with_capacity(links.len());
    for link in links {
        let package = reader.packages().find(link.package).await?;
        let file = package.map_or_else(|| link.package.to_string(), |package| package.file);
        items.push(PackageLinkView {
            id: link.id,
            package: Named::new(link.package, file),
            created_by: names.user(link.created_by).await?,
            created_at: link.created_at.into(),
            expires_at: link.expires_at.into(),
            state: match link.revoked_at {
                Some(_) => "revoked",
                None if link.expires_at <= caller.now => "expired",
                None => "active",
            },
        });
    }
    Ok(Json(ItemList::new(items, end)))
}

/// Revoke a link: it leads nowhere from now on.
#[utoipa::path(
    delete, path = "/package-links/{id}", tag = "packages",
    params(("id" = String, Path, description = "Its id")),
    responses(
        (status = 204, description = "It leads nowhere any more"),
        (status = 404, description = "No such link, or it is not yours"),
    ),
)]
async fn revoke_package_link(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<PackageLinkKind>,
) -> Result<StatusCode, Problem> {
    let link = app.store.read().packages().find_link(id).await?.ok_or(links::MISSING)?;
    let granted = caller.decide(RevokePackageLink, links::facts(link))?;
    links::revoke(&app, &caller.context(), granted).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Download the package that a link leads to. Nobody has to be signed in.
#[utoipa::path(
    get, path = "/shared-packages/{link}", tag = "packages", security(()),
    params(("link" = String, Path, description = "The text in the link")),
    responses(
        (status = 200, description = "The file", content_type = "application/octet-stream"),
        (status = 404, description = "The link is over, was revoked or never was"),
    ),
)]
async fn download_shared_package(
    State(app): State<SharedApp>,
    Path(link): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let package = links::follow(&app, link).await?;
    file(&app, &package, request).await
}

/// The file of a package, or a part of it.
async fn file(app: &App, package: &Package, request: Request) -> Result<Response, Problem> {
    let path = super::path(&app.config.data_dir, package);
    let served = ServeFile::new(&path).try_call(request).await;
    let mut response = match served {
        Ok(response) => response.into_response(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            StatusCode::NOT_FOUND.into_response()
        }
        Err(error) => return Err(Problem::internal(error)),
    };
    if response.status() == StatusCode::NOT_FOUND {
        tracing::error!(path = %path.display(), file = package.file, "the file of a package is gone");
        return Err(MISSING);
    }
    let headers = response.headers_mut();
    let kind = HeaderValue::from_static("application/octet-stream");
    headers.insert(header::CONTENT_TYPE, kind);
    // The name has no characters that would need quoting.
    let disposition = format!("attachment; filename=\"{}\"", package.file);
    let disposition = HeaderValue::from_str(&disposition).map_err(Problem::internal)?;
    headers.insert(header::CONTENT_DISPOSITION, disposition);
    Ok(response)
}
