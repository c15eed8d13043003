/** The pictures of the list of agents, of an agent, and of its making. */
import { settled } from "./settled.mjs";

/** Does what needs a log that is longer than the window is high. */
const whereItScrolls = (act) => async (page) => {
  const log = await page.waitForSelector("[role=log]");
  // Rows are measured first; until then the list is taken for longer than it is.
  await settled(page);
  if (await log.evaluate((element) => element.scrollHeight > element.clientHeight)) await act(page);
};
/** Scrolls the log as a script does. */
const scrollLog = async (page, to) => {
  await page.evaluate((place) => {
    const log = document.querySelector("[role=log]");
    log.scrollTop = { top: 0, middle: (log.scrollHeight - log.clientHeight) / 2, bottom: log.scrollHeight }[
      place
    ];
  }, to);
  await settled(page);
};
/** Waits until the log says whether it follows, and, where it does, stands at its end. */
const follows = async (page, following) => {
  await settled(page);
  await page.waitForSelector(`[data-testid=follow][aria-pressed=${following}]`);
  if (!following) return;
  await page.waitForFunction(() => {
    const log = document.querySelector("[role=log]");
    return log.scrollTop + log.clientHeight >= log.scrollHeight - 2;
  });
};
const openFile = (path) => (page) => page.click(`[data-testid=file-row][data-path="${path}"]`);

