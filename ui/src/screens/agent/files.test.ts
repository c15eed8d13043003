import { fireEvent, screen, waitFor } from "@testing-library/svelte";
import { expect, test } from "vitest";
import { fakeBackend } from "../../backend/fake/fake";
import type { FileChange } from "../../bindings";
import { Changes } from "../../state/changes.svelte";
import { show } from "../../test/render";
import FilesPane from "./FilesPane.svelte";

const changed = (count: number): FileChange[] =>
  Array.from({ length: count }, (_, n) => ({
    ...{ path: `file-${n + 1}.ts`, oldPath: null, kind: "MODIFIED", added: 1, removed: 1, binary: false },
    ...{ oldMode: 1, newMode: 1 },
  }));

test("what files are filtered by stays in sight when there are few, and Escape takes it away", async () => {
  let count = 12;
  const changes = new Changes(
    Object.assign(fakeBackend("still"), { changes: async () => changed(count) }),
    "a",
  );
  await changes.refresh();
  show(FilesPane, { changes, path: null, onopen: () => undefined });
  // Of the rows only those in view are there; each says how many there are.
  const rows = () => screen.getAllByTestId("file-row")[0]?.getAttribute("aria-setsize");
  const field = await screen.findByLabelText<HTMLInputElement>("Find a file");
  await fireEvent.input(field, { target: { value: "-1.ts" } });
  await waitFor(() => expect(rows()).toBe("1"));
  count = 11;
  await changes.refresh();
  await screen.findByText("11");
  expect([screen.getByLabelText("Find a file"), rows()]).toEqual([field, "1"]);
  await fireEvent.keyDown(field, { key: "Escape" });
  await waitFor(() => expect(rows()).toBe("11"));
  expect(screen.queryByLabelText("Find a file")).toBe(null);
});
