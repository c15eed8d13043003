/** The changed files of the recorded run. */
import type { DiffNotice, DiffRow, FileChange } from "../../bindings";
import { rowsOf } from "./rows";

export type RecordedFile = { change: FileChange; language: string; rows: DiffRow[]; notices: DiffNotice[] };

const app = `@@ -1,15 +1,19 @@ import
-import React from "react";
-import PropTypes from "prop-types";
+import type { FC } from "react";
 import { formatDate } from "./dates";
+import type { Entry } from "./types";
 import { useEntries } from "./entries";
 
-function EntryRow({ entry, onOpen }) {
+type EntryRowProps = {
+  entry: Entry;
+  onOpen: (id: string) => void;
+};
+
+const EntryRow: FC<EntryRowProps> = ({ entry, onOpen }) => {
   return (
     <li className="entry" onClick={() => onOpen(entry.id)}>
       <strong>{entry.title}</strong>
-      <time>{formatDate(entry.at)}</time>
+      <time dateTime={entry.at}>{formatDate(entry.at, "en")}</time>
     </li>
   );
-}
+};
@@ -42,17 +46,13 @@ export function App
 export function App() {
   const [search, setSearch] = useState("");
-  const entries = useEntries(search);
+  const entries: Entry[] = useEntries(search);
   // Opening an entry is the only thing that leaves this page.
   const open = (id) => navigate("/entries/" + id);
 
   return (
     <main>
-      <input value={search} onChange={(e) => setSearch(e.target.value)} />
+      <SearchField value={search} onChange={setSearch} placeholder="Search the entries by title, author or the words in their text" />
       <ul>{entries.map((entry) => <EntryRow key={entry.id} entry={entry} onOpen={open} />)}</ul>
     </main>
   );
 }
-
-EntryRow.propTypes = {
-  entry: PropTypes.object.isRequired,
-  onOpen: PropTypes.func.isRequired,
-};`;

const types = `@@ -0,0 +1,9 @@
+/** One entry of the journal, as the server sends it. */
+export interface Entry {
+  id: string;
+  title: string;
+  /** When it was written, in ISO 8601. */
+  at: string;
+  author: string | null;
+  tags: string[];
+}`;

const dates = `@@ -3,9 +3,9 @@
 // The server stores UTC; people read their own time zone.
-export function formatDate(value) {
-  const date = new Date(value);
-  return date.toLocaleDateString();
+export function formatDate(value: string, locale: string): string {
+  const date = new Date(Date.parse(value));
+  return date.toLocaleDateString(locale, { dateStyle: "medium" });
 }
 
-export const DAY = 86400000;
+export const DAY = 86_400_000;
@@ -88,4 +88,3 @@
 export function daysBetween(a, b) {
   return Math.round((b - a) / DAY);
 }
-export default formatDate;`;

const legacy = `@@ -1,4 +0,0 @@
-// Kept for Internet Explorer.
-export function bind(fn, self) {
-  return function () { return fn.apply(self, arguments); };
-}`;

const readme = `@@ -10,4 +10,6 @@
 ## Run it
 
-Install with npm and run the start script.
+    npm ci
+    npm run dev
+
 The journal opens at port 5173.`;

const makefile = `@@ -1,4 +1,4 @@
 # 日付の形式を確かめてから、すべての試験を一度に走らせます。失敗したものは最後にまとめて表示されます。
 build:
-\tgo build ./...
+\tgo build ./...${"\t".repeat(300)}&& ./tools/publish --all
 \t\t\ttouch .built`;

function routes(): string {
  const lines = ["@@ -1,4000 +1,4000 @@ routes"];
  for (let n = 1; n <= 4000; n += 1) {
    const line = `  { path: "/entries/${n}", load: () => import("./entry-${n}") },`;
    if (n % 9 === 0) lines.push(`-${line}`, `+${line.replace("load", "lazy")}`);
    else lines.push(` ${line}`);
  }
  return lines.join("\n");
}

function file(
  path: string,
  kind: FileChange["kind"],
  language: string,
  patch: string,
  more: Partial<FileChange> = {},
  notices: DiffNotice[] = [],
): RecordedFile {
  const rows = rowsOf(patch, language);
  const count = (side: "left" | "right") =>
    rows.filter((row) => row.type === "pair" && row.kind !== "CONTEXT" && row[side]).length;
  const change: FileChange = {
    path,
    oldPath: null,
    kind,
    added: count("right"),
    removed: count("left"),
    binary: false,
    oldMode: kind === "ADDED" ? null : 0o100644,
    newMode: kind === "DELETED" ? null : 0o100644,
    ...more,
  };
  return { change, language, rows, notices };
}

export const recordedFiles: readonly RecordedFile[] = [
  file("src/App.tsx", "RENAMED", "TypeScript", app, { oldPath: "src/App.jsx" }),
  file("src/types.ts", "ADDED", "TypeScript", types),
  file("src/dates.ts", "RENAMED", "TypeScript", dates, { oldPath: "src/dates.js" }, ["LINE_ENDINGS"]),
  file("README.md", "MODIFIED", "Markdown", readme),
  file("src/routes.ts", "MODIFIED", "TypeScript", routes()),
  file("static/img/logo.png", "MODIFIED", "Plain Text", "", { binary: true }, ["BINARY"]),
  file("test/cities.json", "MODIFIED", "JSON", "", { added: 120_400, removed: 98_211 }, ["TOO_LARGE"]),
  file("tools/build.sh", "MODE", "Plain Text", "", { newMode: 0o100755 }),
  file("src/legacy.js", "DELETED", "JavaScript", legacy),
  file("Makefile", "MODIFIED", "Makefile", makefile),
];
