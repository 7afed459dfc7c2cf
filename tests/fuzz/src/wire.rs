//! CBOR messages and the table of routes.

use std::fmt::{Debug, Display};

use sekisho_wire::bundle::{Bundle, BundleChain, MAX_CHAIN_BYTES, SignedTime};
use sekisho_wire::cbor;
use sekisho_wire::certificate::{CertificateAnswer, CertificateEnvelope, CertificateRequest};
use sekisho_wire::enrolment::{Enrolment, EnrolmentAnswer, EnrolmentEnvelope};
use sekisho_wire::gateway::FromGateway;
use sekisho_wire::order::{FetchAnswer, FetchRequest, Order, SealedOrder};
use sekisho_wire::problem::Problem;
use sekisho_wire::receipt::{Ack, Receipt, ReceiptEnvelope};
use sekisho_wire::relayed::{
    Frames, client_cert, forwarded, read_client_cert, read_forwarded, write_frame,
};
use sekisho_wire::route::{ROUTES, find};
use sekisho_wire::session::{
    EscrowsHandedIn, EscrowsTaken, Frame, Hello, HelloAnswer, HelloEnvelope, Wake, WelcomeEnvelope,
};

use crate::sample::SAMPLE;
use crate::{choose, chosen};

/// What is read is written again, and read back as the same.
fn holds<T>(bytes: &[u8]) -> bool
where
    T: serde::Serialize + serde::de::DeserializeOwned + PartialEq + Debug,
{
    let Ok(message) = cbor::decode::<T>(bytes, MAX_CHAIN_BYTES) else { return false };
    let written = cbor::encode(&message);
    let again: T = cbor::decode(&written, usize::MAX).expect("what we write can be read");
    assert_eq!(message, again);
    true
}

macro_rules! kinds {
    ($($kind:ty),+ $(,)?) => {
        const KINDS: &[(&str, fn(&[u8]) -> bool)] = &[$((stringify!($kind), holds::<$kind>)),+];
    };
}

kinds! {
    Enrolment, EnrolmentEnvelope, EnrolmentAnswer, CertificateRequest, CertificateEnvelope,
    CertificateAnswer, Hello, HelloEnvelope, HelloAnswer, WelcomeEnvelope, Frame, Wake,
    FetchRequest, FetchAnswer, SealedOrder, Order, Receipt, ReceiptEnvelope, Ack, EscrowsHandedIn,
    EscrowsTaken, Bundle, BundleChain, SignedTime, Problem,
}

fn seed<T: serde::Serialize>(kind: &str, message: &T) -> Vec<u8> {
    let number = KINDS.iter().position(|(name, _)| *name == kind).expect("a kind");
    chosen(number, cbor::encode(message))
}

/// Each kind of message.
pub(crate) fn messages(bytes: &[u8]) -> bool {
    let Some((first, rest)) = bytes.split_first() else { return false };
    (KINDS[usize::from(*first) % KINDS.len()].1)(rest)
}

pub(crate) fn message_seeds() -> Vec<Vec<u8>> {
    let site = &*SAMPLE;
    let mut seeds = vec![
        seed("Enrolment", &site.enrolment()),
        seed("Hello", &site.hello()),
        seed(
            "FetchRequest",
            &FetchRequest {
                nonce: [1; 16],
                highest_seq: 9,
                newest_order: Some(sekisho_model::id::OrderId::from_uuid(Default::default())),
                accounts_changed: true,
                bundle_version: Some(3),
            },
        ),
        seed("HelloEnvelope", &site.showing_hello()),
        seed("HelloAnswer", &site.hello_answer()),
        seed("BundleChain", &site.chain()),
        seed("SignedTime", &SignedTime { nonce: [1; 16], time: site.now }),
        seed("Bundle", site.trust.bundle()),
        seed("Wake", &Wake::Fetch),
        seed("Problem", &Problem { code: sekisho_wire::problem::ProblemCode::Recovery }),
    ];
    seeds.extend(site.orders().iter().map(|order| seed("Order", order)));
    seeds.extend(site.receipts().iter().map(|receipt| seed("Receipt", receipt)));
    let frame = Frame { session: site.session, counter: 1, body: b"body".to_vec(), mac: [9; 32] };
    seeds.push(seed("Frame", &frame));
    seeds
}

/// What the table finds is what a path of that route looks like, letter by
/// letter (INV-5).
pub(crate) fn agent_routes(bytes: &[u8]) -> bool {
    let Some((number, path)) = choose::<4>(bytes) else { return false };
    let Ok(path) = std::str::from_utf8(path) else { return false };
    let method = ["GET", "POST", "get", "PUT"][number];
    let Some((route, parameters)) = find(method, path) else { return false };
    assert_eq!(route.method.as_str(), method);
    let parameters: Vec<&dyn Display> =
        parameters.iter().map(|parameter| parameter as &dyn Display).collect();
    assert_eq!(route.name.path(&parameters), path);
    true
}

pub(crate) fn route_seeds() -> Vec<Vec<u8>> {
    let methods = ["GET", "POST"];
    ROUTES
        .iter()
        .map(|route| {
            let number = methods.iter().position(|method| *method == route.method.as_str());
            let path = route.path.replace(['{', '}'], "");
            chosen(number.expect("a method"), path)
        })
        .collect()
}

/// What a gateway says of a caller, and the frames of its control stream: each
/// has one way to be written, and whatever was cut is put together again.
pub(crate) fn relayed(bytes: &[u8]) -> bool {
    let Some((kind, rest)) = choose::<3>(bytes) else { return false };
    match kind {
        0 => {
            let Some(der) = read_client_cert(rest) else { return false };
            assert_eq!(client_cert(&der).as_bytes(), rest);
        }
        1 => {
            let Some(address) = read_forwarded(rest) else { return false };
            assert_eq!(forwarded(address).as_bytes(), rest);
        }
        _ => {
            let mut frames = Frames::default();
            frames.push(rest);
            let Ok(Some(message)) = frames.take::<FromGateway>() else { return false };
            let mut again = Frames::default();
            for byte in write_frame(&message) {
                again.push(&[byte]);
            }
            assert_eq!(again.take::<FromGateway>().expect("what we write"), Some(message));
        }
    }
    true
}

pub(crate) fn relayed_seeds() -> Vec<Vec<u8>> {
    let address = |text: &str| forwarded(text.parse().expect("an address"));
    vec![
        chosen(0, client_cert(b"0\x82\x01\x00")),
        chosen(1, address("198.51.100.9")),
        chosen(1, address("2001:db8::1")),
        chosen(2, write_frame(&FromGateway::DialAgain)),
        chosen(2, write_frame(&FromGateway::Status(Box::default()))),
    ]
}
