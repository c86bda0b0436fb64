// Node's openid-client connects: authorization code with PKCE, id token against JWKS, refresh.
// Input: one JSON object as the argument; status 1 at a fault.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const { nodeModules, base, clientId, clientSecret, redirectUri, userName, password } =
  JSON.parse(process.argv[2]);
const require = createRequire(join(nodeModules, "here.js"));
const client = await import(pathToFileURL(require.resolve("openid-client")));

// What a browser does with pages and cookies, as far as this needs it.
class Browser {
  cookies = new Map();

  async open(url, form) {
    const headers = { cookie: [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ") };
    const body = form && new URLSearchParams(form);
    if (form) headers.origin = base;
    const answer = await fetch(url, { method: form ? "POST" : "GET", headers, body, redirect: "manual" });
    for (const line of answer.headers.getSetCookie()) {
      const [name, value] = line.split(";")[0].split("=");
      this.cookies.set(name, value);
    }
    const location = answer.headers.get("location");
    if (location && new URL(location, url).origin === base) return this.open(new URL(location, url));
    return { location, html: await answer.text() };
  }
}

const text = (html) => html.replaceAll("&#38;", "&").replaceAll("&#34;", '"').replaceAll("&#39;", "'");

function hidden({ html }) {
  const found = html.matchAll(/<input type="hidden" name="(\w+)" value="([^"]*)">/g);
  return Object.fromEntries([...found].map(([, name, value]) => [name, text(value)]));
}

async function person(url, decision) {
  const browser = new Browser();
  const signIn = await browser.open(url);
  const form = { ...hidden(signIn), user_name: userName, password };
  const consent = await browser.open(`${base}/signin`, form);
  const decided = { ...hidden(consent), decision };
  return new URL((await browser.open(`${base}/oauth2/v0/authorize`, decided)).location);
}

const server = {
  issuer: base,
  authorization_endpoint: `${base}/oauth2/v0/authorize`,
  token_endpoint: `${base}/oauth2/v0/token`,
  jwks_uri: `${base}/oauth2/v0/jwks`,
};
const authentication = client.ClientSecretPost(clientSecret);
const config = new client.Configuration(server, clientId, clientSecret, authentication);
// The server is on loopback. The id token's signature is checked, not only its claims.
client.allowInsecureRequests(config);
client.enableNonRepudiationChecks(config);

async function ask(decision) {
  const pkceCodeVerifier = client.randomPKCECodeVerifier();
  const [expectedState, expectedNonce] = [client.randomState(), client.randomNonce()];
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: redirectUri,
    scope: "openid receipts.read",
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: "S256",
    state: expectedState,
    nonce: expectedNonce,
  });
  const back = await person(url, decision);
  const checks = { pkceCodeVerifier, expectedState, expectedNonce, idTokenExpected: true };
  return client.authorizationCodeGrant(config, back, checks);
}

await assert.rejects(ask("deny"), { name: "AuthorizationResponseError", error: "access_denied" });
const tokens = await ask("allow");
assert.equal(tokens.scope, "openid receipts.read");
const { sub } = tokens.claims();
const receipts = new URL(`${tokens.geolocation}/receipts/v4/users/${sub}`);
const listed = await client.fetchProtectedResource(config, tokens.access_token, receipts, "GET");
assert.equal(listed.status, 200);
const fresh = await client.refreshTokenGrant(config, tokens.refresh_token);
assert.equal(fresh.claims().sub, sub);
assert.notEqual(fresh.access_token, tokens.access_token);
console.log("openid-client: authorization code with PKCE, a refusal, id token, refresh, a call");
