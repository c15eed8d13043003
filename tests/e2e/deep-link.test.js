// Signing in in the browser, which comes back by a link that the system hands to the app by the desktop entry of the
// package: to the one that runs, and to one that is started for it.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { CLIENT, SECRET, startGitHub } from "./support/github.js";
import { unpack } from "./support/package.js";
import { openWindow } from "./support/window.js";

const run = promisify(execFile);

let folder, github, installed, window, env;

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "anchorhold-e2e-"));
  github = await startGitHub();
  installed = await unpack(folder);
  env = {
    ...installed.env,
    ANCHORHOLD_FORGE_STAND_IN: github.host,
    ANCHORHOLD_HOME: path.join(folder, "home"),
    XDG_DATA_HOME: path.join(folder, "data"),
    XDG_CONFIG_HOME: path.join(folder, "config"),
    // Else what a desktop of its own knows would be asked.
    XDG_CURRENT_DESKTOP: "",
  };
  await mkdir(env.XDG_DATA_HOME);
  await mkdir(env.XDG_CONFIG_HOME);
});

after(async () => {
  await window?.close();
  await github?.close();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

test("the system hands links of the scheme to the package's own entry", async () => {
  const asked = ["query", "default", "x-scheme-handler/anchorhold"];
  const { stdout } = await run("xdg-mime", asked, { env: { ...process.env, ...env } });
  assert.equal(stdout.trim(), path.basename(installed.entry));
});

test("a link is handed to the app that runs", async () => {
  window = await openWindow(installed.app, env.ANCHORHOLD_HOME, { env });
  await invoke("set_forge_app", {
    app: { host: github.host, clientId: CLIENT, slug: null, oauthApp: false, hasSecret: true },
    secret: SECRET,
  });
  const link = await github.consent(await begin());
  assert.match(link, /^anchorhold:\/\/oauth\/callback\?code=/);
  await open(link);
  await window.until(async () => (await steps()).some(({ type }) => type === "signedIn"), "sign in");
  assert.deepEqual(await logins(), ["ada"]);
  // The same link once more signs nobody in.
  await open(link);
  await open("anchorhold://agents/delete?all");
  assert.equal(github.issued(), 1);
});

test("a link starts the app, which finishes what an earlier one began", async () => {
  const [{ key }] = await invoke("accounts");
  await invoke("sign_out", { key });
  const link = await github.consent(await begin());
  await window.close();
  // The driver starts what a browser starts, and speaks to the window that comes of it.
  window = await openWindow("xdg-open", env.ANCHORHOLD_HOME, { env, args: [link] });
  await window.until(async () => (await logins()).length === 1, "sign in");
  assert.deepEqual(await logins(), ["ada"]);
  assert.equal(github.issued(), 2);
});

test("a link that starts the app and signs nobody in says so, although it ended before the page was there", async () => {
  await window.close();
  const link = "anchorhold://oauth/callback?code=1&state=of-nobody";
  window = await openWindow("xdg-open", env.ANCHORHOLD_HOME, { env, args: [link] });
  const toast = () => window.browser.$("[data-sonner-toast][data-type=error]");
  await window.until(async () => (await toast()).isExisting(), "say that nobody is signed in");
  assert.match(await (await toast()).getText(), /sign/i);
});

/** Opens a link as a browser does; the app that is started hands it over and ends. */
async function open(link) {
  await run("xdg-open", [link], { env: { ...process.env, ...env } });
}

/** Begins to sign in and returns the page that the browser is to be sent to. */
async function begin() {
  await window.browser.execute((host) => {
    window.steps = [];
    const { transformCallback, invoke } = window.__TAURI_INTERNALS__;
    const channel = transformCallback(({ message }) => message && window.steps.push(message));
    invoke("sign_in", { host, way: "BROWSER", token: null, channel: `__CHANNEL__:${channel}` });
  }, github.host);
  let shown;
  await window.until(async () => (shown = (await steps()).find(({ type }) => type === "browser")), "show the page");
  return shown.address;
}

function steps() {
  return window.browser.execute(() => window.steps);
}

async function logins() {
  return (await invoke("accounts")).map(({ login }) => login);
}

async function invoke(command, given = {}) {
  const { answer, fault } = await window.browser.executeAsync(
    (command, given, done) => {
      window.__TAURI_INTERNALS__.invoke(command, given).then(
        (answer) => done({ answer }),
        (fault) => done({ fault }),
      );
    },
    command,
    given,
  );
  if (fault) throw new Error(`${command}: ${JSON.stringify(fault)}`);
  return answer;
}
