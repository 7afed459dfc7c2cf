//! Refusals of the server (RFC 9457), as something to throw.

/** Codes of the server that have a text of their own. */
export const KNOWN_CODES = [
  "audit_held",
  "audit_unavailable",
  "conflict",
  "forbidden",
  "head_contradicted",
  "head_forged",
  "idempotency_mismatch",
  "in_progress",
  "internal",
  "invalid_input",
  "method_not_allowed",
  "not_found",
  "precondition_required",
  "reauthentication_needed",
  "recovery",
  "sealed",
  "second_factor_needed",
  "second_factor_required",
  "setup_done",
  "setup_token_expired",
  "stale",
  "throttled",
  "too_large",
  "too_many_streams",
  "unauthenticated",
  "unavailable",
  "undecided",
  "unknown_password",
  "unreachable",
  "unsupported_media_type",
] as const;
/** What a `conflict` says is in the way; each has a text of its own. */
export const KNOWN_CONFLICTS = [
  "account_gone",
  "agent_dissociated",
  "agent_not_approved",
  "certificate_chain_broken",
  "certificate_expired",
  "certificate_key_mismatch",
  "certificate_name_missing",
  "certificate_not_yet_valid",
  "certificate_unreadable",
  "certificate_weak",
  "certificate_wrong_use",
  "changed_meanwhile",
  "circle",
  "default_policy",
  "device_blocked",
  "device_not_blocked",
  "device_not_held",
  "device_retired",
  "directory_account",
  "in_use",
  "key_encrypted",
  "key_unreadable",
  "last_administrator",
  "name_taken",
  "nested_too_deep",
  "nested_too_many",
  "no_agent",
  "not_a_session",
  "order_left",
  "order_open",
  "other_owner",
  "own_factor_missing",
  "owned_already",
  "pfx_no_certificate",
  "pfx_no_key",
  "pfx_several_keys",
  "pfx_too_slow",
  "pfx_unreadable",
  "pfx_unsupported",
  "pfx_wrong_password",
  "repeat_unclear",
  "reset_open",
  "shared_already",
  "too_many_criteria",
  "too_many_groups",
  "too_many_members",
  "too_many_views",
  "witness_itself",
  "witnessed_already",
] as const;
export type KnownConflict = (typeof KNOWN_CONFLICTS)[number];
export type KnownCode = (typeof KNOWN_CODES)[number];

interface Fields {
  code: string;
  status: number;
  /** The server's sentence, in English: for diagnosis, never shown as the message. */
  detail?: string | undefined;
  field?: string | undefined;
  order?: string | undefined;
  /** What is in the way, as a word. */
  conflict?: string | undefined;
  requestId?: string | undefined;
  /** Seconds until the next try makes sense. */
  retryAfter?: number | undefined;
  /** With what one can prove who one is. */
  methods?: readonly string[] | undefined;
  /** What the second step of signing in names. */
  pending?: string | undefined;
}

export class Problem extends Error {
  readonly code: string;
  readonly status: number;
  readonly detail: string | undefined;
  readonly field: string | undefined;
  readonly order: string | undefined;
  readonly conflict: string | undefined;
  readonly requestId: string | undefined;
  readonly retryAfter: number | undefined;
  readonly methods: readonly string[];
  readonly pending: string | undefined;

  constructor(fields: Fields) {
    super(fields.code);
    this.name = "Problem";
    this.code = fields.code;
    this.status = fields.status;
    this.detail = fields.detail;
    this.field = fields.field;
    this.order = fields.order;
    this.conflict = fields.conflict;
    this.requestId = fields.requestId;
    this.retryAfter = fields.retryAfter;
    this.methods = fields.methods ?? [];
    this.pending = fields.pending;
  }

  /** Reads a refusal. What is no problem+json (a proxy's page) becomes *unavailable*. */
  static async from(response: Response): Promise<Problem> {
    const retryAfter = Number(response.headers.get("Retry-After")) || undefined;
    const requestId = response.headers.get("X-Request-Id") ?? undefined;
    const type = response.headers.get("Content-Type") ?? "";
    if (type.startsWith("application/problem+json")) {
      const found = await response.json().catch(() => undefined);
      if (isRecord(found) && typeof found.code === "string") {
        return new Problem({
          code: found.code,
          status: response.status,
          detail: text(found.detail),
          field: text(found.field),
          order: text(found.order),
          conflict: text(found.conflict),
          requestId: text(found.request_id) ?? requestId,
          retryAfter,
          methods: Array.isArray(found.methods)
            ? found.methods.filter((method) => typeof method === "string")
            : undefined,
          pending: text(found.pending),
        });
      }
    }
    const code = response.status >= 500 ? "unavailable" : "internal";
    return new Problem({ code, status: response.status, requestId, retryAfter });
  }

  /** Whether the same call may succeed a little later. */
  get passing(): boolean {
    return [502, 503, 504].includes(this.status) || this.code === "unreachable";
  }
}

/** The server could not be asked. */
export function unreachable(error: unknown): Problem {
  return new Problem({ code: "unreachable", status: 0, detail: String(error) });
}

export function isProblem(error: unknown, code?: KnownCode): error is Problem {
  return error instanceof Problem && (code === undefined || error.code === code);
}

export function isKnownConflict(word: string | undefined): word is KnownConflict {
  return word !== undefined && (KNOWN_CONFLICTS as readonly string[]).includes(word);
}

export function isKnown(code: string): code is KnownCode {
  return (KNOWN_CODES as readonly string[]).includes(code);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
