//! The console's files, inside the program, and the answers that carry them.
//!
//! `npm run build` in `console/` writes them to `console/dist/web`, compressed
//! beforehand. A release build holds them; a debug build reads them from that
//! folder each time, so that a new build of the console shows at once. Without
//! them the server builds as well: [`page`] is then a page that says how to
//! build the console.
//!
//! Two kinds of answers: [`asset`] for what has a hash in its name and is kept
//! for ever, and [`page`] for every address of the console, never kept, with a
//! content security policy of its own.

mod asset;
mod page;

use std::borrow::Cow;

use rust_embed::RustEmbed;

pub use asset::asset;
pub use page::{Nonce, page};

/// What an answer carries.
pub type Body = Cow<'static, [u8]>;

/// The files. `allow_missing`: the server builds without Node.
#[derive(RustEmbed)]
#[folder = "../../console/dist/web"]
#[allow_missing = true]
struct Web;

/// Whether this program holds the console.
pub fn is_built() -> bool {
    Web::get(page::INDEX).is_some()
}
