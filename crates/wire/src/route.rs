//! The route table of the agent plane.
//!
//! A route that is not in [`ROUTES`] does not exist: neither at the server,
//! whose handlers are chosen by a total match over [`RouteName`], nor at the
//! gateway, which relays only what [`find`] matches (INV-5).

use std::fmt;

use serde::{Deserialize, Serialize};

/// The HTTP methods used on the agent plane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Read; no body.
    Get,
    /// Everything else.
    Post,
}

impl Method {
    /// As it stands in a request.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
        }
    }
}

/// Who may call a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// Anybody: the message itself proves what must be proved.
    Anyone,
    /// Only a peer with a device certificate that chains to the site CA, also
    /// an expired one (renew only).
    Certificate,
    /// Only a peer with a valid device certificate.
    Device,
}

/// Which limits count the calls of a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RateClass {
    /// Before a device is known: counted per address.
    Enrolment,
    /// Of a known device: counted per device.
    Device,
    /// Parked calls: one at a time per device.
    Wait,
}

/// One name per route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RouteName {
    /// The chain of trust bundles.
    Bundle,
    /// The server's signed time.
    Time,
    /// Enrolment with a key.
    Enrol,
    /// A first or renewed certificate for an enrolled device.
    Certificate,
    /// Opening a session.
    Hello,
    /// The long poll; can do nothing but wake.
    Wait,
    /// Taking orders.
    Fetch,
    /// Bringing a receipt.
    Receipt,
    /// Handing escrows in, when the server asks for them.
    Escrow,
}

/// A line of the route table.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    /// Its name.
    pub name: RouteName,
    /// Its method.
    pub method: Method,
    /// Its path; `{…}` stands for one segment.
    pub path: &'static str,
    /// Who may call it.
    pub access: Access,
    /// Which limit counts it.
    pub rate: RateClass,
    /// Longest request body, in bytes.
    pub max_body_bytes: usize,
    /// Longest answer body, in bytes.
    pub max_answer_bytes: usize,
    /// How long an answer may take, in seconds.
    pub timeout_s: u64,
}

/// The longest wait a server or gateway holds, in seconds.
pub const WAIT_HOLD_S: u64 = 240;

/// What an agent falls back to when a middlebox cuts long waits, in seconds.
pub const WAIT_HOLD_SHORT_S: u64 = 110;

/// The longest path that is looked at, in bytes.
pub const MAX_PATH_BYTES: usize = 512;

const KIB: usize = 1024;

/// The route table.
pub const ROUTES: &[Route] = &[
    Route {
        name: RouteName::Bundle,
        method: Method::Get,
        path: "/agent/v1/bundle/{after}",
        access: Access::Anyone,
        rate: RateClass::Enrolment,
        max_body_bytes: 0,
        max_answer_bytes: 1024 * KIB,
        timeout_s: 15,
    },
    Route {
        name: RouteName::Time,
        method: Method::Get,
        path: "/agent/v1/time/{nonce}",
        access: Access::Anyone,
        rate: RateClass::Enrolment,
        max_body_bytes: 0,
        max_answer_bytes: KIB,
        timeout_s: 15,
    },
    Route {
        name: RouteName::Enrol,
        method: Method::Post,
        path: "/agent/v1/enrol",
        access: Access::Anyone,
        rate: RateClass::Enrolment,
        max_body_bytes: 32 * KIB,
        max_answer_bytes: 1024 * KIB,
        timeout_s: 30,
    },
    Route {
        name: RouteName::Certificate,
        method: Method::Post,
        path: "/agent/v1/certificate",
        access: Access::Anyone,
        rate: RateClass::Enrolment,
        max_body_bytes: 32 * KIB,
        max_answer_bytes: 64 * KIB,
        timeout_s: 30,
    },
    Route {
        name: RouteName::Hello,
        method: Method::Post,
        path: "/agent/v1/hello",
        access: Access::Device,
        rate: RateClass::Device,
        max_body_bytes: 64 * KIB,
        max_answer_bytes: 1024 * KIB,
        timeout_s: 30,
    },
    Route {
        name: RouteName::Wait,
        method: Method::Get,
        path: "/agent/v1/wait/{session}/{seconds}",
        access: Access::Device,
        rate: RateClass::Wait,
        max_body_bytes: 0,
        max_answer_bytes: KIB,
        timeout_s: WAIT_HOLD_S + 15,
    },
    Route {
        name: RouteName::Fetch,
        method: Method::Post,
        path: "/agent/v1/fetch",
        access: Access::Device,
        rate: RateClass::Device,
        max_body_bytes: 4 * KIB,
        max_answer_bytes: 512 * KIB,
        timeout_s: 30,
    },
    Route {
        name: RouteName::Receipt,
        method: Method::Post,
        path: "/agent/v1/receipt",
        access: Access::Device,
        rate: RateClass::Device,
        max_body_bytes: 2048 * KIB,
        max_answer_bytes: 4 * KIB,
        timeout_s: 60,
    },
    Route {
        name: RouteName::Escrow,
        method: Method::Post,
        path: "/agent/v1/escrow",
        access: Access::Device,
        rate: RateClass::Device,
        max_body_bytes: 512 * KIB,
        max_answer_bytes: KIB,
        timeout_s: 60,
    },
];

