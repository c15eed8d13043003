// The sample repository with a bare remote, and the tree that its recording must lead to.

import { execFile } from "node:child_process";
import { chmod, cp, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";

const FIXTURES = path.resolve(import.meta.dirname, "../../fixtures");
const run = promisify(execFile);

/** Runs git in `folder` without the user's settings and returns what it printed. */
export async function git(folder, ...words) {
  const env = {
    ...process.env,
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_AUTHOR_NAME: "Ada Harbour",
    GIT_AUTHOR_EMAIL: "ada@example.org",
    GIT_COMMITTER_NAME: "Ada Harbour",
    GIT_COMMITTER_EMAIL: "ada@example.org",
  };
  const { stdout } = await run("git", ["-C", folder, ...words], { env, maxBuffer: 16 << 20 });
  return stdout.trim();
}

/** Makes the sample with its bare remote below `folder` and returns the paths of both. */
export async function makeSample(folder) {
  const work = path.join(folder, "work");
  const remote = path.join(folder, "tidepool.git");
  await cp(path.join(FIXTURES, "sample"), work, { recursive: true });
  for (const script of ["seed.sh", "import_gauge_v1.sh", "import_readings.py", "harmonics.py"]) {
    await chmod(path.join(work, "scripts", script), 0o755);
  }
  await git(work, "init", "--quiet", "--initial-branch", "main");
  await git(work, "add", "--all");
  await git(work, "commit", "--quiet", "--message", "Tide tables for small harbours");
  await git(folder, "clone", "--quiet", "--bare", work, remote);
  return { work, remote };
}

/** Plays the recording's edits on the checkout, apart from the product, and returns the tree's id. */
export async function expectedTree(work) {
  const { steps } = JSON.parse(await readFile(path.join(FIXTURES, "trajectories/demo.json"), "utf8"));
  for (const { tool, arguments: given } of steps.flatMap((step) => step.calls)) {
    const at = (name) => path.join(work, name);
    if (tool === "write_file") await writeFile(at(given.path), given.content);
    if (tool === "make_directory") await mkdir(at(given.path), { recursive: true });
    if (tool === "delete_file") await rm(at(given.path));
    if (tool === "move_file") await rename(at(given.from), at(given.to));
    if (tool === "edit_file") {
      let text = await readFile(at(given.path), "utf8");
      // One edit fails on purpose; like the tool, this leaves the file as it is then.
      if (!given.edits.every(({ old }) => text.includes(old))) continue;
      for (const { old, new: changed } of given.edits) text = text.replace(old, () => changed);
      await writeFile(at(given.path), text);
    }
  }
  await git(work, "add", "--all");
  return git(work, "write-tree");
}
