/** The models of the recording: providers with and without keys, and two servers on this machine. */
import type {
  CatalogueInfo,
  Fault,
  KeyState,
  ModelChoice,
  ModelOption,
  ModelPrice,
  ModelTest,
  ProviderOption,
} from "../../bindings";

/** Long enough to see that something is being asked. */
const ASKED_MS = 900;

export const sonnet: ModelChoice = { provider: "anthropic", name: "claude-sonnet-4-5", baseUrl: null };
export const mini: ModelChoice = { provider: "openai", name: "gpt-5-mini", baseUrl: null };
export const qwen: ModelChoice = {
  provider: "ollama",
  name: "qwen3-coder:30b",
  baseUrl: "http://localhost:11434",
};

const price = (input: number, output: number, cached: number | null, tiered = false): ModelPrice => ({
  input: input * 1_000_000,
  output: output * 1_000_000,
  cached: cached === null ? null : cached * 1_000_000,
  tiered,
});

const model = (
  name: string,
  label: string,
  window: number | null,
  cost: ModelPrice | null,
  outputLimit: number | null = null,
): ModelOption => ({ name, label, window, outputLimit, price: cost });

const claude = [
  model("claude-sonnet-4-5", "Claude Sonnet 4.5", 200_000, price(3, 15, 0.3, true), 64_000),
  model("claude-opus-4-5", "Claude Opus 4.5", 200_000, price(5, 25, 0.5), 64_000),
  model("claude-haiku-4-5", "Claude Haiku 4.5", 200_000, price(1, 5, 0.1), 64_000),
];
const gpt = [
  model("gpt-5.1", "GPT-5.1", 400_000, price(1.25, 10, 0.125), 128_000),
  model("gpt-5-mini", "GPT-5 mini", 400_000, price(0.25, 2, 0.025), 128_000),
  model("gpt-5-nano", "GPT-5 nano", 400_000, price(0.05, 0.4, 0.005), 128_000),
];
const gemini = [model("gemini-2.5-pro", "Gemini 2.5 Pro", 1_048_576, price(1.25, 10, 0.31, true), 65_536)];
/** As many as a router lists, so that the list has to stay quick. */
const routed = Array.from({ length: 400 }, (_, n) =>
  model(`vendor-${n % 20}/model-${n + 1}`, `Vendor ${n % 20} Model ${n + 1}`, 131_072, null),
);
const served = [
  model("qwen3-coder:30b", "qwen3-coder:30b", 262_144, null),
  model("devstral:24b", "devstral:24b", null, null),
];

const unauthorized: Fault = {
  code: "model_unauthorized",
  message: "ask the model: the provider refused the key (401)",
  hint: "check that the key is whole and belongs to this provider",
};
const unreachable: Fault = {
  code: "model_unreachable",
  message: "ask the models of LM Studio at http://localhost:1234: it does not answer any more",
  hint: "start its server, then look again",
};

/** The keys and models of a window that is open; nothing is kept. */
export class RecordedModels {
  private kept = new Set(["anthropic"]);

  async providers(): Promise<ProviderOption[]> {
    await new Promise((resolve) => setTimeout(resolve, ASKED_MS / 3));
    const own = (
      provider: string,
      label: string,
      keyVariable: string,
      models: ModelOption[],
      wires: ProviderOption["wires"],
    ): ProviderOption => ({
      ...{ provider, label, keyVariable, models, wires },
      ...{ baseUrl: null, takesAddress: false, local: false, fault: null, key: this.keyOf(provider) },
    });
    const here = (
      provider: string,
      label: string,
      baseUrl: string,
      models: ModelOption[],
    ): ProviderOption => ({
      ...own(provider, label, "", models, ["CHAT"]),
      ...{ baseUrl, local: true, key: "NOT_NEEDED", keyVariable: null },
    });
    return [
      own("anthropic", "Anthropic", "ANTHROPIC_API_KEY", claude, ["MESSAGES"]),
      own("openai", "OpenAI", "OPENAI_API_KEY", gpt, ["RESPONSES", "CHAT"]),
      own("gemini", "Gemini", "GEMINI_API_KEY", gemini, ["GEMINI"]),
      own("openrouter", "OpenRouter", "OPENROUTER_API_KEY", routed, ["CHAT"]),
      here("ollama", "Ollama", "http://localhost:11434", served),
      { ...here("lmstudio", "LM Studio", "http://localhost:1234", []), fault: unreachable },
      {
        ...own("compatible", "Another server", "OPENAI_COMPATIBLE_API_KEY", [], ["CHAT", "RESPONSES"]),
        takesAddress: true,
      },
      {
        ...own("scripted", "Demonstration", "", [model("refactor-to-typescript", "Sample", null, null)], []),
        ...{ key: "NOT_NEEDED", keyVariable: null },
      },
    ];
  }

  private keyOf(provider: string): KeyState {
    if (this.kept.has(provider)) return "KEPT";
    return provider === "openai" ? "ENVIRONMENT" : "MISSING";
  }

  async keep(what: string, key: string): Promise<void> {
    if (/\s/.test(key)) {
      throw {
        code: "key_invalid",
        message: "keep the key: it has a space or a line break in it",
        hint: "copy it again, without what stands around it",
      } satisfies Fault;
    }
    this.kept.add(what);
  }

  async forget(what: string): Promise<void> {
    this.kept.delete(what);
  }

  async test(choice: ModelChoice): Promise<ModelTest> {
    await new Promise((resolve) => setTimeout(resolve, ASKED_MS));
    if (this.keyOf(choice.provider) === "MISSING" && ["gemini", "openrouter"].includes(choice.provider))
      throw unauthorized;
    const callsTools = choice.name !== "devstral:24b";
    return { answeredMs: 1240, callsTools, text: "ready" };
  }
}

const catalogue: CatalogueInfo = {
  source: "genai-prices 0.0.41",
  date: "2026-11-01",
  licence: "MIT",
  models: 1182,
  overrides: "/home/octo/.local/share/anchorhold/models.json",
  overridden: 2,
  fault: null,
};

const brokenOverrides: Fault = {
  code: "catalogue_invalid",
  message: "read /home/octo/.local/share/anchorhold/models.json: line 7: a price is a number",
  hint: "mend the file; until then only the list that came with the app is used",
};

/** Which price list is in use; the user's own one may be broken. */
export function catalogueOf(broken: boolean): CatalogueInfo {
  return broken ? { ...catalogue, overridden: 0, fault: brokenOverrides } : catalogue;
}
