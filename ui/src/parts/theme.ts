/** Applies the theme that the user chose. */
import { setMode } from "mode-watcher";
import type { Theme } from "../bindings";

const modes = { SYSTEM: "system", LIGHT: "light", DARK: "dark" } as const;

export function applyTheme(theme: Theme): void {
  setMode(modes[theme]);
}
