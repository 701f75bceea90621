//! The one client that this node sends requests of others with: to public addresses only, unless the
//! configuration names others, with limits on time, and following nobody elsewhere.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::HeaderMap;
use reqwest::redirect::Policy;
use url::{Host, Url};
use wording::{Told, told};

/// The longest that a receiver may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Addresses that may be reached although they are not public.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Allowed(Vec<(IpAddr, u8)>);

impl Allowed {
    /// Reads `127.0.0.1, 10.0.0.0/8`; the sentence says what is wrong.
    ///
    /// # Errors
    /// When a part is no address and no network.
    pub fn parse(text: &str) -> Result<Allowed, Told> {
        let mut networks = Vec::new();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let wrong = || {
                told!(
                    "serve-no-network-write-e-g-127-0",
                    "`{part}` is no network: write e.g. 127.0.0.1 or 10.0.0.0/8",
                    part = part
                )
            };
            let (address, bits) = part.split_once('/').unwrap_or((part, ""));
            let address: IpAddr = address.parse().map_err(|_| wrong())?;
            let most = if address.is_ipv4() { 32 } else { 128 };
            let bits = if bits.is_empty() { most } else { bits.parse().map_err(|_| wrong())? };
            if bits > most {
                return Err(wrong());
            }
            networks.push((address, bits));
        }
        Ok(Allowed(networks))
    }

    fn names(&self, address: IpAddr) -> bool {
        self.0.iter().any(|(network, bits)| match (network, address) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                same_begin(u128::from(network.to_bits()) << 96, u128::from(address.to_bits()) << 96, *bits)
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                same_begin(network.to_bits(), address.to_bits(), *bits)
            }
            _ => false,
        })
    }

    /// Whether a request may go to the address.
    fn reaches(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        is_public(address) || self.names(address)
    }
}

fn same_begin(left: u128, right: u128, bits: u8) -> bool {
    bits == 0 || (left ^ right) >> (128 - u32::from(bits.min(128))) == 0
}

/// Whether anyone on the internet may have the address (IANA's registries of special addresses).
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation()
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 198 && (18..20).contains(&b)))
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, ..] = address.segments();
    // 2000::/3 is what is given out; in it, Teredo, 6to4, documentation and benchmarks lead elsewhere.
    (0x2000..0x4000).contains(&a)
        && a != 0x2002
        && !(a == 0x2001 && (b < 0x0200 || b == 0x0db8))
        && !(a == 0x3fff && b < 0x1000)
}

/// Why a request of others was not sent, or was not taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OutgoingError {
    /// The address may not be asked.
    #[error("{0}")]
    Refused(Told),
    /// Nothing came back in time, or nobody was there.
    #[error("the receiver was not reached or did not answer within 10 seconds")]
    Unreached(#[source] reqwest::Error),
    /// Another answer than yes.
    #[error("the receiver answered {0}")]
    Status(u16),
}

impl From<OutgoingError> for Told {
    fn from(error: OutgoingError) -> Told {
        match error {
            OutgoingError::Refused(why) => why,
            other => Told::words(other.to_string()),
        }
    }
}

/// Sends requests of others.
#[derive(Debug, Clone)]
pub(crate) struct Outgoing {
    client: reqwest::Client,
    allowed: Allowed,
}

