// Walks with the keyboard alone: a password is revealed and hides itself, an agent is
// dissociated and associated again, a device is approved.
//
//     SEKISHO_URL=… SEKISHO_PASSWORD_FILE=… node e2e/walk.mjs RESOURCE/ACCOUNT
import { launch, settled, signIn, target } from "./browser.mjs";

const [resource, account] = (process.argv[2] ?? "").split("/");
if (!account) throw new Error("say which account, as RESOURCE/ACCOUNT");
const to = target();
const browser = await launch(to);
let passed = 0;
try {
  const { page, faults } = await signIn(browser, to, {
    language: "en",
    scheme: "light",
    width: 1360,
  });
  await settled(page);
  for (const walk of [reveal, dissociate, approve]) {
    faults.length = 0;
    await walk(page);
    if (faults.length > 0) throw new Error([walk.name, ...faults].join("\n"));
    passed += 1;
  }
  console.log(`Tests  ${passed} passed (${passed})`);
} finally {
  await browser.close();
}

async function reveal(page) {
  await search(page, "c", "/accounts", account);
  await keys(page, "Enter");
  await page.waitForURL(/\/accounts\/[0-9a-f-]{36}/);
  await page.getByText(resource).first().waitFor();
  // The first verb is *reveal*; from the top of the content it is a few tabs away.
  const button = page.getByRole("button", { name: "Reveal", exact: true });
  await tabTo(page, button);
  await keys(page, "Enter");
  await page.getByLabel("Reason").waitFor();
  await page.keyboard.type("a walk with the keyboard");
  await keys(page, "Control+Enter");
  const value = page.locator(".secret-value");
  await value.waitFor();
  if ((await value.first().textContent())?.trim() === "") throw new Error("the value is empty");
  await value.waitFor({ state: "detached", timeout: 15_000 });
  await keys(page, "Escape");
  await isBackAt(page, button);
}

async function dissociate(page) {
  await search(page, "a", "/agents", "");
  const menu = await openMenu(page);
  await pick(page, "Dissociate");
  await page.getByLabel("Looks every").waitFor();
  await keys(page, "Enter");
  await page.locator("[data-row]").getByText("Dissociated").first().waitFor();
  await isBackAt(page, menu);
  // And it works again.
  await keys(page, "Enter");
  await pick(page, "Associate");
  await page.getByRole("dialog").getByRole("button", { name: "Associate" }).waitFor();
  await keys(page, "Enter");
  await page.locator("[data-row]").getByText("Associated", { exact: true }).first().waitFor();
  await isBackAt(page, menu);
}

async function approve(page) {
  // A device that waits: the one that there is, after it was blocked.
  const list = await page.request.get(`${to.url}/api/v1/devices?state=approved&limit=1`);
  const [device] = (await list.json()).items;
  if (!device) throw new Error("there is no approved device");
  const post = async (verb, data) => {
    const answer = await page.request.post(`${to.url}/api/v1/devices/${device.id}/${verb}`, {
      data,
      headers: { Origin: to.url },
    });
    if (!answer.ok()) throw new Error(`${verb}: ${answer.status()} ${await answer.text()}`);
  };
  await post("block", { reason: "a walk with the keyboard" });
  await post("unblock");
  await search(page, "d", "/devices", device.host_name);
  const row = page.locator("[data-row]").first();
  await row.getByText("Pending", { exact: true }).waitFor();
  const menu = await openMenu(page);
  await pick(page, "Approve");
  await page.getByRole("dialog").getByRole("button", { name: "Approve" }).waitFor();
  await keys(page, "Enter");
  await row.getByText("Approved", { exact: true }).waitFor();
  await isBackAt(page, menu);
}

async function keys(page, ...all) {
  for (const key of all) await page.keyboard.press(key);
}

/** To a list by its key, to its search box, and to its first row. */
async function search(page, key, path, text) {
  await keys(page, "g", key);
  await page.waitForURL((url) => url.pathname === path);
  await page.locator("[data-list-search]").waitFor();
  await settled(page);
  await keys(page, "/");
  if (text) {
    await page.keyboard.type(text);
    await page.waitForURL(/q=/);
    await settled(page);
  }
  await page.locator("[data-row]").first().waitFor();
  await keys(page, "Escape", "j");
}

/** The menu of the row that has the focus. */
async function openMenu(page) {
  const button = page
    .locator("[data-row]")
    .first()
    .getByRole("button", { name: /^More actions/ });
  await tabTo(page, button);
  await keys(page, "Enter");
  return button;
}

async function pick(page, name) {
  const item = page.getByRole("menuitem", { name, exact: true });
  await item.waitFor();
  for (let steps = 0; !(await isFocused(item)); steps += 1) {
    if (steps > 12) throw new Error(`${name} is not reached with the arrows`);
    await keys(page, "ArrowDown");
  }
  await keys(page, "Enter");
}

async function tabTo(page, locator) {
  await locator.waitFor();
  for (let tabs = 0; !(await isFocused(locator)); tabs += 1) {
    if (tabs > 20) throw new Error(`${locator} is not reached with Tab`);
    await keys(page, "Tab");
  }
}

/** The focus goes back to where it came from. */
async function isBackAt(page, locator) {
  await page.waitForFunction(
    (element) => element === document.activeElement,
    await locator.elementHandle(),
  );
}

function isFocused(locator) {
  return locator.evaluate((element) => element === document.activeElement);
}
