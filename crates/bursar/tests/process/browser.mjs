// Drives the pages in a headless Chromium: by keyboard alone, and under an accessibility checker.
// Input: one JSON object as the argument; output: a line for each thing seen; status 1 at a fault.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";

import {
  ARGS, audit, chromium, onPath, open, picture, picturesLoaded, press, tabTo, type,
} from "./chromium.mjs";

const {
  traveller, newcomer, approver, partner, admin, operator, listing, app, receipts,
} = JSON.parse(process.argv[2]);
const merchants = receipts.map((receipt) => JSON.parse(receipt).seller.name);
const opened = merchants.at(-1);

async function signIn(page, person, password) {
  await tabTo(page, "#user-name");
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.type(person.userName);
  await tabTo(page, "#password");
  await page.keyboard.type(password);
  await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
}

async function travel(browser) {
  const watch = await open(browser, "en-US");
  const { page } = watch;
  await page.goto(`${traveller.address}/expenses`);
  assert.equal(new URL(page.url()).pathname, "/signin");
  await audit(watch, "sign-in");

  watch.expected = 422;
  await signIn(page, traveller, "not the password");
  await page.locator("[role=alert]").waitFor();
  await audit(watch, "sign-in-refused");
  watch.expected = undefined;

  await signIn(page, traveller, traveller.password);
  assert.equal(new URL(page.url()).pathname, "/expenses");
  const list = await page.locator("table.expenses").innerText();
  for (const merchant of merchants) {
    assert(list.includes(merchant), `${merchant} is not in the list: ${list}`);
  }
  assert.equal(await picturesLoaded(page), merchants.length);
  await audit(watch, "expenses");

  const link = await page.getByRole("link", { name: opened }).getAttribute("href");
  await tabTo(page, `a[href="${link}"]`);
  await press(page, "Enter");
  assert.equal(await page.locator("h1").innerText(), opened);
  assert.equal(await picturesLoaded(page), 1);
  const json = await page.locator("section.json pre").innerText();
  // Order included.
  const compact = (text) => JSON.stringify(JSON.parse(text));
  assert.equal(compact(json), compact(receipts.at(-1)));
  await tabTo(page, "section.json pre");
  await page.keyboard.press("Home");
  await audit(watch, "expense");
  await tabTo(page, ".back a");
  await press(page, "Enter");
  assert.equal(new URL(page.url()).pathname, "/expenses");

  watch.expected = 404;
  await page.goto(`${traveller.address}/expenses/00000000000000000000000000000000`);
  await audit(watch, "not-found");
  watch.expected = undefined;

  await page.goto(`${traveller.address}/expenses`);
  await tabTo(page, "form[action='/signout'] button");
  await press(page, "Space");
  await page.goto(`${traveller.address}${link}`);
  assert.equal(new URL(page.url()).pathname, "/signin");
  console.log("signed out: the expense is out of reach");
}

