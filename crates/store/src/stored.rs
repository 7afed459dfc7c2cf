//! Between typed domain records and the few column types of both databases.

use std::collections::BTreeMap;

use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait, Condition, ConnectionTrait, EntityTrait, Insert, Iterable,
    PrimaryKeyToColumn, QueryFilter, QuerySelect, Select, UpdateMany,
};
use sekisho_model::Timestamp;
use sekisho_model::account::{
    AccountSource, DiscoveredAccount, Presence, SecretOrigin, SecretState, VerifyResult,
};
use sekisho_model::criteria::Criteria;
use sekisho_model::device::{DeviceState, KeyUse, Platform, Suspension};
use sekisho_model::gateway::{GatewayState, LinkDirection, PublicAddress};
use sekisho_model::id::{GatewayId, Id, Kind, SecretVersionId};
use sekisho_model::mail::{MailAddress, MailKind, MailState};
use sekisho_model::name::{AccountName, DnsName, Label, LoginName, ResourceName};
use sekisho_model::order::{Operation, OrderState};
use sekisho_model::password::PasswordRules;
use sekisho_model::report::{Every, RunResult};
use sekisho_model::rotation::Age;
use sekisho_model::share::Level;
use sekisho_model::user::{Density, Language, ProofMethod, RoleRef, Theme, TokenScope, UserState};
use uuid::Uuid;

use crate::custom_roles::Proposal;
use crate::error::StoreError;
use crate::words::{DeviceSessionState, ObjectKind, PrincipalKind, SiteKeyKind, VaultKeyState};

/// A value with exactly one form in the database.
pub(crate) trait Stored: Sized {
    /// One of `Uuid`, `i64`, `bool`, `String`, `Vec<u8>`, or an option of one.
    type Raw;

    fn into_raw(self) -> Self::Raw;

    /// The error says what was found.
    fn from_raw(raw: Self::Raw) -> Result<Self, String>;
}

/// The column type of a value.
pub(crate) type Raw<T> = <T as Stored>::Raw;

/// A domain record that is one row of one table.
pub(crate) trait Record: Sized {
    type Entity: EntityTrait;
    const TABLE: &'static str;

    fn from_row(row: <Self::Entity as EntityTrait>::Model) -> Result<Self, StoreError>;

    /// With every column set.
    fn into_active(self) -> <Self::Entity as EntityTrait>::ActiveModel;
}