impl RouteName {
    /// In a word, for counters.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bundle => "bundle",
            Self::Time => "time",
            Self::Enrol => "enrol",
            Self::Certificate => "certificate",
            Self::Hello => "hello",
            Self::Wait => "wait",
            Self::Fetch => "fetch",
            Self::Receipt => "receipt",
            Self::Escrow => "escrow",
        }
    }

    /// The route's line in the table.
    pub fn route(self) -> &'static Route {
        ROUTES.iter().find(|route| route.name == self).expect("every name has a line (tested)")
    }

    /// The route's path with its parameters filled in.
    ///
    /// # Panics
    /// If the number of parameters is wrong or one holds something other than
    /// letters, digits and `-`.
    pub fn path(self, parameters: &[&dyn fmt::Display]) -> String {
        let mut parameters = parameters.iter();
        let mut path = String::new();
        for segment in self.route().path.split('/').skip(1) {
            path.push('/');
            if segment.starts_with('{') {
                let value =
                    parameters.next().expect("as many parameters as in the path").to_string();
                assert!(is_parameter(&value), "a parameter is letters, digits and '-'");
                path.push_str(&value);
            } else {
                path.push_str(segment);
            }
        }
        assert!(parameters.next().is_none(), "as many parameters as in the path");
        path
    }
}

fn is_parameter(segment: &str) -> bool {
    !segment.is_empty() && segment.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// The route of a request, with its parameters, or `None`: then the answer is
/// a constant 404.
///
/// The match is exact. A path with anything but `/`, `a-z`, `A-Z`, `0-9`, `-`
/// is refused whole, so there is no percent sign, dot, query or second slash
/// to argue about.
pub fn find<'p>(method: &str, path: &'p str) -> Option<(&'static Route, Vec<&'p str>)> {
    if path.len() > MAX_PATH_BYTES {
        return None;
    }
    let segments: Vec<&str> = path.strip_prefix('/')?.split('/').collect();
    if !segments.iter().all(|segment| is_parameter(segment)) {
        return None;
    }
    ROUTES.iter().filter(|route| route.method.as_str() == method).find_map(|route| {
        let template: Vec<&str> = route.path.split('/').skip(1).collect();
        if template.len() != segments.len() {
            return None;
        }
        let mut parameters = Vec::new();
        for (part, segment) in template.iter().zip(&segments) {
            if part.starts_with('{') {
                parameters.push(*segment);
            } else if part != segment {
                return None;
            }
        }
        Some((route, parameters))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_route_is_found_by_its_own_path() {
        for route in ROUTES {
            let parameters = route.path.matches('{').count();
            let values: Vec<&dyn fmt::Display> = vec![&"x-1"; parameters];
            let path = route.name.path(&values);
            let (found, got) = find(route.method.as_str(), &path).expect("matches itself");
            assert_eq!((found.name, got.len()), (route.name, parameters));
        }
    }

    #[test]
    fn everything_else_does_not_exist() {
        for (method, path) in [
            ("POST", "/agent/v1/bundle/0"),
            ("PUT", "/agent/v1/fetch"),
            ("POST", "/agent/v1/fetch/"),
            ("POST", "//agent/v1/fetch"),
            ("POST", "/agent/v1/../v1/fetch"),
            ("POST", "/agent/v1/%66etch"),
            ("POST", "/agent/v1/fetch?x=1"),
            ("POST", "/AGENT/v1/fetch"),
            ("POST", "/agent/v1/fetch\u{0}"),
            ("GET", "/agent/v1/time/"),
            ("GET", "/api/v1/users"),
            ("GET", "/"),
            ("GET", ""),
        ] {
            assert!(find(method, path).is_none(), "{method} {path}");
        }
    }
}
