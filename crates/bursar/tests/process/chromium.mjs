// Pages in a headless Chromium, for scripts that drive them: by keyboard, and under an accessibility
// checker. Each script's input is one JSON object as the argument: `nodeModules` and `pictures` there
// are for this.

import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, join } from "node:path";

const { nodeModules, pictures } = JSON.parse(process.argv[2]);
const require = createRequire(join(nodeModules, "here.js"));
export const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const WIDTHS = [320, 1280];
const SCHEMES = ["light", "dark"];
export const ARGS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
];

export function onPath(program) {
  const places = process.env.PATH.split(delimiter).map((folder) => join(folder, program));
  const found = places.find(existsSync);
  assert(found, `${program} is not on the path; run \`cargo xtask setup\``);
  return found;
}

// A page of its own.
export async function open(browser, locale) {
  return watch(await (await browser.newContext({ locale })).newPage());
}

// A page, and the faults that it reports by itself. `expected` is a status that is no fault.
export function watch(page) {
  const faults = [];
  const watched = { page, faults, expected: undefined };
  page.on("console", (message) => {
    // Chromium reports the page's own status there too.
    const status = message.text().match(/status of (\d+)/)?.[1];
    if (["error", "warning"].includes(message.type()) && Number(status) !== watched.expected) {
      faults.push(`console: ${message.text()} (${message.location().url})`);
    }
  });
  page.on("pageerror", (error) => faults.push(`script: ${error}`));
  page.on("requestfailed", (request) => {
    // The browser itself gives up a request, such as the icon's, when the next page comes sooner.
    if (request.failure()?.errorText !== "net::ERR_ABORTED") {
      faults.push(`request failed: ${request.url()}`);
    }
  });
  page.on("response", (response) => {
    if (response.status() >= 400 && response.status() !== watched.expected) {
      faults.push(`${response.status()}: ${response.url()}`);
    }
  });
  return watched;
}

// Presses Tab until an element has the focus, and checks that it can be seen there.
export async function tabTo(page, selector) {
  const seen = [];
  for (let presses = 0; presses < 60; presses += 1) {
    await page.keyboard.press("Tab");
    const at = await page.evaluate((wanted) => {
      const focused = document.activeElement;
      const style = getComputedStyle(focused);
      const visible = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
      return { reached: focused.matches(wanted), visible, html: focused.outerHTML.slice(0, 80) };
    }, selector);
    seen.push(at.html);
    if (at.reached) {
      assert(at.visible, `the focus cannot be seen on ${at.html}`);
      return;
    }
  }
  assert.fail(`the keyboard does not reach ${selector}; it reaches\n${seen.join("\n")}`);
}

export async function press(page, key) {
  await Promise.all([page.waitForNavigation(), page.keyboard.press(key)]);
}

export async function type(page, selector, text) {
  await tabTo(page, selector);
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.type(text);
}

export async function picturesLoaded(page) {
  const images = await page.evaluate(async () => {
    const all = [...document.images];
    all.forEach((image) => { image.loading = "eager"; });
    await Promise.all(all.map((image) => image.decode()));
    return all.map((image) => image.naturalWidth);
  });
  assert(images.every((width) => width > 0), "a picture did not load");
  return images.length;
}

// The checker on this page, in light and dark, narrow and wide.
export async function audit({ page, faults }, name) {
  for (const colorScheme of SCHEMES) {
    for (const width of WIDTHS) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 800 });
      await picturesLoaded(page);
      const where = `${name}, ${colorScheme}, ${width} px`;
      const scroll = await page.evaluate(() => document.documentElement.scrollWidth);
      assert(scroll <= width, `${where}: it is ${scroll} px wide`);
      await page.evaluate(axe);
      const { violations, passes } = await page.evaluate(() => window.axe.run());
      const found = violations.map(({ id, help, nodes }) =>
        `${id}: ${help}\n    ${nodes.map((node) => node.html).join("\n    ")}`);
      assert.equal(found.length, 0, `${where}:\n  ${found.join("\n  ")}`);
      assert(passes.length > 10, `${where}: the checker did not look`);
      await picture(page, `${name}-${colorScheme}-${width}`);
    }
  }
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize({ width: 1280, height: 800 });
  assert.deepEqual(faults, [], name);
  console.log(`${name}: no fault`);
}

export async function picture(page, name) {
  if (pictures) {
    mkdirSync(pictures, { recursive: true });
    await page.screenshot({ path: join(pictures, `${name}.png`) });
  }
}
