// Runs before the first paint: the colours of the last visit, without a flash.
(() => {
  const root = document.documentElement;
  let wanted = null;
  try {
    wanted = localStorage.getItem("sekisho.theme");
    const language = localStorage.getItem("sekisho.language");
    if (language === "ja" || language === "en") root.lang = language;
  } catch (_) {
    // Storage may be forbidden; then the system decides.
  }
  const dark =
    wanted === "dark" || (wanted !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  root.setAttribute("data-mantine-color-scheme", dark ? "dark" : "light");
})();
