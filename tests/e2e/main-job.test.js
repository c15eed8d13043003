// The whole job by mouse, from create to pushed, on real parts.

import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { expectedTree, git, makeSample } from "./support/sample.js";
import { removeCells } from "./support/engine.js";
import { unpack } from "./support/package.js";
import { openWindow } from "./support/window.js";

const TASK = `Tide heights are cut off instead of rounded: 1.29 m shows as 1.2 m. Round to the nearest decimetre wherever \
a height is shown or stored, one rule per language, with tests. Remove the first gauge import, which nobody uses, and \
put the Windows notes into docs/archive.`;
const INSTRUCTION = "Also mention the change in the changelog.";
const TARGET = "agent-round-heights";

let folder, sample, window;

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "anchorhold-e2e-"));
  sample = await makeSample(folder);
  window = await openWindow((await unpack(folder)).app, path.join(folder, "home"));
});

after(async () => {
  await window?.close();
  await removeCells(path.join(folder, "home"));
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

test("an agent goes from create to pushed by mouse", async () => {
  await step("an empty list offers to create an agent", async () => {
    await window.part("new-agent").waitForClickable();
    await window.pictures("1-empty");
  });

  await step("the form creates an agent and starts it", async () => {
    await window.click("new-agent");
    await window.write("create-name", "Round heights");
    await window.write("create-task", TASK);
    await window.write("create-repo", sample.remote);
    await window.write("create-target", TARGET);
    await window.part("create-provider").selectByAttribute("value", "scripted");
    await window.until(async () => (await window.part("create-source").getValue()) === "main", "read the branches");
    await window.picture("2-create");
    await window.click("create-submit-start");
  });

  await step("the log fills while the agent runs, and an instruction queues", async () => {
    await window.part("status-badge", { "data-status": "RUNNING" }).waitForExist({ timeout: 60_000 });
    await window.part("log-row").waitForExist();
    await window.write("instruct-input", INSTRUCTION);
    await window.click("instruct-send");
    await window.part("queue-item").waitForExist();
    // The driver takes the shortened text for hidden, so the element's own text is read.
    assert.match(await window.part("queue-item").getProperty("textContent"), /Also mention the change in the changelog\./);
    await window.part("file-row").waitForExist();
    await window.picture("3-running");
  });

  await step("both turns are done, and the failed edit is in the log", async () => {
    const completed = window.part("status-badge", { "data-status": "COMPLETED" });
    await window.until(() => completed.isExisting(), "complete the work", 60_000);
    assert.equal((await window.parts("queue-item")).length, 0);
    await reveal({ "data-tool": "edit_file", "data-outcome": "REFUSED" });
  });

  await step("files and diffs show what changed", async () => {
    await window.click("file-row", { "data-path": "queries/daily_extremes.sql" });
    const diff = window.part("diff-view", { "data-path": "queries/daily_extremes.sql" });
    await diff.waitForExist();
    await window.until(async () => (await diff.getText()).includes("ROUND(MIN(r.height_mm)"), "show the diff");
    assert.ok((await window.parts("diff-row")).length > 4);
    await window.click("file-row", { "data-path": "web/src/format.ts" });
    await window.part("diff-view", { "data-path": "web/src/format.ts" }).waitForExist();
    await window.until(async () => (await window.parts("diff-row")).length > 4, "show the second diff");
    await window.pictures("4-review");
  });

  await step("the push puts exactly the reviewed tree on the target branch", async () => {
    const main = await git(sample.remote, "rev-parse", "refs/heads/main");
    await window.click("push");
    // What would be pushed is read first; nothing has gone anywhere before the second click.
    await window.part("push-now").waitForClickable();
    await window.picture("5-push");
    assert.equal(await git(sample.remote, "for-each-ref", `refs/heads/${TARGET}`), "");
    await window.click("push-now");
    const pushed = window.part("pushed-commit");
    await window.until(() => pushed.isExisting(), "push", 30_000);
    await window.part("push-now").waitForExist({ reverse: true });
    const commit = await pushed.getAttribute("data-commit");
    await window.pictures("5-pushed");

    assert.equal(await git(sample.remote, "rev-parse", `refs/heads/${TARGET}`), commit);
    assert.equal(await git(sample.remote, "rev-parse", `${commit}^`), main);
    assert.equal(await git(sample.remote, "rev-parse", "refs/heads/main"), main);
    assert.equal(await git(sample.remote, "rev-parse", `${commit}^{tree}`), await expectedTree(sample.work));
  });

  await step("the list shows the agent as completed", async () => {
    await window.browser.$('[aria-label="All agents"]').click();
    const row = window.part("agent-row-Round heights");
    await row.waitForDisplayed();
    assert.match(await row.getText(), /Completed/);
    await window.pictures("6-list");
  });
});

/** Does one step of the job. A step that fails keeps a picture and ends the job, since the next ones stand on it. */
async function step(name, work) {
  try {
    await work();
    console.log(`  ${name}`);
  } catch (error) {
    await window.picture("failure").catch(() => {});
    throw new Error(`the step "${name}" failed: ${error.message}`, { cause: error });
  }
}

/** Scrolls the log, which draws only the rows in view, until it shows a row with these attributes. */
async function reveal(attributes) {
  const row = window.part("log-row", attributes);
  await window.browser.execute(scrollLog, 0);
  await window.until(async () => {
    if (await row.isExisting()) return true;
    await window.browser.execute(scrollLog, 200);
    return false;
  }, `find the row ${JSON.stringify(attributes)}`);
}

/** Runs in the page: scrolls the log's scrolling element by `step`, or to its top for zero. */
function scrollLog(step) {
  const log = document.querySelector('[data-testid="log"]');
  const scrolls = (element) =>
    element.scrollHeight > element.clientHeight + 1 && /auto|scroll/.test(getComputedStyle(element).overflowY);
  const element = [log, ...log.querySelectorAll("*")].find(scrolls);
  if (element) element.scrollTop = step === 0 ? 0 : element.scrollTop + step;
}
