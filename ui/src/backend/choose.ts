/** Picks the backend: the engine inside the desktop app, the recording in a plain browser. */
import type { Backend } from "./backend";
import type { Demo } from "./fake/demo";

const demos: readonly string[] = ["usual", "empty", "error", "many", "still", "stretched", "in-use"];

export async function chooseBackend(search: URLSearchParams): Promise<Backend> {
  if ("__TAURI_INTERNALS__" in window) return (await import("./tauri")).tauriBackend;
  const { fakeBackend } = await import("./fake/fake");
  const asked = search.get("demo") ?? "usual";
  return fakeBackend(demos.includes(asked) ? (asked as Demo) : "usual");
}