/// Declares a domain record, its private SeaORM entity (in a module of its
/// own) and the conversions between them.
macro_rules! record {
    (
        $(#[$doc:meta])*
        $vis:vis struct $name:ident in $module:ident $table:literal {
            $($(#[$field_doc:meta])* $([$key:ident])? $field:ident: $ty:ty,)*
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq)]
        $vis struct $name {
            $($(#[$field_doc])* pub $field: $ty,)*
        }

        mod $module {
            use sea_orm::entity::prelude::*;

            #[allow(unused_imports, reason = "the types of the record")]
            use super::*;
            use $crate::stored::Raw;

            #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
            #[sea_orm(table_name = $table)]
            pub(crate) struct Model {
                $($(#[sea_orm($key, auto_increment = false)])? pub(crate) $field: Raw<$ty>,)*
            }

            #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
            pub(crate) enum Relation {}

            impl ActiveModelBehavior for ActiveModel {}
        }

        impl $crate::stored::Record for $name {
            type Entity = $module::Entity;
            const TABLE: &'static str = $table;

            fn from_row(row: $module::Model) -> Result<Self, $crate::StoreError> {
                let key = ($($({ let _ = stringify!($key); row.$field.clone() },)?)*);
                Ok(Self {
                    $($field: <$ty as $crate::stored::Stored>::from_raw(row.$field).map_err(
                        |found| $crate::StoreError::corrupt($table, stringify!($field), &key, found),
                    )?,)*
                })
            }

            fn into_active(self) -> $module::ActiveModel {
                $module::ActiveModel {
                    $($field: sea_orm::ActiveValue::Set(
                        <$ty as $crate::stored::Stored>::into_raw(self.$field),
                    ),)*
                }
            }
        }
    };
}
pub(crate) use record;

type ActiveOf<R> = <<R as Record>::Entity as EntityTrait>::ActiveModel;

pub(crate) async fn one<R: Record>(
    db: &impl ConnectionTrait,
    select: Select<R::Entity>,
) -> Result<Option<R>, StoreError> {
    select.one(db).await?.map(R::from_row).transpose()
}

/// Every list has a limit.
pub(crate) async fn all<R: Record>(
    db: &impl ConnectionTrait,
    select: Select<R::Entity>,
    limit: u64,
) -> Result<Vec<R>, StoreError> {
    select.limit(limit).all(db).await?.into_iter().map(R::from_row).collect()
}

pub(crate) async fn insert<R: Record>(
    db: &impl ConnectionTrait,
    record: R,
) -> Result<(), StoreError>
where
    ActiveOf<R>: Send,
{
    Insert::<ActiveOf<R>>::one(record.into_active()).exec_without_returning(db).await?;
    Ok(())
}

/// Inserts, or writes the given columns of the row that is there.
pub(crate) async fn upsert<R: Record>(
    db: &impl ConnectionTrait,
    record: R,
    columns: impl IntoIterator<Item = <R::Entity as EntityTrait>::Column>,
) -> Result<(), StoreError>
where
    ActiveOf<R>: Send,
{
    let key = <R::Entity as EntityTrait>::PrimaryKey::iter().map(|key| key.into_column());
    Insert::<ActiveOf<R>>::one(record.into_active())
        .on_conflict(OnConflict::columns(key).update_columns(columns).to_owned())
        .exec_without_returning(db)
        .await?;
    Ok(())
}

/// Writes the columns of the row the condition names, except its key and the
/// columns that have methods of their own; [`StoreError::Stale`] when the
/// condition names none.
pub(crate) async fn overwrite<R: Record>(
    db: &impl ConnectionTrait,
    record: R,
    condition: Condition,
    except: &[<R::Entity as EntityTrait>::Column],
) -> Result<(), StoreError> {
    let mut active = record.into_active();
    for key in <R::Entity as EntityTrait>::PrimaryKey::iter() {
        active.not_set(key.into_column());
    }
    for column in except {
        active.not_set(*column);
    }
    match affected(db, R::Entity::update_many().set(active).filter(condition)).await? {
        0 => Err(StoreError::Stale { table: R::TABLE }),
        _ => Ok(()),
    }
}

/// Runs an update and returns how many rows it changed.
pub(crate) async fn affected<E: EntityTrait>(
    db: &impl ConnectionTrait,
    update: UpdateMany<E>,
) -> Result<u64, StoreError> {
    Ok(update.exec(db).await?.rows_affected)
}

/// A sealed or public binary value; its bytes are never printed.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct Blob(pub Vec<u8>);

impl std::fmt::Debug for Blob {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Blob({} bytes)", self.0.len())
    }
}

impl From<Vec<u8>> for Blob {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl AsRef<[u8]> for Blob {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// A SHA-256 hash of something (a token, a request, signed bytes); printed
/// shortened.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hash(pub [u8; 32]);

impl std::fmt::Debug for Hash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [a, b, c, ..] = self.0;
        write!(f, "Hash({a:02x}{b:02x}{c:02x}…)")
    }
}

/// A password hash in PHC format (Argon2id); never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(pub String);

impl std::fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

/// The key of a table that has one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Only;

impl Stored for Only {
    type Raw = i64;

    fn into_raw(self) -> i64 {
        1
    }

    fn from_raw(raw: i64) -> Result<Self, String> {
        if raw == 1 { Ok(Self) } else { Err(raw.to_string()) }
    }
}

impl<T: Stored> Stored for Option<T> {
    type Raw = Option<T::Raw>;

    fn into_raw(self) -> Self::Raw {
        self.map(T::into_raw)
    }

    fn from_raw(raw: Self::Raw) -> Result<Self, String> {
        raw.map(T::from_raw).transpose()
    }
}

impl<K: Kind> Stored for Id<K> {
    type Raw = Uuid;

    fn into_raw(self) -> Uuid {
        self.uuid()
    }

    fn from_raw(raw: Uuid) -> Result<Self, String> {
        Ok(Self::from_uuid(raw))
    }
}

impl Stored for Timestamp {
    type Raw = i64;

    fn into_raw(self) -> i64 {
        self.as_millis()
    }

    fn from_raw(raw: i64) -> Result<Self, String> {
        Ok(Self::from_millis(raw))
    }
}

impl Stored for u64 {
    type Raw = i64;

    /// Counters stay far below 2⁶³; one that does not is kept at the top
    /// instead of turning negative.
    fn into_raw(self) -> i64 {
        i64::try_from(self).unwrap_or(i64::MAX)
    }

    fn from_raw(raw: i64) -> Result<Self, String> {
        Self::try_from(raw).map_err(|_| raw.to_string())
    }
}

impl Stored for Age {
    type Raw = i64;

    /// The days; 0 is *off*, which no number of days is.
    fn into_raw(self) -> i64 {
        self.days().map_or(0, |days| i64::from(days.get()))
    }

    fn from_raw(raw: i64) -> Result<Self, String> {
        match raw {
            0 => Ok(Self::Off),
            days => u64::try_from(days)
                .ok()
                .and_then(|days| Self::of_days(days).ok())
                .ok_or_else(|| raw.to_string()),
        }
    }
}

impl Stored for Blob {
    type Raw = Vec<u8>;

    fn into_raw(self) -> Vec<u8> {
        self.0
    }

    fn from_raw(raw: Vec<u8>) -> Result<Self, String> {
        Ok(Self(raw))
    }
}

impl Stored for Hash {
    type Raw = Vec<u8>;

    fn into_raw(self) -> Vec<u8> {
        self.0.to_vec()
    }

    fn from_raw(raw: Vec<u8>) -> Result<Self, String> {
        raw.try_into().map(Self).map_err(|raw: Vec<u8>| format!("{} bytes", raw.len()))
    }
}

impl Stored for PasswordHash {
    type Raw = String;

    fn into_raw(self) -> String {
        self.0
    }

    fn from_raw(raw: String) -> Result<Self, String> {
        Ok(Self(raw))
    }
}

macro_rules! stored_as_is {
    ($($ty:ty),*) => {$(
        impl Stored for $ty {
            type Raw = Self;

            fn into_raw(self) -> Self {
                self
            }

            fn from_raw(raw: Self) -> Result<Self, String> {
                Ok(raw)
            }
        }
    )*};
}
stored_as_is!(i64, bool, String, Uuid);

macro_rules! stored_as_small_number {
    ($($ty:ty),*) => {$(
        impl Stored for $ty {
            type Raw = i64;

            fn into_raw(self) -> i64 {
                i64::from(self)
            }

            fn from_raw(raw: i64) -> Result<Self, String> {
                Self::try_from(raw).map_err(|_| raw.to_string())
            }
        }
    )*};
}
stored_as_small_number!(u16, u32);

/// Words and names: text that is parsed again when it is read.
macro_rules! stored_as_text {
    ($($ty:ty),* $(,)?) => {$(
        impl Stored for $ty {
            type Raw = String;

            fn into_raw(self) -> String {
                self.as_str().to_owned()
            }

            fn from_raw(raw: String) -> Result<Self, String> {
                raw.parse().map_err(|_| raw)
            }
        }
    )*};
}
stored_as_text!(
    AccountName,
    AccountSource,
    Density,
    DeviceSessionState,
    DeviceState,
    DnsName,
    Every,
    GatewayState,
    KeyUse,
    Label,
    Language,
    Level,
    LinkDirection,
    LoginName,
    MailAddress,
    MailKind,
    MailState,
    ObjectKind,
    Operation,
    OrderState,
    Platform,
    Presence,
    PrincipalKind,
    ResourceName,
    RunResult,
    SecretOrigin,
    SecretState,
    SiteKeyKind,
    Suspension,
    Theme,
    UserState,
    VaultKeyState,
    VerifyResult,
);

impl Stored for RoleRef {
    type Raw = String;

    fn into_raw(self) -> String {
        self.to_string()
    }

    fn from_raw(raw: String) -> Result<Self, String> {
        raw.parse().map_err(|_| raw)
    }
}

/// Structured data: JSON as text.
macro_rules! stored_as_json {
    ($($ty:ty),* $(,)?) => {$(
        impl Stored for $ty {
            type Raw = String;

            fn into_raw(self) -> String {
                serde_json::to_string(&self).expect("plain data with text keys becomes JSON")
            }

            fn from_raw(raw: String) -> Result<Self, String> {
                serde_json::from_str(&raw).map_err(|error| error.to_string())
            }
        }
    )*};
}
stored_as_json!(
    BTreeMap<String, String>,
    Criteria,
    DiscoveredAccount,
    PasswordRules,
    Proposal,
    Vec<GatewayId>,
    Vec<ProofMethod>,
    Vec<PublicAddress>,
    Vec<SecretVersionId>,
    Vec<String>,
    Vec<TokenScope>,
    serde_json::Value,
);
