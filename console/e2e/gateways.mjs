// A gateway from its pairing string to its revocation, in a browser: what is wrong is said
// at its field, the link is waited for, agents' limits and the console's way through it are
// changed, an office gets its install line. Every step is looked at by axe; the policy holds
// and nothing fails on the way. It leaves a gateway that is connected, one that was revoked,
// and an office.
//
//     SEKISHO_URL=… SEKISHO_PASSWORD_FILE=… SEKISHO_PAIR=… SEKISHO_GATEWAY=localhost:… \
//     node e2e/gateways.mjs [PICTURES]
//
// SEKISHO_PAIR is a program that prints a pairing string of a gateway that runs, and
// SEKISHO_GATEWAY is where agents reach that gateway.
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { accessibility, launch, settled, signIn, target } from "./browser.mjs";

const [folder] = process.argv.slice(2);
if (folder) mkdirSync(folder, { recursive: true });
const { SEKISHO_PAIR, SEKISHO_GATEWAY } = process.env;
if (!SEKISHO_PAIR) throw new Error("set SEKISHO_PAIR: it prints a pairing string");
if (!SEKISHO_GATEWAY) throw new Error("set SEKISHO_GATEWAY: where agents reach the gateway");
const pairingString = () => execFileSync(SEKISHO_PAIR, { encoding: "utf8" }).trim();

const to = target();
const browser = await launch(to);
const found = [];
let passed = 0;
let where = async () => "";
try {
  const { context, page, faults } = await signIn(browser, to, {
    language: "en",
    scheme: "light",
    width: 1360,
  });
  page.setDefaultTimeout(20_000);
  await settled(page);
  faults.length = 0;
  where = async () => {
    const text = await page.locator("body").innerText({ timeout: 2_000 });
    if (folder) await page.screenshot({ path: join(folder, "gateways-failed.png") });
    return [page.url(), text.slice(0, 2_000), ...faults].join("\n");
  };
  const look = async (name) => {
    await page.waitForFunction(() => !document.querySelector('[aria-busy="true"]'));
    for (const [scheme, width] of [
      ["light", 1360],
      ["dark", 390],
    ]) {
      await page.emulateMedia({ colorScheme: scheme });
      await page.setViewportSize({ width, height: 900 });
      // What moves has arrived.
      await page.waitForTimeout(250);
      if (folder) {
        await page.screenshot({ path: join(folder, `gateways-${name}-en-${scheme}-${width}.png`) });
      }
      const wrong = await accessibility(context, page);
      found.push(...wrong.map((one) => `${name} (${scheme}, ${width}): ${one}`));
    }
    await page.emulateMedia({ colorScheme: "light" });
    await page.setViewportSize({ width: 1360, height: 900 });
    found.push(...faults.splice(0).map((one) => `${name}: ${one}`));
    passed += 1;
  };
  for (const walk of [pairAndRevoke, pairAgain, change, office]) {
    await walk({ page, faults, look });
    passed += 1;
  }
  if (found.length > 0) throw new Error(found.join("\n"));
  console.log(`Tests  ${passed} passed (${passed})`);
} catch (error) {
  console.error(error);
  console.error(await where().catch(String));
  console.log(`Tests  1 failed | ${passed} passed (${passed + 1})`);
  process.exitCode = 1;
} finally {
  await browser.close();
}

/** Fills the dialog that pairs, and sends it. */
async function pair(page, name, string) {
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("textbox", { name: /^Pairing string/ }).fill(string);
  await dialog.getByRole("textbox", { name: /^Name/ }).fill(name);
  await dialog.getByRole("textbox", { name: /^Where agents reach it/ }).fill(SEKISHO_GATEWAY);
  return dialog;
}

/** Waits for the link; the server dials by itself. */
async function connected(dialog) {
  await dialog.getByText("Connected. Agents can be relayed.").waitFor();
}

async function pairAndRevoke({ page, faults, look }) {
  await page.goto(`${to.url}/gateways`);
  await settled(page);
  await page.getByText("A gateway stands between agents on the internet").waitFor();
  await look("empty");
  await page.getByRole("button", { name: "Pair a gateway" }).first().click();
  const string = pairingString();
  // Another machine's string, with a sum that is wrong.
  let dialog = await pair(page, "former", `${string.slice(0, -4)}0000`);
  await dialog.getByRole("button", { name: "Check only" }).click();
  await dialog.getByText("The string is cut off or changed.").waitFor();
  expected(faults, 400);
  await look("wrong-string");
  dialog = await pair(page, "former", string);
  await dialog.getByRole("button", { name: "Check only" }).click();
  await dialog.getByText("It can be paired like this").waitFor();
  await look("checked");
  await dialog.getByRole("button", { name: "Pair", exact: true }).click();
  await connected(dialog);
  await look("connected");
  await dialog.getByRole("link", { name: "Show the gateway" }).click();
  await page.getByRole("heading", { level: 1, name: "former" }).waitFor();
  await page.getByRole("button", { name: "Revoke", exact: true }).click();
  const revoke = page.getByRole("dialog");
  const button = revoke.getByRole("button", { name: "Revoke “former”" });
  if (await button.isEnabled()) throw new Error("a gateway can be revoked without a reason");
  await revoke.getByLabel("Reason").fill("a walk");
  await look("revoke");
  await page.keyboard.press("Enter");
  await page.getByText(/^Revoked by /).waitFor();
  if (await page.getByRole("button", { name: "Change" }).isVisible()) {
    throw new Error("a revoked gateway can be changed");
  }
}

