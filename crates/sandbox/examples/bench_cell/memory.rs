//! What many cells weigh: the bridge and the engine's own process beside it, apart.
//!
//! Memory is Linux's proportional set size, in which a page that several processes share counts for
//! each in part. It can be read where the engine's processes are this machine's.

use std::collections::BTreeMap;
use std::fs;

use anchorhold_sandbox::Docker;

use crate::row::Row;
use crate::{Failure, Plan, spec};

pub async fn measure(docker: &Docker, plan: &Plan) -> Result<(), Failure> {
    let mut open = Vec::new();
    for number in 0..plan.cells {
        eprintln!("cell {} of {}", number + 1, plan.cells);
        let spec = spec(number);
        let cell = docker.open(&spec).await?;
        open.push((spec, cell));
    }
    let told = weigh(&open.iter().map(|(_, cell)| cell.container_id()).collect::<Vec<_>>(), plan.cells);
    for (spec, cell) in &open {
        cell.close().await;
        docker.remove(&spec.home, &spec.agent).await?;
    }
    told
}

fn weigh(ids: &[&str], cells: usize) -> Result<(), Failure> {
    let processes = processes()?;
    let (mut bridges, mut shims) = (Memory::default(), Memory::default());
    let mut counted = 0;
    for (pid, process) in &processes {
        // The engine starts one such process for each container and names the container to it.
        if !(process.command.contains("containerd-shim") && ids.iter().any(|id| process.command.contains(id)))
        {
            continue;
        }
        shims.add(*pid)?;
        for (bridge, _) in processes.iter().filter(|(_, child)| child.parent == *pid) {
            bridges.add(*bridge)?;
            counted += 1;
        }
    }
    if counted != cells {
        return Err(format!(
            "{counted} of {cells} cells were found among the processes; is the engine on another machine?"
        )
        .into());
    }
    let each = |memory: f64| memory / cells as f64;
    let of = |what: &str| format!("{cells} cells, each: {what}");
    Row::new(of("PSS of bridge and shim"), "MB", each(bridges.pss + shims.pss)).most(5.0).tell();
    Row::new(of("PSS of the bridge"), "MB", each(bridges.pss)).tell();
    Row::new(of("PSS of the engine's shim"), "MB", each(shims.pss)).tell();
    Row::new(of("private pages of the shim"), "MB", each(shims.private)).tell();
    Ok(())
}

#[derive(Default)]
struct Memory {
    pss: f64,
    private: f64,
}

impl Memory {
    fn add(&mut self, pid: u32) -> Result<(), Failure> {
        let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))
            .map_err(|error| format!("read the memory of process {pid}, which takes its owner: {error}"))?;
        let megabytes = |name: &str| {
            text.lines()
                .find_map(|line| line.strip_prefix(name)?.trim().strip_suffix(" kB")?.parse::<f64>().ok())
                .unwrap_or_default()
                / 1000.0
        };
        self.pss += megabytes("Pss:");
        self.private += megabytes("Private_Dirty:") + megabytes("Private_Clean:");
        Ok(())
    }
}

struct Process {
    parent: u32,
    command: String,
}

fn processes() -> Result<BTreeMap<u32, Process>, Failure> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir("/proc")? {
        let Some(pid) = entry?.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        let read = |file: &str| fs::read_to_string(format!("/proc/{pid}/{file}")).unwrap_or_default();
        let stat = read("stat");
        // The name in parentheses may hold anything, so fields are counted from its end.
        let parent = stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().nth(1)?.parse().ok());
        if let Some(parent) = parent {
            found.insert(pid, Process { parent, command: read("cmdline") });
        }
    }
    Ok(found)
}
