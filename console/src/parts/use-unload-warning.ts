//! What is on the screen and nowhere else.
import { useEffect } from "react";

/** As long as it holds, the browser asks before the page is closed or reloaded. */
export function useUnloadWarning(holds: boolean) {
  useEffect(() => {
    if (!holds) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, [holds]);
}
