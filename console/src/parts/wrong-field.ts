//! Bringing a reader to what they typed wrong.
import type { UseFormReturnType } from "@mantine/form";
import { isProblem } from "../api/problem";

// biome-ignore lint/suspicious/noExplicitAny: a form of any values
type AnyForm = UseFormReturnType<any>;

/** Puts the focus on the first field, from the top, that is refused. */
export function focusFirstWrong(form: AnyForm, paths: string[]) {
  const [first] = paths
    .map((path) => form.getInputNode(path))
    .filter((node): node is HTMLElement => node !== null)
    .sort((a, b) => (a.compareDocumentPosition(b) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1));
  first?.focus();
}

/**
 * Shows a refusal that names a field at that field. `fields` has the form's path and
 * the text for what the server calls it. Whether it was one of these.
 */
export function blame(
  form: AnyForm,
  error: unknown,
  fields: Record<string, [path: string, text: string]>,
): boolean {
  const found = isProblem(error, "invalid_input") && error.field && fields[error.field];
  if (!found) return false;
  const [path, text] = found;
  form.setFieldError(path, text);
  focusFirstWrong(form, [path]);
  return true;
}
