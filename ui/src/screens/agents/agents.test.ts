import { fireEvent, screen, waitFor, within } from "@testing-library/svelte";
import { expect, test } from "vitest";
import type { Agent, Fault } from "../../bindings";
import { cast } from "../../backend/fake/cast";
import { router } from "../../router.svelte";
import { show } from "../../test/render";
import { activity } from "./activity";
import AgentsScreen from "./AgentsScreen.svelte";

const [running, asking, done, , idle, failed, pushed] = cast(0).map((run) => run.agent) as [
  Agent,
  Agent,
  Agent,
  Agent,
  Agent,
  Agent,
  Agent,
];

test("a row says what the agent does, asks or waits for", () => {
  const text = (agent: Agent) => activity(agent).text;
  expect([running, asking, done, idle, failed, pushed].map(text)).toEqual([
    "Edit src/dates.ts",
    "Which time zone should stored dates be in: UTC, or the server's own?",
    "Ready to review",
    "Not started",
    "Ask the model: the provider refused the key (401)",
    "Pushed 5b8e0c3",
  ]);
});

test("what needs someone stands out", () => {
  expect([running, asking, done, idle, failed, pushed].map((agent) => activity(agent).urgent)).toEqual([
    false,
    true,
    true,
    false,
    true,
    false,
  ]);
});

test("a push that failed is said, although the agent is completed", () => {
  const refused = { ...done, errorMessage: "push branch agent/licence-headers: the branch moved" };
  expect(activity(refused)).toEqual({
    text: "Push branch agent/licence-headers: the branch moved",
    urgent: true,
  });
});

test("a pull request is said in its row, and what came back for it stands out", () => {
  const byId = new Map(cast(0).map(({ agent }) => [agent.id, agent]));
  const said = ["p01", "p02", "p03", "p04"].map((id) => activity(byId.get(id) as Agent));
  expect(said).toEqual([
    { text: "#141 draft, checks running", urgent: false },
    { text: "#142: checks failed, 4 to answer", urgent: true },
    { text: "#143 open, checks passed", urgent: false },
    { text: "#144 merged", urgent: false },
  ]);
});

test("a folder in use takes the place of the list, and trying again brings the list", async () => {
  const fault: Fault = { code: "folder_in_use", message: "use the folder", hint: "close that program" };
  let inUse = true;
  const agents = cast(0).map((run) => run.agent);
  show(
    AgentsScreen,
    { creating: false },
    {
      watchAgents: (heard, failed) => {
        queueMicrotask(() => (inUse ? failed(fault) : heard(agents)));
        return () => undefined;
      },
      engineStatus: () => Promise.reject(fault),
    },
  );
  const failed = await screen.findByTestId("agents-failed");
  expect(failed.textContent).toContain("Use the folder.");
  expect(failed.textContent).toContain("Close that program.");
  expect([screen.queryByTestId("error-banner"), screen.queryByTestId("new-agent")]).toEqual([null, null]);
  await fireEvent.click(screen.getByTestId("try-again"));
  await screen.findByTestId("try-again");
  inUse = false;
  await fireEvent.click(screen.getByTestId("try-again"));
  await waitFor(() => expect(screen.queryByTestId("agents-failed")).toBe(null));
  expect(screen.getByRole("grid")).toBeTruthy();
});

test("an agent that its own limit holds is led to that limit, since to resume would hold it again", async () => {
  const resumed: string[] = [];
  show(AgentsScreen, { creating: false }, { resume: async (id) => void resumed.push(id) });
  await fireEvent.input(await screen.findByPlaceholderText("Search"), { target: { value: "build scripts" } });
  const row = within(await screen.findByTestId("agent-row-Tidy the build scripts"));
  expect(row.queryByTestId("resume")).toBe(null);
  const raise = row.getByTestId("row-raise");
  expect(raise.getAttribute("aria-label")).toBe("Raise its limit");
  await fireEvent.click(raise);
  expect([router.route, resumed]).toEqual([{ name: "agent", id: "a11" }, []]);
});
