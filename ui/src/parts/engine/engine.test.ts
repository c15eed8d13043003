import { fireEvent, screen, waitFor, within } from "@testing-library/svelte";
import { expect, test } from "vitest";
import type { Backend } from "../../backend/backend";
import type { EngineOption, EngineStatus, Fault } from "../../bindings";
import { show } from "../../test/render";
import EngineBanner from "../EngineBanner.svelte";
import EngineButton from "./EngineButton.svelte";

const timedOut: Fault = { code: "engine_silent", message: "reach build-box: timed out", hint: "check it" };

function option(name: string, more: Partial<EngineOption> = {}): EngineOption {
  const answer = { product: name, version: "5.4", rootless: false, unheldLimits: [], fault: null };
  const address = `unix:///run/${name}.sock`;
  return { name, choice: address, address, inUse: false, ...answer, ...more };
}

const docker = option("Docker");
const silent = { product: null, version: null, fault: timedOut };
const box = option("build-box", { choice: "build-box", address: "ssh://build-box", ...silent });

/** A backend with these engines, and what is chosen in it. */
function having(options: EngineOption[], choice: string | null = null, refusal?: Fault) {
  const chosen: (string | null)[] = [];
  const methods: Partial<Backend> = {
    engines: async () => options,
    engineChoice: async () => choice,
    chooseEngine: async (engine) => {
      if (refusal) throw refusal;
      chosen.push(engine);
    },
  };
  return { chosen, methods };
}

async function open(methods: Partial<Backend>): Promise<HTMLElement> {
  show(EngineButton, {}, methods);
  await fireEvent.click(screen.getByRole("button", { name: "Container engine" }));
  return screen.findByRole("dialog", { name: "Container engine" });
}

const settled = () => screen.findByText("Check again");
const radio = (name: string) => screen.findByRole<HTMLInputElement>("radio", { name });
const rowOf = async (name: string) => (await radio(name)).closest("[data-testid=engine-row]")?.textContent;
const names = () =>
  screen.getAllByRole("radio").map((one) => document.getElementById(`${one.id}-title`)?.textContent);
const use = () => fireEvent.click(screen.getByTestId("use-engine"));
const gone = () => waitFor(() => expect(screen.queryByRole("dialog")).toBe(null));

test("automatic comes first and says what it comes to, and every engine says how it answers", async () => {
  const podman = option("Podman", { rootless: true, unheldLimits: ["memory", "processes"] });
  await open(having([{ ...docker, inUse: true }, box, podman]).methods);
  await settled();
  expect(names()).toEqual(["Automatic", "Docker", "build-box", "Podman", "Another address"]);
  expect((await radio("Automatic")).checked).toBe(true);
  expect(await rowOf("Automatic")).toContain("unix:///run/Docker.sock");
  expect(await rowOf("Automatic")).toContain("Docker 5.4 answers");
  expect(await rowOf("build-box")).toContain("Reach build-box: timed out. Check it.");
  expect(await rowOf("Podman")).toContain("Podman 5.4 answers · rootless");
  expect(await rowOf("Podman")).toContain("Does not limit memory and processes.");
});

test("what was chosen stands there while the engines are asked", async () => {
  let answer: (options: EngineOption[]) => void = () => {};
  const { methods } = having([], "build-box");
  await open({ ...methods, engines: () => new Promise((resolve) => (answer = resolve)) });
  expect((await radio("build-box")).checked).toBe(true);
  expect(await rowOf("build-box")).toContain("Checking…");
  expect(screen.getByTestId<HTMLButtonElement>("check-engines").disabled).toBe(true);
  answer([{ ...box, inUse: true }, docker]);
  await settled();
  expect(names()).toEqual(["Automatic", "build-box", "Docker", "Another address"]);
  expect((await radio("build-box")).checked).toBe(true);
  expect(await rowOf("build-box")).toContain("In use");
});

test("an engine that is found under no name is told at automatic, and one is never listed twice", async () => {
  const nowhere = option("automatic", { choice: "", address: null, inUse: true, ...silent });
  await open(having([nowhere, box, box]).methods);
  await settled();
  expect(names()).toEqual(["Automatic", "build-box", "Another address"]);
  expect(await rowOf("Automatic")).toContain("Reach build-box: timed out.");
});

