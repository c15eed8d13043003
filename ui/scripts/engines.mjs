/** The pictures of choosing a container engine. */

/** Opens the choice of container engines and waits until each was asked. */
const openEngines = async (page, button = "[data-testid=engine-button]") => {
  await page.click(button);
  await page.waitForSelector("[data-testid=check-engines]:enabled");
};

export const engineScreens = [
  {
    name: "engines-checking",
    path: "/dashboard/agents",
    // They answer later than that, so that they are still being asked.
    holdMs: 500,
    act: (page) => page.click("[data-testid=engine-button]"),
  },
  { name: "engines", path: "/dashboard/agents", act: (page) => openEngines(page) },
  {
    name: "engines-fault",
    path: "/dashboard/agents",
    act: async (page) => {
      await openEngines(page);
      await page.fill("[data-testid=engine-address]", "http://build-box:2375");
      await page.click("[data-testid=use-engine]");
      await page.waitForSelector("[data-testid=engine-address][aria-invalid=true]");
    },
  },
  {
    name: "engines-banner",
    path: "/dashboard/agents",
    demo: "error",
    act: (page) => openEngines(page, "[data-testid=choose-engine]"),
  },
  {
    name: "engines-chosen",
    path: "/dashboard/agents",
    demo: "error",
    act: async (page) => {
      await openEngines(page, "[data-testid=choose-engine]");
      await page.click("text=build-box");
      await page.keyboard.press("Enter");
      await page.waitForSelector("[role=dialog]", { state: "detached" });
      await openEngines(page);
    },
  },
  {
    name: "engines-in-form",
    path: "/dashboard/agents/new",
    demo: "error",
    act: (page) => openEngines(page, "[role=dialog] [data-testid=choose-engine]"),
  },
];