async function pairAgain({ page, look }) {
  await page.goto(`${to.url}/gateways?new=true`);
  await settled(page);
  const dialog = await pair(page, "dmz-1", pairingString());
  await page.keyboard.press("Tab");
  await dialog.getByRole("button", { name: "Pair", exact: true }).click();
  await connected(dialog);
  await dialog.getByRole("link", { name: "Show the gateway" }).click();
  await page.getByRole("heading", { level: 1, name: "dmz-1" }).waitFor();
  await page.getByText("newest").waitFor();
  await look("gateway");
}

async function change({ page, look }) {
  const tab = (name) => page.getByRole("tab", { name, exact: true }).click();
  await tab("Limits");
  // The switch itself has no size.
  await page.getByRole("switch", { name: "Dry run" }).focus();
  await page.keyboard.press("Space");
  await page.getByText("“dmz-1” only counts now").waitFor();
  await tab("Console");
  await page.getByText(/^While it is off/).waitFor();
  await page.getByRole("button", { name: "Let it pass" }).click();
  await page.getByRole("button", { name: "Stop it" }).waitFor();
  const names = await page.getByLabel(/^Names that pass/).inputValue();
  if (names !== "localhost") throw new Error(`what passes is ${names}`);
  await look("passes");
  await page.getByRole("button", { name: "Stop it" }).click();
  await page.getByText(/^While it is off/).waitFor();
  await tab("Network");
  await page.getByRole("rowheader", { name: "localhost" }).waitFor();
  await look("network");
  await page.getByRole("button", { name: "Change", exact: true }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Add", exact: true }).click();
  await look("change");
  await dialog.getByRole("button", { name: "Save", exact: true }).click();
  await dialog.getByText("in line 2 is not name:port").waitFor();
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  await page.goto(`${to.url}/gateways/settings`);
  await settled(page);
  const device = page.getByRole("textbox", { name: "Connections (one device)" });
  await device.fill("1");
  await page.getByRole("button", { name: "Save", exact: true }).last().click();
  await page.getByText("Give 2 to 100.").waitFor();
  await look("limit-wrong");
  await device.fill("8");
  await page.getByRole("button", { name: "Save", exact: true }).last().click();
  await page.getByText("1 differs from the default").waitFor();
}

async function office({ page, look }) {
  await page.goto(`${to.url}/gateways/offices`);
  await settled(page);
  await page.getByText("Add the branches and shops").waitFor();
  await look("offices-empty");
  await page.getByRole("button", { name: "Add an office" }).first().click();
  let dialog = page.getByRole("dialog");
  await dialog.getByRole("textbox", { name: /^Office/ }).fill("Osaka");
  await dialog.getByRole("textbox", { name: /^Public networks/ }).fill("198.51.100.7/24");
  await dialog.getByRole("button", { name: "Add an office" }).click();
  await dialog.getByText("“198.51.100.7/24” in line 1 is no network.").waitFor();
  await look("office-wrong");
  await dialog.getByRole("textbox", { name: /^Public networks/ }).fill("198.51.100.0/24");
  await dialog
    .getByLabel(/^Gateways/)
    .first()
    .click();
  await page.getByRole("option", { name: "dmz-1" }).click();
  await page.keyboard.press("Escape");
  await dialog.getByRole("button", { name: "Add an office" }).click();
  await page.getByRole("heading", { level: 1, name: "Osaka" }).waitFor();
  await page.getByRole("button", { name: "Make an install command" }).click();
  dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Make it" }).click();
  await dialog.getByText("sekisho-ek1-").waitFor();
  await dialog.getByText(`--server ${SEKISHO_GATEWAY}`).waitFor();
  await look("install-line");
  await dialog.getByRole("button", { name: "I have stored it" }).click();
  await dialog.waitFor({ state: "detached" });
}

/** Chromium reports each refusal as an error; these were asked for. */
function expected(faults, status) {
  const others = faults.filter((fault) => !fault.includes(`status of ${status}`));
  if (others.length === faults.length) throw new Error(`nothing was refused with ${status}`);
  faults.splice(0, faults.length, ...others);
}
