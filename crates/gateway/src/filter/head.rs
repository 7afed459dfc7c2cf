//! The head of an HTTP/1.1 request, byte by byte, before hyper sees it.
//!
//! hyper is lenient where RFC 9112 lets it be: it takes bare line feeds, folded
//! lines, requests without a host, absolute targets, and mends what has both
//! lengths. Each of these is a way to make two readers disagree, so here they
//! end. Agents send none of it.

use std::ops::Range;

use super::{MAX_HEAD_BYTES, MAX_HEADERS, MAX_VALUE_BYTES};
use crate::limits::Reason;

/// Longest method, in bytes.
const MAX_METHOD: usize = 16;

/// What a head that is in order says about the bytes after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Its length with the empty line, in bytes.
    pub length: usize,
    /// The length of the body that follows, in bytes.
    pub body: u64,
    /// Where its target cannot be a route's: the place of method and target, to
    /// be written over. The rest of the request is in order.
    pub nowhere: Option<Range<usize>>,
}

/// Looks for a whole head at the beginning of `bytes` and checks it. `None`: it
/// has not ended yet.
///
/// # Errors
/// Why it cannot be a request, whatever follows.
pub fn check(bytes: &[u8]) -> Result<Option<Head>, Reason> {
    let Some(length) = end(bytes) else {
        let early = early(bytes);
        return if bytes.len() >= MAX_HEAD_BYTES {
            Err(Reason::HeadersTooLong)
        } else {
            early.map(|()| None)
        };
    };
    if length > MAX_HEAD_BYTES {
        return Err(Reason::HeadersTooLong);
    }
    let mut lines = Lines { bytes: &bytes[..length], at: 0 };
    let first = lines.next().ok_or(Reason::Malformed)??;
    let (nowhere, version) = request_line(first)?;
    if version != b"HTTP/1.1" {
        return Err(Reason::Malformed);
    }
    let mut fields = Fields::default();
    loop {
        let line = lines.next().ok_or(Reason::Malformed)??;
        if line.is_empty() {
            break;
        }
        fields.take(line)?;
    }
    if lines.at != length || !fields.host {
        return Err(Reason::Malformed);
    }
    if fields.transfer_encoding {
        // With a length it is an attack, without one nobody we know.
        let both = fields.length.is_some();
        return Err(if both { Reason::Malformed } else { Reason::LengthNeeded });
    }
    Ok(Some(Head { length, body: fields.length.unwrap_or(0), nowhere }))
}

/// A number in plain digits, as a Content-Length must be.
pub fn digits(text: &[u8]) -> Option<u64> {
    if text.is_empty() || text.len() > 18 {
        return None;
    }
    text.iter().try_fold(0_u64, |number, byte| {
        byte.is_ascii_digit().then(|| number * 10 + u64::from(byte - b'0'))
    })
}

/// The end of the first empty line, however it is written: a bare line feed is
/// an end here and refused as one afterwards.
fn end(bytes: &[u8]) -> Option<usize> {
    let mut line_feeds = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
    line_feeds.find_map(|(at, _)| {
        let before = bytes[..at].strip_suffix(b"\r").unwrap_or(&bytes[..at]);
        (before.is_empty() || before.ends_with(b"\n")).then_some(at + 1)
    })
}

/// What can be said before the end: a first byte that begins no method, a bare
/// line feed, or more lines than a head may have.
fn early(bytes: &[u8]) -> Result<(), Reason> {
    let begins = bytes.first().is_none_or(|first| is_token(*first));
    let bare = bytes.windows(2).any(|pair| pair[1] == b'\n' && pair[0] != b'\r');
    if !begins || bare {
        return Err(Reason::Malformed);
    }
    let lines = bytes.iter().filter(|byte| **byte == b'\n').count();
    if lines > MAX_HEADERS + 1 { Err(Reason::HeadersTooLong) } else { Ok(()) }
}

/// Lines that end with CR LF and hold neither.
struct Lines<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl<'b> Iterator for Lines<'b> {
    type Item = Result<&'b [u8], Reason>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.bytes.get(self.at..).filter(|rest| !rest.is_empty())?;
        let line_feed = rest.iter().position(|byte| *byte == b'\n');
        let line = line_feed.and_then(|at| rest[..at].strip_suffix(b"\r"));
        let Some(line) = line.filter(|line| !line.contains(&b'\r')) else {
            return Some(Err(Reason::Malformed));
        };
        self.at += line.len() + 2;
        Some(Ok(line))
    }
}

