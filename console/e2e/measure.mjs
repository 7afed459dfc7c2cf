// Times what a person waits for, in a browser: the first load, the rows of a long list,
// a change that somebody else makes. Prints one line of JSON.
//
//     SEKISHO_URL=… SEKISHO_PASSWORD_FILE=… node e2e/measure.mjs ROUNDS CHANGES
import { gzipSync } from "node:zlib";
import { launch, settled, signIn, target } from "./browser.mjs";

const [rounds, changes] = process.argv.slice(2).map(Number);
if (!rounds || !changes) throw new Error("say how many rounds and how many changes");
const VIEW = { language: "ja", scheme: "light", width: 1360 };

const to = target();
const browser = await launch(to);
try {
  const { context, page, faults } = await signIn(browser, to, VIEW);
  await settled(page);
  const cookies = await context.storageState();
  const told = (what) => console.error(what);

  told("the first load, and what each page adds");
  const { soon, all: first } = await assets(cookies, "/");
  const paths = await page.evaluate(() =>
    [...document.querySelectorAll("nav a[href^='/']")].map((link) => link.getAttribute("href")),
  );
  let most = { path: "/", bytes: 0 };
  for (const path of new Set(paths)) {
    const { all: more } = await assets(cookies, path);
    for (const url of first.keys()) more.delete(url);
    if (sum(more) > most.bytes) most = { path, bytes: sum(more) };
  }

  told("the rows of the list of accounts");
  const rows = { opened: [], switched: [], answered: [] };
  let asked;
  page.on("request", (request) => {
    if (new URL(request.url()).pathname === "/api/v1/accounts") asked = request.url();
  });
  for (let round = 0; round < rounds; round += 1) {
    await page.goto(`${to.url}/accounts`);
    rows.opened.push(await page.evaluate(firstRow, null));
    // A page that was never here before: nothing of the list is remembered.
    await page.goto(`${to.url}/`);
    await settled(page);
    rows.switched.push(await page.evaluate(firstRow, "/accounts"));
    rows.answered.push(
      await page.evaluate(async (url) => {
        const began = performance.now();
        await (await fetch(url)).json();
        return performance.now() - began;
      }, asked),
    );
  }

  told("changes by somebody else");
  await page.goto(`${to.url}/resources`);
  await settled(page);
  const seen = [];
  for (let change = 0; change < changes; change += 1) {
    // Each comes first in the list, and none in step with the page's own clock.
    const name = `a-${String(changes - change).padStart(5, "0")}-${Date.now()}`;
    const shown = page.evaluate(shownAt, name);
    await page.evaluate(() => 0);
    const began = Date.now();
    const answer = await page.request.post(`${to.url}/api/v1/resources`, {
      data: { name, platform: "linux", dns_name: `${name}.example` },
      headers: { Origin: to.url },
    });
    if (!answer.ok()) throw new Error(`${answer.status()} ${await answer.text()}`);
    seen.push((await shown) - began);
    await page.waitForTimeout(2_200 + Math.random() * 800);
  }
  if (faults.length > 0) throw new Error(faults.join("\n"));
  const version = browser.version();
  const load = {
    first_bytes: sum(soon),
    all_bytes: sum(first),
    most_bytes: most.bytes,
    most_path: most.path,
  };
  console.log(JSON.stringify({ version, ...load, ...rows, seen }));
} finally {
  await browser.close();
}

/**
 * Scripts and styles, gzipped, of a page in a browser that was never here: those that
 * were asked for before its heading stood, and all, with those that are fetched behind it.
 */
async function assets(storageState, path) {
  const context = await browser.newContext({ storageState, ignoreHTTPSErrors: true });
  const page = await context.newPage();
  const found = new Map();
  const reading = [];
  page.on("response", (response) => {
    if (!new URL(response.url()).pathname.startsWith("/assets/")) return;
    const read = async () =>
      found.set(response.url(), gzipSync(await response.body(), { level: 9 }).length);
    reading.push(read());
  });
  await page.addInitScript(() => {
    const observer = new MutationObserver(() => {
      if (!document.querySelector("#content h1")) return;
      window.stood = performance.now();
      observer.disconnect();
    });
    observer.observe(document, { childList: true, subtree: true });
  });
  await page.goto(`${to.url}${path}`);
  await settled(page);
  await Promise.all(reading);
  const asked = await page.evaluate(() =>
    performance
      .getEntriesByType("resource")
      .filter(({ startTime }) => startTime <= window.stood)
      .map(({ name }) => name),
  );
  await context.close();
  return { soon: new Map([...found].filter(([url]) => asked.includes(url))), all: found };
}

function sum(sizes) {
  return [...sizes.values()].reduce((all, one) => all + one, 0);
}

/** In the page: milliseconds until a row stands, after a click on a link or since the load. */
function firstRow(link) {
  return new Promise((resolve, reject) => {
    const began = link === null ? 0 : performance.now();
    if (link !== null) document.querySelector(`nav a[href='${link}']`).click();
    const look = () => {
      const took = performance.now() - began;
      const isThere = link === null || location.pathname === link;
      if (isThere && document.querySelector("[data-row]")) resolve(took);
      else if (took > 30_000) reject(new Error("no row after 30 s"));
      else requestAnimationFrame(look);
    };
    look();
  });
}

/** In the page: when a text stands in a row. */
function shownAt(text) {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`${text} was not shown in 30 s`)), 30_000);
    const look = () => {
      const rows = [...document.querySelectorAll("[data-row]")];
      if (!rows.some((row) => row.textContent.includes(text))) return;
      clearTimeout(late);
      observer.disconnect();
      requestAnimationFrame(() => resolve(Date.now()));
    };
    const observer = new MutationObserver(look);
    observer.observe(document.body, { childList: true, subtree: true, characterData: true });
    look();
  });
}
