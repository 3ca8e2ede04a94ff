//! The memory that training takes, and the memory that this process may have.
//!
//! A failed allocation ends the program at once, so the two are compared before the first step. The second is read from
//! Linux's `/proc` and control groups; where a file is missing, the limit that it would tell counts as none.

use super::layer_tables;
use crate::data::Dataset;
use crate::error::{Error, Result};
use crate::plan::{Batching, ModelPlan, Plan};
use std::fs;
use std::path::{Path, PathBuf};

/// Memory of the program apart from the run: its code, the embedded images, the allocator's reserve. It was measured as
/// the peak of a run with the smallest networks.
const PROGRAM_BYTES: usize = 50 << 20;

/// The hint for a new run.
pub(super) const SMALLER_RUN: &str = "a smaller train.batch, model.width or data.size takes less (--dry-run shows how much); \
                                      or give the process more memory";

/// The hint for a run that goes on.
pub(super) const MORE_MEMORY: &str = "give the process more memory; a resumed run keeps its batch, width and size";

/// An estimate of the memory that training takes, in bytes: the samples; each network's weights, their gradients and
/// two moments; and each layer's output in a step, which is kept for the backward pass, with its gradient. The
/// discriminator is counted for its largest batch.
///
/// # Errors
///
/// As [`layer_tables`].
pub fn estimated_memory(plan: &Plan, data: &Dataset) -> Result<u64> {
    let [generator, discriminator] = layer_tables(plan)?;
    let batches = if plan.train.batches == Batching::Combined { 2 } else { 1 };
    let weights = 4 * (generator.trainable() + discriminator.trainable());
    let activations = 2 * plan.train.batch * (generator.activations() + batches * discriminator.activations());
    let floats = (weights + activations) * size_of::<f32>();
    Ok((PROGRAM_BYTES + floats + data.train.bytes() + data.holdout.bytes()) as u64)
}

/// Returns an error if the process may not have as much memory as training needs in all.
pub(super) fn check(needed: u64, hint: &str) -> Result<()> {
    check_below(Path::new("/"), "training takes", needed, hint)
}

/// Returns an error if the process may not have the memory that the networks need to be built: their weights, and the
/// random numbers that these are made of.
pub(super) fn check_networks(model: &ModelPlan) -> Result<()> {
    let weights = (model.family.architecture().weights)(model);
    let needed = (PROGRAM_BYTES + 2 * weights * size_of::<f32>()) as u64;
    let hint = "a smaller model.width or data.size takes less; or give the process more memory";
    check_below(Path::new("/"), "the networks alone take", needed, hint)
}

/// `takes` is the start of the message: what needs so much memory.
fn check_below(root: &Path, takes: &str, needed: u64, hint: &str) -> Result<()> {
    let short = limits(root, needed).into_iter().filter(|limit| limit.needed > limit.bytes);
    let Some(shortest) = short.max_by_key(|limit| limit.needed - limit.bytes) else { return Ok(()) };
    let [needed, bytes] = [shortest.needed, shortest.bytes].map(|bytes| bytes >> 20);
    let Limit { what, says, .. } = shortest;
    Err(Error::device(format!("{takes} about {needed} MiB of {what}, but {says} {bytes} MiB"), hint))
}

/// The most memory, or addresses of it, that this process may have in all.
#[derive(Debug, PartialEq)]
struct Limit {
    what: &'static str,
    bytes: u64,
    needed: u64,
    /// What says so; the number follows.
    says: &'static str,
}

/// Of addresses, a run needs a quarter more than it has memory: those of the program's code, of its threads' stacks and
/// of what the allocator keeps in reserve. Measured with one thread: runs of 71, 106 and 517 MiB by the estimate ended
/// under `ulimit -v` of 90, 130 and 640 MiB, and trained under 100, 135 and 660 MiB; each further thread needs more.
const ADDRESSES_FOR_MEMORY: [u64; 2] = [5, 4];

/// The limits that a system tells whose files lie below `root`, to a process that needs so much memory.
fn limits(root: &Path, needed: u64) -> Vec<Limit> {
    let text = |path: &str| fs::read_to_string(root.join(path)).unwrap_or_default();
    let (status, machine) = (text("proc/self/status"), text("proc/meminfo"));
    let kib = |text: &str, key: &str| number_after(text, key).map(|kib| kib << 10);
    // What the process has already is part of what it may have in all.
    let own = kib(&status, "VmRSS:").unwrap_or(0);
    let swap = kib(&machine, "SwapFree:").unwrap_or(0);
    let free = kib(&machine, "MemAvailable:").map(|free| free + swap);
    let in_group = groups(&text("proc/self/cgroup")).iter().filter_map(|group| group.free(root)).min();
    let addresses = number_after(&text("proc/self/limits"), "Max address space");
    let [more, of] = ADDRESSES_FOR_MEMORY;
    let of_addresses = addresses.map(|bytes| Limit {
        what: "addresses",
        bytes,
        needed: needed.saturating_mul(more) / of,
        says: "the limit on this process's addresses (ulimit -v) is",
    });
    let of_memory = |bytes: u64, says| Limit { what: "memory", bytes, needed, says };
    let found = [
        of_addresses,
        in_group
            .map(|free| of_memory(free.saturating_add(own + swap), "its control group (a container's limit) leaves")),
        free.map(|free| of_memory(free + own, "this machine has free")),
    ];
    found.into_iter().flatten().collect()
}

