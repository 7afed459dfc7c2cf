import { common } from "./common";
import { firstPages } from "./first-pages";
import { problems } from "./problems";
import { shell } from "./shell";
import { table } from "./table";
import { words } from "./words";

/** What the console needs until Home stands. */
export const first = { common, pages: firstPages, problems, shell, table, words };
