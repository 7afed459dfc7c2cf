//! What a gateway reads: from the internet before anybody is known, and from
//! the link.

use sekisho_gateway::filter::head::{self, Head};
use sekisho_gateway::filter::routes::Routes;
use sekisho_gateway::limits::Rules;
use sekisho_gateway::{
    ControlFrames, Hello, Http2Frames, MAX_HELLO_BYTES, Snapshot, control_frame, read_answer_head,
    read_hello,
};
use sekisho_model::id::GatewayId;
use sekisho_seal::gateway::sign_gateway_config;
use sekisho_wire::cbor;
use sekisho_wire::gateway::{
    FromGateway, GatewayConfig, Limits, MAX_CONFIG_BYTES, MAX_FRAME_BYTES, PassThrough, TlsPolicy,
    ToGateway, route_lines,
};
use sekisho_wire::route;
use serde_bytes::ByteBuf;
use std::time::Duration;

use crate::sample::SAMPLE;

/// The head of a request. What passes is read by hyper's own parser as the same
/// number of bytes, with one host, one length at most and no transfer coding.
pub(crate) fn request_heads(bytes: &[u8]) -> bool {
    let found = match head::check(bytes) {
        Ok(Some(found)) => found,
        Ok(None) => {
            assert!(bytes.len() < 16 * 1024, "waits for more of a head that is too long");
            return false;
        }
        Err(reason) => {
            // Refused stays refused, whatever follows.
            let more = [bytes, b"\r\n\r\nGET / HTTP/1.1\r\nhost: a\r\n\r\n"].concat();
            assert!(head::check(&more).is_err(), "{reason:?} was taken back");
            return false;
        }
    };
    assert!(found.length <= bytes.len());
    assert_eq!(head::check(&bytes[..found.length]), Ok(Some(found.clone())), "what follows counts");
    assert_eq!(head::check(&bytes[..found.length - 1]), Ok(None), "it was whole before");
    let Head { length, body, nowhere: None } = found else { return true };
    let mut fields = [httparse::EMPTY_HEADER; 64];
    let mut request = httparse::Request::new(&mut fields);
    let parsed = request.parse(bytes).expect("hyper reads what passes");
    assert_eq!(parsed, httparse::Status::Complete(length));
    assert_eq!(request.version, Some(1));
    let named = |name: &str| {
        let fields = request.headers.iter().filter(|field| field.name.eq_ignore_ascii_case(name));
        fields.map(|field| field.value.to_vec()).collect::<Vec<_>>()
    };
    assert_eq!(named("host").len(), 1);
    assert!(named("transfer-encoding").is_empty() && named("upgrade").is_empty());
    let lengths = named("content-length");
    let length = lengths.first().map_or("0", |text| std::str::from_utf8(text).expect("digits"));
    assert_eq!((lengths.len() < 2, length.parse()), (true, Ok(body)));
    true
}

pub(crate) fn request_head_seeds() -> Vec<Vec<u8>> {
    [
        "POST /agent/v1/fetch HTTP/1.1\r\nHost: gw.example.jp:8383\r\ncontent-length: 12\r\n\r\ntwelve bytes",
        "GET /agent/v1/bundle/0 HTTP/1.1\r\nhost: [::1]\r\nexpect: 100-continue\r\nx: \t y\r\n\r\n",
        "GET /a/../b?c HTTP/1.1\r\nhost: a\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n",
    ]
    .iter()
    .map(|text| text.as_bytes().to_vec())
    .collect()
}

/// The head of an answer to a call. What passes says once how long its body is.
pub(crate) fn answer_heads(bytes: &[u8]) -> bool {
    let Ok(read) = read_answer_head(bytes) else {
        let more = [bytes, b"\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"].concat();
        assert!(read_answer_head(&more).is_err(), "what was refused was taken back");
        return false;
    };
    let Some((length, head)) = read else { return false };
    assert!(length <= bytes.len());
    let again = read_answer_head(&bytes[..length]).expect("as before");
    assert_eq!(again, Some((length, head.clone())), "what follows counts");
    let text = String::from_utf8_lossy(&bytes[..length]).to_ascii_lowercase();
    let named = |name: &str| -> Vec<&str> {
        let fields = text.lines().filter_map(|line| line.split_once(':'));
        fields.filter(|(field, _)| *field == name).map(|(_, value)| value.trim()).collect()
    };
    assert!(named("transfer-encoding").is_empty());
    match named("content-length").as_slice() {
        [] => assert_eq!((head.length, matches!(head.status.as_u16(), 204 | 304)), (0, true)),
        [said] => assert_eq!(said.parse(), Ok(head.length)),
        more => panic!("it says its length {} times", more.len()),
    }
    true
}

