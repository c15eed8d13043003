import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import type { Component } from "svelte";
import { SvelteMap } from "svelte/reactivity";
import { expect, test } from "vitest";
import { opening, olderKernel } from "../../../backend/fake/recording";
import type { CellFact } from "../../../bindings";
import { show } from "../../../test/render";
import CallRow from "./CallRow.svelte";
import CellRow from "./CellRow.svelte";
import LiveRow from "./LiveRow.svelte";
import NoteRow from "./NoteRow.svelte";
import TurnRow from "./TurnRow.svelte";
import { reduced, summary, title } from "./cell";
import { atEnd, follows, type Place } from "./follow";

function factsOf(steps: typeof opening): CellFact[] {
  return steps
    .flatMap(({ kinds }) => kinds)
    .flatMap((kind) => (kind.type === "cellOpened" ? kind.facts : []));
}

const facts = factsOf(opening);
const none = () => undefined;

test("a cell is summed up by what its facts say and nothing else", () => {
  expect(summary(facts)).toEqual(["no network", "read-only root", "nothing to execute"]);
  const weak = facts.map((fact): CellFact => ({
    ...fact,
    verdict: fact.verdict === "TOLD" ? "TOLD" : "BROKEN",
  }));
  expect([title(facts), title(weak), summary(weak), summary([])]).toEqual(["Sealed cell", "Cell", [], []]);
});

test("a cell's facts unfold in two columns, what was refused as a list", async () => {
  const { rerender } = render(CellRow, { facts, readyMs: 249, opened: false, ontoggle: none });
  const button = screen.getByRole("button");
  expect(button.textContent).toContain("Sealed cell ready in 249 ms");
  expect(button.textContent).toContain("no network · read-only root · nothing to execute");
  expect([screen.queryByTestId("cell-facts"), screen.queryByTestId("cell-reduced")]).toEqual([null, null]);
  await rerender({ opened: true });
  const list = screen.getByTestId("cell-facts");
  expect([...list.querySelectorAll("dt")].map((name) => name.textContent)).toHaveLength(facts.length);
  expect([...list.querySelectorAll("li")].map((item) => item.textContent.trim()).slice(0, 2)).toEqual([
    "run a program",
    "start a process",
  ]);
  await fireEvent.click(button);
});

test("reduced file rules are marked before the facts are unfolded", () => {
  const older = factsOf(olderKernel);
  expect(reduced(older).map(({ measured }) => measured)).toEqual([
    "the kernel has no Landlock; the bridge's own path rules hold",
  ]);
  expect(title(older)).toBe("Cell");
  render(CellRow, { facts: older, readyMs: 249, opened: false, ontoggle: none });
  expect(screen.getByTestId("cell-reduced").textContent.trim()).toBe("Reduced: file rules");
});

test("moving back lets go of the end by whatever means, and reaching it follows again", () => {
  const end: Place = { offset: 600, viewport: 400, size: 1000 };
  const up: Place = { ...end, offset: 100 };
  expect([atEnd(end), atEnd(up)]).toEqual([true, false]);
  expect(follows(true, end, up)).toBe(false);
  expect(follows(false, up, { ...up, offset: 300 })).toBe(false);
  expect(follows(false, up, end)).toBe(true);
});

test("rows that come or turn out smaller do not let go of the end", () => {
  const end: Place = { offset: 600, viewport: 400, size: 1000 };
  expect(follows(true, end, { ...end, size: 1200 })).toBe(true);
  expect(follows(true, end, { offset: 480, viewport: 400, size: 900 })).toBe(true);
  expect(follows(true, end, { offset: 500, viewport: 400, size: 900 })).toBe(true);
});

