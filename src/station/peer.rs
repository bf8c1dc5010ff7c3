//! Who is at the other end of the local socket: the kernel's word about the user id, and the system's files for what
//! that user is called.

use std::fs;

use crate::config::Access;
use crate::domain::Role;

/// The role of a user id.
///
/// Root and the user the station runs as could change the data folder without asking, so they count as supervisor
/// unless the configuration names another role for them.
pub fn role_of(access: &Access, uid: u32, own_uid: u32) -> Option<Role> {
    let user = name_of("/etc/passwd", 2, &uid.to_string());
    let groups = user.as_deref().map(groups_of).unwrap_or_default();
    let named = access.role_of(user.as_deref().unwrap_or(""), groups.iter().map(String::as_str));
    named.or_else(|| (uid == 0 || uid == own_uid).then_some(Role::Supervisor))
}

/// The first field of the line whose field `place` is `wanted`.
fn name_of(file: &str, place: usize, wanted: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.split(':').nth(place) == Some(wanted))?;
    line.split(':').next().map(str::to_owned)
}

/// Every group the user is in, the first one too.
fn groups_of(user: &str) -> Vec<String> {
    let passwd = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let own = passwd
        .lines()
        .find(|line| line.split(':').next() == Some(user))
        .and_then(|line| line.split(':').nth(3))
        .unwrap_or("");
    let groups = fs::read_to_string("/etc/group").unwrap_or_default();
    groups
        .lines()
        .filter_map(|line| {
            let fields: Vec<&str> = line.split(':').collect();
            let [name, _, gid, members] = fields.as_slice() else { return None };
            let member = members.split(',').any(|member| member == user);
            (member || *gid == own).then(|| (*name).to_owned())
        })
        .collect()
}
