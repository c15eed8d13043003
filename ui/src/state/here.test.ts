import { fireEvent, screen, waitFor } from "@testing-library/svelte";
import { expect, test } from "vitest";
import type { Backend } from "../backend/backend";
import type { Fault } from "../bindings";
import AccountChip from "../parts/account/AccountChip.svelte";
import EngineButton from "../parts/engine/EngineButton.svelte";
import SettingsButton from "../parts/settings/SettingsButton.svelte";
import AgentScreen from "../screens/agent/AgentScreen.svelte";
import { account, click, having, signingIn } from "../test/accounts";
import { toasts } from "../test/pushing";
import { show } from "../test/render";

/** A form that is opened by a click, and what sends it; `field` holds what is typed in it. */
type Form = {
  name: string;
  method: keyof Backend;
  show: (methods: Partial<Backend>) => unknown;
  open: () => Promise<unknown>;
  submit: () => Promise<unknown>;
  field?: string;
};

const type = async (testid: string, value: string) =>
  fireEvent.input(await screen.findByTestId(testid), { target: { value } });
const agent = (id: string) => (methods: Partial<Backend>) => show(AgentScreen, { id }, methods);

const forms: Form[] = [
  {
    name: "the file rules",
    method: "setFileRules",
    show: agent("a03"),
    open: async () => {
      await fireEvent.keyDown(await screen.findByTestId("agent-menu"), { key: "ArrowDown" });
      await fireEvent.keyDown(await screen.findByTestId("menu-rules"), { key: "Enter" });
    },
    submit: () => click("rules-save"),
    field: "files-only",
  },
  {
    name: "the limits of an agent",
    method: "setLimits",
    show: agent("a01"),
    open: () => click("limits"),
    submit: () => click("save-limits"),
    field: "create-limit-turns",
  },
  {
    name: "the settings",
    method: "setRunSettings",
    show: (methods) => show(SettingsButton, {}, methods),
    open: () => click("settings-button"),
    submit: () => click("settings-save"),
    field: "settings-slots",
  },
  {
    name: "the container engine",
    method: "chooseEngine",
    show: (methods) => show(EngineButton, {}, methods),
    open: () => click("engine-button"),
    submit: async () => {
      await type("engine-address", "ssh://box");
      await click("use-engine");
    },
    field: "engine-address",
  },
  {
    name: "a key",
    method: "keepKey",
    show: agent("a19"),
    open: () => click("change-model"),
    submit: async () => {
      await fireEvent.click(await screen.findByText(/^(Replace|Use another)$/));
      await type("key-input", "sk-1");
      await click("key-keep");
    },
  },
  {
    name: "an own app",
    method: "setForgeApp",
    show: (methods) => show(AccountChip, {}, { ...signingIn().methods, ...methods }),
    open: () => click("account-chip"),
    submit: async () => {
      await click("own-app-toggle");
      await type("app-client", "Iv1");
      await click("app-save");
    },
  },
  {
    name: "the account that is used",
    method: "chooseAccount",
    show: (methods) =>
      show(AccountChip, {}, { ...having(account("ada", { chosen: true }), account("bob")), ...methods }),
    open: () => click("account-chip"),
    submit: async () => {
      const radios = await screen.findAllByTestId("account-choose");
      await fireEvent.click(radios[1] as HTMLElement);
    },
  },
  {
    name: "how a push is made",
    method: "setDelivery",
    show: agent("a03"),
    open: () => click("push"),
    submit: () => click("push-trailer"),
  },
];

const fault: Fault = { code: "store_failed", message: "keep it: the disk is full", hint: null };
const closed = () => waitFor(() => expect(screen.queryByRole("dialog")).toBe(null));

/** Sends a form and leaves it before the answer. */
async function left({ method, show, open, submit }: Form) {
  let end: (fault?: Fault) => void = () => {};
  const answer = new Promise<void>((resolve, reject) => (end = (why) => (why ? reject(why) : resolve())));
  let asked = 0;
  show({ [method]: () => ((asked += 1), answer) });
  await open();
  await submit();
  await waitFor(() => expect(asked).toBe(1));
  await fireEvent.keyDown(await screen.findByRole("dialog"), { key: "Escape" });
  await closed();
  return end;
}

test.each(forms)(
  "a refusal of $name that comes after its form was left is said all the same",
  async (form) => {
    const end = await left(form);
    const before = toasts().length;
    end(fault);
    await waitFor(() => expect(toasts()).toHaveLength(before + 1));
    expect(toasts()).toContain("Keep it: the disk is full.");
  },
);

test.each(forms.filter(({ field }) => field))(
  "an answer about $name that comes after its form was left closes no other one",
  async (form) => {
    const end = await left(form);
    await form.open();
    const field = form.field as string;
    await type(field, "7");
    end();
    await new Promise((resolve) => setTimeout(resolve));
    const typed = screen.getByTestId<HTMLInputElement>(field);
    expect([typed.value, typed.closest("[role=dialog][data-state=closed]")]).toEqual(["7", null]);
  },
);
