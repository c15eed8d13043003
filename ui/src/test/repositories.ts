/** The form of a new agent over repositories of the test's own. */
import { screen, waitFor } from "@testing-library/svelte";
import { expect } from "vitest";
import type { Backend } from "../backend/backend";
import type { LinkedRepository, RepositoryList } from "../bindings";
import CreateDialog from "../screens/create/CreateDialog.svelte";
import { show } from "./render";

const repository = (name: string, more: Partial<LinkedRepository> = {}): LinkedRepository => ({
  ...{ address: `octo/${name}`, owner: "octo", name, description: null, private: false, archived: false },
  ...{ canPush: true, defaultBranch: "trunk", pushedAt: null },
  ...more,
});
export const list = (
  repositories: LinkedRepository[],
  more: Partial<RepositoryList> = {},
): RepositoryList => ({
  ...{ account: "github.com/1", repositories, total: repositories.length, reading: false, fault: null },
  ...{ grantUrl: "https://github.com/apps/anchorhold/installations/new", ssoUrl: null, rate: null },
  ...more,
});

export const all = [
  repository("web", { private: true, description: "The <b>front</b>" }),
  repository("old", { archived: true, canPush: false }),
  repository("theirs", { canPush: false }),
];

/** Shows the form over these repositories, and notes what is asked for. */
export function having(
  found: (text: string) => RepositoryList | Promise<RepositoryList>,
  more: Partial<Backend> = {},
) {
  const asked: string[] = [];
  const branched: string[] = [];
  show(
    CreateDialog,
    {},
    {
      repositories: async (_account, text) => {
        asked.push(text);
        return found(text);
      },
      branches: async (repo) => {
        branched.push(repo);
        return { names: ["trunk", "next"], default: "trunk" };
      },
      ...more,
    },
  );
  return { asked, branched };
}

export const options = () => screen.queryAllByTestId("create-repo-option");
export const texts = () => options().map((option) => option.textContent.replace(/\s+/g, " ").trim());
export const listed = (count: number) => waitFor(() => expect(options()).toHaveLength(count));
