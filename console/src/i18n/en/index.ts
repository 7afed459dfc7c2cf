import type { ja } from "../ja";
import type { Shape } from "../shape";
import { common } from "./common";
import { pages } from "./pages";
import { problems } from "./problems";
import { shell } from "./shell";
import { table } from "./table";
import { words } from "./words";

export const en = { common, pages, problems, shell, table, words } satisfies Shape<typeof ja>;
