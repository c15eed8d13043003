// What the package promises to the system that it is installed on, and whether it holds all that it needs.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { arch, tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { removeCells } from "./support/engine.js";
import { fields, files, unpack } from "./support/package.js";

const run = promisify(execFile);

/** The libraries that come with each package that ours names, itself or by what it needs in turn. */
const LIBRARIES = {
  libssl3: ["libssl.so.3", "libcrypto.so.3"],
  "libdbus-1-3": ["libdbus-1.so.3"],
  "libgtk-3-0": [
    "libgtk-3.so.0",
    "libgdk-3.so.0",
    "libgdk_pixbuf-2.0.so.0",
    "libcairo.so.2",
    "libgio-2.0.so.0",
    "libglib-2.0.so.0",
    "libgobject-2.0.so.0",
  ],
  "libwebkit2gtk-4.1-0": [
    "libwebkit2gtk-4.1.so.0",
    "libjavascriptcoregtk-4.1.so.0",
    "libsoup-3.0.so.0",
    "libz.so.1",
    "libgcc_s.so.1",
    "libm.so.6",
    "libc.so.6",
  ],
};

let folder, installed;

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "anchorhold-e2e-"));
  installed = await unpack(folder);
});

after(async () => {
  await removeCells(path.join(folder, "home"));
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

test("the package says what it is and what it needs", async () => {
  const { version } = JSON.parse(await readFile(path.resolve(import.meta.dirname, "../../tauri.conf.json"), "utf8"));
  const { Package, Version, Architecture, Section, Depends, Recommends } = await fields();
  assert.deepEqual(
    { Package, Version, Architecture, Section, Depends: Depends.split(", ").sort(), Recommends },
    {
      Package: "anchorhold",
      Version: version,
      Architecture: { x64: "amd64", arm64: "arm64" }[arch()],
      Section: "devel",
      Depends: [...Object.keys(LIBRARIES), "xdg-utils"].sort(),
      Recommends: "docker.io | docker-ce | podman, gnome-keyring | kwalletmanager",
    },
  );
});

test("it installs the app, the command line, the entry, icons and the licence, and nothing else", async () => {
  assert.deepEqual(await files(), [
    "-rw-r--r-- 0/0 /usr/share/applications/Anchorhold.desktop",
    "-rw-r--r-- 0/0 /usr/share/doc/anchorhold/copyright",
    "-rw-r--r-- 0/0 /usr/share/icons/hicolor/128x128/apps/anchorhold.png",
    "-rw-r--r-- 0/0 /usr/share/icons/hicolor/32x32/apps/anchorhold.png",
    "-rw-r--r-- 0/0 /usr/share/icons/hicolor/512x512/apps/anchorhold.png",
    "-rwxr-xr-x 0/0 /usr/bin/anchorctl",
    "-rwxr-xr-x 0/0 /usr/bin/anchorhold",
  ]);
});

test("every library that its programs are linked to comes with what it depends on", async () => {
  const known = Object.values(LIBRARIES).flat();
  for (const program of [installed.app, installed.commandLine]) {
    const { stdout } = await run("readelf", ["--dynamic", "--wide", program], { env: { ...process.env, LC_ALL: "C" } });
    const linked = [...stdout.matchAll(/\(NEEDED\).*\[(.+)\]/g)].map(([, name]) => name);
    assert.ok(linked.includes("libc.so.6"), stdout);
    // The loader is a part of the C library.
    const missing = linked.filter((name) => !known.includes(name) && !name.startsWith("ld-linux"));
    assert.deepEqual(missing, [], program);
  }
});

test("its desktop entry hands links of the scheme to the app", async () => {
  const lines = (await readFile(installed.entry, "utf8")).trim().split("\n");
  assert.equal(lines.shift(), "[Desktop Entry]");
  assert.deepEqual(Object.fromEntries(lines.map((line) => line.split(/=(.*)/, 2))), {
    Type: "Application",
    Name: "Anchorhold",
    Comment: "Runs coding agents in sealed containers",
    Exec: "anchorhold %u",
    Icon: "anchorhold",
    Categories: "Development;",
    Terminal: "false",
    StartupWMClass: "anchorhold",
    MimeType: "x-scheme-handler/anchorhold;",
  });
});

test("its command line does the main job with what the package holds", async () => {
  const home = path.join(folder, "home");
  const env = { ...process.env, ...installed.env, ANCHORHOLD_HOME: home };
  const { stdout } = await run("anchorctl", ["demo"], { cwd: folder, env });
  assert.match(stdout, /^The remote's branch round-heights-1 holds exactly the reviewed tree /m);
});
