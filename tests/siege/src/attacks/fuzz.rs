//! Random requests: what the gateway makes of each must be what a matcher of our
//! own, which knows the route table and nothing of the gateway, makes of it.

use sekisho_gatewaykit::NAME;
use sekisho_wire::gateway::{RouteLine, route_lines};
use sekisho_wire::route::{Access, RateClass};

use crate::field::Field;
use crate::matcher;

/// Requests of a pass.
const REQUESTS: usize = 2000;

/// On one connection, from one address: fewer than would ban it, and fewer of a
/// device than its rate allows.
const AT_ONCE: usize = 20;

/// Bytes that are put where none belong.
const ODD: &[u8] = b"/.%?#;:\\~_*+!'()@&=,$\"<>[]{}|^`\0\x01\x7f\x80\xc3\xa9\xff";

pub(super) async fn pass(field: &Field) {
    let routes = route_lines();
    for n in 0..REQUESTS / AT_ONCE {
        let device = (n % 2 == 0).then(|| field.device());
        let tls = field.door.tls(device.as_ref(), "http/1.1");
        let Ok(mut connection) = field.door.connect(field.address(), &tls).await else {
            field.findings.violation("no connection to try requests on");
            continue;
        };
        for _ in 0..AT_ONCE {
            let (method, target) = request(field, &routes);
            let Some(expected) = expected(&routes, &method, &target, device.is_some()) else {
                continue;
            };
            let rest = format!(" HTTP/1.1\r\nhost: {NAME}\r\ncontent-length: 0\r\n\r\n");
            let bytes = [method.as_slice(), b" ", &target, rest.as_bytes()].concat();
            let what =
                || String::from_utf8_lossy(&[&method, &b" "[..], &target].concat()).into_owned();
            let answer = match connection.ask(&bytes).await {
                Ok(answer) => answer,
                Err(error) => {
                    field.findings.violation(format!("{:?}: {error}", what()));
                    break;
                }
            };
            field.tried();
            // Whatever is relayed is relayed byte for byte: the server says what
            // it was asked for.
            let whole = answer.status != 200
                || expected.is_wait
                || answer.body.strip_suffix(b"\n") == Some(&target);
            field.findings.check(expected.statuses.contains(&answer.status) && whole, || {
                format!("{:?}: answered with {}, expected {expected:?}", what(), answer.status)
            });
            if answer.status == 400 {
                break;
            }
        }
    }
}

#[derive(Debug)]
struct Expected {
    statuses: &'static [u16],
    is_wait: bool,
}

/// What must become of a request; `None`: it would be held too long to wait for.
fn expected(
    routes: &[RouteLine],
    method: &[u8],
    target: &[u8],
    is_device: bool,
) -> Option<Expected> {
    let of = |statuses, is_wait| Some(Expected { statuses, is_wait });
    let Some(line) = matcher::route(routes, method, target) else { return of(&[404], false) };
    if line.access != Access::Anyone && !is_device {
        return of(&[401], false);
    }
    if line.parks {
        let seconds = target.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
        if !seconds.iter().all(u8::is_ascii_digit) || seconds.len() > 18 {
            return of(&[404], true);
        }
        let held = seconds.iter().any(|digit| *digit != b'0');
        return if held { None } else { of(&[200, 429], true) };
    }
    match line.rate {
        RateClass::Enrolment | RateClass::Device | RateClass::Wait => of(&[200, 429], false),
    }
}

/// A request near one of the table, or far from all.
fn request(field: &Field, routes: &[RouteLine]) -> (Vec<u8>, Vec<u8>) {
    let line = &routes[field.below(routes.len())];
    let mut target = line.path.as_bytes().to_vec();
    if field.below(10) > 0 {
        let filled = line.path.replace("{seconds}", "0").replace("{session}", "x-1");
        target = filled.replace("{after}", "7").replace("{nonce}", "00ff").into_bytes();
    }
    for _ in 0..field.below(4) {
        mutate(field, &mut target);
    }
    if field.below(20) == 0 {
        let length = 1 + field.below(600);
        target = field.noise(length);
    }
    target.retain(|byte| !matches!(byte, b' ' | b'\r' | b'\n'));
    // Without a slash at its beginning it may be an absolute form, which is no
    // question of routes.
    if target.first() != Some(&b'/') {
        target.insert(0, b'/');
    }
    let method = match field.below(12) {
        0 => field.one(&["PUT", "DELETE", "HEADS", "OPTIONS", "get", "TRACE"]).as_bytes().to_vec(),
        1 => field.one(&["GET", "POST"]).as_bytes().to_vec(),
        _ => line.method.as_str().as_bytes().to_vec(),
    };
    (method, target)
}

fn mutate(field: &Field, target: &mut Vec<u8>) {
    let at = field.below(target.len() + 1);
    let odd = ODD[field.below(ODD.len())];
    match field.below(6) {
        0 => target.insert(at, odd),
        1 if at < target.len() => target[at] = odd,
        2 if at < target.len() => drop(target.remove(at)),
        3 if at < target.len() => target[at] ^= 0x20,
        4 => {
            let part = field.one(&["/", "//", "/..", "/./", "%2f", "%2e%2e/", "%00", "?a=b", "7"]);
            target.splice(at..at, part.bytes());
        }
        _ => target.truncate(at),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statuses(method: &str, target: &str, is_device: bool) -> Option<Vec<u16>> {
        let expected = expected(&route_lines(), method.as_bytes(), target.as_bytes(), is_device);
        expected.map(|expected| expected.statuses.to_vec())
    }

    #[test]
    fn what_is_expected_follows_from_the_table_alone() {
        assert_eq!(statuses("GET", "/agent/v1/bundle/7", false), Some(vec![200, 429]));
        assert_eq!(statuses("POST", "/agent/v1/fetch", true), Some(vec![200, 429]));
        assert_eq!(statuses("POST", "/agent/v1/fetch", false), Some(vec![401]));
        assert_eq!(statuses("POST", "/agent/v1/fetch/", true), Some(vec![404]));
        assert_eq!(statuses("GET", "/agent/v1/wait/x/0", true), Some(vec![200, 429]));
        assert_eq!(statuses("GET", "/agent/v1/wait/x/a", true), Some(vec![404]));
        assert_eq!(statuses("GET", "/agent/v1/wait/x/10", true), None);
    }
}
