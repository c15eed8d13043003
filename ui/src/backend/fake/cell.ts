/** What is measured in a cell of which every promise holds. */
import type { CellFact } from "../../bindings";

export const sealedCell: CellFact[] = [
  holds("network", "none", "sockets are refused", "none"),
  holds("processes", "one", "alone; starting one is refused"),
  holds("execution", "none", "no program but the bridge; running one is refused"),
  holds("host mounts", "none", "its own volume at /workspace and nothing else", "volume:/workspace"),
  holds("devices of the host", "none", "none"),
  holds("secrets", "none", "no variable and no file but its own"),
  holds("root file system", "read-only", "read-only", "read-only"),
  holds(
    "user",
    "user 65532:65532, no capabilities, can gain none",
    "user 65532:65532, no capabilities, can gain none",
    "user 65532:65532, drops ALL, adds none",
  ),
  holds("limits", "256 MiB, 8 processes", "256 MiB, 8 processes", "256 MiB, 8 processes"),
  holds("workspace", "2048 MiB, 200000 files and folders", "2048 MiB, 200000 files and folders"),
  holds("system call filter", "holds", "tried, and the engine's own is in force"),
  holds("file rules", "hold", "Landlock version 7 holds"),
  told(
    "tried and refused",
    "run a program, start a process, open a network socket, open a unix socket, make a file in memory, map executable memory, open a path past openat2, open a path outside the workspace",
  ),
  told("bridge", "0.1.0 for x86_64"),
];

function holds(name: string, promised: string, measured: string, engine: string | null = null): CellFact {
  return { name, promised, measured, engine, verdict: "HOLDS" };
}

function told(name: string, measured: string): CellFact {
  return { name, promised: null, measured, engine: null, verdict: "TOLD" };
}
