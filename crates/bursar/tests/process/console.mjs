// Drives the operators' console of a gateway in a headless Chromium: by keyboard alone, and under an
// accessibility checker. Input: one JSON object as the argument; output: a line for each thing seen;
// status 1 at a fault.

import assert from "node:assert/strict";

import { ARGS, audit, chromium, onPath, open, press, tabTo, type } from "./chromium.mjs";

const { address, name, password } = JSON.parse(process.argv[2]);

async function enter(watch) {
  const { page } = watch;
  await page.goto(`${address}/console/items`);
  assert.equal(new URL(page.url()).pathname, "/console/signin");
  await audit(watch, "signin");
  watch.expected = 422;
  await type(page, "#name", "typed into the wrong field");
  await type(page, "#password", password);
  await press(page, "Enter");
  await page.locator("[role=alert]").waitFor();
  await type(page, "#name", name);
  await type(page, "#password", "not the password");
  await press(page, "Enter");
  await page.locator("[role=alert]").waitFor();
  await audit(watch, "signin-refused");
  watch.expected = undefined;
  await type(page, "#password", password);
  await press(page, "Enter");
  assert.equal(new URL(page.url()).pathname, "/console/items");
}

// Looks again until it is there: deliveries take their time.
async function until(page, selector) {
  for (let looks = 0; looks < 200; looks += 1) {
    await page.reload();
    if (await page.locator(selector).count() > 0) return;
  }
  assert.fail(`${selector} does not come: ${await page.locator("main").innerText()}`);
}

// From what needs somebody to an item that goes out again.
async function mend(watch) {
  const { page } = watch;
  await page.goto(`${address}/console/`);
  await until(page, ".alert-card");
  assert.match(await page.locator(".alert-card").first().innerText(), /1 item is parked/);
  await audit(watch, "overview");
  await tabTo(page, ".alert-card a");
  await press(page, "Enter");
  assert.equal(await page.locator("tbody tr").count(), 1);
  await audit(watch, "items");
  await tabTo(page, "tbody th a");
  await press(page, "Enter");
  assert.equal(await page.locator("h1").innerText(), "bad");
  await audit(watch, "item");

  const json = await page.locator("#body").inputValue();
  watch.expected = 422;
  await type(page, "#body", "{}");
  await tabTo(page, "form:has(#body) button");
  await press(page, "Space");
  assert.equal(await page.locator("#body").inputValue(), "{}");
  await audit(watch, "item-faulty");
  watch.expected = undefined;
  await tabTo(page, "#body");
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.insertText(json.replace("QQQ", "EUR"));
  await tabTo(page, "form:has(#body) button");
  await press(page, "Space");
  await until(page, "h1 + .pill-good");
  await audit(watch, "item-delivered");
  await page.goto(`${address}/console/`);
  assert.match(await page.locator("main").innerText(), /Nothing needs you/);
  await audit(watch, "overview-fine");
}

// Calls and connections, and the way out.
async function look(watch) {
  const { page } = watch;
  await tabTo(page, ".top-nav a[href='/console/calls']");
  await press(page, "Enter");
  await audit(watch, "calls");
  await page.locator("#find-outcome").selectOption("4xx");
  await tabTo(page, ".finder button");
  await press(page, "Space");
  assert.equal(await page.locator("tbody tr").count(), 1);
  await tabTo(page, "tbody th a");
  await press(page, "Enter");
  assert.match(await page.locator(".json pre").first().innerText(), /"QQQ"/);
  await audit(watch, "call");
  const file = await page.locator("a[href*='case.txt']").getAttribute("href");
  const saved = await page.request.get(`${address}${file}`);
  assert.match(await saved.text(), /concur-correlationId/);
  await tabTo(page, "a[href*='/console/connections/']");
  await press(page, "Enter");
  await audit(watch, "connection");
  await tabTo(page, "a[href$='/disconnect']");
  await press(page, "Enter");
  await audit(watch, "disconnect");
  watch.expected = 400;
  await page.goto(`${address}/console/items?state=overdue&reason=x`);
  await audit(watch, "items-mistaken");
  watch.expected = undefined;
  await tabTo(page, ".top-nav a[href='/console/connections']");
  await press(page, "Enter");
  await audit(watch, "connections");
  await tabTo(page, "form[action='/console/signout'] button");
  await press(page, "Space");
  assert.equal(new URL(page.url()).pathname, "/console/signin");
  console.log("signed out");
}

const browser = await chromium.launch({ executablePath: onPath("chromium"), args: ARGS });
try {
  const watch = await open(browser, "en-US");
  await enter(watch);
  await mend(watch);
  await look(watch);
} finally {
  await browser.close();
}
