// Bad input ends in words that say what was attempted and what to do now.

import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { removeCells } from "./support/engine.js";
import { unpack } from "./support/package.js";
import { openWindow } from "./support/window.js";

let folder, window;

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "anchorhold-e2e-"));
  window = await openWindow((await unpack(folder)).app, path.join(folder, "home"));
});

after(async () => {
  await window?.close();
  await removeCells(path.join(folder, "home"));
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

test("a repository that is not there is named, with what to do", async () => {
  const missing = path.join(folder, "no-such-repository");
  await window.click("new-agent");
  await window.write("create-name", "Lost");
  await window.write("create-task", "Find the repository.");
  await window.write("create-repo", missing);
  await window.write("create-target", "agent-lost");
  const alert = window.browser.$(`//*[@role="alert"][contains(., "${missing}")]`);
  await alert.waitForDisplayed();
  await window.picture("bad-repository");
  const text = await alert.getText();
  // The message, and after it a hint of more than a word or two.
  assert.ok(text.slice(text.indexOf(missing) + missing.length).trim().length > 15, text);
});
