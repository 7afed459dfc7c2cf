//! The routes of the signed configuration.

use http::uri::PathAndQuery;
use sekisho_wire::gateway::RouteLine;
use sekisho_wire::route::{Access, MAX_PATH_BYTES, Method, RateClass, RouteName};

use crate::limits::Class;

/// Routes of a configuration, at most.
const MAX_ROUTES: usize = 256;

/// Longest body or answer that a configuration may ask for, in bytes.
const MOST_BYTES: u64 = 64 * 1024 * 1024;

/// Longest time that it may ask for, in seconds.
const MOST_SECONDS: u64 = 900;

/// A route whose bodies may be so long is for uploads, in bytes.
const UPLOAD_BYTES: u64 = 256 * 1024;

/// What cannot be worked by.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the configuration's route '{name}' {wrong}; update this gateway")]
pub struct BadRoute {
    name: String,
    wrong: &'static str,
}

/// A part of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Word(String),
    Parameter,
}

/// One route.
#[derive(Clone, Debug)]
pub struct Route {
    /// Its name, for counters.
    pub name: String,
    method: Method,
    parts: Vec<Part>,
    /// Who may call it.
    pub access: Access,
    /// Which limit counts it.
    pub rate: RateClass,
    /// Longest request body, in bytes.
    pub max_body_bytes: u64,
    /// Longest answer, in bytes.
    pub max_answer_bytes: u64,
    /// How long an answer may take, in seconds.
    pub timeout_s: u64,
    /// It is held here: its last parameter is for how many seconds.
    pub parks: bool,
    class: Class,
}

impl Route {
    /// Its method.
    pub const fn method(&self) -> Method {
        self.method
    }

    /// How important its calls are to the second limiter.
    pub const fn class(&self) -> Class {
        self.class
    }

    fn read(line: &RouteLine) -> Result<Self, BadRoute> {
        let bad = |wrong| BadRoute { name: line.name.chars().take(64).collect(), wrong };
        let path = line.path.strip_prefix('/').ok_or(bad("has a path without a slash"))?;
        if line.path.len() > MAX_PATH_BYTES {
            return Err(bad("has a path that is too long"));
        }
        let part = |text: &str| match text.strip_prefix('{').and_then(|t| t.strip_suffix('}')) {
            Some(name) if is_part(name) => Ok(Part::Parameter),
            None if is_part(text) => Ok(Part::Word(text.to_owned())),
            Some(_) | None => Err(bad("has a path that no request can have")),
        };
        let parts = path.split('/').map(part).collect::<Result<Vec<_>, _>>()?;
        if line.parks && (line.method != Method::Get || !path.ends_with("/{seconds}")) {
            return Err(bad("is to be held here but does not say for how many seconds"));
        }
        if line.max_body_bytes > MOST_BYTES || line.max_answer_bytes > MOST_BYTES {
            return Err(bad("asks for more than 64 MiB"));
        }
        if line.timeout_s == 0 || line.timeout_s > MOST_SECONDS {
            return Err(bad("asks for no time at all or for more than 15 minutes"));
        }
        Ok(Self {
            name: line.name.clone(),
            method: line.method,
            parts,
            access: line.access,
            rate: line.rate,
            max_body_bytes: line.max_body_bytes,
            max_answer_bytes: line.max_answer_bytes,
            timeout_s: line.timeout_s,
            parks: line.parks,
            class: class(line),
        })
    }

    fn matches(&self, path: &str) -> bool {
        let mut segments = path.split('/');
        self.parts.iter().all(|part| match (part, segments.next()) {
            (Part::Word(word), Some(segment)) => word == segment,
            (Part::Parameter, Some(_)) => true,
            (_, None) => false,
        }) && segments.next().is_none()
    }
}

/// The routes of a gateway. What is not in it does not exist.
#[derive(Clone, Debug)]
pub struct Routes(Vec<Route>);

impl Routes {
    /// Reads the lines of a configuration.
    ///
    /// # Errors
    /// The first line that this gateway cannot work by.
    pub fn new(lines: &[RouteLine]) -> Result<Self, BadRoute> {
        if lines.len() > MAX_ROUTES {
            let wrong = "is one of more than 256";
            return Err(BadRoute { name: lines[MAX_ROUTES].name.clone(), wrong });
        }
        lines.iter().map(Route::read).collect::<Result<Vec<_>, _>>().map(Self)
    }

