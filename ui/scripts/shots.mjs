/**
 * Takes a picture of every screen in both themes and two sizes, over the recorded backend, and checks
 * each with axe. Fails on an accessibility violation, on an error in the console, and on anything that
 * the app's content security policy refuses. Each screen is opened once; theme and size change in place.
 *
 *   npm run build && npm run shots -- <folder> [parts of names [part of light-1280]]
 */
import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { preview } from "vite";
import { accountScreens } from "./accounts.mjs";
import { agentScreens } from "./agents.mjs";
import { engineScreens } from "./engines.mjs";
import { handoverScreens } from "./handover.mjs";
import { modelScreens } from "./models.mjs";
import { observe, settled } from "./settled.mjs";
import { stretchedScreens } from "./stretched.mjs";

const [folder = "shots", only = "", variant = ""] = process.argv.slice(2);
const small = { width: 1280, height: 800 };
const sizes = [small, { width: 1920, height: 1080 }];
const themes = ["light", "dark"];
/** Pages side by side; more of them only wait for the processor. */
const LANES = 2;
/** Far more than anything takes: a slow machine does not fail, only what never comes. */
const NEVER_MS = 300_000;

const screens = [
  ...agentScreens,
  ...stretchedScreens,
  ...engineScreens,
  ...accountScreens,
  ...handoverScreens,
  // What differs by the width of the window is in the screens above.
  ...modelScreens.map((screen) => ({ ...screen, sizes: [small] })),
].filter((screen) => only.split(",").some((part) => screen.name.includes(part)));

/** Where what a screen does depends on the size, it is done in each; else it is done once. */
const jobs = screens.flatMap((screen) => {
  const own = screen.sizes ?? sizes;
  return screen.eachSize ? own.map((size) => ({ screen, sizes: [size] })) : [{ screen, sizes: own }];
});

const { app } = JSON.parse(await readFile(new URL("../../tauri.conf.json", import.meta.url), "utf8"));
const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
// The same policy as in the app, so that what it would refuse is refused here.
const headers = { "content-security-policy": app.security.csp };
const server = await preview({ preview: { port: 4173, strictPort: false, headers } });
const base = server.resolvedUrls.local[0].replace(/\/$/, "");
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  timeout: NEVER_MS,
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

async function shoot({ screen, sizes }) {
  let name = screen.name;
  const pictures = sizes
    .flatMap((size) => themes.map((theme) => ({ size, theme, title: `${theme}-${size.width}` })))
    .filter(({ title }) => title.includes(variant));
  const [first] = pictures;
  if (!first) return;
  const context = await browser.newContext({
    viewport: first.size,
    colorScheme: first.theme,
    reducedMotion: "reduce",
  });
  context.setDefaultTimeout(NEVER_MS);
  try {
    const page = await context.newPage();
    page.on("console", (message) => {
      if (message.type() === "error") failures.push(`${name}: console: ${message.text()}`);
    });
    page.on("pageerror", (error) => failures.push(`${name}: ${error.message}`));
    await observe(page, screen.holdMs);
    const answer = await page.goto(`${base}${screen.path}?demo=${screen.demo ?? "still"}`);
    if (answer.headers()["content-security-policy"] !== app.security.csp)
      throw new Error("the page was served without the app's policy");
    await settled(page);
    await screen.act?.(page);
    for (const { size, theme, title } of pictures) {
      name = `${screen.name}-${title}`;
      await page.setViewportSize(size);
      await page.emulateMedia({ colorScheme: theme });
      await page.waitForFunction(shows, { theme, width: size.width });
      await settled(page);
      await page.screenshot({ path: join(folder, `${name}.png`) });
      taken += 1;
      if (size === small) await check(page, name);
    }
  } catch (error) {
    failures.push(`${name}: ${error.message}`);
  } finally {
    await context.close();
  }
}

/** Runs in the page: whether it has the theme and the width that were asked for. */
const shows = ({ theme, width }) =>
  innerWidth === width && document.documentElement.classList.contains("dark") === (theme === "dark");

/** Notes what axe finds. It describes violations alone, which is most of the time that it takes. */
async function check(page, name) {
  if (!(await page.evaluate(() => "axe" in globalThis))) await page.evaluate(axe);
  const violations = await page.evaluate(async () => {
    const found = await globalThis.axe.run({ resultTypes: ["violations"] });
    return found.violations;
  });
  for (const { id, help, nodes } of violations) {
    const where = nodes
      .slice(0, 3)
      .map((node) => `\n    ${node.html.slice(0, 220)}\n    ${node.failureSummary?.split("\n")[1] ?? ""}`);
    failures.push(`${name}: axe ${id}: ${help}${where.join("")}`);
  }
}

/** Takes one screen after another. */
async function work() {
  for (let job = jobs.shift(); job; job = jobs.shift()) await shoot(job);
}
await Promise.all(Array.from({ length: LANES }, work));
await browser.close();
await server.close();
if (failures.length > 0) {
  console.error(failures.join("\n"));
  process.exit(1);
}
console.log(`${taken} pictures in ${folder}, no violation`);
