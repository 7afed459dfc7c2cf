//! Types that many answers and requests share.

use sekisho_model::{Secret, Timestamp};
use sekisho_store::{PageEnd, Paged};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::openapi::schema::{ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{KnownFormat, RefOr, Schema};

/// An instant as RFC 3339 text in UTC with milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Time(pub Timestamp);

impl From<Timestamp> for Time {
    fn from(at: Timestamp) -> Self {
        Self(at)
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map(Self).map_err(serde::de::Error::custom)
    }
}

impl utoipa::PartialSchema for Time {
    fn schema() -> RefOr<Schema> {
        text_schema(KnownFormat::DateTime)
    }
}

impl utoipa::ToSchema for Time {}

fn text_schema(format: KnownFormat) -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .format(Some(SchemaFormat::KnownFormat(format)))
        .into()
}

/// A secret in a request or an answer. Never printed; wiped when dropped.
#[derive(Clone, Debug)]
pub struct SecretText(pub Secret);

impl SecretText {
    /// The length in characters.
    pub fn chars(&self) -> usize {
        self.0.expose_str().map_or(0, |text| text.chars().count())
    }
}

impl<'de> Deserialize<'de> for SecretText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = SecretText;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a text")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<SecretText, E> {
                Ok(SecretText(Secret::from(text)))
            }

            fn visit_string<E: serde::de::Error>(self, text: String) -> Result<SecretText, E> {
                Ok(SecretText(Secret::from(text)))
            }
        }
        deserializer.deserialize_string(Visitor)
    }
}

impl Serialize for SecretText {
    /// The one place where a clear secret becomes part of an answer.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.expose_str() {
            Some(text) => serializer.serialize_str(text),
            None => Err(serde::ser::Error::custom("the secret is not text")),
        }
    }
}

impl utoipa::PartialSchema for SecretText {
    fn schema() -> RefOr<Schema> {
        text_schema(KnownFormat::Password)
    }
}

impl utoipa::ToSchema for SecretText {}

/// One page of a list.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ItemList<T> {
    /// The items.
    pub items: Vec<T>,
    /// Give it as `after` for the next page; `null` when this is the last.
    pub next: Option<String>,
    /// With `count=true`: how many items all pages have, up to 10,000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// With `count=true`: whether there are more than `count` says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count_capped: Option<bool>,
}

impl<T> ItemList<T> {
    /// A page from the store, each row shown as `show` says.
    pub fn of<R>(paged: Paged<R>, show: impl FnMut(R) -> T) -> Self {
        let (rows, end) = paged.into_parts();
        Self::new(rows.into_iter().map(show).collect(), end)
    }

    /// The items of a page, and what the store said of the rest.
    pub fn new(items: Vec<T>, end: PageEnd) -> Self {
        Self {
            items,
            next: end.next.map(|next| next.to_string()),
            count: end.count.map(|count| count.count),
            count_capped: end.count.map(|count| count.capped),
        }
    }

    /// A list that is always complete.
    pub fn complete(items: Vec<T>) -> Self {
        Self::new(items, PageEnd::default())
    }
}
