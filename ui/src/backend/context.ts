/** Hands the backend to the screens. */
import { createContext } from "svelte";
import type { Backend } from "./backend";

export const [useBackend, provideBackend] = createContext<Backend>();
