import "./styles";
import { MantineProvider } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { QueryClientProvider } from "@tanstack/react-query";
import { createRouter, RouterProvider } from "@tanstack/react-router";
import { setNonce } from "get-nonce";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { createQueryClient } from "./api/queries";
import { preferredLanguage, startI18n } from "./i18n";
import { Crashed } from "./parts/crashed";
import { Loading } from "./parts/problem";
import { routeTree } from "./routeTree.gen";
import { colorSchemeManager, cssVariables, theme } from "./theme";

const queryClient = createQueryClient();
const router = createRouter({
  routeTree,
  context: { queryClient },
  // The queries know what is fresh.
  defaultPreloadStaleTime: 0,
  defaultPendingComponent: () => <Loading />,
  defaultErrorComponent: Crashed,
  scrollRestoration: true,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
  interface HistoryState {
    /** Where the pages before this one of a list begin. */
    trail?: (string | null)[];
  }
}

const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? "";
// For the styles with which dialogs keep the page behind them from scrolling.
setNonce(nonce);

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");
await startI18n(preferredLanguage());
createRoot(root).render(
  <StrictMode>
    <MantineProvider
      theme={theme}
      cssVariablesResolver={cssVariables}
      defaultColorScheme="auto"
      colorSchemeManager={colorSchemeManager()}
      getStyleNonce={() => nonce}
    >
      <QueryClientProvider client={queryClient}>
        <Notifications position="bottom-right" />
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
