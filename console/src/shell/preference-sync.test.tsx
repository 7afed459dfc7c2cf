import { fireEvent, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { draw, json, serve } from "../test/render";
import { usePreferenceSync } from "./preference-sync";
import { setPreferences, usePreferences } from "./preferences";

const UNSAID = {
  language: null,
  theme: "auto",
  density: "normal",
  shortcuts: true,
  start_dismissed: false,
};

function Probe() {
  usePreferenceSync();
  const { density } = usePreferences();
  return (
    <button type="button" onClick={() => setPreferences({ density: "compact" })}>
      {density}
    </button>
  );
}

beforeEach(() => {
  localStorage.clear();
  setPreferences({ density: "normal", shortcuts: true, startDismissed: false });
});
afterEach(() => vi.unstubAllGlobals());

test("what the server keeps is taken over, and not sent back", async () => {
  const asked = serve({ "GET /me/preferences": () => json({ ...UNSAID, density: "compact" }) });
  await draw(<Probe />);
  await screen.findByText("compact");
  await new Promise((done) => setTimeout(done, 1000));
  expect(asked).toEqual(["GET /me/preferences"]);
});

test("a choice is sent once it has settled, and no language that nobody chose", async () => {
  const sent: unknown[] = [];
  serve({
    "GET /me/preferences": () => json(UNSAID),
    "PUT /me/preferences": async (request) => {
      const wanted = await request.json();
      sent.push(wanted);
      return json(wanted);
    },
  });
  await draw(<Probe />);
  fireEvent.click(await screen.findByText("normal"));
  await screen.findByText("compact");
  await waitFor(() => expect(sent).toHaveLength(1), { timeout: 3000 });
  expect(sent[0]).toMatchObject({ density: "compact", language: null, shortcuts: true });
});

test("without the server the browser's own memory is enough", async () => {
  const asked = serve({});
  await draw(<Probe />);
  fireEvent.click(await screen.findByText("normal"));
  await screen.findByText("compact");
  await new Promise((done) => setTimeout(done, 1000));
  expect(asked).toEqual(["GET /me/preferences"]);
});
