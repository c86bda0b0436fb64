// Drives the connect pages of a merchant's gateway, with the platform behind them, in a headless
// Chromium: by keyboard alone, and under an accessibility checker. Input: one JSON object as the
// argument; output: a line for each thing seen; status 1 at a fault.

import assert from "node:assert/strict";

import {
  ARGS, audit, chromium, onPath, open, picture, press, tabTo, type, watch,
} from "./chromium.mjs";

const { platform, production, development, listing, people } = JSON.parse(process.argv[2]);
const PASSWORD = "coffee is good for me";

const path = (page) => new URL(page.url()).pathname;
const heading = (page) => page.locator("h1").innerText();

// Every page says who runs it, that it connects two sides, and where help is.
async function check(watched, name) {
  const footer = await watched.page.locator("footer").innerText();
  assert.match(footer, /This is how Bluebird Cafe.* connects with Bursar/);
  const help = watched.page.locator("footer a[href='https://bluebird.example.com/help']");
  assert.equal(await help.count(), 1, `${name}: no support link`);
  assert.match(await watched.page.locator(".brand").innerText(), /Bluebird Cafe/);
  await audit(watched, name);
}

async function checkRefused(watched, name, status, go) {
  watched.expected = status;
  await go();
  await check(watched, name);
  watched.expected = undefined;
}

// Follows a link or presses a button.
async function go(page, selector) {
  await tabTo(page, selector);
  await press(page, "Enter");
}

async function mails(to) {
  const url = `${platform}/_bursar/mailbox/messages?to=${encodeURIComponent(to)}`;
  return (await (await fetch(url)).json()).messages;
}

// Does what has a mail sent, and answers the mail: a job sends it.
async function mailed(to, send) {
  const before = (await mails(to))[0]?.id;
  await send();
  for (;;) {
    const [newest] = await mails(to);
    if (newest && newest.id !== before) return newest;
    await new Promise((looked) => { setTimeout(looked, 50); });
  }
}

function codeOf(mail) {
  return mail.text.split("\n").map((line) => line.trim()).find((line) => /^\d{8}$/.test(line));
}

async function askForAccount(page, person) {
  await type(page, "#name", person.name);
  await type(page, "#email", person.email);
  await type(page, "#password", PASSWORD);
  return mailed(person.email, () => press(page, "Enter"));
}

// From the start page to an account, by the mailed code.
async function signUp(watched, person) {
  const { page } = watched;
  await go(page, "a[href$='/signin/new']");
  const mail = await askForAccount(page, person);
  await type(page, "#code", codeOf(mail));
  await press(page, "Enter");
}

// Signs in at the platform.
async function enter(page, person) {
  await type(page, "#user-name", person.userName);
  await type(page, "#password", person.password);
  await press(page, "Enter");
}

async function checkConnected(watched, name) {
  const { page } = watched;
  assert.equal(path(page), `${new URL(production).pathname}connected`);
  const text = await page.locator("main").innerText();
  for (const said of [/Step 3 of 3/, /are connected/, /After payment/, /close this window/]) {
    assert.match(text, said);
  }
  await check(watched, name);
}

// What the App Center opens, whichever of the two apps it is for.
async function fromAppCenter(page, terms) {
  await go(page, `a[href="${terms}"].primary`);
  await tabTo(page, "form[target] button");
  const [popup] = await Promise.all([page.waitForEvent("popup"), page.keyboard.press("Enter")]);
  await popup.locator("h1").waitFor();
  return watch(popup);
}

// The account is made on the way, with every page of it.
async function connectFromAppCenter(browser) {
  const person = people.appCenter;
  const { page: shop } = await open(browser, "en-US");
  await shop.goto(`${platform}/apps/${listing.id}`);
  await enter(shop, person);
  const watched = await fromAppCenter(shop, `/apps/${listing.id}/terms`);
  const { page } = watched;
  // What came with the address is not in it any more.
  assert.equal(page.url(), `${production}connect`);
  const text = await page.locator("main").innerText();
  assert.match(text, /Step 1 of 3/);
  assert.match(text, /integration of Bluebird Cafe with Bursar/);
  await check(watched, "start-waits");

  await go(page, "a[href$='/signin/new']");
  await check(watched, "signup");
  await type(page, "#name", person.name);
  await type(page, "#email", person.email);
  await type(page, "#password", "too short");
  await checkRefused(watched, "signup-refused", 422, () => press(page, "Enter"));
  const mail = await askForAccount(page, person);
  await check(watched, "code");
  await type(page, "#code", "no code");
  await checkRefused(watched, "code-refused", 422, () => press(page, "Enter"));
  await type(page, "#code", codeOf(mail));
  await press(page, "Enter");
  assert.match(await page.locator("main").innerText(), /Step 2 of 3/);
  await check(watched, "confirm");
  await go(page, "main form button.primary");
  await checkConnected(watched, "connected");

  await page.goto(`${platform}/_bursar/mailbox/${mail.id}/html`);
  await picture(page, "mail-code-html");
  console.log("connected from the App Center by keyboard");
}

// Signs in again, disconnects, and deletes the account.
async function endConnection(browser) {
  const person = people.appCenter;
  const watched = await open(browser, "en-US");
  const { page } = watched;
  await page.goto(production);
  await check(watched, "start");
  await type(page, "#email", person.email);
  await type(page, "#password", "not the password");
  await checkRefused(watched, "signin-refused", 422, () => press(page, "Enter"));
  await type(page, "#password", PASSWORD);
  await press(page, "Enter");
  assert.match(path(page), /\/account$/);
  await check(watched, "account-connected");
  await go(page, "a[href$='/account/disconnect']");
  await check(watched, "ask-disconnect");
  await go(page, "main form button.primary");
  // A job tells the platform.
  while ((await page.locator("a[href$='/connect'].primary").count()) === 0) await page.reload();
  await check(watched, "account-disconnected");
  await go(page, "a[href$='/account/delete']");
  await check(watched, "ask-delete");
  await go(page, "main form button.primary");
  assert.match(path(page), /\/connect$/);
  assert.equal(await page.locator("#password").count(), 1, "signed out");
  console.log("disconnected and deleted by keyboard");
}

