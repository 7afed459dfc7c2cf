//! Which route a request is for, found in another way than the gateway does it:
//! byte by byte along the template, without cutting anything into segments.

use sekisho_wire::gateway::RouteLine;

/// Longest target that any route has, in bytes (`trust.md` §4.2).
const MAX_TARGET: usize = 512;

/// The line of a request, or `None`: then it does not exist.
pub fn route<'l>(lines: &'l [RouteLine], method: &[u8], target: &[u8]) -> Option<&'l RouteLine> {
    if target.len() > MAX_TARGET {
        return None;
    }
    let of_method = lines.iter().filter(|line| line.method.as_str().as_bytes() == method);
    of_method.into_iter().find(|line| fits(line.path.as_bytes(), target))
}

fn fits(mut template: &[u8], mut target: &[u8]) -> bool {
    while let Some((byte, rest)) = template.split_first() {
        if *byte == b'{' {
            let Some(end) = rest.iter().position(|byte| *byte == b'}') else { return false };
            let value = target.iter().take_while(|byte| is_value(**byte)).count();
            if value == 0 {
                return false;
            }
            (template, target) = (&rest[end + 1..], &target[value..]);
        } else {
            if target.first() != Some(byte) {
                return false;
            }
            (template, target) = (rest, &target[1..]);
        }
    }
    target.is_empty()
}

/// A byte that a parameter may hold.
const fn is_value(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-')
}

#[cfg(test)]
mod tests {
    use super::*;
    use sekisho_wire::gateway::route_lines;

    fn name(method: &str, target: &str) -> Option<String> {
        let lines = route_lines();
        route(&lines, method.as_bytes(), target.as_bytes()).map(|line| line.name.clone())
    }

    #[test]
    fn routes_are_found() {
        assert_eq!(name("GET", "/agent/v1/bundle/7").as_deref(), Some("bundle"));
        assert_eq!(name("POST", "/agent/v1/fetch").as_deref(), Some("fetch"));
        assert_eq!(name("GET", "/agent/v1/wait/x-1/240").as_deref(), Some("wait"));
    }

    #[test]
    fn nothing_else_is() {
        for (method, target) in [
            ("POST", "/agent/v1/bundle/7"),
            ("get", "/agent/v1/bundle/7"),
            ("GET", "/agent/v1/bundle/"),
            ("GET", "/agent/v1/bundle/7/"),
            ("GET", "/agent/v1/bundle/7?x"),
            ("GET", "/agent/v1/bundle/%37"),
            ("GET", "/agent/v1/bundle/."),
            ("GET", "/agent/v1/bundle/\u{e9}"),
            ("GET", "//agent/v1/bundle/7"),
            ("GET", "/Agent/v1/bundle/7"),
            ("GET", "/agent/v1/wait/x-1/240/0"),
            ("GET", "/agent/v1/wait//240"),
            ("GET", ""),
            ("POST", "/agent/v1/fetch\0"),
        ] {
            assert_eq!(name(method, target), None, "{method} {target}");
        }
        let long = format!("/agent/v1/bundle/{}", "7".repeat(500));
        assert_eq!(name("GET", &long), None);
    }
}
