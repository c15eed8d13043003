/** The repositories that the recorded accounts reach, and how they are searched. */
import type { LinkedRepository, RepositoryList } from "../../bindings";

const DAY_MS = 86_400_000;
/** As many as the engine gives at once. */
const MOST = 50;
/** As many as are read before the other pages come. */
const FIRST_PAGE = 100;

type Kept = Omit<LinkedRepository, "pushedAt"> & { daysAgo: number | null };

function repository(address: string, description: string | null, daysAgo: number, more: Partial<Kept> = {}) {
  const [owner = "", name = ""] = address.split("/").slice(-2);
  const usual = { private: false, archived: false, canPush: true, defaultBranch: "main" };
  return { address, owner, name, description, daysAgo, ...usual, ...more };
}

const few: readonly Kept[] = [
  repository("octo/web", "The timesheet in the browser", 0, { private: true }),
  repository("octo/api", "HTTP interface of the timesheet", 1, { private: true }),
  repository("octo/cli", "Timesheets from a terminal", 3),
  repository("octo/dates", "Dates, time zones and calendars for people who have to get them right", 9),
  repository("octo/infrastructure", "Machines and networks", 12, { private: true, defaultBranch: "trunk" }),
  repository("acme/design-tokens", "Colours, sizes and motion of all products", 20, { canPush: false }),
  repository("octo/playground", null, 41, { defaultBranch: null, daysAgo: null }),
  repository("octo/web-v1", "What octo/web was before", 800, { archived: true, canPush: false }),
];

const elsewhere: readonly Kept[] = [
  repository("https://github.example.com/research/notes", "Notebooks of the lab", 2, { private: true }),
];

const many: readonly Kept[] = Array.from({ length: 1000 }, (_, n) =>
  repository(
    `acme-${n % 12}/service-${String(n + 1).padStart(4, "0")}`,
    `Service ${n + 1} of the platform`,
    n / 3,
    {
      private: n % 3 === 0,
      archived: n % 17 === 16,
      canPush: n % 17 !== 16 && n % 11 !== 10,
    },
  ),
);

/** The repositories of an account; those of the crowd come in pages. */
export class RecordedRepositories {
  private asked = 0;

  constructor(
    private readonly crowd: boolean,
    private readonly now: number,
  ) {}

  find(account: string | null, host: string, text: string): RepositoryList {
    const nothing = {
      repositories: [],
      total: 0,
      reading: false,
      fault: null,
      grantUrl: null,
      ssoUrl: null,
      rate: null,
    };
    if (account === null) return { account, ...nothing };
    this.asked += 1;
    const reading = this.crowd && this.asked < 4;
    const all = host !== "github.com" ? elsewhere : this.crowd ? many : few;
    const known = reading ? all.slice(0, FIRST_PAGE * this.asked) : all;
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    const fitting = known.filter((one) => words.every((word) => one.address.toLowerCase().includes(word)));
    return {
      account,
      repositories: fitting.slice(0, MOST).map(({ daysAgo, ...rest }) => ({
        ...rest,
        pushedAt: daysAgo === null ? null : this.now - daysAgo * DAY_MS,
      })),
      total: fitting.length,
      reading,
      fault: null,
      grantUrl: `https://${host}/apps/anchorhold/installations/new`,
      ssoUrl: this.crowd ? "https://github.com/settings/tokens" : null,
      rate: {
        remaining: this.crowd ? 212 : 4870,
        limit: 5000,
        resetsAt: this.now + 23 * 60_000,
      },
    };
  }
}
