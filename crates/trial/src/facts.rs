//! What `provenance.json` says of the program and the machine. An allowlist.

use std::io;

/// blake3 of the running executable.
pub(crate) fn binary_hash() -> io::Result<String> {
    let bytes = std::fs::read(std::env::current_exe()?)?;
    Ok(blake3::hash(&bytes).to_hex().to_string())
}

/// Model name of the processor; the architecture where the system does not say.
pub(crate) fn cpu() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("model name"));
    let name = line.and_then(|line| line.split_once(':')).map(|(_, name)| name.trim());
    name.unwrap_or(std::env::consts::ARCH).to_owned()
}

/// Operating system and architecture.
pub(crate) fn platform() -> String {
    format!("{} {}", std::env::consts::OS, std::env::consts::ARCH)
}

/// The pinned version of Burn.
pub(crate) const BURN: &str = "0.22.1";
