/** The pictures of models, limits, pauses, steering, and what holds for all agents. */
import { settled } from "./settled.mjs";

const agent = (id) => `/dashboard/agents/${id}`;
const create = "/dashboard/agents/new";
const provider = async (page, value) => {
  await page.waitForSelector("[data-testid=create-provider]:enabled");
  await page.selectOption("[data-testid=create-provider]", value);
};
const scrollTo = (page, testid) =>
  page.evaluate(
    (id) => document.querySelector(`[data-testid=${id}]`).scrollIntoView({ block: "center" }),
    testid,
  );
const menu = async (page, item) => {
  await page.click("[data-testid=agent-menu]");
  await page.click(`[data-testid=menu-${item}]`);
  await page.waitForSelector("[role=dialog]");
};

export const modelScreens = [
  {
    name: "new-model-list",
    path: create,
    act: async (page) => {
      await provider(page, "openrouter");
      await page.click("[data-testid=create-model]");
      await page.fill("[data-testid=create-model]", "vendor 7");
    },
  },
  {
    name: "new-mention",
    path: create,
    act: async (page) => {
      await page.fill("[data-testid=create-repo]", "octo/web");
      await page.type("[data-testid=create-task]", "Begin with @src");
      await page.waitForSelector("[data-testid=mention]");
    },
  },
  {
    name: "new-model-fault",
    path: create,
    act: async (page) => {
      await provider(page, "gemini");
      await page.click("[data-testid=model-test]");
      await settled(page);
      await scrollTo(page, "model-test");
    },
  },
  {
    name: "new-model-server",
    path: create,
    act: async (page) => {
      await provider(page, "compatible");
      await page.fill("[data-testid=create-address]", "localhost");
      await page.click("[data-testid=create-submit-start]");
      await settled(page);
      await scrollTo(page, "model-test");
    },
  },
  {
    name: "new-model-fallback",
    path: create,
    act: async (page) => {
      await provider(page, "ollama@http://localhost:11434");
      await page.click("[data-testid=model-test]");
      await page.click("[data-testid=create-add-fallback]");
      await settled(page);
      await scrollTo(page, "create-fallback");
    },
  },
  {
    name: "new-files",
    path: create,
    act: async (page) => {
      await page.click("[data-testid=files-toggle]");
      await page.fill("[data-testid=create-limit-money]", "many");
      await page.click("[data-testid=create-submit-start]");
      await settled(page);
      await scrollTo(page, "files-only");
    },
  },
  { name: "held-limit", path: agent("a11") },
  { name: "held-raise", path: agent("a11"), act: (page) => page.click("[data-testid=raise]") },
  { name: "held-quota", path: agent("a12") },
  { name: "held-provider", path: agent("a13") },
  { name: "held-loop", path: agent("a14") },
  { name: "held-day", path: agent("a18") },
  { name: "held-key", path: agent("a19") },
  {
    name: "held-change-model",
    path: agent("a19"),
    act: async (page) => {
      await page.click("[data-testid=change-model]");
      await page.waitForSelector("[data-testid=chosen-provider]:enabled");
    },
  },
  { name: "live-stream", path: agent("a15") },
  {
    name: "live-reasoning",
    path: agent("a15"),
    act: (page) => page.click("[data-testid=live-reasoning] button"),
  },
  { name: "live-slot", path: agent("a16") },
  { name: "live-send", path: agent("a15"), act: (page) => page.click("[data-testid=queue-send]") },
  {
    name: "live-mention",
    path: agent("a15"),
    act: async (page) => {
      await page.type("[data-testid=instruct-input]", "Look at @src");
      await page.waitForSelector("[data-testid=mention]");
    },
  },
  { name: "live-plan", path: agent("a01"), act: (page) => page.click("[data-testid=plan]") },
  { name: "live-figures", path: agent("a15"), act: (page) => page.click("[data-testid=limits]") },
  {
    name: "log-notes",
    path: agent("a17"),
    act: async (page) => {
      await page.click("[data-about=context] button[aria-expanded] >> nth=-1");
    },
  },
  {
    name: "log-prompt",
    path: agent("a17"),
    act: async (page) => {
      await page.evaluate(() => document.querySelector("[role=log]").scrollTo(0, 0));
    },
  },
  {
    name: "log-turn",
    path: agent("a17"),
    act: (page) => page.click("[data-testid=turn-shown] button"),
  },
  { name: "log-unpriced", path: agent("a20"), act: (page) => page.click("[data-testid=limits]") },
  { name: "sent-many", path: agent("a17"), act: (page) => menu(page, "sent") },
  { name: "sent-none", path: agent("a05"), act: (page) => menu(page, "sent") },
  { name: "rules-of-agent", path: agent("a17"), act: (page) => menu(page, "rules") },
  {
    name: "settings-all",
    path: "/dashboard/agents",
    act: async (page) => {
      await page.click("[data-testid=settings-button]");
      await page.waitForSelector("[data-testid=settings]");
    },
  },
  {
    name: "settings-fault",
    path: "/dashboard/agents",
    demo: "error",
    act: async (page) => {
      await page.click("[data-testid=settings-button]");
      await page.waitForSelector("[data-testid=settings]");
    },
  },
];
