/** The window's address: three routes, on the browser's own history. */

export type Route = { name: "agents"; creating: boolean } | { name: "agent"; id: string };

export const paths = {
  agents: "/dashboard/agents",
  create: "/dashboard/agents/new",
  agent: (id: string) => `/dashboard/agents/${encodeURIComponent(id)}`,
};

/** Reads a path; whatever is not known leads to the list. */
export function parse(pathname: string): Route {
  const [, room, list, id] = pathname.split("/");
  if (room !== "dashboard" || list !== "agents" || !id) return { name: "agents", creating: false };
  if (id === "new") return { name: "agents", creating: true };
  return { name: "agent", id: decode(id) };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    // Not something this window wrote; it names no agent, and the screen says so.
    return part;
  }
}

class Router {
  route = $state.raw<Route>(parse(location.pathname));

  constructor() {
    addEventListener("popstate", () => {
      this.route = parse(location.pathname);
    });
  }

  go(path: string): void {
    if (path !== location.pathname) history.pushState(null, "", path + location.search);
    this.route = parse(path);
  }
}

export const router = new Router();
