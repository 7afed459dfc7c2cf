import { first } from "./first";
import { pages } from "./pages";

/** The source catalogue. Every other language has exactly its keys. */
export const ja = { ...first, pages: { ...first.pages, ...pages } };
