/** The pictures of texts that are as long as can be, where the window is as small as can be. */

/** As small as the window can be made; everything has its place there as well. */
const smallest = [{ width: 900, height: 560 }];
/** Waits until something is shown in the lines that it was written in. */
const inLines = (page, selector) =>
  page.waitForFunction((part) => document.querySelector(part)?.innerText.includes("\n"), selector);
/** Waits until the whole of something stands in the window. */
const within = (page, testid) =>
  page.waitForFunction((id) => {
    const box = document.querySelector(`[data-testid=${id}]`)?.getBoundingClientRect();
    return box && box.left >= 0 && box.top >= 0 && box.right <= innerWidth && box.bottom <= innerHeight;
  }, testid);

export const stretchedScreens = [
  {
    name: "agent-asks-narrow",
    path: "/dashboard/agents/a02",
    demo: "stretched",
    sizes: smallest,
    act: async (page) => {
      await inLines(page, "[data-testid=question] p");
      await within(page, "answer-send");
      await within(page, "instruct-send");
    },
  },
  {
    name: "agent-error-narrow",
    path: "/dashboard/agents/a06",
    demo: "stretched",
    sizes: smallest,
    act: async (page) => {
      await inLines(page, "[data-testid=error-banner] p");
      await within(page, "instruct-send");
    },
  },
  {
    name: "agent-pushing-narrow",
    path: "/dashboard/agents/a08",
    demo: "stretched",
    sizes: smallest,
    act: async (page) => {
      await within(page, "cancel-push");
      await within(page, "agent-menu");
      await page.waitForFunction(() => {
        const header = document.querySelector("header");
        return header.scrollWidth <= header.clientWidth;
      });
    },
  },
  {
    name: "agent-wide-lines",
    path: "/dashboard/agents/a03",
    demo: "stretched",
    act: async (page) => {
      await page.click("[data-testid=file-row][data-path=Makefile]");
      await page.waitForSelector("[data-testid=diff-view][data-path=Makefile] [data-testid=diff-row]");
      await page.evaluate(() => {
        const bar = document.querySelector("[aria-label='Scroll long lines']");
        bar.scrollLeft = bar.scrollWidth;
      });
      // The end of each line has come into its half.
      await page.waitForFunction(() =>
        [...document.querySelectorAll(".line")].every(
          (line) => line.getBoundingClientRect().right <= line.parentElement.getBoundingClientRect().right,
        ),
      );
    },
  },
];
