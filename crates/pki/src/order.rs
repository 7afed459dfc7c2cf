//! Certificates in the order in which TLS sends them.

use crate::device::read;

/// More links than this has no chain.
const MAX_LINKS: usize = 10;

/// The chain that begins with `leaf`: after each certificate the one that issued
/// it, as far as it is among `others`. Whether it did sign is judged later
/// ([`judge_server_chain`](crate::judge_server_chain)).
pub fn order_server_chain(leaf: &[u8], others: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let mut chain = vec![leaf.to_vec()];
    while chain.len() < MAX_LINKS {
        let Some(Ok(last)) = chain.last().map(|der| read(der)) else { break };
        let issuer = last.issuer().as_raw();
        if issuer == last.subject().as_raw() {
            break;
        }
        let above = others.iter().find(|der| {
            let is_issuer = read(der).is_ok_and(|found| found.subject().as_raw() == issuer);
            is_issuer && !chain.contains(der)
        });
        let Some(above) = above.cloned() else { break };
        chain.push(above);
    }
    chain
}

/// Whether a certificate names itself as its issuer, as roots do.
pub fn names_itself_issuer(der: &[u8]) -> bool {
    read(der).is_ok_and(|found| found.issuer().as_raw() == found.subject().as_raw())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

    fn params(name: &str, is_ca: bool) -> CertificateParams {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        if is_ca {
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        }
        params
    }

    #[test]
    fn each_certificate_is_followed_by_its_issuer_whatever_the_order() {
        let key = || KeyPair::generate().expect("a key");
        let root_key = key();
        let root_params = params("root", true);
        let root = root_params.self_signed(&root_key).expect("signed").der().to_vec();
        let root_issuer = Issuer::new(root_params, root_key);
        let (middle_params, middle_key) = (params("middle", true), key());
        let middle = middle_params.signed_by(&middle_key, &root_issuer).expect("signed");
        let middle_issuer = Issuer::new(middle_params, middle_key);
        let leaf = params("leaf", false).signed_by(&key(), &middle_issuer).expect("signed");
        let stray = params("stray", true).self_signed(&key()).expect("signed").der().to_vec();
        let (middle, leaf) = (middle.der().to_vec(), leaf.der().to_vec());

        let others = [root.clone(), stray.clone(), leaf.clone(), middle.clone()];
        let whole = [leaf.clone(), middle.clone(), root];
        assert_eq!(order_server_chain(&leaf, &others), whole);
        assert_eq!(whole.each_ref().map(|der| names_itself_issuer(der)), [false, false, true]);
        assert_eq!(order_server_chain(&leaf, &[stray.clone(), middle.clone()]), [leaf, middle]);
        assert_eq!(order_server_chain(&stray, &others), std::slice::from_ref(&stray));
    }
}
