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

/** Writes how fast something comes in, as `840 B/s`, `12 kB/s` or `1.3 MB/s`. */
export function rate(bytesPerSecond: number): string {
  if (bytesPerSecond < 1000) return `${bytesPerSecond} B/s`;
  if (bytesPerSecond < 999_500) return `${Math.round(bytesPerSecond / 1000)} kB/s`;
  return `${(bytesPerSecond / 1_000_000).toFixed(1)} MB/s`;
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

/** Writes an amount in millionths of a dollar as `$0.42`; what is less than a cent says so. */
export function money(micros: number): string {
  if (micros > 0 && micros < 10_000) return "<$0.01";
  const dollars = micros / 1_000_000;
  const digits = dollars >= 1000 ? 0 : 2;
  return `$${dollars.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits })}`;
}

/** Writes a price in millionths of a dollar, which may be less than a cent, as `$3.00` or `$0.005`. */
export function price(micros: number): string {
  const dollars = micros / 1_000_000;
  return `$${dollars.toLocaleString("en", { minimumFractionDigits: 2, maximumFractionDigits: 3 })}`;
}

/** Writes a count of tokens that is a round number, such as a window, as `200k` or `1M`. */
export function round(count: number): string {
  if (count < 1000) return String(count);
  const [value, unit] = count < 1_000_000 ? [count / 1000, "k"] : [count / 1_000_000, "M"];
  return `${value.toLocaleString("en", { maximumFractionDigits: value < 10 ? 1 : 0 })}${unit}`;
}

/** Writes a share of a whole in percent, rounded down so that it is never called full too early. */
export function percent(part: number, whole: number): string {
  return `${whole > 0 ? Math.floor((part / whole) * 100) : 0} %`;
}

/** Writes a time that is left as `in 12 s`, `in 12 min` or `in 2 h 05 min`; what has passed is `now`. */
export function left(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  if (seconds <= 0) return "now";
  if (seconds < 90) return `in ${seconds} s`;
  const minutes = Math.ceil(seconds / 60);
  if (minutes < 60) return `in ${minutes} min`;
  const rest = minutes % 60;
  return `in ${Math.floor(minutes / 60)} h${rest ? ` ${String(rest).padStart(2, "0")} min` : ""}`;
}

/** Writes a time to come as `14:05`, with its day where that is another. */
export function upcoming(at: number, now: number): string {
  const date = new Date(at);
  const time = date.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  const days = Math.round(
    (new Date(at).setHours(12, 0, 0, 0) - new Date(now).setHours(12, 0, 0, 0)) / 86_400_000,
  );
  if (days <= 0) return time;
  if (days === 1) return `${time} tomorrow`;
  return `${time} on ${date.toLocaleDateString("en", { month: "short", day: "numeric" })}`;
}
