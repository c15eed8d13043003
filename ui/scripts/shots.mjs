/**
 * Takes a picture of every screen in both themes and two sizes, over the recorded backend, and checks
 * each with axe. Fails on an accessibility violation, on an error in the console, and on anything that
 * the app's content security policy refuses.
 *
 *   npm run build && npm run shots -- <folder> [parts of names [part of light-1280]]
 */
import { AxeBuilder } from "@axe-core/playwright";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { preview } from "vite";
import { engineScreens } from "./engines.mjs";
import { modelScreens } from "./models.mjs";

const [folder = "shots", only = "", variant = ""] = process.argv.slice(2);
const small = { width: 1280, height: 800 };
const sizes = [small, { width: 1920, height: 1080 }];
const themes = ["light", "dark"];
/** Does what needs a log that is longer than the window is high. */
const whereItScrolls = (act) => async (page) => {
  const log = await page.waitForSelector("[role=log]");
  // Rows are measured first; until then the list is taken for longer than it is.
  await page.waitForTimeout(400);
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
  await page.waitForTimeout(300);
};
/** Waits until the log says whether it follows, and, where it does, stands at its end. */
const follows = async (page, following) => {
  await page.waitForTimeout(150);
  await page.waitForSelector(`[data-testid=follow][aria-pressed=${following}]`);
  if (!following) return;
  await page.waitForFunction(() => {
    const log = document.querySelector("[role=log]");
    return log.scrollTop + log.clientHeight >= log.scrollHeight - 2;
  });
};
const openFile = (path) => (page) => page.click(`[data-testid=file-row][data-path="${path}"]`);

const screens = [
  { name: "agents", path: "/dashboard/agents" },
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
  ...engineScreens,
  // What differs by the width of the window is in the screens above.
  ...modelScreens.map((screen) => ({ ...screen, sizes: [small] })),
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
      await page.waitForTimeout(1200);
    },
  },
  { name: "agent-running", path: "/dashboard/agents/a01", act: openFile("src/types.ts") },
  { name: "agent-asks", path: "/dashboard/agents/a02" },
  { name: "agent-completed", path: "/dashboard/agents/a03", act: openFile("src/App.tsx") },
  {
    name: "agent-details",
    path: "/dashboard/agents/a03",
    act: async (page) => {
      await openFile("src/legacy.js")(page);
      await page.evaluate(() => document.querySelector("[role=log]").scrollTo(0, 300));
      await page.waitForTimeout(200);
      await page.click("[data-testid=log-row][data-outcome=REFUSED] button[aria-expanded]");
    },
  },
  {
    name: "agent-cell",
    path: "/dashboard/agents/a03",
    act: whereItScrolls(async (page) => {
      await scrollLog(page, "top");
      await page.click("[data-type=cell] button");
      await follows(page, false);
    }),
  },
  {
    name: "agent-reduced",
    path: "/dashboard/agents/a10",
    act: whereItScrolls(async (page) => {
      await openFile("static/img/logo.png")(page);
      await scrollLog(page, "top");
      await follows(page, false);
    }),
  },
  {
    name: "agent-follows-again",
    path: "/dashboard/agents/a01",
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
  { name: "agent-idle", path: "/dashboard/agents/a05" },
  { name: "agent-error", path: "/dashboard/agents/a06" },
  { name: "agent-pushed", path: "/dashboard/agents/a07", act: openFile("src/routes.ts") },
  { name: "agent-pushing", path: "/dashboard/agents/a08", act: openFile("src/dates.ts") },
  { name: "agent-waiting", path: "/dashboard/agents/a09" },
  { name: "agent-limit", path: "/dashboard/agents/a10", act: openFile("static/img/logo.png") },
  {
    name: "agent-limits-form",
    path: "/dashboard/agents/a03",
    act: (page) => page.click("[data-testid=limits]"),
  },
  { name: "agent-unknown", path: "/dashboard/agents/none" },
].filter((screen) => only.split(",").some((part) => screen.name.includes(part)));

const { app } = JSON.parse(await readFile(new URL("../../tauri.conf.json", import.meta.url), "utf8"));
const server = await preview({ preview: { port: 4173, strictPort: false } });
const base = server.resolvedUrls.local[0].replace(/\/$/, "");
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
});
await mkdir(folder, { recursive: true });
const failures = [];
let taken = 0;

async function shoot(screen, theme, size) {
  const name = `${screen.name}-${theme}-${size.width}`;
  const context = await browser.newContext({ viewport: size, colorScheme: theme, reducedMotion: "reduce" });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  page.on("console", (message) => {
    if (message.type() === "error") failures.push(`${name}: console: ${message.text()}`);
  });
  page.on("pageerror", (error) => failures.push(`${name}: ${error.message}`));
  // The same policy as in the app, so that what it would refuse is refused here.
  await page.route(`${base}/dashboard/**`, async (route) => {
    const response = await route.fetch();
    await route.fulfill({
      response,
      headers: { ...response.headers(), "content-security-policy": app.security.csp },
    });
  });
  await page.goto(`${base}${screen.path}?demo=${screen.demo ?? "still"}&theme=${theme}`);
  await page.waitForTimeout(400);
  await screen.act?.(page);
  await page.waitForTimeout(300);
  taken += 1;
  await page.screenshot({ path: join(folder, `${name}.png`) });
  if (size === small) {
    const { violations } = await new AxeBuilder({ page }).analyze();
    for (const { id, help, nodes } of violations) {
      const where = nodes
        .slice(0, 3)
        .map((node) => `\n    ${node.html.slice(0, 220)}\n    ${node.failureSummary?.split("\n")[1] ?? ""}`);
      failures.push(`${name}: axe ${id}: ${help}${where.join("")}`);
    }
  }
  await context.close();
}

const jobs = screens.flatMap((screen) =>
  themes.flatMap((theme) => (screen.sizes ?? sizes).map((size) => ({ screen, theme, size }))),
);
const wanted = jobs.filter(({ theme, size }) => `${theme}-${size.width}`.includes(variant));
/** Takes one picture after another; several do so side by side, since most of the time is waiting. */
async function work() {
  for (let job = wanted.shift(); job; job = wanted.shift()) {
    const { screen, theme, size } = job;
    await shoot(screen, theme, size).catch((error) => failures.push(`${screen.name}: ${error.message}`));
  }
}
await Promise.all(Array.from({ length: 3 }, work));
await browser.close();
await server.close();
if (failures.length > 0) {
  console.error(failures.join("\n"));
  process.exit(1);
}
console.log(`${taken} pictures in ${folder}, no violation`);
