import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const mantine = "node_modules/@mantine/core/styles";

test("every part of Mantine that is used has its styles", () => {
  const withStyles = new Set(
    readdirSync(mantine)
      .filter((file) => file.endsWith(".css"))
      .map((file) => file.slice(0, -".css".length)),
  );
  const imported = new Set(
    [...readFileSync("src/styles.ts", "utf8").matchAll(/core\/styles\/(\w+)\.css/g)].map(
      ([, name]) => name,
    ),
  );
  const missing = new Set<string>();
  for (const file of readdirSync("src", { recursive: true, encoding: "utf8" })) {
    if (!file.endsWith(".tsx")) continue;
    const text = readFileSync(join("src", file), "utf8");
    for (const [, names] of text.matchAll(/import \{([^}]*)\} from "@mantine\/core"/g)) {
      for (const name of (names ?? "").split(",").map((word) => word.trim())) {
        if (withStyles.has(name) && !imported.has(name)) missing.add(`${name} in ${file}`);
      }
    }
  }
  expect([...missing]).toEqual([]);
});
