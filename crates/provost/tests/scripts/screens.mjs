// An administrator at a browser (Chromium): signs in, launches a job, finds out what blocks it, approves exactly that,
// and looks at a person and at what changed. Every page is held against axe-core, in light and dark.
//
// Arguments: folder with the packages, folder for pictures, address of the server, the first password.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const [folder, pictures, server, first] = process.argv.slice(2);
const { chromium } = createRequire(`${folder}/`)("playwright-core");
const axe = readFileSync(`${folder}/node_modules/axe-core/axe.min.js`, "utf8");
const sandbox = process.getuid() === 0 ? ["--no-sandbox"] : [];
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: sandbox });
const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: "en-GB" });
const page = await context.newPage();
page.setDefaultTimeout(15000);
const errors = [];
page.on("pageerror", (error) => errors.push(error.message));
page.on("console", (message) => { if (/Content Security Policy|Uncaught/.test(message.text())) errors.push(message.text()); });

/** Holds the page that is shown against axe-core in both themes, and against a narrow window. */
async function look(name) {
  for (const colorScheme of ["dark", "light"]) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    // Colours are those of the theme from the next picture on.
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    await page.evaluate(axe);
    const found = await page.evaluate(async () => {
      const rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
      const { violations } = await window.axe.run(document, { runOnly: rules });
      return violations.map((one) => `${one.id}: ${one.nodes.map((node) => `${node.html} ${node.failureSummary}`).slice(0, 3).join(" ")}`);
    });
    errors.push(...found.map((one) => `${name}, ${colorScheme}: ${one}`));
    await page.screenshot({ path: `${pictures}/${name}-${colorScheme}.png` });
  }
  for (const width of [360, 2560]) {
    await page.setViewportSize({ width, height: 900 });
    const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    if (over > 0) errors.push(`${name} is ${over} pixels wider than ${width}`);
  }
  await page.setViewportSize({ width: 1440, height: 900 });
}

const title = () => page.locator("h1").innerText();

/** Waits until the execution that is shown has come to an end; nobody reloads the page. */
const ended = () => page.waitForFunction(() => !/In progress|Not started/.test(document.querySelector("h1").innerText), null, { timeout: 60000 });

// Sign-in: a wrong password, the right one, and a new one.
await page.goto(`${server}/connectors`);
assert.equal(new URL(page.url()).pathname, "/signin");
await look("sign-in");
await page.fill("#login", "administrator");
await page.fill("#password", "not this one");
await page.click("button.primary");
await page.getByRole("alert").getByText("Login or password is wrong.").waitFor();
await page.fill("#password", first);
await page.click("button.primary");
await page.waitForURL(`${server}/change-password`);
await look("change-password");
await page.fill("#current", first);
await page.fill("#new", "a long walk by the sea");
await page.fill("#again", "a long walk by the sea");
await page.click("button.primary");
await page.getByText("Your password is changed.").waitFor();
await look("home");

// By keyboard alone to the connector.
await page.keyboard.press("Control+k");
await page.keyboard.type("human");
await page.getByRole("option", { name: "Human resources HR", exact: true }).waitFor();
await page.keyboard.press("Enter");
await page.waitForURL(`${server}/connectors/HR`);
await look("connector");
await page.goto(`${server}/connectors`);
await look("connectors");
await page.keyboard.press("j");
await page.keyboard.press("j");
await page.keyboard.press("o");
await page.waitForURL(/connectors\/(HR|AD)$/);
await page.goto(`${server}/jobs`);
await look("jobs");

// A complete run into an empty repository is blocked, as it should be.
await page.goto(`${server}/jobs/Job_Daily`);
await look("job");
await page.getByRole("button", { name: "Launch" }).first().click();
await page.fill("#reason", "first load");
await page.locator("#launch button.primary").click();
await page.waitForURL(/\/runs\/\d+$/);
await ended();
assert.match(await title(), /Blocked/);
await look("run");

// What would it change? Search, narrow, page.
let approved = 0;
for (; approved < 4; approved += 1) {
  const link = page.getByRole("link", { name: "Look at the changes" });
  if (!(await link.count())) break;
  await link.first().click();
  await page.waitForURL(/\/blocked/);
  assert.match(await title(), /Threshold exceeded/);
  await page.getByText("This is usual for a first complete synchronisation").waitFor();
  if (approved === 0) {
    await look("blocked");
    const before = await page.locator("#change-list tbody tr").first().innerText();
    await page.getByRole("link", { name: "Next page" }).click();
    assert.notEqual(await page.locator("#change-list tbody tr").first().innerText(), before);
    await page.goBack();
    await page.fill("#find", "group-that-is-not-there");
    await page.getByText("No change is like that").waitFor();
    await page.fill("#find", "");
    await page.locator("#change-list tbody tr").first().waitFor();
    // Another change set than the one that blocks is not approved.
    const run = new URL(page.url()).pathname.split("/")[2];
    const refused = await page.evaluate(async (run) => {
      const body = new URLSearchParams({ change_set: "0".repeat(32), reason: "" });
      return (await fetch(`/runs/${run}/resume`, { method: "POST", body })).url;
    }, run);
    assert.match(refused, /refused=1/);
  }
  await page.getByRole("button", { name: "Resume" }).first().click();
  assert.match(await page.locator("#resume .hash").innerText(), /^[0-9a-f]{32}$/);
  await page.fill("#resume input[name=reason]", "first load, looked at");
  await page.locator("#resume button.primary").click();
  await page.waitForURL(/\/runs\/\d+\?done=resumed/);
  await ended();
}
assert.ok(approved >= 2, `${approved} change sets were approved`);
assert.match(await title(), /Warning|Completed/);
await page.goto(`${server}/runs`);
await look("runs");

