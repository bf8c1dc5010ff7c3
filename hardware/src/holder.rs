//! Who has a port open or holds it, by what the kernel tells everybody.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// A process that has a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Its number.
    pub pid: u32,
    /// What it is called, where that may be known.
    pub program: Option<String>,
}

impl std::fmt::Display for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.program {
            Some(program) => write!(f, "{program}, process {}", self.pid),
            None => write!(f, "process {}", self.pid),
        }
    }
}

/// Every process that has the port open, as far as this user may know, and every one that holds it with a lock, which
/// everybody may know. Not this process.
pub fn holders(port: &Path) -> Vec<Holder> {
    let mut pids = locked_by(port).unwrap_or_default();
    pids.extend(opened_by(port).unwrap_or_default());
    pids.sort_unstable();
    pids.dedup();
    pids.retain(|pid| *pid != std::process::id() && *pid != 0);
    pids.into_iter().map(|pid| Holder { pid, program: program(pid) }).collect()
}

/// By the kernel's list of locks: number, kind, strictness, direction, process, device and inode.
fn locked_by(port: &Path) -> Option<Vec<u32>> {
    let found = fs::metadata(port).ok()?;
    let (major, minor) = (rustix::fs::major(found.dev()), rustix::fs::minor(found.dev()));
    let place = format!("{major:02x}:{minor:02x}:{}", found.ino());
    let locks = fs::read_to_string("/proc/locks").ok()?;
    let holder = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().filter(|word| *word != "->").collect();
        (words.get(5) == Some(&place.as_str())).then(|| words.get(4)?.parse().ok())?
    };
    Some(locks.lines().filter_map(holder).collect())
}

/// By the descriptors of the processes that may be looked at.
fn opened_by(port: &Path) -> Option<Vec<u32>> {
    let real = port.canonicalize().ok()?;
    let has_it = |pid: &u32| {
        fs::read_dir(format!("/proc/{pid}/fd")).is_ok_and(|descriptors| {
            descriptors.flatten().any(|one| fs::read_link(one.path()).is_ok_and(|leads_to| leads_to == real))
        })
    };
    let pids = fs::read_dir("/proc").ok()?.flatten();
    Some(pids.filter_map(|one| one.file_name().to_str()?.parse().ok()).filter(has_it).collect())
}

fn program(pid: u32) -> Option<String> {
    let name = fs::read_to_string(format!("/proc/{pid}/comm")).ok()?;
    let name: String = name.chars().filter(|c| !c.is_control()).collect();
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn a_program_that_has_the_port_open_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let port = folder.path().join("port");
        fs::write(&port, "").expect("a file");
        assert_eq!(holders(&port), []);
        let mut child = Command::new("sh")
            .args(["-c", "exec 9<\"$0\"; echo; read line"])
            .arg(&port)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a shell");
        child.stdout.as_mut().expect("piped").read_exact(&mut [0]).expect("it has the file");
        let found = holders(&port);
        assert_eq!(found.iter().map(|holder| holder.pid).collect::<Vec<_>>(), [child.id()]);
        assert!(found[0].to_string().ends_with(&format!("process {}", child.id())), "{found:?}");
        child.stdin.as_mut().expect("piped").write_all(b"\n").expect("told");
        child.wait().expect("ended");
        assert_eq!(holders(&port), []);
    }
}
