// What goes wrong for people: odd names, two who change one thing, a session that ends
// under a form, a network that is away, a server that is started again. Nothing that was
// typed is lost.
//
//     SEKISHO_URL=… SEKISHO_PASSWORD_FILE=… SEKISHO_CONTROL=… node e2e/trouble.mjs
//
// SEKISHO_CONTROL is a folder: a line "NUMBER stop", "kill" or "start" in its file `ask` is
// answered in `done` when it is so.
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { accessibility, launch, listen, settled, signIn, target } from "./browser.mjs";

const ODD = [
  "x".repeat(200),
  "\u05d7\u05e9\u05d1\u05d5\u05df \u0627\u0644\u062e\u0627\u062f\u0645",
  "ＷＥＢサーバー一号機",
  "<img src=x onerror=\"document.title='run'\">&amp;",
  "🗝️👩‍👩‍👧 𠮷野家",
];

const to = target();
const browser = await launch(to);
let passed = 0;
let asked = 0;
try {
  for (const walk of [oddNames, twoAtOnce, sessionEnds, networkAway, serverStops, serverDies]) {
    const { context, page, faults } = await signIn(browser, to, {
      language: "en",
      scheme: "light",
      width: 1360,
    });
    await settled(page);
    const post = async (path, data) => {
      const headers = { Origin: to.url };
      const answer = await page.request.post(`${to.url}/api/v1${path}`, { data, headers });
      if (!answer.ok()) throw new Error(`${path}: ${answer.status()} ${await answer.text()}`);
      return answer.json();
    };
    faults.length = 0;
    await walk({ context, page, post, faults });
    if (faults.length > 0) throw new Error([walk.name, ...faults].join("\n"));
    await context.close();
    passed += 1;
  }
  console.log(`Tests  ${passed} passed (${passed})`);
} finally {
  await browser.close();
}

/** Names are text wherever they stand, and none makes a page wider than its window. */
async function oddNames({ context, page, post }) {
  const made = [];
  for (const name of ODD) made.push(await post("/resources", { name, platform: "linux" }));
  for (const width of [1360, 390]) {
    await page.setViewportSize({ width, height: 860 });
    for (const path of ["/resources", ...made.map(({ id }) => `/resources/${id}`)]) {
      await page.goto(`${to.url}${path}`);
      await settled(page);
      const { wide, title } = await page.evaluate(() => ({
        wide: document.documentElement.scrollWidth - innerWidth,
        title: document.title,
      }));
      if (wide > 0) throw new Error(`${path} is ${wide} px wider than a window of ${width}`);
      if (title === "run") throw new Error(`${path}: a name was taken for HTML`);
      const found = await accessibility(context, page);
      if (found.length > 0) throw new Error(`${path}: ${found.join("\n")}`);
    }
  }
  for (const [index, { id }] of made.entries()) {
    await page.goto(`${to.url}/resources/${id}`);
    await page.getByRole("heading", { level: 1, name: ODD[index], exact: true }).waitFor();
  }
}

