//! The conditions of each list. They stand apart from the lists, because the
//! routes read addresses before any list is loaded.
export const ACCOUNT_FILTERS = ["presence", "knowledge", "policy"] as const;
export const AGENT_FILTERS = ["active", "state", "association"] as const;
export const DEVICE_FILTERS = ["state", "active"] as const;
export const KEY_FILTERS = ["state"] as const;
export const RESOURCE_FILTERS = ["agent", "platform", "out_of_sync", "group"] as const;
export const GROUP_MEMBER_FILTERS = ["agent", "platform", "out_of_sync", "direct"] as const;
export const USER_FILTERS = ["role", "state"] as const;
export const AUDIT_FILTERS = ["code", "from", "to", "actor"] as const;
export const GATEWAY_FILTERS = ["state"] as const;
export const MAIL_FILTERS = ["state"] as const;
export const REPORT_FILTERS = [
  "report",
  "state",
  "active",
  "soon",
  "user",
  "days",
  "from",
  "to",
] as const;
export const TASK_FILTERS = ["state", "mine"] as const;