// Searches, filters, sorts, and changes what is the traveller's own: by keyboard alone.
async function organise(browser) {
  const watch = await enter(browser, traveller, "/expenses");
  const { page } = watch;
  const names = () => page.locator(".merchant-name").allInnerTexts();
  const address = () => page.url().slice(traveller.address.length);
  await type(page, "#find-q", opened.toUpperCase().slice(-6));
  await press(page, "Enter");
  assert.deepEqual(await names(), [opened]);
  await audit(watch, "expenses-found");
  await tabTo(page, ".chip-clear");
  await press(page, "Enter");
  assert.equal(address(), "/expenses");

  await tabTo(page, ".finder-more summary");
  await page.keyboard.press("Enter");
  await tabTo(page, "#find-currency");
  await page.keyboard.type("CHF");
  await audit(watch, "expenses-filter");
  await tabTo(page, ".finder-ticks button");
  await press(page, "Enter");
  assert.equal(address(), "/expenses?currency=CHF");
  const francs = receipts.map((text) => JSON.parse(text)).filter((one) => one.currencyCode === "CHF");
  assert.deepEqual(await names(), francs.map((one) => one.seller.name));
  await page.goto(`${traveller.address}/expenses?q=nothing+like+it`);
  await audit(watch, "expenses-nothing");
  await page.goto(`${traveller.address}/expenses`);
  await tabTo(page, ".col-merchant a");
  await press(page, "Enter");
  assert.equal(address(), "/expenses?sort=merchant");
  const sorted = await names();
  assert.deepEqual(sorted, [...merchants].sort((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1)));

  await tabTo(page, "tbody .merchant");
  await press(page, "Enter");
  assert.equal(await page.locator("h1").innerText(), sorted[0]);
  await tabTo(page, "#own-expense-type");
  await page.keyboard.type("Hot");
  await type(page, "#own-comment", "With two customers");
  await tabTo(page, "form[action$='/details'] button");
  await press(page, "Enter");
  await page.locator("[role=status]").waitFor();
  assert((await page.locator(".own + .panel").innerText()).includes("With two customers"));
  await audit(watch, "expense-changed");

  await tabTo(page, "a.button[href*='/receipt']");
  await press(page, "Enter");
  assert.equal(await picturesLoaded(page), 1);
  await audit(watch, "viewer");
  await tabTo(page, ".viewer-group a[href*='zoom=150']");
  await press(page, "Enter");
  await tabTo(page, ".viewer");
  await audit(watch, "viewer-large");
  await tabTo(page, "a[download]");
  const [file] = await Promise.all([page.waitForEvent("download"), page.keyboard.press("Enter")]);
  assert.match(file.suggestedFilename(), /^\d{4}-\d\d-\d\d-.+\.pdf$/);
  await file.cancel();
  await tabTo(page, ".back a");
  await press(page, "Enter");

  await tabTo(page, "form[action$='/hidden'] button");
  await press(page, "Enter");
  assert(!(await names()).includes(sorted[0]), "it is hidden");
  await audit(watch, "expenses-just-hidden");
  await page.goto(`${traveller.address}/expenses?hidden=1`);
  assert.deepEqual(await names(), [sorted[0]]);
  await audit(watch, "expenses-hidden");
  await page.goBack();
  await tabTo(page, "form[action$='/hidden'] button");
  await press(page, "Enter");
  assert.deepEqual(await names(), sorted, "undone, in the same order");
  assert.deepEqual(watch.faults, []);
  console.log("searched, changed, viewed, hidden and undone by keyboard");
}

async function arrive(browser) {
  const watch = await open(browser, "en-US");
  await watch.page.goto(`${newcomer.address}/expenses`);
  await signIn(watch.page, newcomer, newcomer.password);
  await watch.page.locator("section.empty").waitFor();
  await audit(watch, "expenses-none");
}

// A partner's landing page on this machine, and what it was called with.
async function landingPage() {
  const calls = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url, "http://here");
    if (url.pathname === "/connect") calls.push(url.searchParams);
    response.setHeader("content-type", "text/html; charset=utf-8");
    response.end("<!doctype html><html lang=en><title>Landing</title><h1>Welcome</h1></html>");
  });
  await new Promise((listening) => { server.listen(0, "127.0.0.1", listening); });
  return { server, calls, url: `http://127.0.0.1:${server.address().port}/connect` };
}

// Somebody signs in, and is where she wanted to be.
async function enter(browser, person, path) {
  const watch = await open(browser, "en-US");
  await watch.page.goto(`${person.address}${path}`);
  await signIn(watch.page, person, person.password);
  const { pathname, search } = new URL(watch.page.url());
  assert.equal(pathname + search, path);
  return watch;
}

async function build(browser, landing) {
  const watch = await enter(browser, partner, "/partner/apps");
  const { page } = watch;
  await audit(watch, "partner-apps");
  await tabTo(page, 'a[href="/partner/apps/new"]');
  await press(page, "Enter");
  await audit(watch, "partner-new");
  watch.expected = 422;
  await tabTo(page, 'form[action="/partner/apps"] button');
  await press(page, "Enter");
  await page.locator("#new-name-error").waitFor();
  await audit(watch, "partner-new-refused");
  watch.expected = undefined;

  await page.goto(`${partner.address}/partner/apps/${listing.id}`);
  await audit(watch, "partner-listing");
  await type(page, "#development-connect-url", landing.url);
  await tabTo(page, 'form[action$="/settings/development"] button');
  await press(page, "Enter");
  await page.locator("[role=status]").waitFor();
  assert.equal(await page.locator("#development-connect-url").inputValue(), landing.url);
  await tabTo(page, 'a[href$="/enabled/development"]');
  await press(page, "Enter");
  await audit(watch, "partner-ask-stop");
  assert.deepEqual(watch.faults, []);
}