/** The second of two is shown what the first wrote, and decides. */
async function twoAtOnce({ page, post, faults }) {
  const resource = await post("/resources", { name: "two-at-once", platform: "linux" });
  await page.goto(`${to.url}/resources/${resource.id}`);
  await page.getByRole("button", { name: "Edit", exact: true }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("DNS name").fill("mine.example");
  const theirs = { dns_name: "theirs.example" };
  const answer = await page.request.patch(`${to.url}/api/v1/resources/${resource.id}`, {
    data: theirs,
    headers: { Origin: to.url, "If-Match": `"${resource.version}"` },
  });
  if (!answer.ok()) throw new Error(`${answer.status()} ${await answer.text()}`);
  await dialog.getByRole("button", { name: "Save", exact: true }).click();
  await dialog.getByText("Somebody else changed it first").waitFor();
  for (const text of ["mine.example", "theirs.example"]) await dialog.getByText(text).waitFor();
  expected(faults, 412);
  await dialog.getByRole("button", { name: "Overwrite with mine" }).click();
  await dialog.waitFor({ state: "detached" });
  const now = await page.request.get(`${to.url}/api/v1/resources/${resource.id}`);
  const { dns_name } = await now.json();
  if (dns_name !== "mine.example") throw new Error(`mine was not kept: ${dns_name}`);
}

/** Who has to sign in again finds the form as it was. */
async function sessionEnds({ context, page, faults }) {
  await page.goto(`${to.url}/resources?new=true`);
  const form = page.getByRole("dialog", { name: "Add a resource" });
  await form.getByRole("textbox", { name: "Name", exact: true }).fill("typed-before");
  await form.getByRole("textbox", { name: /^DNS name/ }).fill("typed.example");
  await context.clearCookies();
  await form.getByRole("button", { name: "Add a resource" }).click();
  const again = page.getByRole("dialog", { name: "Your session has ended" });
  await again.waitFor();
  await again.locator("input[autocomplete=current-password]").fill(to.password);
  await page.keyboard.press("Enter");
  await again.waitFor({ state: "detached" });
  for (const [label, value] of [
    [/^Name/, "typed-before"],
    [/^DNS name/, "typed.example"],
  ]) {
    const field = form.getByRole("textbox", { name: label });
    if ((await field.inputValue()) !== value) throw new Error(`${label} was lost`);
  }
  expected(faults, 401);
  await form.getByRole("button", { name: "Add a resource" }).click();
  await page.waitForURL(/\/resources\/[0-9a-f-]{36}/);
  await page.getByRole("heading", { level: 1, name: "typed-before" }).waitFor();
}

/** What was loaded stays, and says that it may be old. */
async function networkAway({ context, page, faults }) {
  await page.goto(`${to.url}/accounts`);
  await settled(page);
  const rows = await page.locator("[data-row]").count();
  await context.setOffline(true);
  await page.getByText("You are offline. What you see is what was loaded last.").waitFor();
  if ((await page.locator("[data-row]").count()) !== rows) throw new Error("the rows are gone");
  await context.setOffline(false);
  await page.getByText("You are offline.").waitFor({ state: "detached" });
  await settled(page);
  // Chromium reports what it could not load; that is the fault that was made.
  const made = (fault) => /ERR_INTERNET_DISCONNECTED|ERR_NETWORK_CHANGED/.test(fault);
  faults.splice(0, faults.length, ...faults.filter((fault) => !made(fault)));
}

function serverStops(open) {
  return serverAway("stop", open);
}

function serverDies(open) {
  return serverAway("kill", open);
}

/** An open page survives another run of the server, with its session and what was typed. */
async function serverAway(how, { context, page, post, faults }) {
  // A second tab, on which nothing is done.
  const list = await context.newPage();
  const listFaults = await listen(list);
  await list.goto(`${to.url}/resources?q=away-${how}`);
  await settled(list);
  const streams = [];
  list.on("request", (request) => {
    if (new URL(request.url()).pathname === "/api/v1/events") streams.push(request);
  });
  await page.goto(`${to.url}/resources?new=true`);
  const form = page.getByRole("dialog", { name: "Add a resource" });
  const name = form.getByRole("textbox", { name: "Name", exact: true });
  const dns = form.getByRole("textbox", { name: /^DNS name/ });
  await name.fill(`away-${how}-typed`);
  await dns.fill("typed.example");
  const typed = async () => {
    const values = [await name.inputValue(), await dns.inputValue()];
    if (`${values}` !== `away-${how}-typed,typed.example`) throw new Error(`lost: ${values}`);
  };

  await server(how);
  const isOld = /What you see (may be old|is what was loaded last)\. Trying again\./;
  for (const tab of [page, list]) await tab.getByText(isOld).waitFor();
  await form.getByRole("button", { name: "Add a resource" }).click();
  await form.getByText("The server cannot be reached. Check the network.").waitFor();
  await typed();

  await server("start");
  // Made by somebody else before the tabs are back: no stream tells of it.
  const theirs = await post("/resources", { name: `away-${how}-theirs`, platform: "linux" });
  for (const tab of [page, list]) await tab.getByText(isOld).waitFor({ state: "detached" });
  await list.locator("[data-row]").getByText(theirs.name).waitFor();
  const last = await lastIdOf(streams.at(-1));
  if (!/^[0-9a-f]{16}-\d+$/.test(last ?? "")) throw new Error(`no place to go on from: ${last}`);

  await typed();
  if (await page.getByRole("dialog", { name: "Your session has ended" }).isVisible()) {
    throw new Error("the session has ended with the server");
  }
  await form.getByRole("button", { name: "Add a resource" }).click();
  await page.waitForURL(/\/resources\/[0-9a-f-]{36}/);
  await page.getByRole("heading", { level: 1, name: `away-${how}-typed` }).waitFor();
  await list.locator("[data-row]").getByText(`away-${how}-typed`).waitFor();
  // Chromium reports what it could not load; that is the fault that was made.
  const made = (fault) => /ERR_(CONNECTION|EMPTY_RESPONSE|INCOMPLETE_CHUNKED)/.test(fault);
  const others = [...faults, ...listFaults].filter((fault) => !made(fault));
  faults.splice(0, faults.length, ...others);
}

/** The place from which a stream goes on: a browser's own, or the page's. */
async function lastIdOf(request) {
  if (!request) return undefined;
  const after = new URL(request.url()).searchParams.get("after");
  return after ?? (await request.allHeaders())["last-event-id"];
}

/** Has the server ended (`stop`, `kill`) or started, and waits until it is so. */
async function server(wish) {
  const folder = process.env.SEKISHO_CONTROL;
  if (!folder) throw new Error("set SEKISHO_CONTROL: who started the server obeys it there");
  asked += 1;
  writeFileSync(join(folder, "ask.new"), `${asked} ${wish}\n`);
  renameSync(join(folder, "ask.new"), join(folder, "ask"));
  for (let tries = 0; tries < 1_200; tries += 1) {
    const [number, ...answer] = read(join(folder, "done")).trim().split(" ");
    if (Number(number) === asked) {
      if (answer.join(" ") !== "ok") throw new Error(`${wish}: ${answer.join(" ")}`);
      return;
    }
    await sleep(50);
  }
  throw new Error(`${wish}: no answer in ${folder}`);
}

function read(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

/** Chromium reports each refusal as an error; these were asked for. */
function expected(faults, status) {
  const others = faults.filter((fault) => !fault.includes(`status of ${status}`));
  if (others.length === faults.length) throw new Error(`nothing was refused with ${status}`);
  faults.splice(0, faults.length, ...others);
}
