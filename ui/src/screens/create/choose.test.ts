import { fireEvent, screen, waitFor } from "@testing-library/svelte";
import { expect, test } from "vitest";
import { show } from "../../test/render";
import CreateDialog from "./CreateDialog.svelte";

const field = (id: string) => screen.findByTestId<HTMLInputElement>(`create-${id}`);
const fill = async (id: string, value: string) => fireEvent.input(await field(id), { target: { value } });

/** Types into the task as a person does, with the caret at the end. */
async function task(value: string): Promise<HTMLTextAreaElement> {
  const input = await screen.findByTestId<HTMLTextAreaElement>("create-task");
  input.focus();
  input.value = value;
  input.setSelectionRange(value.length, value.length);
  await fireEvent.input(input);
  return input;
}

test("a file of a repository that another agent cloned is offered in the task, and Escape closes its list alone", async () => {
  const asked: [string, string][] = [];
  show(
    CreateDialog,
    {},
    {
      mentionable: async (id, typed) => {
        asked.push([id, typed]);
        return ["src/App.tsx", "src/dates.ts"];
      },
    },
  );
  await fill("repo", "https://github.com/octo/web.git");
  const input = await task("Begin with @src");
  await waitFor(() => expect(screen.getAllByTestId("mention")).toHaveLength(2));
  await fireEvent.keyDown(input, { key: "Escape" });
  expect(screen.queryByTestId("create-task")).toBe(input);
  await task("Begin with @src/");
  await waitFor(() => expect(input.getAttribute("aria-activedescendant")).toBeTruthy());
  await fireEvent.keyDown(input, { key: "ArrowDown" });
  await fireEvent.keyDown(input, { key: "Enter" });
  await waitFor(() => expect(input.value).toBe("Begin with @src/dates.ts "));
  expect(asked).toEqual([
    ["a01", "src"],
    ["a01", "src/"],
  ]);
});

test("where no files are known a mention is typed like any word, and no list opens", async () => {
  let asked = 0;
  show(CreateDialog, {}, { mentionable: async () => ((asked += 1), []) });
  await fill("repo", "octo/never-cloned");
  const input = await task("Begin with @src/App.tsx");
  for (const key of ["Enter", "Tab", "ArrowDown"]) {
    const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true });
    input.dispatchEvent(event);
    expect(event.defaultPrevented).toBe(false);
  }
  expect([input.value, asked, screen.queryAllByTestId("mention")]).toEqual([
    "Begin with @src/App.tsx",
    0,
    [],
  ]);
});

test("branches and models are chosen by the same keys, and Escape leaves the form open", async () => {
  show(CreateDialog, {}, { branches: async () => ({ names: ["main", "develop"], default: "main" }) });
  await fill("repo", "octo/web");
  await fireEvent.blur(await field("repo"));
  await screen.findByText("2 branches");
  const source = await field("source");
  const offered = () => (source.getAttribute("aria-expanded") === "true" ? "open" : "closed");
  await fireEvent.click(source);
  expect(offered()).toBe("open");
  await fireEvent.keyDown(source, { key: "Escape" });
  expect([offered(), screen.queryByTestId("create-source")]).toEqual(["closed", source]);
  // The first key opens at what is taken, the next one moves from there.
  await fireEvent.keyDown(source, { key: "ArrowDown" });
  await fireEvent.keyDown(source, { key: "ArrowDown" });
  await fireEvent.keyDown(source, { key: "Enter" });
  expect([source.value, offered()]).toEqual(["develop", "closed"]);
});
