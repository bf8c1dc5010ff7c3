//! Who may do what over the local socket: the kernel tells who is at the other end, `[access]` tells what that is worth.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use crate::domain::Role;

/// Longest user or group name, in bytes (Linux takes no longer one).
const NAME_MAX_BYTES: usize = 32;

/// `[access]`: lists of users and groups by role. Whoever is in no list may only look.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(transparent)]
pub struct Access {
    by_role: BTreeMap<Role, Vec<Principal>>,
}

impl Access {
    /// The lists, by role.
    pub fn by_role(&self) -> &BTreeMap<Role, Vec<Principal>> {
        &self.by_role
    }

    /// What this user may do; none may only look.
    ///
    /// A line that names the user wins over one that names a group; among groups the role that may most wins.
    pub fn role_of<'a>(&self, user: &str, groups: impl IntoIterator<Item = &'a str>) -> Option<Role> {
        let named = |principal: &Principal| self.role_naming(principal);
        named(&Principal::User(user.to_owned())).or_else(|| {
            groups
                .into_iter()
                .filter_map(|group| named(&Principal::Group(group.to_owned())))
                .max_by_key(|role| weight(*role))
        })
    }

    pub(super) fn role_naming(&self, principal: &Principal) -> Option<Role> {
        self.by_role.iter().find(|(_, listed)| listed.contains(principal)).map(|(role, _)| *role)
    }

    pub(super) fn add(&mut self, role: Role, principal: Principal) {
        self.by_role.entry(role).or_default().push(principal);
    }
}

/// Which of two roles may more at the station.
fn weight(role: Role) -> u8 {
    match role {
        Role::Bearer => 0,
        Role::Inspector => 1,
        Role::Witness => 2,
        Role::InventoryOfficer => 3,
        Role::Technician => 4,
        Role::Commander => 5,
        Role::Armourer => 6,
        Role::Supervisor => 7,
    }
}

/// A user or a group of the operating system.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Principal {
    /// `user:NAME`
    User(String),
    /// `group:NAME`
    Group(String),
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(name) => write!(f, "user:{name}"),
            Self::Group(name) => write!(f, "group:{name}"),
        }
    }
}

impl FromStr for Principal {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let refused = || format!("{text:?} names nobody: write \"user:NAME\" or \"group:NAME\"");
        let (kind, name) = text.split_once(':').ok_or_else(refused)?;
        let fits = !name.is_empty()
            && name.len() <= NAME_MAX_BYTES
            && !name.chars().any(|c| c.is_whitespace() || c.is_control() || c == ':');
        match kind {
            "user" if fits => Ok(Self::User(name.to_owned())),
            "group" if fits => Ok(Self::Group(name.to_owned())),
            _ => Err(refused()),
        }
    }
}

impl Serialize for Principal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
