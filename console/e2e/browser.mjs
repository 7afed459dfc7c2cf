// A browser on a running server: everything that goes wrong in a page is kept.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export const ARGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Where the server is and who signs in; the password is in a file. */
export function target() {
  const { SEKISHO_URL, SEKISHO_USER, SEKISHO_PASSWORD_FILE, CHROMIUM } = process.env;
  if (!SEKISHO_URL || !SEKISHO_PASSWORD_FILE) {
    throw new Error("set SEKISHO_URL and SEKISHO_PASSWORD_FILE (and SEKISHO_USER, if not admin)");
  }
  return {
    url: SEKISHO_URL.replace(/\/$/, ""),
    user: SEKISHO_USER ?? "admin",
    password: readFileSync(SEKISHO_PASSWORD_FILE, "utf8").trim(),
    chromium: CHROMIUM ?? "/usr/bin/chromium",
  };
}

export const launch = ({ chromium: executablePath }, args = ARGS) =>
  chromium.launch({ executablePath, args });

/** Keeps the console errors and policy violations of a page. */
export async function listen(page) {
  const faults = [];
  page.on("console", (message) => {
    if (message.type() === "error") faults.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => faults.push(`exception: ${error}`));
  await page.addInitScript(() => {
    addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) =>
      console.error(`policy: ${violatedDirective} ${blockedURI}`),
    );
  });
  return faults;
}

/**
 * Waits until the page draws. Without a screen the browser now and then draws no
 * frame after its size was changed, and whoever waits for one waits in vain: then the
 * size is changed once more.
 */
export async function drawn(page, { width, height }) {
  for (let tries = 0; tries < 5; tries += 1) {
    const frames = page
      .evaluate(
        () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
      )
      .then(
        () => true,
        () => false,
      );
    if (await Promise.race([frames, page.waitForTimeout(2_000)])) return;
    console.error(`no frame within 2 s at ${page.url()}`);
    await page.bringToFront();
    await page.setViewportSize({ width, height: height - 1 });
    await page.setViewportSize({ width, height });
  }
  throw new Error(`the page does not draw: ${page.url()}`);
}

/** A signed-in page. `faults` fills with console errors and policy violations. */
export async function signIn(browser, { url, user, password }, { language, scheme, width }) {
  const context = await browser.newContext({
    viewport: { width, height: 860 },
    colorScheme: scheme,
    locale: language === "ja" ? "ja-JP" : "en-GB",
    timezoneId: "Asia/Tokyo",
    // The demo's certificate is signed by its own authority.
    ignoreHTTPSErrors: true,
  });
  const page = await context.newPage();
  const faults = await listen(page);
  await page.goto(`${url}/login`);
  await page.fill("input[autocomplete=username]", user);
  await page.fill("input[autocomplete=current-password]", password);
  // Nobody is signed in yet: those refusals are as they should be.
  faults.length = 0;
  await page.keyboard.press("Enter");
  await page.waitForURL(`${url}/`);
  return { context, page, faults };
}

/** Waits until the page has its heading and nothing is being loaded. */
export async function settled(page) {
  await page.locator("#content h1, #content h2, main h1").first().waitFor();
  await page.waitForLoadState("networkidle");
  await page.waitForFunction(() => !document.querySelector('[aria-busy="true"]'));
}

/**
 * What axe finds, one line each. The policy of the page stays on. A session that ends
 * takes a virtual authenticator along: who has one gives theirs.
 */
export async function accessibility(context, page, session) {
  const devtools = session ?? (await context.newCDPSession(page));
  await devtools.send("Runtime.evaluate", { expression: `${axe};0` });
  const { result } = await devtools.send("Runtime.evaluate", {
    awaitPromise: true,
    returnByValue: true,
    expression: `axe.run(document, { runOnly: ${JSON.stringify([
      "wcag2a",
      "wcag2aa",
      "wcag21a",
      "wcag21aa",
      "wcag22aa",
      "best-practice",
    ])} }).then(({ violations }) => violations.flatMap(({ id, nodes }) =>
      nodes.map(({ target }) => id + " at " + target.join(" "))))`,
  });
  if (!session) await devtools.detach();
  return result.value ?? ["axe gave no answer"];
}

/**
 * English in a page that is to be Japanese: a text with two words in a row and nothing
 * Japanese, where the page does not say that it is English (`lang`), code, or a name.
 */
export async function english(page) {
  return page.evaluate(() => {
    const told = '[lang="en"], code, pre, .mono, bdi, script, noscript, style, svg';
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found = new Set();
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const text = node.textContent.trim();
      if (!/\b[A-Za-z]{3,} [a-z]{3,}\b/.test(text) || /[\u3040-\u30ff\u4e00-\u9fff]/.test(text))
        continue;
      if (node.parentElement.closest(told)) continue;
      found.add(`not Japanese: ${text.slice(0, 80)}`);
    }
    return [...found];
  });
}
