//! Who is asking.

use model::{AgencyId, UserId};

/// What a user may do, within agencies where the role is of an agency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// Reads by access class and grant.
    User,
    /// Hands in data for its agency's datasets.
    Provider,
    /// Maps, checks and describes its agency's datasets.
    Steward,
    /// Accepts, refuses and withdraws.
    Approver,
    /// Reads logs and policies, not restricted values.
    Auditor,
    /// Everything.
    Admin,
}

impl Role {
    /// Every role.
    pub const ALL: [Role; 6] =
        [Role::User, Role::Provider, Role::Steward, Role::Approver, Role::Auditor, Role::Admin];

    /// The role's code in tables and documents.
    pub fn code(self) -> &'static str {
        match self {
            Role::User => "user",
            Role::Provider => "provider",
            Role::Steward => "steward",
            Role::Approver => "approver",
            Role::Auditor => "auditor",
            Role::Admin => "admin",
        }
    }

    /// The role of a code.
    pub fn from_code(code: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.code() == code)
    }
}

/// What an API key may be used for. A session has every scope of its user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Read what the user may read.
    Read,
    /// Read, and write what the user may write.
    Write,
    /// Administer, when the user may.
    Admin,
}

impl Scope {
    /// The scope's code in tables and documents.
    pub fn code(self) -> &'static str {
        match self {
            Scope::Read => "read",
            Scope::Write => "write",
            Scope::Admin => "admin",
        }
    }

    /// The scope of a code.
    pub fn from_code(code: &str) -> Option<Scope> {
        match code {
            "read" => Some(Scope::Read),
            "write" => Some(Scope::Write),
            "admin" => Some(Scope::Admin),
            _ => None,
        }
    }

    fn rank(self) -> u8 {
        match self {
            Scope::Read => 0,
            Scope::Write => 1,
            Scope::Admin => 2,
        }
    }
}

/// Who is asking.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Principal {
    /// Anyone, without an account.
    Public,
    /// A person or a program with an account, by session or by API key.
    User {
        /// The account.
        id: UserId,
        /// Its agency, if it belongs to one.
        agency: Option<AgencyId>,
        /// Its role.
        role: Role,
        /// What the key in use allows.
        scope: Scope,
    },
    /// The node itself, and the person at its console.
    System,
}

impl Principal {
    /// The account, if there is one.
    pub fn user(&self) -> Option<&UserId> {
        match self {
            Principal::User { id, .. } => Some(id),
            Principal::Public | Principal::System => None,
        }
    }

    /// The agency, if there is one.
    pub fn agency(&self) -> Option<&AgencyId> {
        match self {
            Principal::User { agency, .. } => agency.as_ref(),
            Principal::Public | Principal::System => None,
        }
    }

    /// Whether it may administer the node.
    pub fn is_admin(&self) -> bool {
        match self {
            Principal::System => true,
            Principal::User { role, scope, .. } => *role == Role::Admin && *scope == Scope::Admin,
            Principal::Public => false,
        }
    }

    /// Whether the key in use reaches the scope.
    pub fn has_scope(&self, wanted: Scope) -> bool {
        match self {
            Principal::System => true,
            Principal::User { scope, .. } => scope.rank() >= wanted.rank(),
            Principal::Public => wanted == Scope::Read,
        }
    }

    /// A name for logs and budgets: `public`, `system` or the user's name.
    pub fn name(&self) -> &str {
        match self {
            Principal::Public => "public",
            Principal::System => "system",
            Principal::User { id, .. } => id.as_str(),
        }
    }
}
