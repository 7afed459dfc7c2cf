//! Everything behind the sign-in.

import { useSuspenseQuery } from "@tanstack/react-query";
import { createFileRoute, redirect } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { isProblem } from "../api/problem";
import { me, publicSystem } from "../api/queries";
import { allTexts } from "../i18n";
import { Loading, LoadProblem, Missing } from "../parts/problem";
import { Frame } from "../shell/frame";

const NeedsSecondFactor = lazy(async () => ({
  default: (await import("../shell/needs-second-factor")).NeedsSecondFactor,
}));

export const Route = createFileRoute("/_app")({
  beforeLoad: async ({ context: { queryClient }, location }) => {
    try {
      // The texts of Home are in the first load.
      const texts = location.pathname === "/" ? undefined : allTexts();
      await Promise.all([queryClient.ensureQueryData(me), texts]);
    } catch (error) {
      if (!isProblem(error, "unauthenticated")) throw error;
      const site = await queryClient.ensureQueryData(publicSystem);
      if (site.setup_needed) throw redirect({ to: "/setup" });
      const back = location.href === "/" ? undefined : location.href;
      throw redirect({ to: "/login", search: { back } });
    }
  },
  component: App,
  errorComponent: ({ error, reset }) => <LoadProblem error={error} onRetry={reset} />,
  notFoundComponent: () => <Missing page />,
});

function App() {
  const { data } = useSuspenseQuery(me);
  if (data.second_factor_missing) {
    return (
      <Suspense fallback={<Loading />}>
        <NeedsSecondFactor />
      </Suspense>
    );
  }
  return <Frame me={data} />;
}