/// Method, target, version, one space between them.
fn request_line(line: &[u8]) -> Result<(Option<Range<usize>>, &[u8]), Reason> {
    let mut words = line.split(|byte| *byte == b' ');
    let (Some(method), Some(target), Some(version), None) =
        (words.next(), words.next(), words.next(), words.next())
    else {
        return Err(Reason::Malformed);
    };
    let is_method = (1..=MAX_METHOD).contains(&method.len()) && method.iter().all(|b| is_token(*b));
    if !is_method || target.is_empty() {
        return Err(Reason::Malformed);
    }
    let absolute =
        target.first() != Some(&b'/') && target.windows(3).any(|letters| letters == b"://");
    if absolute {
        return Err(Reason::Malformed);
    }
    let is_route = method != b"CONNECT"
        && target.first() == Some(&b'/')
        && target.len() <= sekisho_wire::route::MAX_PATH_BYTES
        && target.iter().all(|byte| byte.is_ascii_alphanumeric() || b"/-".contains(byte));
    let nowhere = (!is_route).then_some(0..method.len() + 1 + target.len());
    Ok((nowhere, version))
}

/// What matters of the fields seen so far.
#[derive(Default)]
struct Fields {
    count: usize,
    host: bool,
    length: Option<u64>,
    transfer_encoding: bool,
}

impl Fields {
    fn take(&mut self, line: &[u8]) -> Result<(), Reason> {
        self.count += 1;
        if self.count > MAX_HEADERS {
            return Err(Reason::HeadersTooLong);
        }
        // A folded line begins with a space, which is no letter of a name; so
        // is one before the colon.
        let colon = line.iter().position(|byte| *byte == b':').ok_or(Reason::Malformed)?;
        let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
        if name.is_empty() || !name.iter().all(|byte| is_token(*byte) && *byte != b'_') {
            return Err(Reason::Malformed);
        }
        if value.len() > MAX_VALUE_BYTES {
            return Err(Reason::HeadersTooLong);
        }
        if !value.iter().all(|byte| matches!(byte, b'\t' | b' '..=b'~' | 0x80..)) {
            return Err(Reason::Malformed);
        }
        let is = |known: &str| name.eq_ignore_ascii_case(known.as_bytes());
        if is("host") {
            let once = !std::mem::replace(&mut self.host, true);
            let written = value.iter().all(|b| b.is_ascii_alphanumeric() || b".-:[]".contains(b));
            if !once || !written || value.is_empty() {
                return Err(Reason::Malformed);
            }
        } else if is("content-length") {
            let length = digits(value).ok_or(Reason::Malformed)?;
            if self.length.replace(length).is_some() {
                return Err(Reason::Malformed);
            }
        } else if is("transfer-encoding") {
            self.transfer_encoding = true;
        }
        let switches = is("upgrade") || is("http2-settings");
        let expects = is("expect") && !value.eq_ignore_ascii_case(b"100-continue");
        if switches || expects { Err(Reason::Malformed) } else { Ok(()) }
    }
}