test("choosing an engine closes the dialog and looks at it anew, whatever is still being asked", async () => {
  const { chosen, methods } = having([{ ...docker, inUse: true }, box]);
  const answers: ((status: EngineStatus) => void)[] = [];
  await open({ ...methods, engineStatus: () => new Promise((resolve) => answers.push(resolve)) });
  await settled();
  await fireEvent.click(await radio("build-box"));
  await use();
  await gone();
  expect(chosen).toEqual(["build-box"]);
  expect(answers.length).toBe(2);
});

test("automatic is chosen as no engine", async () => {
  const { chosen, methods } = having([{ ...docker, inUse: true }], docker.choice);
  await open(methods);
  await settled();
  expect((await radio("Docker")).checked).toBe(true);
  await fireEvent.click(await radio("Automatic"));
  await use();
  await gone();
  expect(chosen).toEqual([null]);
});

test("another address is picked by writing it; a refusal stands at the field and keeps what was chosen", async () => {
  const refusal = { code: "engine_context_unknown", message: "use nowhere: there is none", hint: "look" };
  const { chosen, methods } = having([{ ...docker, inUse: true }], null, refusal);
  const dialog = await open(methods);
  await settled();
  const field = screen.getByTestId<HTMLInputElement>("engine-address");
  await fireEvent.input(field, { target: { value: " nowhere " } });
  expect((await radio("Another address")).checked).toBe(true);
  await use();
  await waitFor(() => expect(field.getAttribute("aria-invalid")).toBe("true"));
  const note = document.getElementById(field.getAttribute("aria-describedby") ?? "");
  expect(note?.textContent).toBe("Use nowhere: there is none. Look.");
  await waitFor(() => expect(document.activeElement).toBe(field));
  expect(chosen).toEqual([]);
  expect(await rowOf("Automatic")).toContain("In use");
  await fireEvent.input(field, { target: { value: "" } });
  expect(field.getAttribute("aria-invalid")).toBe("false");
  await use();
  expect((await within(dialog).findByRole("alert")).textContent).toContain("Write an address");
});

test("a list that cannot be read is said, and can be asked for again", async () => {
  let broken = true;
  const fault: Fault = { code: "settings_failed", message: "read which engine is chosen", hint: null };
  const { methods } = having([{ ...docker, inUse: true }]);
  await open({ ...methods, engineChoice: async () => (broken ? Promise.reject(fault) : null) });
  expect(screen.getByTestId<HTMLButtonElement>("use-engine").disabled).toBe(true);
  expect((await screen.findByTestId("error-banner")).textContent).toContain("Read which engine is chosen.");
  broken = false;
  await fireEvent.click(await settled());
  await radio("Docker");
  expect((await radio("Automatic")).checked).toBe(true);
  expect(screen.queryByTestId("error-banner")).toBe(null);
});

test("Escape closes and changes nothing", async () => {
  const { chosen, methods } = having([{ ...docker, inUse: true }, box]);
  const dialog = await open(methods);
  await settled();
  await fireEvent.click(await radio("build-box"));
  await fireEvent.keyDown(dialog, { key: "Escape" });
  await gone();
  expect(chosen).toEqual([]);
});

test("the banner of an engine that does not answer leads to the choice, and goes once another answers", async () => {
  const { chosen, methods } = having([{ ...box, inUse: true }, docker], "build-box");
  show(
    EngineBanner,
    {},
    {
      ...methods,
      engineStatus: async () =>
        chosen.length > 0
          ? { state: "READY", fault: null, version: "5.4" }
          : { state: "STOPPED", fault: timedOut, version: null },
    },
  );
  await fireEvent.click(await screen.findByTestId("choose-engine"));
  await settled();
  await fireEvent.click(await radio("Docker"));
  await use();
  await waitFor(() => expect(screen.queryByTestId("error-banner")).toBe(null));
  expect(chosen).toEqual([docker.choice]);
});