async function connectByListing(browser, landing) {
  const deepLink = `/apps/${listing.id}?preview-code=${listing.code}`;
  const watch = await enter(browser, traveller, deepLink);
  const { page } = watch;
  await audit(watch, "app-deep-link");
  await tabTo(page, 'a[href="/apps"]');
  await press(page, "Enter");
  await audit(watch, "apps");
  await tabTo(page, `a[href="/apps/${listing.id}"]`);
  await press(page, "Enter");
  await audit(watch, "app");

  await page.goto(`${traveller.address}${deepLink}`);
  await tabTo(page, 'a[href*="/terms"].primary');
  await press(page, "Enter");
  await audit(watch, "app-terms");
  await tabTo(page, "form[target] button");
  const [partners] = await Promise.all([page.waitForEvent("popup"), page.keyboard.press("Enter")]);
  await partners.locator("h1").waitFor();
  assert.equal(await partners.locator("h1").innerText(), "Welcome");
  assert.deepEqual(watch.faults, []);

  assert.equal(landing.calls.length, 1);
  const [call] = landing.calls;
  const exchanged = await fetch(`${traveller.address}/oauth2/v0/token`, {
    method: "POST",
    body: new URLSearchParams({
      client_id: listing.clientId, client_secret: listing.clientSecret, grant_type: "password",
      credtype: "authtoken", username: call.get("id"), password: call.get("requestToken"),
    }),
  });
  assert.equal(exchanged.status, 200, await exchanged.text());
  console.log("connected by keyboard: the partner has its tokens");
}

// A new listing by keyboard: its app's secret is shown once.
async function register(browser) {
  const watch = await enter(browser, partner, "/partner/apps/new");
  const { page } = watch;
  await type(page, "#new-name", "Bluebird Scooters");
  await type(page, "#new-connect-url", "https://bluebird.example.com/connect");
  await type(page, "#new-scopes", "openid receipts.writeonly");
  await tabTo(page, "#new-grant-password");
  await page.keyboard.press("Space");
  await tabTo(page, 'form[action="/partner/apps"] button');
  await press(page, "Enter");
  const secret = await page.locator("#client-secret").innerText();
  assert.equal(secret.length, 36);
  await audit(watch, "credentials");
  await tabTo(page, 'a.primary[href^="/partner/apps/"]');
  await press(page, "Enter");
  assert(!(await page.content()).includes(secret), "the secret is shown once");
  await audit(watch, "partner-listing-new");
}

// A listing is taken back, handed in, certified and released: two people, by keyboard alone.
async function review(browser) {
  const partners = await enter(browser, partner, `/partner/apps/${listing.id}`);
  await tabTo(partners.page, `a[href="/partner/apps/${listing.id}/state"]`);
  await press(partners.page, "Enter");
  await audit(partners, "partner-ask-withdraw");
  for (const action of ["withdraw", "submit"]) {
    await tabTo(partners.page, `button[name="action"][value="${action}"]`);
    await press(partners.page, "Enter");
    await audit(partners, `partner-listing-${action}`);
  }

  const watch = await enter(browser, operator, "/operator/apps");
  const { page } = watch;
  await audit(watch, "operator-waiting");
  await tabTo(page, `form[action="/operator/apps/${listing.id}/review"] button[value="certify"]`);
  await press(page, "Enter");
  const release = `form[action="/operator/apps/${listing.id}/release"]`;
  await tabTo(page, `${release} select`);
  await page.keyboard.press("Home");
  await tabTo(page, `${release} input[type="date"]`);
  await page.keyboard.type("01232026");
  await tabTo(page, `${release} button`);
  await press(page, "Enter");
  const row = await page.locator("li", { has: page.locator(release) }).innerText();
  assert(row.includes("Jan 23, 2026"), row);
  await audit(watch, "operator-released");
  console.log("certified and released by keyboard");
}

