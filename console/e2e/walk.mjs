// A password is revealed with the keyboard alone, and hides itself.
//
//     SEKISHO_URL=… SEKISHO_PASSWORD_FILE=… node e2e/walk.mjs RESOURCE/ACCOUNT
import { launch, settled, signIn, target } from "./browser.mjs";

const [resource, account] = (process.argv[2] ?? "").split("/");
if (!account) throw new Error("say which account, as RESOURCE/ACCOUNT");
const to = target();
const browser = await launch(to);
try {
  const { page, faults } = await signIn(browser, to, {
    language: "en",
    scheme: "light",
    width: 1360,
  });
  await settled(page);
  const keys = async (...all) => {
    for (const key of all) await page.keyboard.press(key);
  };
  // To the account: accounts, search, first row, open.
  await keys("g", "c");
  await page.waitForURL(`${to.url}/accounts`);
  await page.locator("[data-list-search]").waitFor();
  await settled(page);
  await keys("/");
  await page.keyboard.type(account);
  await page.waitForURL(/q=/);
  await settled(page);
  await page.locator("[data-row]").first().waitFor();
  await keys("Escape", "j", "Enter");
  await page.waitForURL(/\/accounts\/[0-9a-f-]{36}/);
  await page.getByText(resource).first().waitFor();
  // The first verb is *reveal*; from the top of the content it is a few tabs away.
  const reveal = page.getByRole("button", { name: "Reveal", exact: true });
  await reveal.waitFor();
  for (let tabs = 0; !(await isFocused(reveal)); tabs += 1) {
    if (tabs > 12) throw new Error("Reveal is not reached with Tab");
    await keys("Tab");
  }
  await keys("Enter");
  await page.getByLabel("Reason").waitFor();
  await page.keyboard.type("a walk with the keyboard");
  await keys("Control+Enter");
  const value = page.locator(".secret-value");
  await value.waitFor();
  if ((await value.first().textContent())?.trim() === "") throw new Error("the value is empty");
  await value.waitFor({ state: "detached", timeout: 15_000 });
  await keys("Escape");
  // And the focus goes back to where it came from.
  await page.waitForFunction(
    (button) => button === document.activeElement,
    await reveal.elementHandle(),
  );
  if (faults.length > 0) throw new Error(faults.join("\n"));
  console.log("Tests  1 passed (1)");
} finally {
  await browser.close();
}

function isFocused(locator) {
  return locator.evaluate((element) => element === document.activeElement);
}