pub(crate) fn answer_head_seeds() -> Vec<Vec<u8>> {
    [
        "HTTP/1.1 200 OK\r\ncontent-type: application/cbor\r\ncontent-length: 12\r\n\r\ntwelve bytes",
        "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 7\r\nContent-Length: 0\r\nconnection: close\r\n\r\n",
        "HTTP/1.1 204 No Content\r\nsekisho-next-due-ms: 1200\r\n\r\n",
    ]
    .iter()
    .map(|text| text.as_bytes().to_vec())
    .collect()
}

/// A method and a path, divided by a space: gateway and server agree.
pub(crate) fn gateway_routes(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let Some((method, path)) = text.split_once(' ') else { return false };
    let routes = Routes::new(&route_lines()).expect("the routes of this version");
    let gateway = routes.find(method, path).map(|route| route.name.clone());
    let server = route::find(method, path).map(|(route, _)| route.name.as_str().to_owned());
    assert_eq!(gateway, server, "{method} {path}");
    gateway.is_some()
}

pub(crate) fn gateway_route_seeds() -> Vec<Vec<u8>> {
    let lines = route_lines();
    let fill = |path: &str| path.replace(['{', '}'], "");
    lines
        .iter()
        .map(|line| format!("{} {}", line.method.as_str(), fill(&line.path)).into_bytes())
        .collect()
}

/// The control stream: in pieces as whole; what is read can be written.
pub(crate) fn control_frames(bytes: &[u8]) -> bool {
    let cut = |size: usize| {
        let (mut frames, mut found) = (ControlFrames::default(), Vec::new());
        let mut pieces = bytes.chunks(size.max(1));
        let whole = pieces.all(|piece| frames.take(piece, |f| found.push(f.to_vec())).is_ok());
        (whole, found)
    };
    let (whole, found) = cut(bytes.len());
    if whole {
        assert_eq!(cut(3), (true, found.clone()));
    }
    let mut understood = false;
    for frame in found {
        if let Ok(message) = cbor::decode::<ToGateway>(&frame, MAX_FRAME_BYTES) {
            let again = cbor::decode::<ToGateway>(&cbor::encode(&message), MAX_FRAME_BYTES);
            assert_eq!(again.expect("what we write can be read"), message);
            understood = true;
        }
        if let Ok(message) = cbor::decode::<FromGateway>(&frame, MAX_FRAME_BYTES) {
            let again = cbor::decode::<FromGateway>(&cbor::encode(&message), MAX_FRAME_BYTES);
            assert_eq!(again.expect("what we write can be read"), message);
            understood = true;
        }
    }
    understood
}

pub(crate) fn control_frame_seeds() -> Vec<Vec<u8>> {
    let messages = [
        ToGateway::Wake(vec![SAMPLE.device]),
        ToGateway::Revoked(vec![SAMPLE.device]),
        ToGateway::Lift(vec!["192.0.2.1".to_owned()]),
        ToGateway::Config(ByteBuf::from(sign_gateway_config(&config(), &SAMPLE.order_key))),
        ToGateway::Refused("too old".to_owned()),
        ToGateway::Farewell,
    ];
    let frames: Vec<_> =
        messages.iter().map(|message| control_frame(&cbor::encode(message))).collect();
    let dial = control_frame(&cbor::encode(&FromGateway::DialAgain));
    frames.iter().cloned().chain([frames.concat(), dial]).collect()
}

/// A signed configuration: nobody without the order key makes one that is
/// believed, and what could be signed never breaks what is made of it.
pub(crate) fn gateway_configs(bytes: &[u8]) -> bool {
    let site = &*SAMPLE;
    let believed = Snapshot::believe(bytes, &site.trust, gateway(), None);
    assert!(believed.is_err(), "nobody signed it");
    let Ok(config) = cbor::decode::<GatewayConfig>(bytes, MAX_CONFIG_BYTES) else { return false };
    let read = Routes::new(&config.routes);
    let (_rules, _problems) = Rules::new(config.limits.clone(), &config.offices);
    let signed = sign_gateway_config(&config, &site.order_key);
    let believed = Snapshot::believe(&signed, &site.trust, config.gateway, Some(config.version));
    if let Ok(snapshot) = believed {
        assert_eq!((snapshot.config.site, read.is_ok()), (site.site, true));
    }
    true
}