impl Outgoing {
    pub(crate) fn new(allowed: Allowed) -> Result<Outgoing, reqwest::Error> {
        let client = reqwest::Client::builder()
            .dns_resolver(Arc::new(Guarded(allowed.clone())))
            .redirect(Policy::none())
            .no_proxy()
            .timeout(PATIENCE)
            .connect_timeout(PATIENCE / 2)
            .user_agent(concat!("cuulong/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Outgoing { client, allowed })
    }

    /// Whether a request may be sent there, as far as the address itself tells.
    pub(crate) fn check(&self, url: &Url) -> Result<(), OutgoingError> {
        if !url.username().is_empty() || url.password().is_some() {
            return Err(OutgoingError::Refused(told!(
                "serve-address-name-password",
                "the address has a name or a password in it"
            )));
        }
        let literal = match url.host() {
            None => {
                return Err(OutgoingError::Refused(told!(
                    "serve-address-no-host",
                    "the address has no host"
                )));
            }
            Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
            Some(Host::Domain(_)) => None,
        };
        if literal.is_some_and(|address| !self.allowed.reaches(address)) {
            return Err(OutgoingError::Refused(told!(
                "serve-address-not-public-outgoing-private-does-not-name",
                "the address is not public, and outgoing_private does not name it"
            )));
        }
        let is_named = literal.is_some_and(|address| self.allowed.names(address));
        match url.scheme() {
            "https" => Ok(()),
            "http" if is_named => Ok(()),
            _ => Err(OutgoingError::Refused(told!("serve-address-not-https", "the address is not https"))),
        }
    }

    /// Sends a document; anything but a status of 200 to 299 is a failure. What the receiver writes
    /// is not read, and its redirects are not followed.
    pub(crate) async fn post(
        &self,
        url: &Url,
        headers: HeaderMap,
        body: String,
    ) -> Result<(), OutgoingError> {
        self.check(url)?;
        let sent = self.client.post(url.clone()).headers(headers).body(body).send().await;
        let status = sent.map_err(OutgoingError::Unreached)?.status();
        if status.is_success() { Ok(()) } else { Err(OutgoingError::Status(status.as_u16())) }
    }
}

/// Finds the addresses of names, and leaves out those that may not be asked: what is connected to is
/// what was looked at.
struct Guarded(Allowed);

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let allowed = self.0.clone();
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let reached: Vec<SocketAddr> = found.filter(|address| allowed.reaches(address.ip())).collect();
            if reached.is_empty() {
                return Err("the name leads to no public address".into());
            }
            Ok(Box::new(reached.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Allowed, Outgoing};

    #[test]
    fn only_public_addresses_are_asked_unless_others_are_named() {
        let plain = Outgoing::new(Allowed::default()).unwrap();
        for (url, fits) in [
            ("https://hooks.example.org/a", true),
            ("https://93.184.215.14/", true),
            ("https://[2606:2800:21f:cb07::1]/", true),
            ("http://hooks.example.org/", false),
            ("ftp://hooks.example.org/", false),
            ("https://lan:secret@hooks.example.org/", false),
            ("https://127.0.0.1/", false),
            ("https://0x7f.1/", false),
            ("https://2130706433/", false),
            ("https://10.1.2.3/", false),
            ("https://172.16.0.1/", false),
            ("https://192.168.1.1/", false),
            ("https://169.254.169.254/latest/meta-data", false),
            ("https://100.64.0.1/", false),
            ("https://0.0.0.0/", false),
            ("https://224.0.0.1/", false),
            ("https://255.255.255.255/", false),
            ("https://[::1]/", false),
            ("https://[::ffff:127.0.0.1]/", false),
            ("https://[fe80::1]/", false),
            ("https://[fd00::1]/", false),
            ("https://[64:ff9b::7f00:1]/", false),
            ("https://[2002:7f00:1::]/", false),
        ] {
            assert_eq!(plain.check(&url.parse().unwrap()).is_ok(), fits, "{url}");
        }
        let named = Outgoing::new(Allowed::parse("127.0.0.1, 10.0.0.0/8").unwrap()).unwrap();
        for (url, fits) in
            [("http://127.0.0.1:9/", true), ("http://10.9.9.9/", true), ("http://127.0.0.2/", false)]
        {
            assert_eq!(named.check(&url.parse().unwrap()).is_ok(), fits, "{url}");
        }
        for wrong in ["localhost", "10.0.0.0/33", "10.0.0/8", "::1/129"] {
            assert!(Allowed::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[tokio::test]
    async fn a_name_that_leads_home_is_not_followed() {
        let plain = Outgoing::new(Allowed::default()).unwrap();
        let refused =
            plain.post(&"https://localhost:1/".parse().unwrap(), Default::default(), String::new()).await;
        let why = format!("{:?}", refused.unwrap_err());
        assert!(why.contains("no public address"), "{why}");
    }
}
