// A person at a browser (Chromium): signs in at a provider, reads the page of the interface, tries routes, signs out.
//
// Arguments: folder with the packages, folder for pictures, address of the server, a client and its secret.
import assert from "node:assert/strict";
import { createRequire } from "node:module";

const [folder, pictures, server, client, secret] = process.argv.slice(2);
const { chromium } = createRequire(`${folder}/`)("playwright-core");
const sandbox = process.getuid() === 0 ? ["--no-sandbox"] : [];
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: sandbox });

/** A browser that nobody has used yet. Nothing leaves this machine, whatever the pages of others want. */
async function fresh() {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, viewport: { width: 1280, height: 960 } });
  const asked = new Set();
  await context.route("**", (route) => {
    const { hostname, origin } = new URL(route.request().url());
    asked.add(origin);
    return ["127.0.0.1", "localhost"].includes(hostname) ? route.continue() : route.abort();
  });
  const page = await context.newPage();
  page.setDefaultTimeout(15000);
  const errors = [];
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => {
    if (message.text().includes("Content Security Policy") && page.url().startsWith(server)) errors.push(message.text());
  });
  return { page, context, asked, errors };
}

/** Walks through the provider's own pages: login, then consent. */
async function signIn(page, login) {
  await page.goto(`${server}/api/Access/SignIn/panva?return=/swagger`, { waitUntil: "domcontentloaded" });
  assert.ok(page.url().startsWith("http://localhost:"), page.url());
  await page.fill("input[name=login]", login);
  await page.fill("input[name=password]", "anything");
  await page.click("button[type=submit]");
  await page.locator("input[name=prompt][value=consent]").waitFor({ state: "attached" });
  await Promise.all([page.waitForURL(`${server}/**`), page.click("button[type=submit]")]);
}

const shows = (page, text) => page.waitForFunction((text) => document.getElementById("who")?.textContent === text, text);

/** Opens a route of the page, fills its parameters, sends it; gives what is shown. */
async function call(page, path, parameters = {}) {
  const route = page.locator("details").filter({ has: page.locator(`.path:text-is("${path}")`) });
  if (!(await route.getAttribute("open").then((open) => open !== null))) await route.locator("summary").click();
  for (const [name, value] of Object.entries(parameters)) await route.locator(`[name="${name}"]`).fill(value);
  const answer = page.waitForResponse((response) => new URL(response.url()).pathname === path);
  await route.getByRole("button", { name: "Send" }).click();
  const status = (await answer).status();
  await route.locator("pre").waitFor();
  return { status, text: await route.locator("pre").textContent() };
}

const ada = await fresh();
await ada.page.goto(`${server}/swagger`);
await shows(ada.page, "nobody is signed in");
assert.deepEqual([...ada.asked], [server], "the page asks nobody else");
assert.equal((await call(ada.page, "/api/Metadata/EntityType")).status, 401);

await signIn(ada.page, "ada");
assert.equal(ada.page.url(), `${server}/swagger`);
await shows(ada.page, "calls as person ada@company.example");
const cookies = (await ada.context.cookies(server)).filter((cookie) => cookie.name.startsWith("__Host-provost"));
assert.deepEqual(cookies.map(({ name, httpOnly, secure, path }) => [name, httpOnly, secure, path]),
  [["__Host-provost", true, true, "/"]], "the sign-in leaves the session alone");
const me = await call(ada.page, "/api/Access/Me");
assert.equal(JSON.parse(me.text).display_name, "Ada", me.text);
const listed = await call(ada.page, "/api/Metadata/EntityType", { squery: "select Identifier where Identifier = \"T_Team\"" });
assert.deepEqual(JSON.parse(listed.text).Result, [{ Identifier: "T_Team" }], listed.text);
await ada.page.screenshot({ path: `${pictures}/swagger-person.png` });
assert.equal((await call(ada.page, "/api/Access/SignOut")).status, 204);
assert.equal((await call(ada.page, "/api/Access/Me")).status, 401);

// Whom the provider knows and the repository does not.
const stranger = await fresh();
await signIn(stranger.page, "stranger");
assert.match(await stranger.page.textContent("body"), /nobody here has this login/);
assert.deepEqual((await stranger.context.cookies(server)).filter((cookie) => cookie.name === "__Host-provost"), []);

// A program's token, in the same page.
const tried = await fresh();
await tried.page.goto(`${server}/swagger`);
await tried.page.fill("input[name=client_id]", client);
await tried.page.fill("input[name=client_secret]", "wrong");
await tried.page.click("#identity button");
await tried.page.waitForFunction(() => /secret|client/.test(document.getElementById("who").textContent));
await tried.page.fill("input[name=client_secret]", secret);
await tried.page.click("#identity button");
await shows(tried.page, `calls as client ${client}`);
await tried.page.fill("#find", "launch");
assert.equal(await tried.page.locator("details:visible").count(), 1);
await tried.page.locator("details:visible summary").click();
await tried.page.emulateMedia({ colorScheme: "dark" });
await tried.page.screenshot({ path: `${pictures}/swagger-dark.png` });

for (const { errors } of [ada, stranger, tried]) assert.deepEqual(errors, []);
await browser.close();
console.log("ok");
