import { expect, test } from "vitest";
import { born } from "../backend/fake/cast";
import { check, type Draft, emptyDraft, fieldOf, placed, suggestTarget, toNewAgent } from "./draft";
import { historyText, toDepth, wholeHistory } from "./history";
import { checkPrice, limitsDraft, noLimitsDraft, raised, toLimits } from "./limits";
import { checkModel, emptyModel, keyHolder, optionOf, toChoice } from "./model";
import { rulesDraft, toRules } from "./rules";
import { RecordedModels } from "../backend/fake/models";

const complete: Draft = {
  ...emptyDraft,
  name: " Fix dates ",
  task: "Fix them",
  repository: "octo/api",
  target: "agent/fix-dates",
  model: { ...emptyModel, provider: "scripted", name: "refactor" },
};

function problems(more: Partial<Draft>): Record<string, string> {
  const others = [born("1", "Taken", "", "", "", 0).agent];
  const found = check({ ...complete, ...more }, others);
  return Object.fromEntries(
    Object.entries(found).map(([field, problem]) => [
      field,
      "message" in problem ? problem.message : "model",
    ]),
  );
}

test("a complete draft has no problem", () => {
  expect(problems({})).toEqual({});
});

test("each empty field is named", () => {
  expect(Object.keys(problems({ name: " ", task: "", repository: "", source: "", target: "" }))).toEqual([
    "name",
    "task",
    "repository",
    "source",
    "target",
  ]);
});

test("a name that another agent has is refused", () => {
  expect(problems({ name: "Taken" })).toEqual({ name: "Another agent has this name." });
});

test("the target cannot be the source", () => {
  expect(problems({ target: " main " })).toEqual({ target: "The target is the source branch." });
});

test("a server needs a model's name, and its address may be left out where the provider has its own", () => {
  const server = { ...emptyModel, provider: "openai", name: "qwen", address: "http://localhost:11434/v1" };
  expect(checkModel(server)).toBe(null);
  expect(checkModel({ ...server, address: "" })).toBe(null);
  expect(checkModel({ ...server, name: " " })?.name?.message).toBe("Name the model.");
  expect(checkModel({ ...server, address: "localhost" })?.address?.message).toBe(
    "This is no address of a server.",
  );
  expect(checkModel({ ...server, provider: "compatible", address: "" })?.address?.message).toBe(
    "Write the server's address.",
  );
  expect(problems({ fallback: { ...server, name: "" } })).toEqual({ fallback: "model" });
});

test("a found server is told from its provider, and a key belongs to the host that it is for", async () => {
  const all = await new RecordedModels().providers();
  const draft = { ...emptyModel, option: "ollama@http://localhost:11434", provider: "ollama" };
  expect(optionOf(draft, all)?.label).toBe("Ollama");
  const compatible = all.find((option) => option.takesAddress);
  const anthropic = all[0];
  if (!compatible || !anthropic) throw new Error("they are in the recording");
  const typed = { ...emptyModel, address: "https://models.example.com:8443/v1" };
  expect(keyHolder(typed, compatible)).toBe("models.example.com:8443");
  expect(keyHolder({ ...typed, address: "no address" }, compatible)).toBe(null);
  expect(keyHolder(typed, anthropic)).toBe("anthropic");
});

test("a choice names its wire and its effort only where they were chosen", () => {
  const draft = { ...emptyModel, provider: "openai", name: " gpt " };
  expect(toChoice(draft)).toEqual({
    provider: "openai",
    name: "gpt",
    baseUrl: null,
    wire: null,
    effort: null,
  });
  expect(toChoice({ ...draft, wire: "CHAT", effort: "HIGH" })).toMatchObject({
    wire: "CHAT",
    effort: "HIGH",
  });
});

test("a money limit alone asks for a token limit where the price is not known", () => {
  const money = { ...noLimitsDraft, money: "5" };
  expect(checkPrice(money, true)).toBe(undefined);
  expect(checkPrice(money, false)?.hint).toBe("Set a token limit as well.");
  expect(checkPrice({ ...money, tokens: "1000" }, false)).toBe(undefined);
  expect(checkPrice(noLimitsDraft, false)).toBe(undefined);
});

test("money is read in dollars and kept in millionths", () => {
  const read = (money: string) => toLimits({ ...noLimitsDraft, money }).money;
  expect(["5", "$2.50", "1,000", ""].map(read)).toEqual([5_000_000, 2_500_000, 1_000_000_000, null]);
  for (const money of ["0", "-1", "many", "1.2.3", "9999999"])
    expect(problems({ money })).toEqual({ limits: "Money is an amount above zero." });
});

test("the limit that was reached is offered doubled until there is room, and the others as they are", () => {
  const { agent } = born("1", "A", "", "", "", 0);
  const limits = { tokens: 1000, turns: 10, seconds: 60, money: 100 };
  const spent = { ...agent, limits, cost: 450, requests: 10 };
  expect(raised(spent, "MONEY")).toEqual({ ...limits, money: 800 });
  expect(raised(spent, "TURNS")).toEqual({ ...limits, turns: 20 });
  expect(raised(spent, null)).toEqual({ ...limits, turns: 20, money: 800 });
});

