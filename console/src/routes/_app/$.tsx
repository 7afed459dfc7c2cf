//! Addresses that are none: said inside the frame, from which one goes on.
import { createFileRoute } from "@tanstack/react-router";
import { Missing } from "../../parts/problem";

export const Route = createFileRoute("/_app/$")({ component: () => <Missing page /> });