/// `tchar` of RFC 9110 §5.6.2.
const fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'!' | b'#'
                | b'$'
                | b'%'
                | b'&'
                | b'\''
                | b'*'
                | b'+'
                | b'-'
                | b'.'
                | b'^'
                | b'_'
                | b'`'
                | b'|'
                | b'~'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(text: &str) -> Result<Option<Head>, Reason> {
        check(text.as_bytes())
    }

    const GOOD: &str =
        "POST /agent/v1/fetch HTTP/1.1\r\nHost: gw.example.jp:8383\r\ncontent-length: 12\r\n\r\n";

    #[test]
    fn a_head_as_agents_send_it_is_whole_at_its_last_byte() {
        for cut in 0..GOOD.len() {
            assert_eq!(checked(&GOOD[..cut]), Ok(None), "{cut} bytes");
        }
        let head = Head { length: GOOD.len(), body: 12, nowhere: None };
        assert_eq!(checked(GOOD), Ok(Some(head.clone())));
        assert_eq!(checked(&format!("{GOOD}twelve bytes and the next")), Ok(Some(head)));
        let get = "GET /agent/v1/bundle/0 HTTP/1.1\r\nhost: [2001:db8::1]:8383\r\nexpect: 100-continue\r\nx: \r\n\r\n";
        let head = Head { length: get.len(), body: 0, nowhere: None };
        assert_eq!(checked(get), Ok(Some(head)));
    }

    #[test]
    fn the_smuggling_corpus_is_refused() {
        for (what, head) in [
            (
                "CL.TE",
                "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n",
            ),
            (
                "TE.CL",
                "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n",
            ),
            (
                "TE.TE",
                "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: xchunked\r\nTransfer-Encoding: chunked\r\n\r\n",
            ),
            (
                "TE with a space",
                "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n",
            ),
            (
                "TE behind a tab",
                "POST /a HTTP/1.1\r\nHost: a\r\n\tTransfer-Encoding: chunked\r\n\r\n",
            ),
            (
                "TE by a vertical tab",
                "POST /a HTTP/1.1\r\nHost: a\r\nX: x\x0bTransfer-Encoding: chunked\r\n\r\n",
            ),
            (
                "two CL",
                "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\n",
            ),
            (
                "the same CL twice",
                "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nContent-Length: 4\r\n\r\n",
            ),
            ("a list of CL", "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 4, 4\r\n\r\n"),
            ("signed CL", "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: +4\r\n\r\n"),
            ("negative CL", "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: -4\r\n\r\n"),
            ("hexadecimal CL", "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 0x4\r\n\r\n"),
            ("empty CL", "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: \r\n\r\n"),
            (
                "endless CL",
                "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n",
            ),
            ("CL with _", "POST /a HTTP/1.1\r\nHost: a\r\nContent_Length: 4\r\n\r\n"),
            ("obs-fold", "GET /a HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n"),
            ("bare LF", "GET /a HTTP/1.1\nHost: a\n\n"),
            ("bare LF at the end", "GET /a HTTP/1.1\r\nHost: a\r\n\n"),
            ("bare LF in a header", "GET /a HTTP/1.1\r\nHost: a\r\nX: a\nY: b\r\n\r\n"),
            ("bare CR", "GET /a HTTP/1.1\r\nHost: a\r\nX: a\rY: b\r\n\r\n"),
            ("no host", "GET /a HTTP/1.1\r\n\r\n"),
            ("two hosts", "GET /a HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"),
            ("an empty host", "GET /a HTTP/1.1\r\nHost: \r\n\r\n"),
            ("a host with a path", "GET /a HTTP/1.1\r\nHost: a/b\r\n\r\n"),
            ("a host with a user", "GET /a HTTP/1.1\r\nHost: u@a\r\n\r\n"),
            ("absolute form", "GET https://a/agent/v1/fetch HTTP/1.1\r\nHost: a\r\n\r\n"),
            ("HTTP/1.0", "GET /a HTTP/1.0\r\nHost: a\r\n\r\n"),
            ("HTTP/0.9", "GET /a\r\n\r\n"),
            ("two spaces", "GET  /a HTTP/1.1\r\nHost: a\r\n\r\n"),
            ("a tab", "GET\t/a HTTP/1.1\r\nHost: a\r\n\r\n"),
            ("words behind", "GET /a HTTP/1.1 x\r\nHost: a\r\n\r\n"),
            ("an empty line before", "\r\nGET /a HTTP/1.1\r\nHost: a\r\n\r\n"),
            (
                "Upgrade",
                "GET /a HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
            ),
            ("h2c", "GET /a HTTP/1.1\r\nHost: a\r\nHTTP2-Settings: AA\r\n\r\n"),
            ("NUL", "GET /a HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n"),
            ("no colon", "GET /a HTTP/1.1\r\nHost: a\r\nX\r\n\r\n"),
            ("no name", "GET /a HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n"),
            ("Expect", "POST /a HTTP/1.1\r\nHost: a\r\nExpect: 200-ok\r\n\r\n"),
            ("a name of letters that are none", "GET /a HTTP/1.1\r\nHost: a\r\nX\u{e9}: x\r\n\r\n"),
        ] {
            assert_eq!(checked(head), Err(Reason::Malformed), "{what}");
        }
        let chunked = "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
        assert_eq!(checked(chunked), Err(Reason::LengthNeeded));
    }

    #[test]
    fn a_target_that_is_no_route_is_marked_and_the_rest_still_counts() {
        for target in
            ["/a?b=c", "/a%2fb", "/../a", "/a/./b", "/a\\b", "/\u{e9}", "*", "a:443", "/a#b"]
        {
            let text = format!("GET {target} HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n");
            let head = checked(&text).expect("in order").expect("whole");
            assert_eq!((head.body, head.nowhere), (3, Some(0..4 + target.len())), "{target}");
        }
        let text = "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n";
        assert!(checked(text).expect("in order").expect("whole").nowhere.is_some());
        let text = format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "a".repeat(512));
        assert!(checked(&text).expect("in order").expect("whole").nowhere.is_some());
    }

    #[test]
    fn a_head_has_its_bounds() {
        let with = |lines: &str| format!("GET /a HTTP/1.1\r\nHost: a\r\n{lines}\r\n");
        assert!(checked(&with(&"a: b\r\n".repeat(63))).is_ok());
        assert_eq!(checked(&with(&"a: b\r\n".repeat(64))), Err(Reason::HeadersTooLong));
        let long = format!("a: {}\r\n", "b".repeat(8193));
        assert_eq!(checked(&with(&long)), Err(Reason::HeadersTooLong));
        let endless = format!("GET /a HTTP/1.1\r\nHost: a\r\na: {}", "b".repeat(MAX_HEAD_BYTES));
        assert_eq!(checked(&endless), Err(Reason::HeadersTooLong));
        let begun = |lines| format!("GET /a HTTP/1.1\r\nHost: a\r\n{}", "a: b\r\n".repeat(lines));
        assert_eq!(checked(&begun(63)), Ok(None));
        assert_eq!(checked(&begun(64)), Err(Reason::HeadersTooLong), "before it ends");
        assert_eq!(checked("\x16\x03\x01"), Err(Reason::Malformed), "TLS is no method");
    }
}
