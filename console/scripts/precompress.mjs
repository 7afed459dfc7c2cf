// Writes .br and .gz beside each asset, so that the server compresses nothing,
// and refuses a first load above its budget.
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const FIRST_LOAD_BUDGET = 300_000;
const ROUTE_BUDGET = 150_000;

const dist = fileURLToPath(new URL("../dist/web", import.meta.url));
const gzipped = new Map();
for (const name of readdirSync(join(dist, "assets"))) {
  if (/\.(br|gz)$/.test(name)) continue;
  const file = join(dist, "assets", name);
  if (!statSync(file).isFile()) continue;
  const bytes = readFileSync(file);
  const gz = gzipSync(bytes, { level: 9 });
  gzipped.set(`assets/${name}`, gz.length);
  if (!/\.(js|css|svg|json|wasm|txt)$/.test(name)) continue;
  const br = brotliCompressSync(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 11,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  });
  if (br.length < bytes.length) writeFileSync(`${file}.br`, br);
  if (gz.length < bytes.length) writeFileSync(`${file}.gz`, gz);
}

const manifest = JSON.parse(readFileSync(join(dist, ".vite/manifest.json"), "utf8"));
// Only for here: what is left is what the server serves.
rmSync(join(dist, ".vite"), { recursive: true });
const size = (keys) => {
  const seen = new Set();
  const files = new Set();
  const visit = (key) => {
    if (seen.has(key)) return;
    seen.add(key);
    const chunk = manifest[key];
    if (!chunk) return;
    files.add(chunk.file);
    for (const css of chunk.css ?? []) files.add(css);
    for (const next of chunk.imports ?? []) visit(next);
  };
  for (const key of keys) visit(key);
  return { files, bytes: [...files].reduce((sum, file) => sum + (gzipped.get(file) ?? 0), 0) };
};
const kB = (bytes) => `${(bytes / 1000).toFixed(0)} kB`;
// Until Home stands: the entry, the frame, Home itself, and one language.
const START = [/^index\.html$/, /^src\/routes\/_app(\/index)?\.tsx/, /^src\/i18n\/ja\/first/];
const entry = size(Object.keys(manifest).filter((key) => START.some((one) => one.test(key))));
console.log(`first load ${kB(entry.bytes)} gzip (budget ${kB(FIRST_LOAD_BUDGET)})`);
let failed = entry.bytes > FIRST_LOAD_BUDGET;
for (const [key, chunk] of Object.entries(manifest)) {
  if (!chunk.isDynamicEntry) continue;
  const more = [...size([key]).files]
    .filter((file) => !entry.files.has(file))
    .reduce((sum, file) => sum + (gzipped.get(file) ?? 0), 0);
  if (more > ROUTE_BUDGET) {
    console.error(`${key} loads ${kB(more)} gzip more (budget ${kB(ROUTE_BUDGET)})`);
    failed = true;
  }
}
if (failed) {
  console.error("the console is above its budget");
  process.exitCode = 1;
}