// What an app mails to people: the partner's own page, a mail, its button, tokens.
async function connectByOtp(browser) {
  const landing = await landingPage();
  const client = { client_id: app.clientId, client_secret: app.clientSecret };
  const bound = {
    channel_type: "email", channel_handle: traveller.userName, name: "Ana", company: "Bluebird",
    link: landing.url, visit: "7",
  };
  const post = async (path, form) => {
    const answer = await fetch(`${traveller.address}${path}`, {
      method: "POST", body: new URLSearchParams({ ...client, ...bound, ...form }),
    });
    assert.equal(answer.status, 200, await answer.clone().text());
    return answer.json();
  };
  const watch = await open(browser, "en-US");
  const { page } = watch;
  await page.goto(`${traveller.address}/_bursar/mailbox`);
  const before = await page.locator(".mails a").count();
  assert.equal((await post("/oauth2/v0/otp", {})).message, "otp sent");
  // The mail is a job: it may not be there yet.
  while ((await page.locator(".mails a").count()) === before) await page.reload();
  await tabTo(page, ".mails a");
  await press(page, "Enter");
  await audit(watch, "mail-otp");
  await tabTo(page, ".mail a.button");
  await press(page, "Enter");
  await picture(page, "mail-otp-html");
  await page.keyboard.press("Tab");
  await press(page, "Enter");
  assert.equal(await page.locator("h1").innerText(), "Welcome");
  landing.server.close();
  assert.equal(landing.calls.length, 1);
  const otp = landing.calls[0].get("token");
  const tokens = await post("/oauth2/v0/token", { grant_type: "otp", otp });
  assert.equal(tokens.geolocation, traveller.address);
  assert(tokens.access_token && tokens.refresh_token, "tokens");
  assert.deepEqual(watch.faults, [], "connect by one-time password");
  console.log("connected by mail and keyboard: the partner has its tokens");
}

// What is connected, and how it ends.
async function disconnect(browser) {
  const watch = await enter(browser, traveller, "/connections");
  const { page } = watch;
  await audit(watch, "connections");
  const links = page.locator('a[href$="/disconnect"]');
  const before = await links.count();
  const link = await links.first().getAttribute("href");
  await tabTo(page, `a[href="${link}"]`);
  await press(page, "Enter");
  await audit(watch, "disconnect");
  await tabTo(page, `form[action="${link}"] button`);
  await press(page, "Enter");
  assert.equal(new URL(page.url()).pathname, "/connections");
  assert.equal(await links.count(), before - 1);
  await audit(watch, "connections-ended");

  watch.expected = 403;
  await page.goto(`${traveller.address}/admin/apps`);
  await audit(watch, "forbidden");
}

// An approver's page, and another password.
async function changePassword(browser) {
  const watch = await enter(browser, approver, "/approvals");
  const { page } = watch;
  await audit(watch, "approvals");
  await tabTo(page, 'a[href="/signin/password"]');
  await press(page, "Enter");
  await audit(watch, "password");
  const change = async (current, next) => {
    await type(page, "#current", current);
    await type(page, "#new", next);
    await type(page, "#again", next);
    await press(page, "Enter");
  };
  const next = "ben approves of this one";
  watch.expected = 422;
  await change("not the password", next);
  await page.locator("[role=alert]").waitFor();
  await audit(watch, "password-refused");
  watch.expected = undefined;
  await change(approver.password, next);
  await page.locator("[role=status]").waitFor();
  await audit(watch, "password-changed");
  await enter(browser, { ...approver, password: next }, "/approvals");
  console.log("the password was changed by keyboard");
}

async function govern(browser) {
  const admins = await enter(browser, admin, "/admin/apps");
  await audit(admins, "admin-apps");
  await admins.page.goto(`${admin.address}/admin/audit`);
  await audit(admins, "admin-audit");
  await audit(await enter(browser, operator, "/operator/apps"), "operator-apps");
}

function authorizeUrl(more) {
  const query = { client_id: app.clientId, redirect_uri: app.redirectUri, response_type: "code", ...more };
  return `${traveller.address}/oauth2/v0/authorize?${new URLSearchParams(query)}`;
}

