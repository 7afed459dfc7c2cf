import { common } from "./common";
import { pages } from "./pages";
import { problems } from "./problems";
import { shell } from "./shell";
import { table } from "./table";
import { words } from "./words";

/** The source catalogue. Every other language has exactly its keys. */
export const ja = { common, pages, problems, shell, table, words } as const;