test("what is streamed shows its arguments as they come, and its reasoning on demand", async () => {
  const long = `{"path":"src/a.ts","content":"${"x".repeat(400)}END`;
  const calls = [
    { index: 0, tool: "read_file", arguments: '{"path":"src/b.ts"' },
    { index: 1, tool: "write_file", arguments: long },
  ];
  const props = { text: "I will write it.", reasoning: "First.\nThen the other.", calls, ontoggle: none };
  const { rerender } = render(LiveRow, { ...props, opened: false });
  const shown = screen
    .getAllByTestId("live-call")
    .map((call) => call.textContent.replace(/\s+/g, " ").trim());
  expect(shown[0]).toBe('read_file {"path":"src/b.ts" 18 characters');
  expect(shown[1]).toMatch(/^write_file …x+END 4\d\d characters$/);
  const reasoning = screen.getByTestId("live-reasoning");
  expect(reasoning.querySelector("p")).toBe(null);
  await rerender({ ...props, opened: true });
  expect(reasoning.querySelector("p")?.textContent.trim()).toBe("First.\nThen the other.");
});

test("nothing that a provider or an agent wrote becomes markup", () => {
  const note = {
    ...({ type: "note", about: "context", warns: false, detail: null, blob: null } as const),
    ...{ text: "<b>cut</b>", more: "<img src=x onerror=alert(1)>" },
  };
  show(NoteRow, { note, opened: true, wholes: new Map(), ontoggle: none });
  expect(document.querySelector("img, b")).toBe(null);
  expect(screen.getByTestId("note-more").textContent).toContain("<img src=x onerror=alert(1)>");
});

test("a turn says how many files were sent with it, unfolds to their names, and says nothing of none", async () => {
  const pressed: string[] = [];
  const props = {
    text: "Look at @src/a.ts",
    shown: ["src/a.ts", "README.md"],
    closed: false,
    opened: false,
    onclose: () => void pressed.push("close"),
    ontoggle: () => void pressed.push("names"),
  };
  const { rerender } = render(TurnRow, props);
  const [turn, names] = screen.getAllByRole("button");
  expect(names?.textContent.trim()).toBe("2 files sent with it");
  expect(screen.queryByRole("list")).toBe(null);
  await fireEvent.click(names as HTMLElement);
  await fireEvent.click(turn as HTMLElement);
  expect(pressed).toEqual(["names", "close"]);
  await rerender({ opened: true });
  expect(screen.getAllByRole("listitem").map((item) => item.textContent)).toEqual(props.shown);
  await rerender({ shown: ["src/a.ts"] });
  expect(names?.textContent.trim()).toBe("1 file sent with it");
  await rerender({ shown: [] });
  expect(screen.queryByTestId("turn-shown")).toBe(null);
});

test("what was asked for whole is asked for once, also where its row was away meanwhile", async () => {
  const asked: string[] = [];
  const toolResult = async (hash: string) => (asked.push(hash), `all of ${hash}`);
  const wholes = new SvelteMap<string, string>();
  const call = {
    ...{ id: "c1", tool: "read_file", label: "read a", arguments: "{}", result: "begins", resultBlob: "h1" },
    ...{ outcome: "OK", durationMs: 1, edited: [] },
  };
  const note = {
    ...({ type: "note", about: "context", warns: false, detail: null, blob: "h2" } as const),
    ...{ text: "cut", more: null },
  };
  for (const [component, props, text] of [
    [CallRow, { call, onopen: none }, "all of h1"],
    [NoteRow, { note }, "all of h2"],
  ] as const) {
    for (const time of ["first", "again"]) {
      show(
        component as Component<object>,
        { ...props, opened: true, wholes, ontoggle: none },
        { toolResult },
      );
      const button = screen.queryByRole("button", { name: "Show the whole result" });
      expect(button === null).toBe(time === "again" || component === NoteRow);
      if (button) {
        button.focus();
        await fireEvent.click(button);
      }
      const shown = await screen.findByText(text);
      if (button) await waitFor(() => expect(document.activeElement).toBe(shown));
      cleanup();
    }
  }
  expect(asked).toEqual(["h1", "h2"]);
});
