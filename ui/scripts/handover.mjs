/** The pictures of pushing, of pull requests, and of what comes back for them. */
import { settled } from "./settled.mjs";

const agent = (id) => `/dashboard/agents/${id}`;
const openPush = async (page) => {
  await page.click("[data-testid=push]");
  await page.waitForSelector("[data-testid=push-now]");
  await settled(page);
};
const openFeedback = async (page) => {
  await page.click("[data-testid=tab-feedback]");
  await settled(page);
};

export const handoverScreens = [
  { name: "push-review", path: agent("a03"), act: openPush },
  {
    name: "push-loading",
    path: agent("a03"),
    // The plan comes later than that, so that it is still being asked for.
    holdMs: 400,
    act: async (page) => {
      await page.click("[data-testid=push]");
      await page.waitForSelector("[role=dialog] [role=status]");
    },
  },
  {
    name: "push-instructions",
    path: agent("a03"),
    act: async (page) => {
      await openPush(page);
      await page.click("[data-testid=commits-PER_INSTRUCTION]");
      await settled(page);
      await page.fill("[data-testid=push-message] >> nth=1", "");
    },
  },
  { name: "push-nothing-to-flag", path: agent("a10"), act: openPush },
  { name: "push-moved", path: agent("p05"), act: openPush },
  {
    name: "push-conflicts",
    path: agent("p06"),
    act: async (page) => {
      await openPush(page);
      await page.click("[data-testid=conflict] button");
    },
  },
  {
    name: "push-refused",
    path: agent("p06"),
    act: async (page) => {
      await openPush(page);
      await page.click("[data-testid=push-now]");
      await page.waitForSelector("[role=dialog] [data-testid=error-banner]");
    },
  },
  {
    name: "push-sending",
    path: agent("a03"),
    act: async (page) => {
      await openPush(page);
      await page.click("[data-testid=push-now]");
      await page.waitForSelector("[role=dialog] [aria-busy=true]");
    },
  },
  {
    name: "push-offline",
    path: agent("a03"),
    demo: "error",
    act: async (page) => {
      await page.click("[data-testid=push]");
      await page.waitForSelector("[data-testid=plan-failed]");
    },
  },
  {
    name: "push-risk-in-diff",
    path: agent("a03"),
    act: async (page) => {
      await openPush(page);
      await page.click("[data-testid=risk] >> nth=0");
      await page.waitForSelector(".sought");
    },
  },
  {
    name: "pull-request-form",
    path: agent("a07"),
    act: async (page) => {
      await page.click("[data-testid=propose]");
      await page.waitForSelector("[data-testid=pull-title]");
    },
  },
  {
    name: "pull-request-offline",
    path: agent("a07"),
    demo: "error",
    act: async (page) => {
      await page.click("[data-testid=propose]");
      await page.waitForSelector("[data-testid=draft-failed]");
    },
  },
  {
    name: "feedback-open",
    path: agent("p02"),
    act: (page) => page.click("[data-testid=file-row][data-path='src/App.tsx']"),
  },
  {
    name: "feedback-chosen",
    path: agent("p02"),
    act: async (page) => {
      await page.click("[data-testid=check-log]");
      await page.click("[data-testid=feedback-choose] >> nth=0");
      await page.click("[data-testid=feedback-choose] >> nth=2");
      await page.fill("[data-testid=tell-note]", "Leave the header as it is.");
    },
  },
  {
    name: "feedback-line",
    path: agent("p02"),
    act: async (page) => {
      await page.click("[data-testid=annotation] button >> nth=0");
      await page.waitForSelector(".sought");
      await page.click("[data-testid=feedback-earlier]");
    },
  },
  {
    name: "feedback-log",
    path: agent("p02"),
    act: async (page) => {
      const log = () => page.waitForSelector("[role=log]");
      const place = async () => (await log()).evaluate((element) => element.scrollTop);
      await page.click("[data-testid=tab-activity]");
      await settled(page);
      await (await log()).evaluate((element) => (element.scrollTop = element.scrollHeight / 3));
      await settled(page);
      await page.click("[role=log] [aria-label^='Details of'] >> nth=1");
      await settled(page);
      const left = await place();
      await page.click("[data-testid=tab-feedback]");
      await page.waitForSelector("[data-testid=feedback]");
      await page.click("[data-testid=tab-activity]");
      await settled(page);
      await page.waitForSelector("[data-testid=call-detail]");
      const found = await place();
      if (left === 0 || Math.abs(found - left) > 1)
        throw new Error(`the log was left at ${left}, found at ${found}`);
    },
  },
  { name: "feedback-waiting", path: agent("p01"), act: openFeedback },
  { name: "feedback-limited", path: agent("p03"), act: openFeedback },
  { name: "feedback-withheld", path: agent("p08"), act: openFeedback },
  { name: "feedback-merged", path: agent("p04"), act: openFeedback },
  { name: "feedback-closed", path: agent("p07"), act: openFeedback },
  { name: "feedback-none", path: agent("a07"), act: openFeedback },
];
