import { expect, test } from "vitest";
import { parse, paths } from "./router.svelte";

test("each path leads to its screen, and an unknown one to the list", () => {
  expect(parse(paths.agents)).toEqual({ name: "agents", creating: false });
  expect(parse(paths.create)).toEqual({ name: "agents", creating: true });
  expect(parse(paths.agent("a/b c"))).toEqual({ name: "agent", id: "a/b c" });
  for (const path of ["/", "/index.html", "/dashboard", "/dashboard/agents/", "/other/agents/1"]) {
    expect(parse(path)).toEqual({ name: "agents", creating: false });
  }
  expect(parse("/dashboard/agents/%E0%A4%A")).toEqual({ name: "agent", id: "%E0%A4%A" });
});
