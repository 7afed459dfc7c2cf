//! `j k x` in a list; Enter is the link's own.
import { type RefObject, useEffect } from "react";
import { isTaken } from "../shell/keys";

export function useRowKeys(list: RefObject<HTMLElement | null>) {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (isTaken(event) || !list.current) return;
      const rows = [...list.current.querySelectorAll<HTMLElement>("[data-row]")];
      const at = rows.findIndex((row) => row.contains(document.activeElement));
      if (event.key === "j" || event.key === "k") {
        const next =
          rows[event.key === "j" ? Math.min(at + 1, rows.length - 1) : Math.max(at - 1, 0)];
        if (!next) return;
        event.preventDefault();
        // What opens the row, so that Enter does; else whatever takes the focus.
        const opener = next.querySelector<HTMLElement>(".clamp a, .clamp button");
        (opener ?? next.querySelector<HTMLElement>("a, button, input"))?.focus();
        next.scrollIntoView({ block: "nearest" });
      } else if (event.key === "x" && at >= 0) {
        event.preventDefault();
        rows[at]?.querySelector<HTMLInputElement>("input[type=checkbox]")?.click();
      }
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [list]);
}