pub(crate) fn gateway_config_seeds() -> Vec<Vec<u8>> {
    vec![cbor::encode(&config())]
}

/// The beginning of a TLS stream: once the name is known, nothing that follows
/// changes it.
pub(crate) fn client_hellos(bytes: &[u8]) -> bool {
    match read_hello(bytes) {
        Hello::Unfinished => {
            assert!(bytes.len() < MAX_HELLO_BYTES, "waits for more than it may");
            false
        }
        Hello::Nobody => false,
        Hello::For(name) => {
            assert!(!name.is_empty() && !name.bytes().any(|byte| byte.is_ascii_uppercase()));
            let more = [bytes, &[0x16; 40]].concat();
            assert_eq!(read_hello(&more), Hello::For(name));
            true
        }
    }
}

pub(crate) fn client_hello_seeds() -> Vec<Vec<u8>> {
    // TLS 1.3, one suite, SNI `a.example`, X25519 without a share (RFC 8446 §4.1.2).
    let name = b"a.example";
    let length = |bytes: &[u8]| u16::try_from(bytes.len()).expect("short").to_be_bytes();
    let entry = [&[0][..], &length(name), name].concat();
    let list = [&length(&entry)[..], &entry].concat();
    let sni = [&[0, 0][..], &length(&list), &list].concat();
    let rest = [
        &[0, 43, 0, 3, 2, 3, 4][..],
        &[0, 10, 0, 4, 0, 2, 0, 29],
        &[0, 13, 0, 4, 0, 2, 4, 3],
        &[0, 51, 0, 2, 0, 0],
    ]
    .concat();
    let extensions = [sni, rest].concat();
    let body =
        [&[3, 3][..], &[7; 32], &[0], &[0, 2, 0x13, 1], &[1, 0], &length(&extensions), &extensions]
            .concat();
    let message = [&[1, 0][..], &length(&body), &body].concat();
    let record = [&[0x16, 3, 1][..], &length(&message), &message].concat();
    vec![record]
}

/// The frames of HTTP/2 as they go by: in pieces as whole.
pub(crate) fn http2_frames(bytes: &[u8]) -> bool {
    let now = Duration::from_secs(1);
    let mut whole = Http2Frames::default();
    let seen = whole.see(bytes, now);
    let mut pieces = Http2Frames::default();
    let in_pieces = bytes.iter().try_for_each(|byte| pieces.see(&[*byte], now));
    assert_eq!(seen, in_pieces);
    if seen.is_ok() {
        assert_eq!(whole.is_between(), pieces.is_between());
    }
    seen.is_ok()
}

pub(crate) fn http2_frame_seeds() -> Vec<Vec<u8>> {
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".as_slice();
    let settings = &[0, 0, 0, 4, 0, 0, 0, 0, 0][..];
    let headers = &[0, 0, 2, 1, 5, 0, 0, 0, 1, 0x82, 0x87];
    let data = &[0, 0, 3, 0, 1, 0, 0, 0, 1, 1, 2, 3];
    vec![[preface, settings, headers, data].concat()]
}

fn gateway() -> GatewayId {
    GatewayId::at(SAMPLE.now, &SAMPLE.rng)
}

fn config() -> GatewayConfig {
    GatewayConfig {
        site: SAMPLE.site,
        gateway: GatewayId::from_uuid(SAMPLE.device.uuid()),
        version: 1,
        issued: SAMPLE.now,
        server_version: "0.1.0".to_owned(),
        routes: route_lines(),
        tls: TlsPolicy { versions: vec![0x0304], suites: vec![0x1301], groups: vec![0x001d] },
        limits: Limits::default(),
        offices: vec![sekisho_wire::gateway::Office {
            name: "osaka".to_owned(),
            networks: vec!["203.0.113.0/24".to_owned(), "2001:db8::/32".to_owned()],
            connections: 9,
            handshakes: Limits::default().handshakes,
            enrolment: Limits::default().enrolment,
        }],
        ca_roots: Vec::new(),
        ca_issuing: Vec::new(),
        revoked: vec![SAMPLE.device],
        public_names: vec!["gw.example.jp".to_owned()],
        pass_through: Some(PassThrough { names: vec!["console.example.jp".to_owned()] }),
    }
}
