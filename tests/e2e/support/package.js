// The app's package for Debian, as the bundler made it.

import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

export const DEB = process.env.ANCHORHOLD_DEB ?? builtLast();

/** Takes the package apart below `folder`, and returns where its parts lie; nothing of it is installed. */
export async function unpack(folder) {
  const root = path.join(folder, "package");
  await mkdir(root);
  await run("dpkg-deb", ["--extract", DEB, root]);
  const programs = path.join(root, "usr/bin");
  return {
    app: path.join(programs, "anchorhold"),
    commandLine: path.join(programs, "anchorctl"),
    entry: path.join(root, "usr/share/applications/Anchorhold.desktop"),
    /** An environment in which the system finds it as if it were installed. */
    env: {
      PATH: `${programs}:${process.env.PATH}`,
      XDG_DATA_DIRS: `${path.join(root, "usr/share")}:${process.env.XDG_DATA_DIRS || "/usr/local/share:/usr/share"}`,
    },
  };
}

/** The fields that apt reads, by their names. */
export async function fields() {
  const { stdout } = await run("dpkg-deb", ["--field", DEB]);
  return Object.fromEntries([...stdout.matchAll(/^(\S+): (.*)$/gm)].map(([, name, value]) => [name, value]));
}

/** The files that it installs, each with its rights and owner. */
export async function files() {
  const { stdout } = await run("dpkg-deb", ["--contents", DEB], { env: { ...process.env, LC_ALL: "C" } });
  const rows = stdout.trim().split("\n").map((line) => line.split(/\s+/));
  const found = rows.filter(([rights]) => !rights.startsWith("d"));
  return found.map(([rights, owner, , , , name]) => `${rights} ${owner} ${name.replace(/^\.?\/?/, "/")}`).sort();
}

function builtLast() {
  const folder = path.resolve(import.meta.dirname, "../../../target/debug/bundle/deb");
  const found = readdirSync(folder).find((name) => name.endsWith(".deb"));
  if (!found) throw new Error(`${folder} holds no package; run: cargo xtask dist --debug`);
  return path.join(folder, found);
}
