//! What kind of program signs in, for people to recognise their own: never
//! more than a browser and a system, and never trusted.

use http::{HeaderMap, header};

/// The longest header that is looked at, in bytes.
const MAX_HEADER_BYTES: usize = 512;

/// `Firefox on Linux`, `sekisho command line`; `None` when the program says
/// nothing that is known.
pub(super) fn client_class(headers: &HeaderMap) -> Option<String> {
    let agent = headers.get(header::USER_AGENT)?.to_str().ok()?;
    let agent = agent.get(..MAX_HEADER_BYTES).unwrap_or(agent);
    if agent.starts_with("sekisho/") {
        return Some("sekisho command line".to_owned());
    }
    // The order counts: Edge and Opera also say Chrome, and Chrome says Safari.
    let browser = first(
        agent,
        &[
            ("Edg", "Edge"),
            ("OPR/", "Opera"),
            ("Firefox/", "Firefox"),
            ("FxiOS/", "Firefox"),
            ("Chrome/", "Chrome"),
            ("CriOS/", "Chrome"),
            ("Safari/", "Safari"),
        ],
    );
    // Android also says Linux, and an iPhone says Mac OS X.
    let system = first(
        agent,
        &[
            ("Android", "Android"),
            ("iPhone", "iOS"),
            ("iPad", "iOS"),
            ("Windows", "Windows"),
            ("CrOS", "ChromeOS"),
            ("Mac OS X", "macOS"),
            ("Linux", "Linux"),
        ],
    );
    match (browser, system) {
        (Some(browser), Some(system)) => Some(format!("{browser} on {system}")),
        (Some(one), None) | (None, Some(one)) => Some(one.to_owned()),
        (None, None) => None,
    }
}

fn first(agent: &str, known: &[(&str, &'static str)]) -> Option<&'static str> {
    known.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn class(agent: &str) -> Option<String> {
        let mut headers = HeaderMap::new();
        headers.insert(header::USER_AGENT, HeaderValue::from_str(agent).expect("a header"));
        client_class(&headers)
    }

    #[test]
    fn browsers_and_systems_are_told_apart_although_each_claims_to_be_others() {
        for (agent, expected) in [
            (
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) \
                 Chrome/156.0.0.0 Safari/537.36",
                "Chrome on Linux",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
                 Chrome/156.0.0.0 Safari/537.36 Edg/156.0.0.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like \
                 Gecko) Version/26.0 Safari/605.1.15",
                "Safari on macOS",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) AppleWebKit/605.1.15 \
                 (KHTML, like Gecko) CriOS/156.0 Mobile/15E148 Safari/604.1",
                "Chrome on iOS",
            ),
            ("Mozilla/5.0 (Android 16; Mobile; rv:150.0) Firefox/150.0", "Firefox on Android"),
            ("sekisho/0.1.0", "sekisho command line"),
        ] {
            assert_eq!(class(agent).as_deref(), Some(expected), "{agent}");
        }
        assert_eq!(class("curl/8.0"), None);
        assert_eq!(client_class(&HeaderMap::new()), None);
    }
}
