/** Numbers and times in as few characters as stay exact enough. */

/** Writes a count as `840`, `12.3k` or `1.20M`. */
export function compact(count: number): string {
  if (count < 1000) return String(count);
  if (count < 999_950) return `${(count / 1000).toFixed(count < 99_950 ? 1 : 0)}k`;
  return `${(count / 1_000_000).toFixed(2)}M`;
}

/** Writes how long ago something was, as `now`, `3 m`, `2 h` or `5 d`. */
export function ago(at: number, now: number): string {
  const minutes = Math.floor(Math.max(0, now - at) / 60_000);
  if (minutes < 1) return "now";
  if (minutes < 60) return `${minutes} m`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} d`;
}

/** Writes a duration as `8 ms`, `1.4 s`, `2 m 05 s` or `1 h 02 m`. */
export function duration(ms: number): string {
  if (ms === 0) return "0 s";
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  const two = (n: number) => String(n).padStart(2, "0");
  const [large, small, units] =
    seconds < 3600
      ? [Math.floor(seconds / 60), seconds % 60, ["m", "s"]]
      : [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60), ["h", "m"]];
  return small === 0 ? `${large} ${units[0]}` : `${large} ${units[0]} ${two(small)} ${units[1]}`;
}

/** Writes a time of day as `10:02:11`. */
export function clock(at: number): string {
  return new Date(at).toLocaleTimeString("en-GB");
}

/** Writes a date and time in the reader's own way. */
export function dateTime(at: number): string {
  return new Date(at).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" });
}

/** Writes a size that is given in KiB. */
export function size(kib: number): string {
  if (kib < 1024) return `${kib} KiB`;
  if (kib < 1024 * 1024) return `${(kib / 1024).toFixed(1)} MiB`;
  return `${(kib / 1024 / 1024).toFixed(2)} GiB`;
}

/** Writes `1 file` or `12 files`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
}

/** Writes a running time in whole seconds, as `0 s`, `42 s` or `2 m 05 s`. */
export function elapsed(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  return seconds < 60 ? `${seconds} s` : duration(seconds * 1000);
}

/** Begins a text with a capital, as it stands alone on screen. */
export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Writes a message or a hint as a sentence: the engine's words begin small and have no full stop. */
export function sentence(text: string): string {
  const words = capital(text.trim());
  return words === "" || /[.!?…]["”’)`]?$/.test(words) ? words : `${words}.`;
}
