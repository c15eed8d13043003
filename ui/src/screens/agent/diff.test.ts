import { screen, waitFor } from "@testing-library/svelte";
import { afterEach, expect, test, vi } from "vitest";
import type { Backend } from "../../backend/backend";
import { fakeBackend } from "../../backend/fake/fake";
import type { DiffRow, DiffWindow, Event, Update } from "../../bindings";
import { show } from "../../test/render";
import AgentScreen from "./AgentScreen.svelte";

afterEach(() => vi.useRealTimers());

type Asked = { path: string; answer: (rows: DiffRow[]) => void };

/** The screen of a running agent whose differences are answered by hand, one question at a time. */
async function watching() {
  const fake = fakeBackend("still");
  const asked: Asked[] = [];
  let tell: (update: Update) => void = () => {};
  let last: Extract<Update, { type: "events" }> | undefined;
  const diffRows: Backend["diffRows"] = async (id, path, from, count) => {
    const window: DiffWindow = await fake.diffRows(id, path, from, count);
    const rows = await new Promise<DiffRow[]>((answer) => asked.push({ path, answer }));
    return { ...window, rows, totalRows: rows.length };
  };
  const watch: Backend["watch"] = (id, after, heard, failed) => {
    tell = heard;
    const hear = (update: Update) => {
      if (update.type === "events") last = update;
      heard(update);
    };
    return fake.watch(id, after, hear, failed);
  };
  const gone = new Set<string>();
  const changes = vi.fn(async (id: string) =>
    (await fake.changes(id)).filter((change) => !gone.has(change.path)),
  );
  show(AgentScreen, { id: "a01" }, { diffRows, watch, changes });
  await waitFor(() => expect(asked).toHaveLength(1));

  async function edit(path: string) {
    if (!last) throw new Error("nothing was heard yet");
    const { agent } = last;
    const seq = agent.lastSeq + 1;
    const event: Event = {
      seq,
      at: seq,
      kind: {
        type: "toolFinished",
        call: `edit ${seq}`,
        outcome: "OK",
        result: "",
        resultBlob: null,
        durationMs: 1,
        edited: [{ path, added: 0, removed: 0 }],
        checkpoint: `checkpoint ${seq}`,
        filesChanged: agent.filesChanged,
      },
    };
    const looked = changes.mock.calls.length;
    const moved = { ...agent, lastSeq: seq, checkpoint: `checkpoint ${seq}` };
    last = { type: "events", events: [event], agent: moved, live: true };
    tell(last);
    await waitFor(() => expect(changes.mock.calls.length).toBe(looked + 1));
    await new Promise((resolve) => setTimeout(resolve));
  }
  return { asked, edit, gone };
}

const rows = (...numbers: number[]): DiffRow[] => numbers.map((hidden) => ({ type: "gap", hidden }));
const shown = () => screen.queryAllByTestId("diff-row").map((row) => row.textContent?.trim());
const heading = () =>
  screen.queryByLabelText("Differences")?.querySelector("h2 > :last-child")?.textContent ?? null;

/** Collects every state of the pane in which it has no rows or no heading. */
function blanks(): { seen: string[]; end: () => void } {
  const seen: string[] = [];
  const look = () => {
    if (shown().length === 0 || !heading()) seen.push(document.body.textContent ?? "");
  };
  const observer = new MutationObserver(look);
  observer.observe(document.body, { childList: true, subtree: true, characterData: true });
  return { seen, end: () => observer.disconnect() };
}

test("the heading of the first file is there before its rows", async () => {
  const { asked } = await watching();
  expect([heading(), shown()]).toEqual([asked[0]?.path, []]);
});

test("an edit of the shown file changes its rows in one step, without a blank state", async () => {
  const { asked, edit } = await watching();
  const path = asked[0]?.path ?? "";
  asked[0]?.answer(rows(11, 12));
  await waitFor(() => expect(shown()).toEqual(["11 unchanged lines", "12 unchanged lines"]));
  const { seen, end } = blanks();
  await edit(path);
  expect(asked.map((question) => question.path)).toEqual([path, path]);
  expect(shown()).toEqual(["11 unchanged lines", "12 unchanged lines"]);
  asked[1]?.answer(rows(13));
  await waitFor(() => expect(shown()).toEqual(["13 unchanged lines"]));
  end();
  expect(seen).toEqual([]);
});

test("a checkpoint that changed another file loads nothing again", async () => {
  const { asked, edit } = await watching();
  asked[0]?.answer(rows(11));
  await waitFor(() => expect(shown()).toEqual(["11 unchanged lines"]));
  const { seen, end } = blanks();
  await edit("README.md");
  await edit("elsewhere.ts");
  expect(asked).toHaveLength(1);
  expect(shown()).toEqual(["11 unchanged lines"]);
  end();
  expect(seen).toEqual([]);
});

test("another file takes the place of the shown one when its rows are there", async () => {
  const { asked, edit, gone } = await watching();
  const path = asked[0]?.path ?? "";
  asked[0]?.answer(rows(11));
  await waitFor(() => expect(shown()).toEqual(["11 unchanged lines"]));
  const { seen, end } = blanks();
  gone.add(path);
  await edit("elsewhere.ts");
  await waitFor(() => expect(asked).toHaveLength(2));
  expect([heading(), shown()]).toEqual([path, ["11 unchanged lines"]]);
  asked[1]?.answer(rows(12));
  await waitFor(() => expect(shown()).toEqual(["12 unchanged lines"]));
  expect(screen.getByTestId("diff-view").dataset.path).toBe(asked[1]?.path);
  end();
  expect(seen).toEqual([]);
});

test("the running time moves each second while the agent runs", async () => {
  const started = Date.now();
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "Date"], now: started });
  show(AgentScreen, { id: "a01" });
  const time = await screen.findByTestId("usage-time");
  const part = (unit: string) =>
    Number(new RegExp(`(\\d+) ${unit}.* of`).exec(time.textContent ?? "")?.[1] ?? 0);
  const seconds = () => part("m") * 60 + part("s");
  const first = seconds();
  vi.advanceTimersByTime(3000);
  await waitFor(() => expect(seconds()).toBe(first + 3));
});
