//! The name of a device, of a gateway or of the server in its certificate,
//! strictly read.

use sekisho_model::Timestamp;
use sekisho_model::id::{DeviceId, GatewayId, SiteId};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer;
use x509_parser::x509::X509Version;

use crate::error::CertificateProblem;
use crate::key::PublicKey;
use crate::time::from_asn1;

/// The SPIFFE trust domain of a site: `<site id>.sekisho`.
pub fn trust_domain(site: SiteId) -> String {
    format!("{site}.sekisho")
}

/// The URI that names a device: `spiffe://<site id>.sekisho/device/<device id>`.
pub fn device_uri(site: SiteId, device: DeviceId) -> String {
    format!("spiffe://{}/device/{device}", trust_domain(site))
}

/// The URI that names a gateway: `spiffe://<site id>.sekisho/gateway/<gateway id>`.
pub fn gateway_uri(site: SiteId, gateway: GatewayId) -> String {
    format!("spiffe://{}/gateway/{gateway}", trust_domain(site))
}

/// The URI that names the server where it dials a gateway:
/// `spiffe://<site id>.sekisho/server`.
pub fn server_uri(site: SiteId) -> String {
    format!("spiffe://{}/server", trust_domain(site))
}

/// What a certificate for the link between server and gateway says. Reading
/// proves nothing: only [`SiteTrust`](crate::SiteTrust) tells who said it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkCertificate {
    /// The site named.
    pub site: SiteId,
    /// The gateway named; `None`: the server.
    pub gateway: Option<GatewayId>,
    /// The public key.
    pub key: PublicKey,
    /// Last instant.
    pub not_after: Timestamp,
}

impl LinkCertificate {
    /// Reads a certificate of exactly the form that the site issues.
    pub fn parse(der: &[u8]) -> Result<Self, CertificateProblem> {
        let certificate = read(der)?;
        let uri = only_uri(&certificate)?;
        let (site, gateway) = parse_link_uri(uri).ok_or(CertificateProblem::NotOfTheLink)?;
        check_use(&certificate)?;
        let key = PublicKey::from_spki(certificate.public_key().raw)
            .map_err(|_| CertificateProblem::NotOfTheLink)?;
        Ok(Self { site, gateway, key, not_after: from_asn1(certificate.validity().not_after) })
    }
}

fn parse_link_uri(uri: &str) -> Option<(SiteId, Option<GatewayId>)> {
    let (site, path) = uri.strip_prefix("spiffe://")?.split_once(".sekisho/")?;
    let site = site.parse().ok()?;
    let gateway = match path.strip_prefix("gateway/") {
        Some(id) => Some(id.parse().ok()?),
        None => None,
    };
    let written = gateway.map_or_else(|| server_uri(site), |id| gateway_uri(site, id));
    (written == uri).then_some((site, gateway))
}

/// What a device's certificate says. Reading proves nothing: only
/// [`SiteTrust::verify_device`](crate::SiteTrust::verify_device) tells who said it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceCertificate {
    /// The site named.
    pub site: SiteId,
    /// The device named.
    pub device: DeviceId,
    /// The device's public key.
    pub key: PublicKey,
    /// Lower-case hexadecimal digits.
    pub serial: String,
    /// First instant.
    pub not_before: Timestamp,
    /// Last instant.
    pub not_after: Timestamp,
}

impl DeviceCertificate {
    /// Reads a certificate of exactly the form that the site issues: one
    /// name, of a device; a P-256 key; for client authentication and digital
    /// signatures only; no authority.
    pub fn parse(der: &[u8]) -> Result<Self, CertificateProblem> {
        let certificate = read(der)?;
        let (site, device) = device_name(&certificate)?;
        check_use(&certificate)?;
        let key = PublicKey::from_spki(certificate.public_key().raw)
            .map_err(|_| CertificateProblem::NotADevice("its key is not a P-256 key"))?;
        Ok(Self {
            site,
            device,
            key,
            serial: data_encoding::HEXLOWER.encode(certificate.raw_serial()),
            not_before: from_asn1(certificate.validity().not_before),
            not_after: from_asn1(certificate.validity().not_after),
        })
    }
}

