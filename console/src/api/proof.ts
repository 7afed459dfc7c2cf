//! A proof that it is still the same person, asked for where the server wants
//! one: the call waits, a dialog asks, and the call is made again.
import { useSyncExternalStore } from "react";
import { Problem } from "./problem";

/** A proof that is being asked for. */
export interface Asked {
  methods: readonly string[];
  /** Ends the asking: whether it was given. */
  done: (given: boolean) => void;
}

let asked: Asked | undefined;
let answer: Promise<boolean> | undefined;
let watching = false;
const listeners = new Set<() => void>();

function tell() {
  for (const listener of listeners) listener();
}

/** From here on there is a dialog that asks. */
export function watchProof(on: boolean) {
  watching = on;
  if (!on) asked?.done(false);
}

/** Several calls that need a proof at once wait for the same one. */
export function ask(methods: readonly string[]): Promise<boolean> {
  answer ??= new Promise<boolean>((resolve) => {
    asked = {
      methods,
      done: (given) => {
        asked = undefined;
        answer = undefined;
        tell();
        resolve(given);
      },
    };
    tell();
  });
  return answer;
}

/** Sends; where a proof is missing, asks for it and sends once more. */
export async function sendProved(request: Request): Promise<Response> {
  const again = request.clone();
  const response = await globalThis.fetch(request);
  if (response.status !== 403 || !watching) return response;
  const problem = await Problem.from(response.clone());
  if (problem.code !== "reauthentication_needed") return response;
  return (await ask(problem.methods)) ? globalThis.fetch(again) : response;
}

export function useAskedProof(): Asked | undefined {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => asked,
  );
}
