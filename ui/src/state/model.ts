/** The choice of a model as a form holds it. */
import type { Effort, ModelChoice, ModelOption, ProviderOption, Wire } from "../bindings";
import { price, round } from "./format";

export type ModelDraft = {
  /** Which of the providers, as {@link optionKey} names it. */
  option: string;
  provider: string;
  name: string;
  /** The server's address; empty for the provider's own. */
  address: string;
  wire: Wire | "";
  effort: Effort | "";
};

type Problem = { message: string; hint: string | null };

export type ModelProblems = { name?: Problem; address?: Problem };

export const emptyModel: ModelDraft = {
  option: "",
  provider: "",
  name: "",
  address: "",
  wire: "",
  effort: "",
};

/** Tells providers and found servers apart. */
export function optionKey({ provider, baseUrl }: Pick<ProviderOption, "provider" | "baseUrl">): string {
  return baseUrl ? `${provider}@${baseUrl}` : provider;
}

/** A provider with its first model. */
export function draftOf(option: ProviderOption): ModelDraft {
  const first = option.models[0]?.name ?? "";
  return {
    ...emptyModel,
    option: optionKey(option),
    provider: option.provider,
    name: first,
    address: option.baseUrl ?? "",
  };
}

export function choiceDraft(choice: ModelChoice): ModelDraft {
  return {
    option: optionKey(choice),
    provider: choice.provider,
    name: choice.name,
    address: choice.baseUrl ?? "",
    wire: choice.wire ?? "",
    effort: choice.effort ?? "",
  };
}

/** Finds the provider of a draft; an address that was not found belongs to the provider that takes one. */
export function optionOf(draft: ModelDraft, options: readonly ProviderOption[]): ProviderOption | undefined {
  return (
    options.find((option) => optionKey(option) === draft.option) ??
    options.find((option) => option.provider === draft.provider)
  );
}

export function modelOf(draft: ModelDraft, option: ProviderOption | undefined): ModelOption | undefined {
  return option?.models.find((model) => model.name === draft.name.trim());
}

/** Makes the choice that the engine takes. */
export function toChoice(draft: ModelDraft): ModelChoice {
  return {
    provider: draft.provider,
    name: draft.name.trim(),
    baseUrl: draft.address.trim() || null,
    wire: draft.wire || null,
    effort: draft.effort || null,
  };
}

export function checkModel(draft: ModelDraft): ModelProblems | null {
  const problems: ModelProblems = {};
  const address = draft.address.trim();
  if (!draft.provider) problems.name = { message: "Choose a provider and a model.", hint: null };
  else if (!draft.name.trim()) problems.name = { message: "Name the model.", hint: null };
  if (draft.provider === "compatible" && !address)
    problems.address = {
      message: "Write the server's address.",
      hint: "It begins with http:// or https://.",
    };
  else if (address && !/^https?:\/\/\S+$/.test(address))
    problems.address = {
      message: "This is no address of a server.",
      hint: "It begins with http:// or https://.",
    };
  return problems.name || problems.address ? problems : null;
}

/** Names what a key is kept for: the provider, or the host of a server whose address the user names. */
export function keyHolder(draft: ModelDraft, option: ProviderOption): string | null {
  if (!option.takesAddress) return option.provider;
  try {
    return new URL(draft.address.trim()).host || null;
  } catch {
    return null;
  }
}

/** Writes what a model can read, as `200k window`. */
export function windowText(model: ModelOption): string {
  return model.window === null ? "window unknown" : `${round(model.window)} window`;
}

/** Writes what a million tokens cost, as `$3.00 in · $15.00 out`. */
export function priceText(model: ModelOption): string {
  if (!model.price) return "price unknown";
  const { input, output, tiered } = model.price;
  return `${tiered ? "from " : ""}${price(input)} in · ${price(output)} out`;
}

/** The models that hold every word of the search, in their order. */
export function found(models: readonly ModelOption[], search: string): ModelOption[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  return models.filter(({ name, label }) => {
    const text = `${name} ${label}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}
