import type { ja } from "../ja";
import type { Shape } from "../shape";
import { first } from "./first";
import { pages } from "./pages";

export const en = {
  ...first,
  pages: { ...first.pages, ...pages },
} satisfies Shape<typeof ja>;
