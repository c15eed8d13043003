import { fireEvent, screen, waitFor, within } from "@testing-library/svelte";
import { expect, test } from "vitest";
import { fakeBackend } from "../../../backend/fake/fake";
import { recordedPlan } from "../../../backend/fake/plans";
import type { Agent } from "../../../bindings";
import { show } from "../../../test/render";
import AgentScreen from "../AgentScreen.svelte";

const noreply = "583231+octocat@users.noreply.github.com";
const other = "octo@octo.example";
const fault = { code: "account_unknown", message: "set the address: no such account", hint: "sign in again" };

/** Opens the dialog of an agent whose account has two addresses, and says what was chosen. */
async function opened(id: string, refused = false) {
  const chosen: string[][] = [];
  const agents = await fakeBackend("still").agents();
  const plan = recordedPlan(agents.find((each) => each.id === id) as Agent, 0);
  let authorEmail = noreply;
  show(
    AgentScreen,
    { id },
    {
      pushPlan: async () => ({ ...plan, authorEmail, emails: [noreply, other] }),
      setCommitEmail: async (key, email) => {
        chosen.push([key, email]);
        if (refused) throw fault;
        authorEmail = email;
      },
    },
  );
  await fireEvent.click(await screen.findByTestId("push"));
  await screen.findByTestId("push-now");
  return chosen;
}

const field = () => screen.findByLabelText<HTMLSelectElement>(/address in commits/);
const choose = async () => fireEvent.change(await field(), { target: { value: other } });

test("an account's work is committed with any of its addresses, and the plan is read again", async () => {
  const chosen = await opened("p05");
  expect([...(await field()).options].map(({ value }) => value)).toEqual([noreply, other]);
  await choose();
  await waitFor(() => expect(screen.getByTestId<HTMLButtonElement>("push-now").disabled).toBe(false));
  expect([chosen, (await field()).value]).toEqual([[["github.com/583231", other]], other]);
});

test("an address that is refused is not shown as if it were taken", async () => {
  await opened("p05", true);
  await choose();
  const banner = await within(screen.getByRole("dialog")).findByTestId("error-banner");
  expect(banner.textContent).toContain("Sign in again.");
  await waitFor(async () => expect((await field()).value).toBe(noreply));
});

test("without an account the address is git's", async () => {
  await opened("a03");
  expect(screen.queryByTestId("push-email")).toBe(null);
  expect(screen.getByTestId("push-sender").textContent).toContain(`Octo Cat ${noreply}`);
});
