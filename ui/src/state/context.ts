/** Hands the list of agents to every screen. */
import { createContext } from "svelte";
import type { Agents } from "./agents.svelte";

export const [useAgents, provideAgents] = createContext<Agents>();
