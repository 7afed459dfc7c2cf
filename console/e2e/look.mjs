// Every page, in both languages, both themes and on a phone: axe is clean, the
// policy holds, nothing fails, and a Japanese page is Japanese. With a folder as
// argument it keeps the pictures.
//
//     SEKISHO_URL=https://127.0.0.1:8443 SEKISHO_PASSWORD_FILE=… node e2e/look.mjs [FOLDER [PAGE…]]
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { accessibility, english, launch, settled, signIn, target } from "./browser.mjs";

const ways = [
  { language: "ja", scheme: "light", width: 1360 },
  { language: "ja", scheme: "dark", width: 1360 },
  { language: "en", scheme: "light", width: 1360 },
  { language: "en", scheme: "dark", width: 1360 },
  { language: "ja", scheme: "light", width: 390 },
  { language: "en", scheme: "dark", width: 390 },
];
const [folder, ...only] = process.argv.slice(2);
if (folder) mkdirSync(folder, { recursive: true });

const to = target();
const browser = await launch(to);
let passed = 0;
let failed = 0;
try {
  for (const way of ways) {
    const { context, page, faults } = await signIn(browser, to, way);
    for (const [name, path] of Object.entries(await pages(page))) {
      if (only.length > 0 && !only.includes(name)) continue;
      faults.length = 0;
      await page.goto(`${to.url}${path}`);
      await settled(page);
      if (folder) {
        const file = `${name}-${way.language}-${way.scheme}-${way.width}.png`;
        await page.screenshot({ path: join(folder, file) });
      }
      const found = [...(await accessibility(context, page)), ...faults];
      if (way.language === "ja") found.push(...(await english(page)));
      if (found.length === 0) {
        passed += 1;
      } else {
        failed += 1;
        console.error(`${path} (${Object.values(way).join(", ")}):`);
        for (const one of found.slice(0, 8)) console.error(`  ${one}`);
      }
    }
    await context.close();
  }
} finally {
  await browser.close();
}
console.log(`Tests  ${failed ? `${failed} failed | ` : ""}${passed} passed (${passed + failed})`);
process.exitCode = failed ? 1 : 0;

/** The pages, with one resource, and one account whose password is known. */
async function pages(page) {
  const list = async (name) => {
    const answer = await page.request.get(`${to.url}/api/v1/${name}?limit=200`);
    return (await answer.json()).items;
  };
  const [resources, accounts] = [await list("resources"), await list("accounts")];
  const [groups, people] = [await list("resource-groups"), await list("user-groups")];
  const [gateways, offices] = [await list("gateways"), await list("offices")];
  const gateway = gateways.find((one) => one.state === "active")?.id;
  const revoked = gateways.find((one) => one.state === "revoked")?.id;
  const office = offices[0]?.id;
  const resource = resources[0]?.id;
  const group = groups[0]?.id;
  const team = people[0]?.id;
  const account = (accounts.find((one) => one.knowledge === "known") ?? accounts[0])?.id;
  const steps = ["administrator", "factor", "certificate", "recovery", "agent", "password"];
  return {
    home: "/",
    // As who comes back finds them; their first states are walked in first-run.mjs.
    ...Object.fromEntries(steps.map((step) => [`wizard-${step}`, `/first-run?step=${step}`])),
    resources: "/resources",
    "resource-new": "/resources?new=true",
    ...(resource && {
      resource: `/resources/${resource}`,
      "resource-shares": `/resources/${resource}?tab=shares`,
    }),
    groups: "/resources/groups",
    "group-new": "/resources/groups?new=true",
    ...(group && {
      group: `/resources/groups/${group}`,
      "group-criteria": `/resources/groups/${group}?tab=criteria`,
      "group-inner": `/resources/groups/${group}?tab=inner`,
      "group-shares": `/resources/groups/${group}?tab=shares`,
    }),
    accounts: "/accounts",
    "accounts-no-match": "/accounts?q=nothing-is-called-this",
    ...(account && {
      account: `/accounts/${account}`,
      "account-history": `/accounts/${account}?tab=history`,
      "account-tasks": `/accounts/${account}?tab=tasks`,
      "account-audit": `/accounts/${account}?tab=audit`,
    }),
    tasks: "/tasks",
    notifications: "/notifications",
    agents: "/agents",
    keys: "/agents/keys",
    "key-new": "/agents/keys?new=true",
    devices: "/devices",
    gateways: "/gateways",
    "gateways-no-match": "/gateways?q=nothing-is-called-this",
    "gateway-new": "/gateways?new=true",
    "gateway-settings": "/gateways/settings",
    ...(gateway && {
      gateway: `/gateways/${gateway}`,
      "gateway-network": `/gateways/${gateway}?tab=network`,
      "gateway-certificate": `/gateways/${gateway}?tab=certificate`,
      "gateway-limits": `/gateways/${gateway}?tab=limits`,
      "gateway-console": `/gateways/${gateway}?tab=pass-through`,
      "gateway-break-in": `/gateways/${gateway}?tab=playbook`,
      "gateway-audit": `/gateways/${gateway}?tab=audit`,
    }),
    ...(revoked && { "gateway-revoked": `/gateways/${revoked}` }),
    offices: "/gateways/offices",
    "office-new": "/gateways/offices?new=true",
    ...(office && {
      office: `/gateways/offices/${office}`,
      "office-keys": `/gateways/offices/${office}?tab=keys`,
    }),
    users: "/users",
    "user-new": "/users?new=true",
    "user-groups": "/users/groups",
    "user-group-new": "/users/groups?new=true",
    ...(team && { "user-group": `/users/groups/${team}` }),
    roles: "/roles",
    policies: "/policies",
    "policy-new": "/policies?new=true",
    settings: "/settings",
    "settings-sign-in": "/settings?tab=sign-in",
    "settings-keys": "/settings?tab=keys",
    "settings-audit": "/settings?tab=audit",
    "settings-file": "/settings?tab=file",
    audit: "/audit",
    reports: "/reports",
    report: "/reports?report=installed-agents",
    mail: "/mail",
    me: "/me",
    "provider-done": "/provider-done?oidc=refused",
    nowhere: "/nowhere",
  };
}
