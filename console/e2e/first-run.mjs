// From the set-up token to a revealed, rotated password, as a newcomer walks it:
// with an authenticator app, or with a passkey of the browser's own authenticator.
// Every step is looked at by axe; the policy holds and nothing fails on the way.
//
//     SEKISHO_URL=https://localhost:… SEKISHO_SETUP_TOKEN_FILE=… SEKISHO_RECOVERY_KEY_FILE=… \
//     SEKISHO_HOST_FOLDER=… node e2e/first-run.mjs totp|passkey RESOURCE/ACCOUNT [PICTURES]
//
// Somebody plays the host: the walk leaves the enrolment key in the host's folder
// (`enrolment-key`), and waits for what the agent shows there (`fingerprint`).
import { createHash, createHmac, X509Certificate } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { connect } from "node:tls";
import { ARGS, accessibility, drawn, launch, listen, settled } from "./browser.mjs";

const [factor, of, folder] = process.argv.slice(2);
const [resource, account] = (of ?? "").split("/");
if (!["totp", "passkey"].includes(factor) || !account) {
  throw new Error("say totp or passkey, and which account, as RESOURCE/ACCOUNT");
}
if (folder) mkdirSync(folder, { recursive: true });
const { SEKISHO_SETUP_TOKEN_FILE, SEKISHO_RECOVERY_KEY_FILE, SEKISHO_HOST_FOLDER } = process.env;
const url = new URL(process.env.SEKISHO_URL).origin;
const read = (file) => readFileSync(file, "utf8").trim();

// Both languages are walked, one each.
const language = factor === "totp" ? "ja" : "en";
const WORDS = {
  ja: {
    signOut: "サインアウト",
    reset: "リセット",
    reveal: "表示",
    reason: "理由",
    setUp: "認証アプリを設定",
    passkey: "パスキーを登録",
    signInPasskey: "パスキーでサインイン",
    provePasskey: "パスキーで確認",
    stored: "控えました",
    menu: "ユーザーメニュー",
    useOwn: "この認証局の証明書を使う",
    approve: "一致したので承認する",
    close: "閉じる",
    upload: "証明書をアップロード",
    check: "確認だけする",
  },
  en: {
    signOut: "Sign out",
    reset: "Reset",
    reveal: "Reveal",
    reason: "Reason",
    setUp: "Set up an authenticator app",
    passkey: "Register a passkey",
    signInPasskey: "Sign in with a passkey",
    provePasskey: "Prove it with a passkey",
    stored: "I have stored it",
    menu: "User menu",
    useOwn: "Use this authority’s certificate",
    approve: "They match: approve",
    close: "Close",
    upload: "Upload a certificate",
    check: "Check only",
  },
}[language];

const PASSWORD = "kaze no naka no sakana";
/** Where the walk is, for when it fails. */
let where = async () => "";
let checks = 0;
const found = [];

function must(good, what) {
  checks += 1;
  if (!good) throw new Error(what);
}

// WebAuthn works on trusted connections only: the site's own authority is believed
// by the key of its root, which the server sends.
const root = await chainOf("localhost").then((chain) => chain.at(-1));
const spki = new X509Certificate(root).publicKey.export({ type: "spki", format: "der" });
const believed = createHash("sha256").update(spki).digest("base64");
const browser = await launch({ chromium: process.env.CHROMIUM ?? "/usr/bin/chromium" }, [
  ...ARGS,
  `--ignore-certificate-errors-spki-list=${believed}`,
]);
try {
  await walk();
  if (found.length > 0) throw new Error(found.join("\n"));
  console.log(`Tests  ${checks} passed (${checks})`);
} catch (error) {
  console.error(error);
  console.error(await where().catch(String));
  console.log(`Tests  1 failed | ${checks} passed (${checks + 1})`);
  process.exitCode = 1;
} finally {
  await browser.close();
}

