// The real window: WebKitWebDriver starts the app and speaks for the mouse and the keyboard.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, readdir } from "node:fs/promises";
import { createServer } from "node:net";
import path from "node:path";
import { remote } from "webdriverio";

const PICTURES =
  process.env.ANCHORHOLD_SCREENSHOTS ?? path.resolve(import.meta.dirname, "../../../target/e2e-screenshots");

/** How long anything but the agent's work may take; the first paint of a debug build needs 3 s. */
const PATIENCE_MS = 20_000;

/**
 * Opens the app on the data folder `home`, with more in its environment and arguments where they are given. `program`
 * is the app, or what starts it. Close it with `close`, also when a test fails.
 */
export async function openWindow(program, home, { env = {}, args = [] } = {}) {
  const port = await freePort();
  const driver = spawn("WebKitWebDriver", [`--port=${port}`, "--host=127.0.0.1"], {
    env: { ...process.env, ...env, ANCHORHOLD_HOME: home, TAURI_WEBVIEW_AUTOMATION: "true" },
    stdio: ["ignore", "inherit", "inherit"],
  });
  try {
    await answers(port, driver);
    const browser = await remote({
      hostname: "127.0.0.1",
      port,
      logLevel: "error",
      connectionRetryCount: 0,
      waitforTimeout: PATIENCE_MS,
      capabilities: {
        "wdio:enforceWebDriverClassic": true,
        "webkitgtk:browserOptions": { binary: program, args },
      },
    });
    return new Window(browser, driver);
  } catch (error) {
    await end(driver);
    throw error;
  }
}

class Window {
  constructor(browser, driver) {
    this.browser = browser;
    this.driver = driver;
  }

  /** The element with this `data-testid`, and with these attributes where some are given. */
  part(testid, attributes = {}) {
    const more = Object.entries(attributes).map(([name, value]) => `[${name}=${JSON.stringify(value)}]`);
    return this.browser.$(`[data-testid=${JSON.stringify(testid)}]${more.join("")}`);
  }

  parts(testid) {
    return this.browser.$$(`[data-testid=${JSON.stringify(testid)}]`);
  }

  async click(testid, attributes) {
    const part = this.part(testid, attributes);
    await part.waitForClickable();
    await part.click();
  }

  /** Writes into a field as one does by hand: click, select all, type. */
  async write(testid, text) {
    const part = this.part(testid);
    await part.waitForClickable();
    await part.click();
    await part.setValue(text);
  }

  /** Waits until `condition` holds, or fails with what the window shows. */
  async until(condition, what, timeout = PATIENCE_MS) {
    await this.browser
      .waitUntil(condition, { timeout, interval: 100 })
      .catch(async (error) => {
        throw new Error(`${what}: not within ${timeout / 1000} s; the window shows:\n${await this.text()}`, {
          cause: error,
        });
      });
  }

  async text() {
    return this.browser.$("body").getText();
  }

  async chooseTheme(label) {
    await this.browser.$("[aria-label=Theme]").click();
    const item = this.browser.$(`//*[@role="menuitem"][contains(., "${label}")]`);
    await item.waitForClickable();
    await item.click();
    await item.waitForExist({ reverse: true });
  }

  /** Keeps a picture of the window as it is now. */
  async picture(name) {
    await mkdir(PICTURES, { recursive: true });
    // What a click changed is drawn one frame later.
    await this.browser.executeAsync((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())));
    await this.browser.saveScreenshot(path.join(PICTURES, `${name}.png`));
  }

  /** Keeps two pictures, one in each theme. */
  async pictures(name) {
    for (const theme of ["Dark", "Light"]) {
      await this.chooseTheme(theme);
      await this.picture(`${name}-${theme.toLowerCase()}`);
    }
  }

  async close() {
    await end(this.driver, () => this.browser.deleteSession());
  }
}

/** Ends the driver and whatever it started that outlives it, each by its pid. */
async function end(driver, sayGoodbye = async () => {}) {
  if (driver.exitCode !== null) return;
  const started = await descendants(driver.pid);
  await sayGoodbye().catch(() => {});
  driver.kill();
  await once(driver, "exit");
  // An app with a tray lives on without its window.
  for (const { pid, began } of started) {
    if ((await stat(pid))?.began === began) process.kill(pid, "SIGTERM");
  }
  for (const { pid, began } of started) {
    while ((await stat(pid))?.began === began) await new Promise((next) => setTimeout(next, 20));
  }
}

/** A process's parent and start, which together with the pid is its identity. */
async function stat(pid) {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => null);
  if (!text) return null;
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "Z" ? null : { parent: Number(fields[1]), began: fields[19] };
}

async function descendants(root) {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  const all = [];
  for (const pid of pids) {
    const found = await stat(pid);
    if (found) all.push({ pid, ...found });
  }
  const family = [{ pid: root }];
  for (const { pid } of family) family.push(...all.filter((other) => other.parent === pid));
  return family.slice(1);
}

async function answers(port, driver) {
  const until = Date.now() + PATIENCE_MS;
  while (Date.now() < until) {
    if (driver.exitCode !== null) throw new Error(`start WebKitWebDriver: it ended with ${driver.exitCode}`);
    const response = await fetch(`http://127.0.0.1:${port}/status`).catch(() => null);
    if (response?.ok) return;
    await new Promise((next) => setTimeout(next, 50));
  }
  throw new Error("start WebKitWebDriver: it does not answer");
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}
