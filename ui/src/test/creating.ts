/** The form of a new agent: its fields, what is wrong with them, and its models. */
import { fireEvent, screen, waitFor } from "@testing-library/svelte";
import { expect } from "vitest";

export const field = (id: string) => screen.findByTestId<HTMLInputElement>(`create-${id}`);

export async function fill(values: Record<string, string>): Promise<void> {
  for (const [id, value] of Object.entries(values))
    await fireEvent.input(await field(id), { target: { value } });
}

export async function problemAt(id: string): Promise<string> {
  const input = await field(id);
  await waitFor(() => expect(input.getAttribute("aria-invalid")).toBe("true"));
  const note = document.getElementById(input.getAttribute("aria-describedby") ?? "");
  return [...(note?.children ?? [])].map((line) => line.textContent).join("\n");
}

export const provider = async (value: string) => {
  const select = await screen.findByTestId<HTMLSelectElement>("create-provider");
  await waitFor(() => expect(select.options.length).toBeGreaterThan(1));
  await fireEvent.change(select, { target: { value } });
};
export const ready = () =>
  waitFor(async () => expect((await field("model")).value).toBe("claude-sonnet-4-5"));
