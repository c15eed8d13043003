/** Renders a component with a recorded backend around it; single methods can be replaced. */
import { render } from "@testing-library/svelte";
import type { Component } from "svelte";
import type { Backend } from "../backend/backend";
import { fakeBackend } from "../backend/fake/fake";
import Host from "./Host.svelte";

export function show<Props extends Record<string, unknown>>(
  component: Component<Props>,
  props: Props,
  replaced: Partial<Backend> = {},
): Backend {
  const backend = Object.assign(fakeBackend("still"), replaced);
  render(Host, { props: { backend, component: component as Component<Record<string, unknown>>, props } });
  return backend;
}
