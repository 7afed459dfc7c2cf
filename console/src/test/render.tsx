//! A part of the console, drawn as in the product, with the answers of a server.
import { MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { render } from "@testing-library/react";
import type { ReactNode } from "react";
import { vi } from "vitest";
import { createQueryClient } from "../api/queries";
import { allTexts, startI18n } from "../i18n";
import { theme } from "../theme";

/** Answers by method and path, e.g. `POST /accounts/1/reveal`. */
export type Answers = Record<string, (request: Request) => Response | Promise<Response>>;

export function serve(answers: Answers) {
  const asked: string[] = [];
  const fetch = async (request: Request) => {
    const { pathname } = new URL(request.url);
    const name = `${request.method} ${pathname.replace("/api/v1", "")}`;
    asked.push(name);
    const answer = answers[name];
    if (!answer) throw new TypeError(`nothing answers ${name}`);
    return answer(request);
  };
  vi.stubGlobal("fetch", fetch);
  return asked;
}

export const json = (value: unknown, status = 200) =>
  new Response(JSON.stringify(value), {
    status,
    headers: {
      "Content-Type": status < 400 ? "application/json" : "application/problem+json",
    },
  });

export async function draw(part: ReactNode) {
  await startI18n("ja");
  await allTexts();
  const client = createQueryClient();
  const drawn = render(
    <MantineProvider theme={theme} env="test">
      <QueryClientProvider client={client}>{part}</QueryClientProvider>
    </MantineProvider>,
  );
  return { client, ...drawn };
}
