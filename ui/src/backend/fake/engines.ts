/** The container engines of the recording: one that answers, one that does not, and one with a flaw. */
import type { EngineOption, EngineStatus, Fault } from "../../bindings";
import { noEngine } from "./faults";

/** Long enough to see that engines are being asked. */
const ASKED_MS = 900;

const answering = { rootless: false, unheldLimits: [], fault: null };
const silent = { product: null, version: null, rootless: false, unheldLimits: [] };

export class RecordedEngines {
  choice: string | null = null;

  constructor(private readonly broken: boolean) {}

  async list(): Promise<EngineOption[]> {
    await new Promise((resolve) => setTimeout(resolve, ASKED_MS));
    const found = this.found();
    const inUse = found.find((engine) => engine.choice === this.choice);
    return inUse ? [inUse, ...found.filter((engine) => engine !== inUse)] : found;
  }

  async choose(choice: string | null): Promise<void> {
    if (choice !== null) check(choice);
    this.choice = choice;
  }

  async status(): Promise<EngineStatus> {
    const inUse = this.found().find((engine) => engine.inUse);
    if (!inUse?.fault) return { state: "READY", fault: null, version: inUse?.version ?? null };
    return { state: "STOPPED", fault: inUse.fault, version: null };
  }

  private found(): EngineOption[] {
    const docker = "unix:///var/run/docker.sock";
    const podman = "unix:///run/user/1000/podman/podman.sock";
    const box = "ssh://anna@build-box";
    const { choice } = this;
    const known: Omit<EngineOption, "inUse">[] = [
      this.broken
        ? { name: "Docker", choice: docker, address: docker, ...silent, fault: noEngine }
        : {
            name: "Docker",
            choice: docker,
            address: docker,
            product: "Docker",
            version: "28.2.2",
            ...answering,
          },
      { name: "build-box", choice: "build-box", address: box, ...silent, fault: boxIsOff },
      {
        ...{ name: "Podman", choice: podman, address: podman, product: "Podman", version: "5.4.2" },
        ...{ rootless: true, unheldLimits: ["memory", "processes"], fault: null },
      },
    ];
    if (choice !== null && !known.some((engine) => engine.choice === choice)) {
      known.unshift({ name: choice, choice, address: choice, ...silent, fault: unknownMachine(choice) });
    }
    return known.map((engine) => ({ ...engine, inUse: engine.choice === (choice ?? docker) }));
  }
}

const boxIsOff: Fault = {
  code: "engine_ssh_failed",
  message: "reach the container engine at ssh://anna@build-box: connect to host build-box port 22: timed out",
  hint: "make this work in a terminal: ssh anna@build-box docker version",
};

function unknownMachine(address: string): Fault {
  return {
    code: "engine_host_unknown",
    message: `find the container engine at ${address}: no machine of that name is known`,
    hint: "check the spelling of the host, and your network",
  };
}

function check(choice: string): void {
  if (/^(unix|npipe|tcp|ssh):\/\/.+/.test(choice) || choice === "build-box") return;
  const address = choice.includes("://");
  throw {
    code: address ? "engine_endpoint_unsupported" : "engine_context_unknown",
    message: address
      ? `use the container engine at ${choice}: it begins with none of unix, npipe, tcp and ssh`
      : `use the container engine ${choice}: there is no Docker context of that name`,
    hint: address
      ? "write it as unix:///path/to/docker.sock, tcp://host:2376 or ssh://user@host, or name a Docker context"
      : "`docker context ls` lists the names; choose one, or write an address with ://",
  } satisfies Fault;
}
