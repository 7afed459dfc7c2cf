//! The clipboard: a value goes there without being drawn, and is taken away.
import { notifications } from "@mantine/notifications";
import i18next from "i18next";

/** How long a copied password stays, in seconds. */
export const CLEAR_AFTER = 45;

/** Copies what a call answers. The call begins inside the click, as browsers ask. */
export async function copySecret(read: () => Promise<string>): Promise<void> {
  if (typeof ClipboardItem === "undefined" || !navigator.clipboard.write) {
    await navigator.clipboard.writeText(await read());
  } else {
    const failure: { error?: unknown } = {};
    const text = read()
      .then((value) => new Blob([value], { type: "text/plain" }))
      .catch((error: unknown) => {
        failure.error = error;
        throw error;
      });
    try {
      await navigator.clipboard.write([new ClipboardItem({ "text/plain": text })]);
    } catch (error) {
      // The server's refusal says more than the clipboard's.
      throw failure.error ?? error;
    }
  }
  clearLater();
}

let timer: ReturnType<typeof setTimeout> | undefined;

function clearLater() {
  clearTimeout(timer);
  timer = setTimeout(() => {
    // Browsers let only a page with the focus write.
    const clear = () => {
      navigator.clipboard.writeText("").then(
        () => notifications.show({ message: i18next.t("pages.accounts.copyCleared") }),
        () =>
          notifications.show({
            color: "yellow",
            message: i18next.t("pages.accounts.copyNotCleared"),
          }),
      );
    };
    if (document.hasFocus()) clear();
    else window.addEventListener("focus", clear, { once: true });
  }, CLEAR_AFTER * 1000);
}
