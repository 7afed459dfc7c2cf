//! The certificate that browsers and the command line see.
//!
//! The site's own authority issues one for the server's names at each start.
//! Somebody may choose further names for it, or upload a certificate of another
//! authority; what they chose is in the database, its key sealed by the vault.
//! It is judged before it is kept and shown from the next handshake on, without
//! a restart.
//!
//! Agents see the site's own one in any case: their trust bundle says so.
//!
//! Of the end of an uploaded one people are told in time ([`round`]).

mod expiry;
mod routes;
mod uploaded;

pub(crate) use expiry::uploaded_end;
pub use expiry::{note_end, round};
pub(crate) use uploaded::Uploaded;

use std::net::IpAddr;

use sekisho_model::name::DnsName;
use sekisho_pki::SubjectName;
use utoipa_axum::routes;

use crate::http::{Problem, Routes};

/// Further names, at most.
const MAX_NAMES: usize = 20;

/// Endpoints.
pub fn routes() -> Routes {
    Routes::new()
        .signed_in(routes!(routes::show_certificate))
        .with_secret(routes!(routes::put_certificate))
}

/// Reads the further names of a choice.
///
/// # Errors
/// Names the first that is neither a DNS name nor an address.
fn read_names(names: &[String]) -> Result<Vec<SubjectName>, Problem> {
    if names.len() > MAX_NAMES {
        let detail = format!("'names' has {} names; expected at most {MAX_NAMES}", names.len());
        return Err(Problem::invalid("names", detail));
    }
    let mut read = Vec::with_capacity(names.len());
    for text in names {
        let text = text.trim().to_lowercase();
        let name = match text.parse::<IpAddr>() {
            Ok(address) => SubjectName::Ip(address),
            Err(_) => SubjectName::Dns(text.parse::<DnsName>().map_err(|error| {
                Problem::invalid("names", format!("'names' has '{text}', which is none: {error}"))
            })?),
        };
        if !read.contains(&name) {
            read.push(name);
        }
    }
    Ok(read)
}

/// The further names that are kept, as they were read before.
pub(crate) fn kept_names(text: &str) -> Vec<SubjectName> {
    let parse = |text: &str| {
        let address = text.parse::<IpAddr>().map(SubjectName::Ip).ok();
        address.or_else(|| text.parse::<DnsName>().map(SubjectName::Dns).ok())
    };
    text.split_whitespace().filter_map(parse).collect()
}