async function walk() {
  const context = await browser.newContext({
    viewport: { width: 1360, height: 900 },
    locale: language === "ja" ? "ja-JP" : "en-GB",
    timezoneId: "Asia/Tokyo",
  });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const faults = await listen(page);
  where = async () => {
    const text = await page.locator("body").innerText({ timeout: 2_000 });
    if (folder) await page.screenshot({ path: join(folder, `first-run-failed-${factor}.png`) });
    return [page.url(), text.slice(0, 1_500), ...faults].join("\n");
  };
  const devtools = await context.newCDPSession(page);
  if (factor === "passkey") {
    await devtools.send("WebAuthn.enable");
    await devtools.send("WebAuthn.addVirtualAuthenticator", {
      options: {
        protocol: "ctap2",
        transport: "internal",
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    });
  }
  const button = (name) => page.getByRole("button", { name, exact: true });
  /** Axe, the faults so far, and pictures: light and wide, dark and narrow. */
  const look = async (name, isMeant = () => false) => {
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
        const file = `first-run-${name}-${language}-${scheme}-${width}.png`;
        await page.screenshot({ path: join(folder, file), fullPage: true });
      }
      const wrong = await accessibility(context, page, devtools);
      found.push(...wrong.map((one) => `${name} (${scheme}, ${width}): ${one}`));
      checks += 1;
    }
    await page.emulateMedia({ colorScheme: "light" });
    await page.setViewportSize({ width: 1360, height: 900 });
    await drawn(page, { width: 1360, height: 900 });
    const unmeant = faults.splice(0).filter((one) => !isMeant(one));
    found.push(...unmeant.map((one) => `${name}: ${one}`));
  };
  /** Refusals that are meant: the browser calls them errors. */
  const refused = () => faults.splice(0);
  const next = async (step) => {
    await page.locator(`main a[href*="step=${step}"]`).last().click();
    await page.waitForURL(new RegExp(`step=${step}`));
    await settled(page);
  };

  // The first administrator. A reload loses nothing typed but secrets.
  await page.goto(`${url}/`);
  await page.waitForURL(`${url}/setup`);
  refused();
  const token = page.locator("input").first();
  await token.fill("sekisho_setup_wrong");
  await page.fill("input[autocomplete=username]", "admin");
  await page.fill("input[autocomplete=name]", "山田 花子");
  await look("setup");
  await page.reload();
  await page.locator("input[autocomplete=username]").waitFor();
  must((await page.inputValue("input[autocomplete=username]")) === "admin", "the name was lost");
  must((await page.inputValue("input[autocomplete=name]")) === "山田 花子", "the name was lost");
  must((await token.inputValue()) === "", "a secret was kept");
  const passwords = page.locator("input[autocomplete=new-password]");
  const submit = async (value) => {
    await token.fill(value);
    await passwords.nth(0).fill(PASSWORD);
    await passwords.nth(1).fill(PASSWORD);
    await page.locator("button[type=submit]").click();
  };
  await submit("sekisho_setup_wrong");
  await page.locator("input[aria-invalid=true]").first().waitFor();
  refused();
  await look("setup-wrong");
  await submit(read(SEKISHO_SETUP_TOKEN_FILE));
  await page.waitForURL(`${url}/first-run?step=factor`);
  await settled(page);
  refused();

  // A second factor.
  await look("factor");
  let secret;
  if (factor === "totp") {
    await button(WORDS.setUp).click();
    secret = (await page.locator("[role=dialog] .pre").first().textContent()).trim();
    await look("totp");
    await page.fill("[role=dialog] input", totp(secret, 0));
    await page.locator("[role=dialog] button[type=submit]").click();
  } else {
    await button(WORDS.passkey).click();
    await page.fill("[role=dialog] input", "e2e");
    await look("passkey");
    await page.locator("[role=dialog] button[type=submit]").click();
  }
  await button(WORDS.stored).waitFor();
  const codes = (await page.locator("[role=dialog] .pre").textContent()).trim().split("\n");
  must(codes.length === 10, `${codes.length} recovery codes`);
  await look("codes");
  await button(WORDS.stored).click();
  await page.locator("main [role=alert]").first().waitFor();
  await page.locator(".steps li[data-current][data-done]").waitFor();
  await look("factor-done");

  // The certificate: a further name, in effect without a restart.
  await next("certificate");
  await look("certificate");
  await page.locator("textarea").first().fill("vault.first-run.test\n１９２.0.2.10");
  await page.reload();
  await settled(page);
  must(
    (await page.locator("textarea").first().inputValue()).startsWith("vault.first-run.test"),
    "the names were lost",
  );
  await button(WORDS.useOwn).click();
  await page.locator("main [role=status]").first().waitFor();
  const names = new X509Certificate((await chainOf("vault.first-run.test"))[0]).subjectAltName;
  must(names.includes("DNS:vault.first-run.test"), `the listener shows ${names}`);
  must(names.includes("192.0.2.10"), `the listener shows ${names}`);
  await look("certificate-own");
  await page.getByText(WORDS.upload, { exact: true }).click();
  const files = page.locator("input[type=file]");
  await files.nth(0).setInputFiles(pem("chain.pem", "hello"));
  await files.nth(1).setInputFiles(pem("key.pem", "hello"));
  await button(WORDS.check).click();
  await page.locator("main [role=alert]").first().waitFor();
  refused();
  await look("certificate-upload");

  // The recovery key, from paper; first with a slip of the hand, then another's.
  await next("recovery");
  await look("recovery");
  const key = read(SEKISHO_RECOVERY_KEY_FILE);
  const field = page.locator("main input");
  await field.fill(key.slice(0, -2));
  await page.locator("main button[type=submit]").click();
  const fault = page.locator('main [id$="-error"]');
  await fault.waitFor();
  const slip = await fault.textContent();
  await field.fill("sekisho-rk1-rqhtfk0zb7q4gfbfk8gjbctnxk7dpdmadfp7n2b22a006rby6t38663nvg");
  await page.locator("main button[type=submit]").click();
  await page.waitForFunction((before) => {
    const now = document.querySelector('main [id$="-error"]')?.textContent;
    return now && now !== before;
  }, slip);
  refused();
  await look("recovery-wrong");
  const sent = [];
  page.on("request", (request) => sent.push(request.postData() ?? ""));
  await field.fill(key.toUpperCase());
  await page.locator("main button[type=submit]").click();
  await page.locator("main [role=status]").first().waitFor();
  must(
    !sent.some((data) => data.toLowerCase().includes("sekisho-rk1")),
    "the key left the browser",
  );
  await look("recovery-done");

  // The first agent: its key once, the command, the fingerprint, the connection.
  await next("agent");
  await look("agent");
  await page.locator("main button[type=submit]").click();
  const shown = page.locator("main .pre", { hasText: "sekisho-ek1-" });
  await shown.waitFor();
  const enrolment = (await shown.textContent()).trim();
  must(enrolment.startsWith("sekisho-ek1-"), "no enrolment key");
  await look("agent-key");
  await page.reload();
  await settled(page);
  await page.locator("main [role=status]").first().waitFor();
  must(!(await page.locator("main").textContent()).includes(enrolment), "the key is shown again");
  await look("agent-resumed");
  leave("enrolment-key", `${enrolment}\n`);
  await button(WORDS.approve).waitFor({ timeout: 120_000 });
  const fingerprint = await wait(() => {
    const file = join(SEKISHO_HOST_FOLDER, "fingerprint");
    return existsSync(file) && readFileSync(file, "utf8").endsWith("\n") && read(file);
  });
  const compared = (await page.locator("main [role=status] .pre").textContent()).trim();
  const bare = (text) => text.replace(/[^0-9a-f]/g, "");
  must(bare(fingerprint) === bare(compared), `${fingerprint} is not ${compared}`);
  await look("agent-pending");
  await button(WORDS.approve).click();
  await page.locator(".steps li[data-current][data-done]").waitFor();
  await page.locator("main [role=status] a").waitFor();
  await page.waitForFunction(
    () => !document.querySelector('main [role="status"] .mantine-Loader-root'),
    null,
    { timeout: 180_000 },
  );
  await look("agent-connected");

  // The first password: reset, and revealed by somebody who signed in anew.
  await next("password");
  await look("password");
  await page.locator("main li a", { hasText: account }).click();
  await page.waitForURL(/\/accounts\/[0-9a-f-]{36}/);
  await settled(page);
  const address = page.url();
  await button(WORDS.reset).click();
  const order = page.locator("[role=dialog] form");
  await order.waitFor();
  if ((await order.locator("textarea").count()) > 0)
    await order.locator("textarea").fill("first run");
  await order.locator("button[type=submit]").click();
  await page.waitForFunction(
    async (id) => {
      const answer = await fetch(`/api/v1/accounts/${id}`);
      return (await answer.json()).knowledge === "known";
    },
    address.split("/").at(-1),
    { timeout: 120_000, polling: 500 },
  );
  await look("password-reset");
  await page.keyboard.press("Escape");

  await button(WORDS.menu).click();
  await page.getByRole("menuitem", { name: WORDS.signOut }).click();
  await page.waitForURL(/\/login/);
  // What was still being read when the session ended is refused.
  await page.waitForLoadState("networkidle");
  await look("sign-in", (fault) => fault.includes("status of 401"));
  if (factor === "totp") {
    await page.fill("input[autocomplete=username]", "admin");
    await page.fill("input[autocomplete=current-password]", PASSWORD);
    await page.locator("button[type=submit]").click();
    await page.locator("input[autocomplete=one-time-code]").waitFor();
    refused();
    await look("sign-in-code");
    // A code counts once: the one after the first is taken before its time.
    await page.fill("input[autocomplete=one-time-code]", totp(secret, 1));
    await page.locator("button[type=submit]").click();
  } else {
    await button(WORDS.signInPasskey).click();
  }
  await page.waitForURL(`${url}/`);
  const signedIn = Date.now();
  await settled(page);
  const open = await page.locator("main ol li:has(svg:not([role=img]))").count();
  must(open <= 2, `${open} steps of the list on Home are still open`);
  await look("home");

  // The proof of who one is gets old; the passkey proves it again.
  if (factor === "passkey") await page.waitForTimeout(Math.max(0, signedIn + 61_000 - Date.now()));
  await page.goto(address);
  await settled(page);
  await button(WORDS.reveal).click();
  await page.getByLabel(WORDS.reason).fill("first run");
  await page.locator("[role=dialog] form button[type=submit]").click();
  if (factor === "passkey") {
    await button(WORDS.provePasskey).waitFor();
    refused();
    await look("proof");
    await button(WORDS.provePasskey).click();
  }
  const value = page.locator(".secret-value");
  await value.waitFor();
  must((await value.first().textContent()).trim() !== "", "the value is empty");
  must((await page.getByText(resource).count()) > 0, "it is another resource");
  found.push(...faults.splice(0).map((one) => `reveal: ${one}`));
  await context.close();
}

