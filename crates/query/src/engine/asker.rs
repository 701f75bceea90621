//! Who a request runs for: the one whose budget it is taken from, and who waits in turn with others.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use model::UserId;
use policy::Principal;

tokio::task_local! {
    static ASKER: Asker;
}

/// Who a request runs for.
///
/// A user has one budget, whatever keys and sessions are used. Visitors without an account are told
/// apart by address: each has a share of its own within one budget for all of them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Asker {
    /// The node itself, and the person at its console: never refused for a budget.
    Node,
    /// A user.
    User(UserId),
    /// A visitor: an IPv4 address, or the /64 of an IPv6 address; none when it is not known.
    Public(Option<IpAddr>),
}

impl Asker {
    /// The asker of a principal, reached from an address.
    pub fn new(principal: &Principal, address: Option<IpAddr>) -> Asker {
        match principal {
            Principal::System => Asker::Node,
            Principal::User { id, .. } => Asker::User(id.clone()),
            Principal::Public => Asker::Public(address.map(class)),
        }
    }

    /// Runs work for this asker: every read that the work itself asks the engine for is its.
    pub async fn ask<F: Future>(self, work: F) -> F::Output {
        ASKER.scope(self, work).await
    }

    /// The asker of the work that calls; none when nobody said.
    pub fn current() -> Option<Asker> {
        ASKER.try_with(Clone::clone).ok()
    }

    /// The kind of asker, for numbers: names are too many for labels.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Asker::Node => "node",
            Asker::User(_) => "user",
            Asker::Public(_) => "public",
        }
    }

    pub(crate) fn is_public(&self) -> bool {
        matches!(self, Asker::Public(_))
    }
}

impl fmt::Display for Asker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Asker::Node => f.write_str("node"),
            Asker::User(id) => write!(f, "user {id}"),
            // The log does not need to know where a visitor lives.
            Asker::Public(_) => f.write_str("public"),
        }
    }
}

/// The part of an address that one client has to itself.
fn class(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}