test("file rules are one pattern in each line, and nothing stands twice", () => {
  const rules = { excluded: [".env", "*.pem"], only: ["src/"], protected: [] };
  expect(toRules(rulesDraft(rules))).toEqual(rules);
  expect(toRules({ excluded: " .env \n\n.env\n", only: "", protected: "" }).excluded).toEqual([".env"]);
});

test("limits are whole numbers above zero or nothing", () => {
  expect(problems({ tokens: "2,000 000", turns: "", minutes: "1" })).toEqual({});
  for (const tokens of ["0", "-1", "1.5", "many", "99999999999"]) {
    expect(problems({ tokens })).toEqual({ limits: "Limits are whole numbers above zero." });
  }
});

test("a history is all of it, or the last commits by a whole number above zero", () => {
  const draft = (depth: string) => ({ cut: true, depth });
  expect(["1", " 50 ", "1,000"].map((depth) => toDepth(draft(depth)))).toEqual([1, 50, 1000]);
  expect(toDepth({ cut: false, depth: "50" })).toBe(null);
  for (const depth of ["", "0", "-1", "1.5", "all", "99999999999"])
    expect(problems({ history: draft(depth) })).toEqual({ history: "Write a whole number above zero." });
  expect(problems({ history: { cut: false, depth: "" } })).toEqual({});
  expect([wholeHistory, draft("1"), draft("1000"), draft("")].map(historyText)).toEqual([
    "all of it",
    "the last commit",
    "the last 1,000 commits",
    "the last commits",
  ]);
});

test("a draft becomes the request that the engine takes", () => {
  expect(toNewAgent({ ...complete, turns: "", minutes: "90" })).toEqual({
    name: "Fix dates",
    task: "Fix them",
    githubRepo: "octo/api",
    sourceBranch: "main",
    targetBranch: "agent/fix-dates",
    historyDepth: null,
    model: { provider: "scripted", name: "refactor", baseUrl: null, wire: null, effort: null },
    fallback: null,
    limits: { tokens: 2_000_000, turns: null, seconds: 5400, money: 5_000_000 },
    files: { excluded: [], only: [], protected: [] },
    delivery: {
      commits: "ONE",
      trailer: false,
      pushUnreviewed: false,
      pullRequest: "ON_REQUEST",
      followUp: false,
      mostFollowUps: 3,
    },
  });
});

test("limits are shown as they are typed", () => {
  expect(limitsDraft({ tokens: 1500, turns: null, seconds: 90 })).toEqual({
    money: "",
    tokens: "1,500",
    turns: "",
    minutes: "2",
  });
});

test("a target branch is suggested from the name", () => {
  expect(["Fix flaky dates!", "Über-Größe", "  ", "日本"].map(suggestTarget)).toEqual([
    "agent/fix-flaky-dates",
    "agent/uber-gro-e",
    "",
    "",
  ]);
});

test("a fault of the engine goes to its field by its code", () => {
  const fault = (code: string, message = "") => ({ code, message, hint: null });
  expect(fieldOf(fault("name_taken"), complete)).toBe("name");
  expect(fieldOf(fault("repository_invalid"), complete)).toBe("repository");
  expect(fieldOf(fault("branch_invalid", "use the branch agent/fix-dates"), complete)).toBe("target");
  expect(fieldOf(fault("branch_invalid", "use the branch main"), complete)).toBe("source");
  expect(fieldOf(fault("engine_stopped"), complete)).toBe(null);
  expect(fieldOf(fault("price_unknown"), complete)).toBe("limits");
  expect(fieldOf(fault("depth_invalid"), complete)).toBe("history");
  expect(placed(fault("model_empty"), complete)).toMatchObject({ model: { name: {} } });
});

test("a fault of a model goes to the choice that it names, or to neither", () => {
  const model = { ...emptyModel, provider: "openai", name: "gpt-5.1" };
  const own = { ...emptyModel, provider: "compatible", name: "mine", address: "http://a.example.com" };
  const at = (code: string, named: string, first: typeof model, second: typeof model | null) =>
    placed(
      { code, message: `use the model ${named}: no`, hint: null },
      { ...complete, model: first, fallback: second },
    );
  const said = { message: "use the model compatible/mine: no", hint: null };
  expect(at("address_in_clear", "compatible/mine", model, own)).toEqual({ fallback: { address: said } });
  expect(at("address_in_clear", "compatible/mine", own, model)).toEqual({ model: { address: said } });
  expect(at("provider_unknown", "compatible/mine", model, own)).toEqual({ fallback: { name: said } });
  // A field that is not there, or a choice that may be either, would show nothing.
  expect(at("address_in_clear", "openai/gpt-5.1", model, own)).toBe(null);
  expect(at("model_empty", "compatible/mine", own, own)).toBe(null);
  expect(at("address_invalid", "openai/gpt-5.1", model, null)).toBe(null);
});