// The merchant's own page, the platform's sign-in, no, yes.
async function connectFromWebPage(browser) {
  const person = people.web;
  const watched = await open(browser, "en-US");
  const { page } = watched;
  await page.goto(`${production}connect`);
  await signUp(watched, person);
  await check(watched, "choose");
  await go(page, "form[action$='/connect/web'] button");
  assert.equal(new URL(page.url()).origin, platform);
  await enter(page, person);
  await page.locator("button[value='deny']").waitFor();
  await checkRefused(watched, "refused-declined", 422, () => go(page, "button[value='deny']"));
  assert.match(await heading(page), /did not allow/);
  await go(page, "main a.button.primary");
  await go(page, "form[action$='/connect/web'] button");
  await go(page, "button[value='allow']");
  await checkConnected(watched, "connected-by-web");
  await page.goto(`${production}connect`);
  assert.match(path(page), /\/account$/);
  console.log("connected from the web page by keyboard");
}

// A link by mail; it works once.
async function connectByMail(browser) {
  const person = people.mail;
  const watched = await open(browser, "en-US");
  const { page } = watched;
  await page.goto(`${production}connect`);
  await signUp(watched, person);
  await tabTo(page, "#email");
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.type("nobody@there, is@no.address");
  // The page checks again what the browser does.
  await page.locator("#email").evaluate((field) => { field.type = "text"; });
  await checkRefused(watched, "choose-refused", 422, () => press(page, "Enter"));
  await type(page, "#email", person.userName);
  const mail = await mailed(person.userName, () => press(page, "Enter"));
  await check(watched, "sent");
  const link = mail.text.split(/\s/).find((word) => word.startsWith(`${production}otp?`));
  await page.goto(link);
  assert.equal(page.url(), `${production}connect`);
  await check(watched, "confirm-mailed");
  await go(page, "main form button.primary");
  await checkConnected(watched, "connected-by-mail");

  await page.goto(link);
  const again = () => go(page, "main form button.primary");
  await checkRefused(watched, "refused-used", 422, again);
  assert.match(await heading(page), /not valid any more/);
  console.log("connected by mail and keyboard; the link works once");
}

// Addresses that the platform did not make.
async function forge(browser) {
  const watched = await open(browser, "en-US");
  const { page } = watched;
  const incomplete = () => page.goto(`${production}landing?id=1`);
  await checkRefused(watched, "refused-incomplete", 422, incomplete);
  await checkRefused(watched, "refused-state", 422, () => page.goto(`${production}callback?code=1`));
  const forged = "id=5f1c2d3e-4a5b-4c6d-8e7f-901a2b3c4d00&requestToken=forged";
  await page.goto(`${production}landing?${forged}`);
  await type(page, "#email", people.web.email);
  await type(page, "#password", PASSWORD);
  await press(page, "Enter");
  const confirm = () => go(page, "main form button.primary");
  await checkRefused(watched, "refused-forged", 422, confirm);
  assert.match(await heading(page), /not valid any more/);
  console.log("forged addresses are refused on accessible pages");
}

// A password is set anew by the mailed code.
async function forget(browser) {
  const watched = await open(browser, "en-US");
  const { page } = watched;
  await page.goto(`${production}connect`);
  await go(page, "a[href$='/signin/forgot']");
  await check(watched, "forgot");
  await type(page, "#email", people.web.email);
  const mail = await mailed(people.web.email, () => press(page, "Enter"));
  await type(page, "#code", codeOf(mail));
  await press(page, "Enter");
  await check(watched, "password");
  await type(page, "#password", `${PASSWORD}, still`);
  await press(page, "Enter");
  assert.match(path(page), /\/account$/);
  console.log("a password was set anew by keyboard");
}

// The development app has pages, accounts and connections of its own.
async function tryOut(browser) {
  const person = people.web;
  const { page: shop } = await open(browser, "en-US");
  const deepLink = `/apps/${listing.id}?preview-code=${listing.code}`;
  await shop.goto(`${platform}${deepLink}`);
  await enter(shop, person);
  const terms = await shop.locator("a[href*='/terms'].primary").getAttribute("href");
  const watched = await fromAppCenter(shop, terms);
  const { page } = watched;
  assert.equal(page.url(), `${development}connect`);
  assert.match(await heading(page), /Bluebird Cafe \(test\)/);
  await check(watched, "development-start");
  await type(page, "#email", person.email);
  await type(page, "#password", `${PASSWORD}, still`);
  watched.expected = 422;
  await press(page, "Enter");
  await page.locator("[role=alert]").waitFor();
  watched.expected = undefined;
  await signUp(watched, person);
  await go(page, "main form button.primary");
  assert.equal(page.url(), `${development}connected`);
  await check(watched, "development-connected");
  console.log("the development app was connected by its own pages");
}

const browser = await chromium.launch({ executablePath: onPath("chromium"), args: ARGS });
try {
  await connectFromAppCenter(browser);
  await endConnection(browser);
  await connectFromWebPage(browser);
  await connectByMail(browser);
  await forge(browser);
  await forget(browser);
  await tryOut(browser);
} finally {
  await browser.close();
}
