import { fireEvent, render, screen } from "@testing-library/svelte";
import { expect, test } from "vitest";
import type { FileChange } from "../../bindings";
import { show } from "../../test/render";
import FileTree from "./FileTree.svelte";

const change = (path: string): FileChange => ({
  ...{ path, oldPath: null, kind: "MODIFIED", added: 1, removed: 1, binary: false },
  ...{ oldMode: 1, newMode: 1 },
});

test("the row that the tree points at is there, however far away it is", async () => {
  const changes = Array.from({ length: 500 }, (_, n) => change(`file-${String(n).padStart(3, "0")}.ts`));
  show(FileTree, { changes, path: "file-490.ts", onopen: () => undefined });
  const pointed = (await screen.findByRole("tree")).getAttribute("aria-activedescendant") ?? "";
  const row = document.getElementById(pointed);
  expect(row?.dataset.path).toBe("file-490.ts");
  expect([row?.getAttribute("aria-posinset"), row?.getAttribute("aria-setsize")]).toEqual(["491", "500"]);
});

test("the keys go on from a file that was opened elsewhere, and the folder around it opens", async () => {
  const changes = [change("a.ts"), change("lib/b.ts"), change("lib/c.ts"), change("z.ts")];
  const opened: string[] = [];
  const { rerender } = render(FileTree, {
    changes,
    path: "a.ts",
    onopen: (path: string) => opened.push(path),
  });
  const tree = screen.getByRole("tree");
  const press = (key: string) => fireEvent.keyDown(tree, { key });
  await press("Home");
  await press("ArrowLeft");
  await rerender({ path: "lib/b.ts" });
  await press("ArrowDown");
  expect(opened).toEqual(["lib/c.ts"]);
});
