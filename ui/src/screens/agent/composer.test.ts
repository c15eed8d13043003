import { fireEvent, screen, waitFor } from "@testing-library/svelte";
import { expect, test } from "vitest";
import { show } from "../../test/render";
import AgentScreen from "./AgentScreen.svelte";

test("a path is found by its letters, chosen with keys, and an old answer is not heard", async () => {
  const answers: [string, (paths: string[]) => void][] = [];
  show(
    AgentScreen,
    { id: "a01" },
    { mentionable: (_id, typed) => new Promise((resolve) => answers.push([typed, resolve])) },
  );
  const input = await screen.findByTestId<HTMLTextAreaElement>("instruct-input");
  const type = async (value: string) => {
    input.focus();
    input.value = value;
    input.setSelectionRange(value.length, value.length);
    await fireEvent.input(input);
  };
  await type("See @s");
  await waitFor(() => expect(answers.map(([typed]) => typed)).toEqual(["s"]));
  await type("See @sr");
  await waitFor(() => expect(answers.map(([typed]) => typed)).toEqual(["s", "sr"]));
  answers[1]?.[1](["src/a.ts", "src/b.ts"]);
  answers[0]?.[1](["old.ts"]);
  await waitFor(() => expect(screen.getAllByTestId("mention")).toHaveLength(2));
  await fireEvent.keyDown(input, { key: "ArrowDown" });
  await fireEvent.keyDown(input, { key: "Enter" });
  await waitFor(() => expect(input.value).toBe("See @src/b.ts "));
  expect(screen.queryAllByTestId("queue-item")).toHaveLength(2);
});

test("what is typed while an instruction is sent stays, and what could not be sent comes back", async () => {
  let end: (fault?: unknown) => void = () => {};
  const instruct = () =>
    new Promise<string>((resolve, reject) => (end = (fault) => (fault ? reject(fault) : resolve("i7"))));
  show(AgentScreen, { id: "a01" }, { instruct });
  const input = await screen.findByTestId<HTMLTextAreaElement>("instruct-input");
  const button = screen.getByTestId<HTMLButtonElement>("instruct-send");
  const write = (value: string) => fireEvent.input(input, { target: { value } });
  await write("First");
  await fireEvent.keyDown(input, { key: "Enter" });
  expect(input.value).toBe("");
  await write("Second");
  end();
  await waitFor(() => expect(button.disabled).toBe(false));
  expect(input.value).toBe("Second");
  await fireEvent.keyDown(input, { key: "Enter" });
  await write("Third");
  end({ code: "store_failed", message: "write the instruction: the disk is full", hint: null });
  await waitFor(() => expect(input.value).toBe("Second\nThird"));
});