/** A file for an input. */
function pem(name, text) {
  return { name, mimeType: "application/x-pem-file", buffer: Buffer.from(text) };
}

/** The certificates that the listener shows for a name, in DER. */
function chainOf(servername) {
  const { port } = new URL(process.env.SEKISHO_URL);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port, servername, rejectUnauthorized: false });
    socket.once("error", reject);
    socket.once("secureConnect", () => {
      const chain = [];
      for (let one = socket.getPeerCertificate(true); one; one = one.issuerCertificate) {
        chain.push(one.raw);
        if (one.issuerCertificate === one) break;
      }
      socket.destroy();
      resolve(chain);
    });
  });
}

/** A code of an authenticator app (RFC 6238), of a time step from now. */
function totp(base32, ahead) {
  const bits = [...base32.replaceAll(" ", "").toUpperCase()]
    .map((letter) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter))
    .map((five) => five.toString(2).padStart(5, "0"))
    .join("");
  const secret = Buffer.from(bits.match(/.{8}/g).map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + ahead));
  const mac = createHmac("sha1", secret).update(counter).digest();
  const at = mac[19] & 15;
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

/** For whoever plays the host: the file is there with all of its text, or not at all. */
function leave(name, text) {
  const file = join(SEKISHO_HOST_FOLDER, name);
  writeFileSync(`${file}.new`, text, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

async function wait(look) {
  for (let tries = 0; tries < 600; tries += 1) {
    const answer = look();
    if (answer) return answer;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("the host shows no fingerprint");
}