    /// The route of a request, or `None`: then the answer is a constant 404.
    ///
    /// The rule is that of [`sekisho_wire::route::find`], which a property test
    /// holds it to: letters, digits and `-` between single slashes, nothing
    /// else, and then the template exactly.
    pub fn find(&self, method: &str, path: &str) -> Option<&Route> {
        if path.len() > MAX_PATH_BYTES {
            return None;
        }
        let path = path.strip_prefix('/')?;
        if !path.split('/').all(is_part) {
            return None;
        }
        let of_method = self.0.iter().filter(|route| route.method.as_str() == method);
        of_method.into_iter().find(|route| route.matches(path))
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Route> {
        self.0.iter()
    }
}

/// A newer server's route is known by nothing but its rate and the length of its
/// bodies.
fn class(line: &RouteLine) -> Class {
    let is = |name: RouteName| line.name == name.as_str();
    match line.rate {
        RateClass::Enrolment => Class::Enrolment,
        RateClass::Wait => Class::Heartbeat,
        RateClass::Device if is(RouteName::Receipt) => Class::Receipt,
        RateClass::Device if is(RouteName::Hello) => Class::Heartbeat,
        RateClass::Device if is(RouteName::Escrow) => Class::Upload,
        RateClass::Device if line.max_body_bytes >= UPLOAD_BYTES => Class::Upload,
        RateClass::Device => Class::Fetch,
    }
}

/// The path of the look that goes before a wait is held: the same wait of zero
/// seconds. With it, the seconds that were asked for.
pub fn look(path: &str) -> Option<(PathAndQuery, u64)> {
    let (before, seconds) = path.rsplit_once('/')?;
    let seconds = super::head::digits(seconds.as_bytes())?;
    Some((PathAndQuery::try_from(format!("{before}/0")).ok()?, seconds))
}

fn is_part(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use sekisho_wire::gateway::route_lines;
    use sekisho_wire::route;

    #[test]
    fn receipts_go_before_fetches_before_heartbeats_before_uploads() {
        let class_of = |name: RouteName| {
            let lines = route_lines();
            let line = lines.iter().find(|line| line.name == name.as_str()).expect("a line");
            class(line)
        };
        for (name, expected) in [
            (RouteName::Receipt, Class::Receipt),
            (RouteName::Fetch, Class::Fetch),
            (RouteName::Hello, Class::Heartbeat),
            (RouteName::Wait, Class::Heartbeat),
            (RouteName::Escrow, Class::Upload),
            (RouteName::Bundle, Class::Enrolment),
            (RouteName::Time, Class::Enrolment),
            (RouteName::Enrol, Class::Enrolment),
            (RouteName::Certificate, Class::Enrolment),
        ] {
            assert_eq!(class_of(name), expected, "{name:?}");
        }
        let fetch = route_lines().into_iter().find(|line| line.name == "fetch").expect("a line");
        let newer = RouteLine { name: "log".to_owned(), ..fetch };
        assert_eq!(class(&newer), Class::Fetch);
        assert_eq!(class(&RouteLine { max_body_bytes: 20 << 20, ..newer }), Class::Upload);
    }

    fn routes() -> Routes {
        Routes::new(&route_lines()).expect("the routes of this version")
    }

    fn paths() -> impl Strategy<Value = String> {
        let word = prop_oneof![
            6 => prop::sample::select(vec!["agent", "v1", "fetch", "wait", "time", "bundle", "hello"]),
            2 => prop::sample::select(vec!["", ".", "..", "%2e", "a-1", "AGENT", "{session}", "0"]),
        ];
        let built = prop::collection::vec(word, 0..6)
            .prop_map(|words| words.iter().map(|word| format!("/{word}")).collect::<String>());
        // A path of the table with one byte changed, put in or taken out.
        let lines = route_lines();
        let near = (0..lines.len(), any::<prop::sample::Index>(), any::<char>(), 0..3).prop_map(
            move |(line, at, character, how)| {
                let mut path: Vec<char> = lines[line].path.chars().collect();
                let at = at.index(path.len());
                match how {
                    0 => path[at] = character,
                    1 => path.insert(at, character),
                    _ => drop(path.remove(at)),
                }
                path.into_iter().collect()
            },
        );
        let template = prop::sample::select(route_lines())
            .prop_map(|line| line.path.replace("{session}", "x-1").replace("{seconds}", "240"));
        prop_oneof![built, near, template, any::<String>()]
    }

    proptest! {
        #[test]
        fn gateway_and_server_agree_about_every_path(
            path in paths(),
            method in prop_oneof![Just("GET"), Just("POST"), Just("PUT"), Just("get"), Just("")],
        ) {
            let server = route::find(method, &path).map(|(route, _)| route.name.as_str());
            let routes = routes();
            let gateway = routes.find(method, &path).map(|route| route.name.as_str());
            prop_assert_eq!(gateway, server, "{} {}", method, path);
        }
    }

    #[test]
    fn only_the_wait_is_held() {
        let routes = routes();
        let held: Vec<_> = routes.iter().filter(|route| route.parks).collect();
        assert_eq!((held.len(), held[0].name.as_str()), (1, "wait"));
        let (path, seconds) = look("/agent/v1/wait/x-1/240").expect("a wait");
        assert_eq!((path.as_str(), seconds), ("/agent/v1/wait/x-1/0", 240));
        for bad in
            ["/agent/v1/wait/x-1/", "/agent/v1/wait/x-1/1-", "x", "/wait/99999999999999999999"]
        {
            assert!(look(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_route_that_no_request_can_have_is_refused() {
        let good = route_lines().remove(5);
        assert!(good.parks);
        for change in [
            |line: &mut RouteLine| line.path = "agent".to_owned(),
            |line: &mut RouteLine| line.path = "/agent//x".to_owned(),
            |line: &mut RouteLine| line.path = "/agent/../x".to_owned(),
            |line: &mut RouteLine| line.path = "/agent/{a}{b}".to_owned(),
            |line: &mut RouteLine| line.path = "/wait/{session}".to_owned(),
            |line: &mut RouteLine| line.method = Method::Post,
            |line: &mut RouteLine| line.max_body_bytes = u64::MAX,
            |line: &mut RouteLine| line.max_answer_bytes = u64::MAX,
            |line: &mut RouteLine| line.timeout_s = 0,
            |line: &mut RouteLine| line.timeout_s = u64::MAX,
        ] {
            let mut line = good.clone();
            change(&mut line);
            assert!(Routes::new(&[line.clone()]).is_err(), "{line:?}");
        }
        assert!(Routes::new(&vec![good.clone(); 257]).is_err());
        assert!(Routes::new(&[good]).is_ok());
    }
}