// A person, their department, and back; what changed; where it comes from.
await page.goto(`${server}/resources/HR_Person`);
await look("resources");
await page.fill("#q", "E10013");
await page.getByText("1 found").waitFor();
await page.getByRole("link", { name: "Cormac Chudoba" }).click();
await page.waitForURL(/\/resources\/HR_Person\/\d+$/);
await look("resource");
await page.locator(".facts a").first().click();
await page.waitForURL(/\/resources\/HR_Organization\/\d+$/);
await page.getByRole("heading", { name: "Persons" }).waitFor();
await page.goBack();
await page.getByRole("link", { name: "History" }).click();
await page.locator(".timeline > li").first().waitFor();
await look("history");
await page.getByRole("button", { name: "Compare" }).click();
await page.getByRole("heading", { name: "Compared" }).waitFor();
await page.getByRole("link", { name: "Sources" }).click();
await page.getByText("HRPersons.csv · employee_id").waitFor();
await look("sources");

// What she has and why: from her permissions to the account, its group, and back; a role that no rule gives is kept.
await page.getByRole("link", { name: "Permissions" }).click();
await page.getByText("Simplified").waitFor();
await look("permissions");
await page.getByRole("link", { name: "Advanced" }).click();
await page.locator("tr.inner").first().waitFor();
await look("permissions-advanced");
await page.locator("tr.inner tbody th a").first().click();
await page.getByRole("heading", { name: "What is behind it" }).waitFor();
await look("permission");
await page.goBack();
await page.locator(".walk a").first().click();
await page.waitForURL(/\/resources\/AD_Entry\/\d+$/);
await page.getByRole("heading", { name: "Owner" }).waitFor();
await look("account");
await page.goto(`${server}/reviews`);
await look("tasks");
for (const review of ["provisioning", "role-reconciliation", "resource-reconciliation", "roles", "manual"]) {
  await page.goto(`${server}/reviews/${review}/HR_Person`);
  await look(`review-${review}`);
}
await page.goto(`${server}/reviews/provisioning/HR_Person?view=property&of=AD_User`);
await look("review-properties");
await page.goto(`${server}/reviews/role-reconciliation/HR_Person`);
const kept = page.locator("form.card").first();
const whom = await kept.locator("h2").innerText();
await kept.locator("input[name=comment]").fill("agreed with the department");
await kept.getByRole("button", { name: "Keep" }).click();
await page.getByText("Decided.").waitFor();
await page.goto(`${server}/reviews/role-reconciliation/HR_Person/bulk?verdict=keep`);
await page.getByText(/This concerns .* items of .* people/).waitFor();
await look("review-bulk");
assert.ok(whom.length > 0);
await page.goto(`${server}/risks`);
await look("risks");
for (const policy of ["SingleRole", "ResourceType", "ResourceNavigationRule", "ResourceCorrelationRule", "Risk"]) {
  await page.goto(`${server}/policy/${policy}`);
  await look(`policy-${policy}`);
}
await page.goto(`${server}/policy/ResourceType`);
await page.getByRole("link", { name: "Directory account" }).click();
await page.getByRole("heading", { name: "As it is written" }).waitFor();
await look("policy-item");
await page.goto(`${server}/resources/AD_Entry?orphan=yes`);
await page.locator("#rows tbody tr").first().waitFor();
await look("orphans");
await page.goto(`${server}/design`);
await look("design");

// Another language, and out.
await page.getByText("administrator").first().click();
await page.getByRole("button", { name: "Deutsch" }).click();
await page.getByRole("heading", { name: "Gestaltung" }).waitFor();
await page.goto(`${server}/nowhere`);
assert.equal(await title(), "Hier ist nichts");
await page.locator("details.drop summary").first().click();
await page.getByRole("button", { name: "Abmelden" }).click();
await page.waitForURL(/\/signin\?done=signed-out/);
await page.goto(`${server}/connectors`);
assert.equal(new URL(page.url()).pathname, "/signin");
assert.deepEqual(errors, []);
await browser.close();
