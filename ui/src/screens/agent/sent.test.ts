import { fireEvent, screen, waitFor } from "@testing-library/svelte";
import { expect, test } from "vitest";
import SettingsForm from "../../parts/settings/SettingsForm.svelte";
import type { Settings } from "../../bindings";
import { show } from "../../test/render";
import Sent from "./Sent.svelte";

test("a thousand files that were sent are counted, filtered by every word, and drawn as they come into view", async () => {
  show(Sent, { id: "a17" });
  const search = await screen.findByTestId("sent-search");
  expect(screen.getByRole("status").textContent).toContain("1,004 rows");
  expect(screen.queryAllByTestId("sent-row").length).toBeLessThan(200);
  await fireEvent.input(search, { target: { value: "guidance agents" } });
  await waitFor(() => expect(screen.getByRole("status").textContent).toContain("1 of 1,004 rows"));
  await fireEvent.input(search, { target: { value: "nothing has this" } });
  expect(await screen.findByText("No row has this.")).toBeTruthy();
});

test("an agent that sent nothing says so, and a list that cannot be read can be asked for again", async () => {
  show(Sent, { id: "a05" });
  expect(await screen.findByText("Nothing was sent yet")).toBeTruthy();
  let broken = true;
  const fault = { code: "store_failed", message: "read the log", hint: null };
  show(Sent, { id: "x" }, { disclosures: () => (broken ? Promise.reject(fault) : Promise.resolve([])) });
  await screen.findByText("Read the log.");
  broken = false;
  await fireEvent.click(screen.getByText("Try again"));
  await waitFor(() => expect(screen.queryByText("Read the log.")).toBe(null));
});

test("slots and day limits are kept, beside what was used today and the price list", async () => {
  const kept: Settings[] = [];
  let done = 0;
  show(SettingsForm, { ondone: () => (done += 1) }, { setRunSettings: async (made) => void kept.push(made) });
  const slots = await screen.findByTestId<HTMLInputElement>("settings-slots");
  expect(slots.value).toBe("8");
  expect(screen.getByTestId("today").textContent).toMatch(/at least \$\d+\.\d\d of \$20\.00/);
  expect(screen.getByTestId("prices").textContent).toContain(
    "genai-prices 0.0.41 of 2026-11-01, MIT: 1,182 models",
  );
  await fireEvent.input(slots, { target: { value: "0" } });
  expect(await screen.findByText("At least one agent runs at once.")).toBeTruthy();
  await fireEvent.input(slots, { target: { value: "20" } });
  await fireEvent.click(screen.getByTestId("settings-save"));
  await waitFor(() => expect(done).toBe(1));
  expect(kept).toEqual([
    { slots: 20, dayLimits: { tokens: null, turns: null, seconds: null, money: 20_000_000 } },
  ]);
});

test("overrides of prices that cannot be read are said with their line", async () => {
  const list = {
    ...{ source: "genai-prices", date: "2026-11-01", licence: "MIT", models: 1, overridden: 0 },
    ...{ overrides: "/x/models.json", fault: { code: "c", message: "read line 7: no number", hint: null } },
  };
  show(SettingsForm, { ondone: () => undefined }, { catalogue: async () => list });
  expect(await screen.findByText("Read line 7: no number.")).toBeTruthy();
});
