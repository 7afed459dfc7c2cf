// Writes what is derived from the server's own documents: the types of the REST
// API and the names of the audit events. `--check` only says what is stale.
import { readFileSync, writeFileSync } from "node:fs";
import openapiTS, { astToString } from "openapi-typescript";

const root = new URL("../", import.meta.url);
const docs = new URL("../docs/", root);
const check = process.argv.includes("--check");

async function api() {
  const document = JSON.parse(readFileSync(new URL("api/openapi.json", docs), "utf8"));
  const body = astToString(await openapiTS(document));
  return `// Generated from docs/api/openapi.json by \`npm run generate\`. Do not edit.\n\n${body}`;
}

function events() {
  const languages = { ja: "reference/events.ja.md", en: "reference/events.md" };
  const all = {};
  let codes = [];
  for (const [language, file] of Object.entries(languages)) {
    const rows = readFileSync(new URL(file, docs), "utf8").matchAll(
      /^\| (\d+) \| `([a-z_]+)` \| ([^|]+) \|/gm,
    );
    // The name; English has a sentence after it.
    const found = [...rows];
    codes = found.map(([, code, name]) => [name, code]);
    all[language] = found.map(([, code, , text]) => [code, text.split(": ")[0].trim()]);
    if (all[language].length < 50) throw new Error(`${file}: the table of events was not found`);
  }
  const table = (rows) =>
    rows.map(([code, text]) => `  ${code}: ${JSON.stringify(text)},`).join("\n");
  const parts = Object.entries(all).map(
    ([language, rows]) =>
      `const ${language}: Readonly<Record<number, string>> = {\n${table(rows)}\n};\n`,
  );
  const numbers = codes.map(([name, code]) => `  ${name}: ${code},`).join("\n");
  return `// Generated from docs/reference/events*.md by \`npm run generate\`. Do not edit.\n\n${parts.join("\n")}\n/** What each audit event means, by language and number. */\nexport const EVENTS = { ja, en } as const;\n\n/** The number of each audit event, by its name. */\nexport const EVENT_CODES: Readonly<Record<string, number>> = {\n${numbers}\n};\n`;
}

const files = { "src/api/schema.gen.ts": await api(), "src/i18n/events.gen.ts": events() };
let stale = 0;
for (const [file, text] of Object.entries(files)) {
  const url = new URL(file, root);
  let found = "";
  try {
    found = readFileSync(url, "utf8");
  } catch {
    // Not there yet.
  }
  if (found === text) continue;
  if (check) {
    console.error(`${file} is stale; run \`npm run generate\` in console/`);
    stale += 1;
  } else {
    writeFileSync(url, text);
    console.log(`wrote ${file}`);
  }
}
process.exitCode = stale ? 1 : 0;
