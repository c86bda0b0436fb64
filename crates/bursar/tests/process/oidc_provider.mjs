// Somebody signs in to the gateway at Node's oidc-provider: discovery, authorization code with
// PKCE, id token, userinfo, and an issuer that comes up after the gateway.
// Input: one JSON object as the argument; status 1 at a fault.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const { nodeModules, program, folder } = JSON.parse(process.argv[2]);
const require = createRequire(join(nodeModules, "here.js"));
const { default: Provider } = await import(pathToFileURL(require.resolve("oidc-provider")));

const secret = "a secret of the app: 32 letters & more";
const email = "Ana@Cafe.example";

// The issuer's address is known before it answers: the gateway starts without it.
const server = createServer();
server.listen(0, "127.0.0.1");
await once(server, "listening");
const issuer = `http://127.0.0.1:${server.address().port}`;

const config = join(folder, "gateway.toml");
const secretFile = join(folder, "secret");
writeFileSync(secretFile, `${secret}\n`);
writeFileSync(
  config,
  `[gateway]
listen = "127.0.0.1:0"
[[gateway.app]]
id = "cafe"
environment = "development"
client_id = "c"
client_secret_file = "${secretFile}"
base_uri = "http://127.0.0.1:1"
[gateway.app.openid]
issuer = "${issuer}"
client_id = "gateway"
client_secret_file = "${secretFile}"
user_claim = "email"
`,
);
const gateway = spawn(program, ["gateway", "--config", config], { stdio: ["ignore", "ignore", "pipe"] });
let log = "";
const address = await new Promise((found, gone) => {
  gateway.on("exit", () => gone(new Error(`the gateway ended: ${log}`)));
  createInterface(gateway.stderr).on("line", (line) => {
    log += `${line}\n`;
    const match = line.match(/serving.*address="?(http:[^" ]+)/);
    if (match) found(match[1]);
  });
});

const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const key = { ...privateKey.export({ format: "jwk" }), kid: "one", use: "sig", alg: "RS256" };
const redirectUri = `${address}/cafe/signin/callback`;
const provider = new Provider(issuer, {
  clients: [{ client_id: "gateway", client_secret: secret, redirect_uris: [redirectUri] }],
  jwks: { keys: [key] },
  cookies: { keys: ["for this test only"] },
  claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: id, name: "Ana Reyes", email, email_verified: true }),
  }),
  features: { devInteractions: { enabled: true } },
});
server.on("request", provider.callback());

// What a browser does with pages and cookies, as far as this needs it.
const jars = new Map();
async function open(url, form) {
  const { origin } = new URL(url);
  const jar = jars.get(origin) ?? new Map();
  jars.set(origin, jar);
  const headers = { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join("; ") };
  if (form) headers.origin = origin;
  const body = form && new URLSearchParams(form);
  const answer = await fetch(url, { method: form ? "POST" : "GET", headers, body, redirect: "manual" });
  for (const line of answer.headers.getSetCookie()) {
    const [, name, value] = line.split(";")[0].match(/^([^=]+)=(.*)$/);
    jar.set(name, value);
  }
  const location = answer.headers.get("location");
  if (location) return open(new URL(location, url).href);
  return { url, status: answer.status, html: await answer.text() };
}

function submit(page, values) {
  const action = page.html.match(/<form[^>]* action="([^"]*)"/)[1];
  const hidden = page.html.matchAll(/<input type="hidden" name="(\w+)" value="([^"]*)"/g);
  const form = Object.fromEntries([...hidden].map(([, name, value]) => [name, value]));
  return open(new URL(action, page.url).href, { ...form, ...values });
}

try {
  const login = await open(`${address}/cafe/signin/openid`);
  assert.ok(login.url.startsWith(`${issuer}/interaction/`), `${login.url}: ${login.html}`);
  const consent = await submit(login, { login: "u-1", password: "any" });
  const signedIn = await submit(consent, {});
  assert.equal(signedIn.url, `${address}/cafe/connect`, signedIn.html);
  const account = await open(`${address}/cafe/account`);
  assert.equal(account.status, 200);
  assert.match(account.html, /ana@cafe\.example/);
  assert.match(account.html, /Ana Reyes/);
  // A code counts once, also for the provider.
  assert.doesNotMatch(log, /nobody was signed in/);

  gateway.removeAllListeners("exit");
  gateway.kill("SIGTERM");
  await once(gateway, "exit");
  // The doctor is another process, which the provider of this one has to answer.
  const doctor = spawn(program, ["gateway", "doctor", "--config", config]);
  let found = "";
  doctor.stdout.on("data", (text) => (found += text));
  await once(doctor, "close");
  assert.match(found, /^ok {6}cafe: the identity provider$/m, found);
  assert.doesNotMatch(found, /mail server/, found);
  server.close();
  server.closeAllConnections();
  const without = spawnSync(program, ["gateway", "doctor", "--config", config], { encoding: "utf8" });
  assert.match(without.stdout, /^PROBLEM cafe: the identity provider: .*does not answer/m, without.stdout);
} catch (error) {
  gateway.kill("SIGKILL");
  console.error(error, log);
  process.exit(1);
}
