import { render, screen } from "@testing-library/svelte";
import { expect, test } from "vitest";
import type { DiffCell, DiffRow } from "../../bindings";
import DiffLine from "./DiffLine.svelte";

const cell = (line: number, text: string): DiffCell => ({
  line,
  spans: [{ text, scope: "plain", changed: false }],
});
const pair = (kind: "CONTEXT" | "CHANGED", left: DiffCell, right: DiffCell): DiffRow => ({
  type: "pair",
  ...{ kind, left, right },
});

/** What somebody hears who has no colours. */
function heard(row: DiffRow): string[] {
  const { unmount } = render(DiffLine, { row, index: 0, sides: "both" });
  const halves = screen.getAllByRole("cell");
  halves.forEach((half) => half.querySelectorAll("[aria-hidden=true]").forEach((part) => part.remove()));
  const said = halves.map((half) => half.textContent.split(/\s+/).filter(Boolean).join(" "));
  unmount();
  return said;
}

test("a changed line says what was removed and what was added, one that stayed neither", () => {
  expect(heard(pair("CHANGED", cell(3, "old"), cell(4, "new")))).toEqual(["3 removed old", "4 added new"]);
  expect(heard(pair("CONTEXT", cell(3, "same"), cell(4, "same")))).toEqual(["3 same", "4 same"]);
});
