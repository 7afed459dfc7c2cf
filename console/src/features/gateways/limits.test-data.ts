//! The limits that the program brings along, for tests.
import { MIB } from "./limits";
import type { Limits } from "./queries";

export const rate = (per_1000_s: number, burst: number) => ({ per_1000_s, burst });
export const USUAL: Limits = {
  dry_run: false,
  connections: 20_000,
  connections_per_address: 64,
  connections_per_device: 4,
  handshakes: rate(1_000_000, 1000),
  handshakes_per_address: rate(5000, 20),
  handshakes_in_flight: 1000,
  enrolment_per_address: rate(1000, 10),
  enrolment: rate(50_000, 100),
  enrolment_in_flight: 32,
  per_device: rate(2000, 20),
  relayed_in_flight: 512,
  ban_after: 100,
  ban_s: 600,
  memory_bytes: 1024 * MIB,
  pass_through: 512,
};
