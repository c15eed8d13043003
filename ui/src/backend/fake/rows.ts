/** Turns a recorded patch into rows like those of the engine: aligned, highlighted, changed words marked. */
import type { DiffCell, DiffRow, ScopeClass, Span } from "../../bindings";

const pattern =
  /(?<comment>\/\/.*|\/\*.*\*\/|^\s*#.*)|(?<string>"[^"]*"|'[^']*'|`[^`]*`)|(?<tag><\/?[A-Za-z][\w.]*)|(?<keyword>\b(?:import|from|export|default|function|const|let|return|type|interface|if|else|for|of|new|async|await|extends|null|true|false)\b)|(?<number>\b\d+\b)|(?<type>\b[A-Z]\w*\b)|(?<function>\b\w+(?=\())|(?<operator>=>|[=+*/!?|&<>-]+)|(?<punctuation>[{}()[\];,.:])/g;

function highlight(text: string, language: string): Span[] {
  const span = (part: string, scope: ScopeClass): Span => ({ text: part, scope, changed: false });
  if (!text) return [];
  if (language === "Markdown") return [span(text, text.startsWith("#") ? "heading" : "plain")];
  const spans: Span[] = [];
  let end = 0;
  for (const match of text.matchAll(pattern)) {
    const scope = Object.entries(match.groups ?? {}).find(([, part]) => part !== undefined)?.[0];
    if (match.index > end) spans.push(span(text.slice(end, match.index), "plain"));
    spans.push(span(match[0], scope as ScopeClass));
    end = match.index + match[0].length;
  }
  if (end < text.length) spans.push(span(text.slice(end), "plain"));
  return spans;
}

/** Marks the part of a line that differs from the other side. */
function mark(spans: Span[], from: number, to: number): Span[] {
  const marked: Span[] = [];
  let at = 0;
  for (const span of spans) {
    const cuts = [0, from - at, to - at, span.text.length].map((c) =>
      Math.min(Math.max(c, 0), span.text.length),
    );
    cuts.sort((a, b) => a - b);
    for (let i = 0; i + 1 < cuts.length; i += 1) {
      const start = cuts[i] ?? 0;
      const text = span.text.slice(start, cuts[i + 1]);
      if (text) marked.push({ ...span, text, changed: at + start >= from && at + start < to });
    }
    at += span.text.length;
  }
  return marked;
}

function changedPart(a: string, b: string): { start: number; endA: number; endB: number } {
  let start = 0;
  while (start < Math.min(a.length, b.length) && a[start] === b[start]) start += 1;
  let tail = 0;
  while (tail < Math.min(a.length, b.length) - start && a.at(-1 - tail) === b.at(-1 - tail)) tail += 1;
  return { start, endA: a.length - tail, endB: b.length - tail };
}

const header = /^@@ -(\d+),(\d+) \+(\d+),(\d+) @@/;

/** Parses the body of a unified patch. */
export function rowsOf(patch: string, language: string): DiffRow[] {
  const rows: DiffRow[] = [];
  let [oldLine, newLine] = [1, 1];
  let removed: string[] = [];
  let added: string[] = [];

  const cell = (line: number, text: string): DiffCell => ({ line, spans: highlight(text, language) });
  const flush = () => {
    for (let i = 0; i < Math.max(removed.length, added.length); i += 1) {
      const [before, after] = [removed[i], added[i]];
      let left = before === undefined ? null : cell(oldLine++, before);
      let right = after === undefined ? null : cell(newLine++, after);
      if (left && right && before !== undefined && after !== undefined) {
        const part = changedPart(before, after);
        left = { ...left, spans: mark(left.spans, part.start, part.endA) };
        right = { ...right, spans: mark(right.spans, part.start, part.endB) };
      }
      rows.push({ type: "pair", left, right, kind: left && right ? "CHANGED" : left ? "REMOVED" : "ADDED" });
    }
    removed = [];
    added = [];
  };

  for (const line of patch.split("\n")) {
    const at = header.exec(line);
    if (at) {
      flush();
      const [oldStart = 0, oldLines = 0, newStart = 0, newLines = 0] = at.slice(1).map(Number);
      if (oldStart > oldLine) rows.push({ type: "gap", hidden: oldStart - oldLine });
      rows.push({ type: "hunk", header: line, oldStart, oldLines, newStart, newLines });
      [oldLine, newLine] = [oldStart || 1, newStart || 1];
    } else if (line.startsWith("-")) removed.push(line.slice(1));
    else if (line.startsWith("+")) added.push(line.slice(1));
    else {
      flush();
      if (!line.startsWith(" ")) continue;
      const text = line.slice(1);
      rows.push({ type: "pair", left: cell(oldLine++, text), right: cell(newLine++, text), kind: "CONTEXT" });
    }
  }
  flush();
  return rows;
}
