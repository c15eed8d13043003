import { expect, test } from "vitest";
import type { EngineStatus } from "../bindings";
import { fakeBackend } from "../backend/fake/fake";
import { Agents } from "./agents.svelte";

test("what another engine answered is not overwritten by the one that was asked before", async () => {
  const answers: ((status: EngineStatus) => void)[] = [];
  const engineStatus = () => new Promise<EngineStatus>((resolve) => answers.push(resolve));
  const agents = new Agents(Object.assign(fakeBackend("still"), { engineStatus }));
  const old = agents.look();
  await agents.look();
  expect(answers.length).toBe(1);
  const chosen = agents.look(true);
  answers[1]?.({ state: "READY", fault: null, version: "5.4" });
  await chosen;
  answers[0]?.({ state: "STOPPED", fault: null, version: null });
  await old;
  expect([agents.engine?.state, agents.looking]).toEqual(["READY", false]);
});