export const agentScreens = [
  { name: "agents", path: "/dashboard/agents" },
  // As small as the window can be made; everything has its place there as well.
  {
    name: "agents-narrow",
    path: "/dashboard/agents",
    sizes: [{ width: 900, height: 560 }],
    act: (page) =>
      page.waitForFunction(() => {
        const list = document.querySelector("[role=grid]");
        const wide = (element) => element.scrollWidth > element.clientWidth;
        return (
          list &&
          !wide(document.documentElement) &&
          ![...list.children, document.querySelector("header"), ...list.querySelectorAll("[role=row]")].some(
            wide,
          )
        );
      }),
  },
  {
    name: "create-again",
    path: "/dashboard/agents/new",
    act: async (page) => {
      await page.fill("[data-testid=create-name]", "Tidy up the build");
      await page.keyboard.press("Escape");
      await page.click("[data-testid=new-agent]");
      await page.waitForSelector("[data-testid=create-anew]");
    },
  },
  {
    name: "agents-focus",
    path: "/dashboard/agents",
    act: async (page) => {
      await page.focus("[role=row][tabindex='0']");
      for (let n = 0; n < 3; n += 1) await page.keyboard.press("ArrowDown");
    },
  },
  { name: "agents-empty", path: "/dashboard/agents", demo: "empty" },
  { name: "agents-engine-missing", path: "/dashboard/agents", demo: "error" },
  { name: "agents-in-use", path: "/dashboard/agents", demo: "in-use" },
  {
    name: "agents-in-use-again",
    path: "/dashboard/agents",
    demo: "in-use",
    act: async (page) => {
      await page.click("[data-testid=try-again]");
      await page.waitForSelector("[role=grid]");
    },
  },
  { name: "agents-many", path: "/dashboard/agents", demo: "many" },
  {
    name: "agents-no-match",
    path: "/dashboard/agents",
    act: (page) => page.fill("input", "nothing has this"),
  },
  { name: "create", path: "/dashboard/agents/new" },
  {
    name: "create-history",
    path: "/dashboard/agents/new",
    act: async (page) => {
      await page.click("[data-testid=history-toggle]");
      await page.selectOption("[data-testid=history-cut]", "CUT");
      await page.evaluate(() => document.querySelector("[data-testid=history]").scrollIntoView());
    },
  },
  { name: "create-engine-missing", path: "/dashboard/agents/new", demo: "error" },
  {
    name: "create-problems",
    path: "/dashboard/agents/new",
    act: async (page) => {
      await page.fill("[data-testid=create-name]", "Fix flaky dates");
      await page.fill("[data-testid=create-target]", "main");
      await page.waitForSelector("[data-testid=create-provider]:enabled");
      await page.selectOption("[data-testid=create-provider]", "compatible");
      await page.fill("[data-testid=create-repo]", "nowhere");
      await page.click("[data-testid=create-submit-start]");
      await page.waitForSelector("[data-testid=create-repo][aria-invalid=true]");
    },
  },
  { name: "agent-running", path: "/dashboard/agents/a01", act: openFile("src/types.ts") },
  { name: "agent-asks", path: "/dashboard/agents/a02" },
  { name: "agent-completed", path: "/dashboard/agents/a03", act: openFile("src/App.tsx") },
  {
    name: "agent-details",
    path: "/dashboard/agents/a03",
    eachSize: true,
    act: async (page) => {
      await openFile("src/legacy.js")(page);
      await page.evaluate(() => document.querySelector("[role=log]").scrollTo(0, 300));
      await settled(page);
      await page.click("[data-testid=log-row][data-outcome=REFUSED] button[aria-expanded]");
    },
  },
  {
    name: "agent-cell",
    path: "/dashboard/agents/a03",
    eachSize: true,
    act: whereItScrolls(async (page) => {
      await scrollLog(page, "top");
      await page.click("[data-type=cell] button");
      await follows(page, false);
    }),
  },
  {
    name: "agent-reduced",
    path: "/dashboard/agents/a10",
    eachSize: true,
    act: whereItScrolls(async (page) => {
      await openFile("static/img/logo.png")(page);
      await scrollLog(page, "top");
      await follows(page, false);
    }),
  },
  {
    name: "agent-follows-again",
    path: "/dashboard/agents/a01",
    eachSize: true,
    act: whereItScrolls(async (page) => {
      await follows(page, true);
      await page.focus("[role=log]");
      await page.keyboard.press("PageUp");
      await follows(page, false);
      await page.click("[data-testid=follow]");
      await follows(page, true);
      await page.hover("[role=log]");
      await page.mouse.wheel(0, -200);
      await follows(page, false);
      await scrollLog(page, "bottom");
      await follows(page, true);
      await scrollLog(page, "middle");
      await follows(page, false);
      await page.click("[data-testid=follow]");
      await follows(page, true);
    }),
  },
  { name: "agent-cloning", path: "/dashboard/agents/a04" },
  { name: "agent-cloning-broken", path: "/dashboard/agents/a04", demo: "error" },
  { name: "agent-idle", path: "/dashboard/agents/a05" },
  { name: "agent-error", path: "/dashboard/agents/a06" },
  { name: "agent-pushed", path: "/dashboard/agents/a07", act: openFile("src/routes.ts") },
  { name: "agent-pushing", path: "/dashboard/agents/a08", act: openFile("src/dates.ts") },
  {
    name: "agent-marked",
    path: "/dashboard/agents/a03",
    act: async (page) => {
      await openFile("src/dates.ts")(page);
      const lines = page.locator("[data-testid=diff-view][data-path='src/dates.ts'] .new .line");
      const middle = async (line, x) => {
        const box = await lines.nth(line).boundingBox();
        return [box.x + x, box.y + box.height / 2];
      };
      await page.mouse.move(...(await middle(1, 2)));
      await page.mouse.down();
      await page.mouse.move(...(await middle(3, 60)), { steps: 4 });
      await page.mouse.up();
      // What is copied is of one side, although the halves of the rows follow each other.
      await page.waitForFunction(() => {
        const text = getSelection().toString();
        return (
          text.includes("value: string") && text.includes("Date.parse") && !text.includes("new Date(value)")
        );
      });
    },
  },
  { name: "agent-waiting", path: "/dashboard/agents/a09" },
  { name: "agent-limit", path: "/dashboard/agents/a10", act: openFile("static/img/logo.png") },
  {
    name: "agent-limits-form",
    path: "/dashboard/agents/a03",
    act: (page) => page.click("[data-testid=limits]"),
  },
  {
    name: "agent-deleted",
    path: "/dashboard/agents/a03",
    act: async (page) => {
      await page.click("[aria-label='All agents']");
      await page.click("[data-testid='agent-row-Add licence headers'] [data-testid=delete]");
      await page.goBack();
      await page.waitForSelector("[data-testid=restore]");
    },
  },
  { name: "agent-unknown", path: "/dashboard/agents/none" },
];
