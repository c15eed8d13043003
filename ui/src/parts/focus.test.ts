import { afterEach, beforeEach, expect, test } from "vitest";
import { keepFocus } from "./focus";

let end: () => void = () => {};
beforeEach(() => (end = keepFocus()));
afterEach(() => end());

const at = (id: string) => document.getElementById(id) as HTMLButtonElement;
/** What has the focus once everybody who observes the page was told. */
async function focused(): Promise<string> {
  await Promise.resolve();
  return document.activeElement?.id ?? "";
}

function page(html: string, id: string): HTMLButtonElement {
  document.body.innerHTML = `<div data-rest="h1"><h1 id="heading" tabindex="-1">Agent</h1>${html}</div>`;
  at(id).focus();
  return at(id);
}

test("it goes to where the nearest part says, and to the screen where none does", async () => {
  page(
    `<form data-rest="input"><input id="field" /><p><button id="send"></button></p></form>`,
    "send",
  ).remove();
  expect(await focused()).toBe("field");
  at("field").closest("form")?.remove();
  expect(await focused()).toBe("heading");
});

test("what is put elsewhere or made anew has it again", async () => {
  page(`<p id="row"><button id="a" data-testid="tab"></button><button id="b"></button></p>`, "a");
  at("row").append(at("a"));
  expect(await focused()).toBe("a");
  at("row").outerHTML = `<p><button id="b"></button><button id="c" data-testid="tab"></button></p>`;
  expect(await focused()).toBe("c");
});

const items = (...names: string[]) =>
  names.map((name) => `<li data-rest=".edit"><button class="edit" id="${name}"></button></li>`).join("");

test("the neighbour of an item takes its place, and no other one is done the same to", async () => {
  page(`<ol data-rest=".edit">${items("a", "b", "c")}</ol>`, "b");
  const gone = (id: string) => at(id).closest("li")?.remove();
  gone("b");
  expect(await focused()).toBe("c");
  gone("c");
  expect(await focused()).toBe("a");
  gone("a");
  expect(await focused()).toBe("heading");
});

test("what is disabled while it works has it back, unless one went on", async () => {
  page(`<form data-rest="input"><input id="field" /><button id="send"></button></form>`, "send");
  at("send").disabled = true;
  expect(await focused()).toBe("field");
  at("send").disabled = false;
  expect(await focused()).toBe("send");
  at("send").disabled = true;
  expect(await focused()).toBe("field");
  at("field").dispatchEvent(new Event("input", { bubbles: true }));
  at("send").disabled = false;
  expect(await focused()).toBe("field");
});

test("nothing takes it out of a dialog, which has it itself where nothing in it fits", async () => {
  page(`<div role="dialog" id="dialog" tabindex="-1"><button id="a"></button></div>`, "a").remove();
  expect(await focused()).toBe("dialog");
});

test("who pointed beside everything has it nowhere", async () => {
  const button = page(`<button id="a"></button>`, "a");
  button.blur();
  document.body.dispatchEvent(new Event("pointerup", { bubbles: true }));
  button.remove();
  expect(await focused()).toBe("");
});

test("it comes to a screen that is there later", async () => {
  document.body.innerHTML = `<p><button id="row"></button></p>`;
  at("row").focus();
  at("row").remove();
  expect(await focused()).toBe("");
  document.body.innerHTML = `<div data-rest="h1"><h1 id="heading" tabindex="-1">Agent</h1></div>`;
  expect(await focused()).toBe("heading");
});
