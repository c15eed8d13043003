import { fireEvent, screen, waitFor } from "@testing-library/svelte";
import { expect, test } from "vitest";
import { born } from "../../backend/fake/cast";
import type { Agent, Fault, FileRules } from "../../bindings";
import { rulesProblems } from "../../state/rules";
import { show } from "../../test/render";
import RulesDialog from "./RulesDialog.svelte";

const { agent } = born("a1", "A", "", "octo/web", "agent/a", 0);
const files: FileRules = { excluded: [".env", "*.pem"], only: ["src/"], protected: [] };

async function open(more: Partial<Agent> = {}, set: (files: FileRules) => Promise<void> = async () => {}) {
  show(
    RulesDialog,
    { agent: { ...agent, files, ...more }, open: true },
    { setFileRules: (_id, made) => set(made) },
  );
  await screen.findByTestId("files-excluded");
}

const field = (key: string) => screen.getByTestId<HTMLTextAreaElement>(`files-${key}`);
const write = (key: string, value: string) => fireEvent.input(field(key), { target: { value } });
const save = () => fireEvent.submit(field("only").closest("form") as HTMLFormElement);
const fault = (code: string, message: string): Fault => ({ code, message, hint: "Mend the line." });

test("the rules are one pattern in each line, and are saved without empty lines and repeated ones", async () => {
  const saved: FileRules[] = [];
  await open({}, async (made) => void saved.push(made));
  expect(["excluded", "only", "protected"].map((key) => field(key).value)).toEqual([
    ".env\n*.pem",
    "src/",
    "",
  ]);
  await write("excluded", ".env\n\n *.pem \n.env");
  await write("protected", "migrations/\n");
  await save();
  await waitFor(() => expect(screen.queryByTestId("files-excluded")).toBe(null));
  expect(saved).toEqual([{ excluded: [".env", "*.pem"], only: ["src/"], protected: ["migrations/"] }]);
});

test("what the rules come to is said in one line while they are written", async () => {
  await open();
  const line = () => screen.getByTestId("files-toggle").textContent;
  expect(line()).toContain("2 patterns kept back · changes only src/");
  await write("excluded", ".env");
  await write("only", "");
  await write("protected", "migrations/\n*.lock");
  await waitFor(() => expect(line()).toContain("1 pattern kept back · never changes migrations/, *.lock"));
});

test.each([
  ["files_excluded_invalid", "excluded"],
  ["files_only_invalid", "only"],
  ["files_protected_invalid", "protected"],
] as const)("the fault %s stands at the list %s alone, and what was typed stays", async (code, key) => {
  await open({}, () => Promise.reject(fault(code, 'read the file rules: "a[b" in line 1')));
  await write(key, "a[b");
  await save();
  await waitFor(() => expect(field(key).getAttribute("aria-invalid")).toBe("true"));
  const note = document.getElementById(field(key).getAttribute("aria-describedby") ?? "");
  expect([...(note?.children ?? [])].map((part) => part.textContent)).toEqual([
    'Read the file rules: "a[b" in line 1.',
    "Mend the line.",
  ]);
  const others = ["excluded", "only", "protected"].filter((other) => other !== key);
  expect(others.map((other) => field(other).getAttribute("aria-invalid"))).toEqual(["false", "false"]);
  expect([field(key).value, screen.queryByTestId("error-banner")]).toEqual(["a[b", null]);
});

test("a fault of no list stands above the form, and is gone once the rules are saved", async () => {
  let broken = true;
  await open({}, () => (broken ? Promise.reject(fault("store_failed", "write")) : Promise.resolve()));
  await save();
  expect((await screen.findByTestId("error-banner")).textContent).toContain("Write");
  broken = false;
  await save();
  await waitFor(() => expect(screen.queryByTestId("error-banner")).toBe(null));
});

test("an agent at work shows its rules and says that it is to be paused first", async () => {
  await open({ status: "RUNNING" });
  expect(screen.getByText("It is at work. Pause it to change its rules.")).toBeTruthy();
  expect(field("only").closest("fieldset")?.disabled).toBe(true);
  expect(screen.getByTestId<HTMLButtonElement>("rules-save").disabled).toBe(true);
});

test("an agent that rests says from when on its rules hold", async () => {
  await open();
  expect(screen.getByText("They hold from its next run on. What was sent already stays sent.")).toBeTruthy();
  expect(screen.getByText("One pattern in each line, as in .gitignore.")).toBeTruthy();
  expect(screen.getByText(/Never reaches the agent, so no provider/)).toBeTruthy();
});

test("only faults about a list have one", () => {
  expect(rulesProblems(fault("files_only_invalid", "m"))).toEqual({
    only: { message: "m", hint: "Mend the line." },
  });
  expect(rulesProblems(fault("store_failed", "m"))).toBe(null);
});
