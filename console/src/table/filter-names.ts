//! The conditions of each list. They stand apart from the lists, because the
//! routes read addresses before any list is loaded.
export const ACCOUNT_FILTERS = ["presence"] as const;
export const AUDIT_FILTERS = ["code", "from", "to", "actor"] as const;
export const TASK_FILTERS = ["state", "mine"] as const;
