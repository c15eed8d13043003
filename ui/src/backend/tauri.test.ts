import { expect, test, vi } from "vitest";
import type { Agent, Fault, Followed, SignInProgress } from "../bindings";

const fault: Fault = { code: "agent_unknown", message: "start the agent: there is none", hint: null };
const ended: number[] = [];
const cancelled: number[] = [];
let tellSignIn: (ended: SignInProgress) => void = () => {};
let open: (watch: number) => void = () => {};
let tell: (said: Followed<Agent[]>) => void = () => {};

vi.mock("@tauri-apps/api/core", () => ({
  Channel: class {
    constructor(readonly onmessage: (message: unknown) => void) {}
  },
}));
vi.mock("../bindings", () => ({
  commands: {
    agents: async () => ({ status: "ok", data: ["an agent"] }),
    start: async () => ({ status: "error", error: fault }),
    stop: () => Promise.reject(new Error("the command is not allowed")),
    watchAgents: (channel: { onmessage: (said: Followed<Agent[]>) => void }) => {
      tell = (said) => channel.onmessage(said);
      tell({ type: "told", message: [] });
      return new Promise((resolve) => (open = (watch) => resolve({ status: "ok", data: watch })));
    },
    watchSignIns: (channel: { onmessage: (ended: unknown) => void }) => {
      tellSignIn = (one) => channel.onmessage(one);
      return new Promise((resolve) => (open = (watch) => resolve({ status: "ok", data: watch })));
    },
    watchVisits: async (channel: { onmessage: (id: string) => void }) => {
      channel.onmessage("a1");
      return { status: "ok", data: 13 };
    },
    unwatch: async (watch: number) => void ended.push(watch),
    signIn: async (host: string) =>
      host === "github.com" ? { status: "ok", data: 11 } : { status: "error", error: fault },
    cancelSignIn: async (number: number) => void cancelled.push(number),
  },
}));

const { tauriBackend } = await import("./tauri");

test("an answer is handed on and a fault rejects", async () => {
  expect(await tauriBackend.agents()).toEqual(["an agent"]);
  await expect(tauriBackend.start("a")).rejects.toEqual(fault);
});

test("what the shell itself refuses becomes a fault as well", async () => {
  await expect(tauriBackend.stop("a")).rejects.toEqual({
    code: "unexpected",
    message: "the command is not allowed",
    hint: null,
  });
});

test("a watch that is ended while it opens is ended on the other side", async () => {
  const heard: unknown[] = [];
  const end = tauriBackend.watchAgents(
    (agents) => heard.push(agents),
    () => {},
  );
  end();
  end();
  open(7);
  await vi.waitFor(() => expect(ended).toEqual([7]));
  expect(heard).toEqual([[]]);
});

test("a sign-in is cancelled by its own number, and one that is refused has failed", async () => {
  const heard: unknown[] = [];
  tauriBackend.signIn("github.com", "CODE", null, null, (progress) => heard.push(progress))();
  await vi.waitFor(() => expect(cancelled).toEqual([11]));
  tauriBackend.signIn("nowhere", "CODE", null, null, (progress) => heard.push(progress));
  await vi.waitFor(() => expect(heard).toEqual([{ type: "failed", fault }]));
  expect(ended).toEqual([7]);
});

test("a sign-in that a link ended is heard until the watch is ended, also while it begins", async () => {
  const heard: unknown[] = [];
  const end = tauriBackend.watchSignIns((ended) => heard.push(ended));
  tellSignIn({ type: "failed", fault });
  end();
  tellSignIn({ type: "failed", fault });
  expect(heard).toEqual([{ type: "failed", fault }]);
  open(12);
  await vi.waitFor(() => expect(ended).toEqual([7, 12]));
});

test("a watch that breaks off has failed, unless nobody follows it any more", () => {
  const heard: unknown[] = [];
  const follow = () =>
    tauriBackend.watchAgents(
      (agents) => heard.push(agents),
      (why) => heard.push(why.code),
    );
  follow();
  tell({ type: "ended", fault });
  expect(heard).toEqual([[], "agent_unknown"]);
  follow()();
  tell({ type: "ended", fault });
  expect(heard).toEqual([[], "agent_unknown", []]);
});

test("a second start leads the open page to the agent that it names", async () => {
  const asked: string[] = [];
  const end = tauriBackend.watchVisits((id) => asked.push(id));
  expect(asked).toEqual(["a1"]);
  end();
  await vi.waitFor(() => expect(ended).toEqual([7, 12, 13]));
});