/// The number after a key at the start of a line.
fn number_after(text: &str, key: &str) -> Option<u64> {
    let rest = text.lines().find_map(|line| line.strip_prefix(key))?;
    rest.split_whitespace().next()?.parse().ok()
}

/// The files in which a control group's limit and use of memory stand.
struct Group {
    folder: PathBuf,
    /// The files' names, and the keys of what the system gives back when it is needed: memory that caches files.
    names: &'static [&'static str; 4],
}

/// Of version 2 and of version 1 (Linux's `admin-guide/cgroup-v2.rst` and `cgroup-v1/memory.rst`).
const NAMES: [[&str; 4]; 2] = [
    ["memory.max", "memory.current", "inactive_file ", "active_file "],
    ["memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file ", "total_active_file "],
];

/// The groups that a process is in by its file `cgroup`, and the groups that these are in. A container sees its own
/// group as the outermost.
fn groups(of_process: &str) -> Vec<Group> {
    let mut found = Vec::new();
    for line in of_process.lines() {
        let mut parts = line.splitn(3, ':').skip(1);
        let (mount, names) = match parts.next() {
            Some("") => ("sys/fs/cgroup", &NAMES[0]),
            Some(controllers) if controllers.split(',').any(|name| name == "memory") => {
                ("sys/fs/cgroup/memory", &NAMES[1])
            }
            _ => continue,
        };
        let path = Path::new(parts.next().unwrap_or_default().trim_start_matches('/'));
        found.extend(path.ancestors().map(|part| Group { folder: Path::new(mount).join(part), names }));
    }
    found
}

impl Group {
    /// The memory that the group may still take; none without a limit.
    fn free(&self, root: &Path) -> Option<u64> {
        let [limit, used, caches @ ..] = self.names;
        let text = |name: &str| fs::read_to_string(root.join(&self.folder).join(name)).ok();
        let number = |name: &str| text(name)?.trim().parse::<u64>().ok();
        let stat = text("memory.stat").unwrap_or_default();
        let cached: u64 = caches.iter().filter_map(|key| number_after(&stat, key)).sum();
        let used = number(used).unwrap_or(0).saturating_sub(cached);
        Some(number(limit)?.saturating_sub(used))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder with these files.
    fn system(files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        root
    }

    const MIB: u64 = 1 << 20;

    fn smallest(files: &[(&str, &str)]) -> Option<u64> {
        let root = system(files);
        limits(root.path(), 0).iter().map(|limit| limit.bytes).min()
    }

    #[test]
    fn a_system_that_tells_nothing_has_no_limit() {
        assert_eq!(smallest(&[]), None);
        check_below(system(&[]).path(), "it takes", u64::MAX, "hint").unwrap();
        let unlimited = "Limit                     Soft Limit           Hard Limit           Units     \n\
                         Max address space         unlimited            unlimited            bytes     \n";
        assert_eq!(smallest(&[("proc/self/limits", unlimited), ("proc/self/cgroup", "0::/\n")]), None);
    }

    #[test]
    fn the_limit_of_the_shell_is_named() {
        let limits = "Limit                     Soft Limit           Hard Limit           Units     \n\
                      Max address space         716800000            unlimited            bytes     \n";
        let root = system(&[("proc/self/limits", limits)]);
        check_below(root.path(), "it takes", 716_800_000 / 5 * 4, "hint").unwrap();
        let error = check_below(root.path(), "training takes", 2400 * MIB, "hint").unwrap_err();
        let expected = "training takes about 3000 MiB of addresses, but the limit on this process's addresses (ulimit -v) is 683 MiB";
        assert_eq!(error.to_string(), expected);
    }

    /// 1000 MiB are free, of 2000 there are; 100 of swap; this process has 50.
    #[test]
    fn a_machine_gives_what_is_free_and_what_the_process_has() {
        let machine = "MemTotal:        2048000 kB\nMemAvailable:    1024000 kB\nSwapFree:         102400 kB\n";
        let files = [("proc/meminfo", machine), ("proc/self/status", "VmRSS:\t   51200 kB\n")];
        assert_eq!(smallest(&files), Some(1150 * MIB));
    }

    /// The limit of 512 MiB is that of the outer group, which uses 300 MiB; 200 of these cache files.
    #[test]
    fn a_group_is_limited_by_those_that_it_is_in() {
        let mib = |count: u64| (count * MIB).to_string();
        let stat = format!("anon 1\ninactive_file {}\nactive_file {}\n", 150 * MIB, 50 * MIB);
        let own = ("proc/self/status", "VmRSS:\t   51200 kB\n");
        let files = [
            own,
            ("proc/self/cgroup", "0::/outer/inner\n"),
            ("sys/fs/cgroup/outer/inner/memory.max", "max\n"),
            ("sys/fs/cgroup/outer/memory.max", &mib(512)),
            ("sys/fs/cgroup/outer/memory.current", &mib(300)),
            ("sys/fs/cgroup/outer/memory.stat", &stat),
        ];
        assert_eq!(smallest(&files), Some((512 - 100 + 50) * MIB));
        let stat = stat.replace("inactive", "total_inactive").replace("\nactive", "\ntotal_active");
        let files = [
            own,
            ("proc/self/cgroup", "5:cpu:/\n4:rdma,memory:/docker/0123\n"),
            ("sys/fs/cgroup/memory/memory.limit_in_bytes", &mib(512)),
            ("sys/fs/cgroup/memory/memory.usage_in_bytes", &mib(300)),
            ("sys/fs/cgroup/memory/memory.stat", &stat),
        ];
        assert_eq!(smallest(&files), Some((512 - 100 + 50) * MIB));
    }
}