/// Reads one version 3 certificate and nothing behind it.
pub(crate) fn read(der: &[u8]) -> Result<X509Certificate<'_>, CertificateProblem> {
    match X509Certificate::from_der(der) {
        Ok(([], certificate)) if certificate.version() == X509Version::V3 => Ok(certificate),
        _ => Err(CertificateProblem::Unreadable),
    }
}

fn device_name(
    certificate: &X509Certificate<'_>,
) -> Result<(SiteId, DeviceId), CertificateProblem> {
    parse_device_uri(only_uri(certificate)?)
        .ok_or(CertificateProblem::NotADevice("its URI is not that of a device"))
}

fn only_uri<'c>(certificate: &'c X509Certificate<'_>) -> Result<&'c str, CertificateProblem> {
    let names = certificate
        .subject_alternative_name()
        .map_err(|_| CertificateProblem::Unreadable)?
        .ok_or(CertificateProblem::NotADevice("it has no name"))?;
    let [name] = names.value.general_names.as_slice() else {
        return Err(CertificateProblem::NotADevice("it has not exactly one name"));
    };
    match name {
        GeneralName::URI(uri) => Ok(uri),
        _ => Err(CertificateProblem::NotADevice("its name is not a URI")),
    }
}

fn parse_device_uri(uri: &str) -> Option<(SiteId, DeviceId)> {
    let (site, device) = uri.strip_prefix("spiffe://")?.split_once(".sekisho/device/")?;
    let (site, device) = (site.parse().ok()?, device.parse().ok()?);
    // Ids can be written in several ways; only one of them is ours.
    (device_uri(site, device) == uri).then_some((site, device))
}

fn check_use(certificate: &X509Certificate<'_>) -> Result<(), CertificateProblem> {
    if certificate.is_ca() {
        return Err(CertificateProblem::NotADevice("it is one of an authority"));
    }
    let key_usage = certificate.key_usage().map_err(|_| CertificateProblem::Unreadable)?;
    // Bit 0, digitalSignature, and no other (RFC 5280 §4.2.1.3).
    if key_usage.is_none_or(|usage| usage.value.flags != 1) {
        return Err(CertificateProblem::WrongUsage);
    }
    let extended = certificate.extended_key_usage().map_err(|_| CertificateProblem::Unreadable)?;
    let only_client = extended.is_some_and(|usage| {
        let usage = usage.value;
        usage.client_auth
            && usage.other.is_empty()
            && ![
                usage.any,
                usage.server_auth,
                usage.code_signing,
                usage.email_protection,
                usage.time_stamping,
                usage.ocsp_signing,
            ]
            .contains(&true)
    });
    if only_client { Ok(()) } else { Err(CertificateProblem::WrongUsage) }
}

#[cfg(test)]
mod tests {
    use sekisho_model::rng::SeededRng;

    use super::*;

    #[test]
    fn a_device_uri_is_read_back() {
        let rng = SeededRng::new(1);
        let site = SiteId::at(Timestamp::from_millis(1), &rng);
        let device = DeviceId::at(Timestamp::from_millis(2), &rng);
        assert_eq!(parse_device_uri(&device_uri(site, device)), Some((site, device)));
    }

    #[test]
    fn other_ways_to_write_a_device_uri_are_refused() {
        let (site, device) =
            ("0193e4a0-7c1b-7000-8000-000000000001", "0193e4a0-7c1b-7000-8000-0000000000aa");
        let good = format!("spiffe://{site}.sekisho/device/{device}");
        assert!(parse_device_uri(&good).is_some());
        for bad in [
            good.to_uppercase(),
            good.replace("spiffe", "https"),
            good.replace(".sekisho", ""),
            good.replace(".sekisho", ".sekisho.example"),
            good.replace(".sekisho", ".sekisho:443"),
            good.replace("/device/", "/gateway/"),
            good.replace("/device/", "//device/"),
            good.replace('-', ""),
            good.replace("spiffe://", "spiffe://user@"),
            format!("{good}/"),
            format!("{good}?x"),
            format!("{good}#x"),
            format!(" {good}"),
            format!("spiffe://{site}.sekisho/device/{{{device}}}"),
            format!("spiffe://{site}.sekisho/device/{}", device.to_uppercase()),
            format!("spiffe://{site}.sekisho/device/"),
            String::new(),
        ] {
            assert_eq!(parse_device_uri(&bad), None, "{bad}");
        }
    }
}
