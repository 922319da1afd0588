//! What a process has used, from `/proc`: CPU time of all its threads in nanoseconds, resident memory.

use anyhow::{Context, Result};

/// A reading.
#[derive(Debug, Clone, Copy)]
pub struct Used {
    /// Nanoseconds on a CPU since its start.
    pub cpu_ns: u64,
    /// Resident bytes now.
    pub resident: u64,
}

/// Reads process `pid`.
pub fn used(pid: u32) -> Result<Used> {
    let mut cpu_ns = 0;
    for task in std::fs::read_dir(format!("/proc/{pid}/task"))? {
        let text = std::fs::read_to_string(task?.path().join("schedstat")).unwrap_or_default();
        cpu_ns += text.split_whitespace().next().and_then(|ns| ns.parse::<u64>().ok()).unwrap_or(0);
    }
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    let kib: u64 = resident.trim().trim_end_matches(" kB").parse()?;
    Ok(Used { cpu_ns, resident: kib * 1024 })
}