// An app asks: sign-in by a mailed link, then no, then yes.
async function connectByAuthorize(browser) {
  const watch = await open(browser, "en-US");
  const { page } = watch;
  watch.expected = 400;
  await page.goto(authorizeUrl({ redirect_uri: `${app.redirectUri}/` }));
  assert.equal(new URL(page.url()).pathname, "/oauth2/v0/authorize");
  await audit(watch, "not-asked");
  watch.expected = undefined;

  await page.goto(authorizeUrl({ state: "a&b", scope: "openid receipts.writeonly" }));
  assert.equal(new URL(page.url()).pathname, "/signin");
  await audit(watch, "sign-in-for-app");
  await tabTo(page, "#email");
  await page.keyboard.type(traveller.userName);
  await press(page, "Enter");
  await audit(watch, "link-sent");
  await tabTo(page, "a[href='/_bursar/mailbox']");
  await press(page, "Enter");
  await page.locator(".mails a").or(page.locator(".mails-none")).first().waitFor();
  // The mail is a job: it may not be there yet.
  while ((await page.locator(".mails a").count()) === 0) await page.reload();
  await audit(watch, "mailbox");
  await tabTo(page, ".mails a");
  await press(page, "Enter");
  await audit(watch, "mail");
  await tabTo(page, ".mail a.button");
  await press(page, "Enter");
  await picture(page, "mail-html");
  // The mail runs no scripts, ours included.
  await page.keyboard.press("Tab");
  await press(page, "Enter");
  assert.equal(new URL(page.url()).pathname, "/signin/link");
  await audit(watch, "link");
  await tabTo(page, "form button");
  await press(page, "Enter");
  await page.getByRole("heading", { name: /^Connect / }).waitFor();
  const permissions = await page.locator(".permissions").innerText();
  assert(permissions.includes("add receipts, without seeing"), permissions);
  await audit(watch, "consent");

  await tabTo(page, "button[value='deny']");
  await press(page, "Enter");
  const refused = new URL(page.url());
  assert.equal(refused.origin + refused.pathname, app.redirectUri);
  assert.equal(refused.searchParams.get("error_code"), "access_denied");
  assert.equal(refused.searchParams.get("state"), "a&b");

  await page.goto(authorizeUrl({ state: "7" }));
  await tabTo(page, "button[value='allow']");
  await press(page, "Space");
  const back = new URL(page.url());
  assert.equal(back.origin + back.pathname, app.redirectUri);
  assert.equal(back.searchParams.get("geolocation"), traveller.address);
  assert.equal(back.searchParams.get("state"), "7");
  const form = { client_id: app.clientId, client_secret: app.clientSecret,
    grant_type: "authorization_code", redirect_uri: app.redirectUri, code: back.searchParams.get("code") };
  const url = `${traveller.address}/oauth2/v0/token`;
  const answer = await fetch(url, { method: "POST", body: new URLSearchParams(form) });
  assert.equal(answer.status, 200, await answer.text());
  assert.deepEqual(watch.faults, [], "connect");

  console.log("an app was refused, then connected, by keyboard and mail");
}

async function goneLink(browser) {
  const watch = await open(browser, "en-US");
  watch.expected = 404;
  await watch.page.goto(`${traveller.address}/signin/link?token=used`);
  await audit(watch, "link-gone");
}

// The app's own site, on a free port: the browser is led there from the registered address.
const site = createServer((_, answer) => {
  answer.setHeader("content-type", "text/html");
  answer.end("<!DOCTYPE html><title>Bluebird</title>");
});
await once(site.listen(0, "127.0.0.1"), "listening");
const detour = `MAP ${new URL(app.redirectUri).host} 127.0.0.1:${site.address().port}`;
const landing = await landingPage();
const browser = await chromium.launch({
  executablePath: onPath("chromium"),
  args: [...ARGS, `--host-resolver-rules=${detour}`],
});
try {
  await travel(browser);
  await organise(browser);
  await arrive(browser);
  await connectByAuthorize(browser);
  await goneLink(browser);
  await build(browser, landing);
  await connectByListing(browser, landing);
  await connectByOtp(browser);
  await disconnect(browser);
  await register(browser);
  await review(browser);
  await changePassword(browser);
  await govern(browser);
} finally {
  await browser.close();
  site.close();
  landing.server.close();
}
