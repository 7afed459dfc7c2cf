//! What a program says about itself besides `--help`: man pages and shell
//! completions, both made from the one description of its command line.

mod completion;
mod page;

pub use completion::{Shell, completions};
pub use page::{About, Page, pages, write_pages};
