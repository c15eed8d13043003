//! What a process and its descendants cost, as Linux tells it in `/proc`.

use anyhow::{Context, Result, bail};
use std::{
    collections::BTreeMap,
    fs,
    process::{Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

/// Clock ticks a second in `/proc/<pid>/stat`; the kernel has fixed it for all programs.
const TICKS_A_SECOND: f64 = 100.0;
/// How often memory is looked at. Each look costs the kernel about a millisecond.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// What a run of a program cost.
pub struct Cost {
    /// When it was started.
    pub started: Instant,
    /// From its start to its end.
    pub took: Duration,
    /// Processor time of it and of the children it waited for, in seconds.
    pub cpu_seconds: f64,
    /// The most memory that it and its descendants had at one look, shared pages divided, in MB.
    pub peak_mb: f64,
    /// How it ended.
    pub status: ExitStatus,
}

/// Runs `command` to its end, its output kept in `log`.
///
/// # Errors
/// When it cannot be started or runs longer than `limit`; then it is killed.
pub fn measure(command: &mut Command, log: &std::path::Path, limit: Duration) -> Result<Cost> {
    let output = fs::File::create(log).with_context(|| format!("write {}", log.display()))?;
    command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
    let started = Instant::now();
    let mut child = command.spawn().with_context(|| format!("start `{}`", crate::command::line(command)))?;
    let mut peak_kb = 0;
    let mut looked = None;
    let cpu_seconds = loop {
        let stat = Stat::read(child.id()).context("read /proc; this is measured on Linux only")?;
        // Waiting would make its figures disappear: they are read from the zombie first.
        if stat.state == 'Z' {
            break stat.ticks_with_children as f64 / TICKS_A_SECOND;
        }
        if looked.is_none_or(|at: Instant| at.elapsed() >= LOOK_EVERY) {
            looked = Some(Instant::now());
            peak_kb = peak_kb.max(family(child.id()).iter().map(|pid| pss_kb(*pid)).sum());
        }
        if started.elapsed() > limit {
            child.kill()?;
            child.wait()?;
            bail!(
                "`{}` was still running after {} s\n  see {}",
                crate::command::line(command),
                limit.as_secs(),
                log.display()
            );
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let took = started.elapsed();
    let status = child.wait()?;
    Ok(Cost { started, took, cpu_seconds, peak_mb: peak_kb as f64 / 1000.0, status })
}

struct Stat {
    state: char,
    parent: u32,
    ticks_with_children: u64,
}

impl Stat {
    fn read(pid: u32) -> Option<Self> {
        let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The name in parentheses may hold anything, so fields are counted from its end.
        let (_, rest) = text.rsplit_once(')')?;
        let fields: Vec<&str> = rest.split_whitespace().collect();
        let ticks = fields.get(11..15)?.iter().filter_map(|field| field.parse::<u64>().ok()).sum();
        Some(Self {
            state: fields.first()?.chars().next()?,
            parent: fields.get(1)?.parse().ok()?,
            ticks_with_children: ticks,
        })
    }
}

fn family(root: u32) -> Vec<u32> {
    let mut children: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        if let Some(stat) = Stat::read(pid) {
            children.entry(stat.parent).or_default().push(pid);
        }
    }
    let mut found = vec![root];
    let mut next = 0;
    while let Some(pid) = found.get(next).copied() {
        found.extend(children.get(&pid).into_iter().flatten());
        next += 1;
    }
    found
}

fn pss_kb(pid: u32) -> u64 {
    fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))
        .unwrap_or_default()
        .lines()
        .find_map(|line| line.strip_prefix("Pss:")?.trim().strip_suffix(" kB")?.parse().ok())
        .unwrap_or(0)
}
