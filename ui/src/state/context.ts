/** Hands the list of agents, and the accounts, to every screen. */
import { createContext } from "svelte";
import type { Accounts } from "./accounts.svelte";
import type { Agents } from "./agents.svelte";

export const [useAgents, provideAgents] = createContext<Agents>();
export const [useAccounts, provideAccounts] = createContext<Accounts>();
