import type { ja } from "../ja";
import type { Shape } from "../shape";

export const problems = {
  title: "It was not done",
  code: "Code",
  request: "Request id",
  server: "What the server said",
  texts: {
    audit_held:
      "Changes wait, because a witness of the audit log has been missing for too long. Tell an administrator.",
    audit_unavailable:
      "Nothing was done, because the audit log cannot be written. Tell an administrator.",
    conflict: "The present state does not allow this. Look at what it is now.",
    forbidden: "You are not allowed to do this. Ask an administrator if you need to.",
    head_contradicted:
      "A head of the audit log contradicts an earlier one. Look at that site at once.",
    head_forged: "A head of the audit log is not signed properly. Look at that site at once.",
    idempotency_mismatch:
      "A request key was used for something else. Reload the page and try again.",
    in_progress: "A reset of this account is under way. Wait for it or look at the task.",
    internal: "Something failed inside the server. Tell an administrator the request id.",
    invalid_input: "Something you entered is not right.",
    invalid_field: "Please check “{{field}}”.",
    method_not_allowed:
      "The server does not know this action. Compare the versions of server and console.",
    not_found: "Not found. It was deleted, or you may not see it.",
    precondition_required: "Load it again, then repeat your change.",
    reauthentication_needed: "It must be checked that it is you. Try again, and confirm it.",
    recovery: "Not possible while the site is in recovery.",
    sealed: "The server's vault is sealed until an administrator provides its key.",
    second_factor_needed: "Enter the code of your second factor.",
    second_factor_required: "Your role needs a second factor. Set one up first.",
    setup_done: "The site is set up already. Please sign in.",
    stale: "Somebody else changed it first. Look at what it is now.",
    throttled: "Too many tries. Wait a while and try again.",
    throttled_for_one: "Too many tries. Wait {{count}} second and try again.",
    throttled_for_other: "Too many tries. Wait {{count}} seconds and try again.",
    too_large: "That is too much to send.",
    unauthenticated: "Please sign in.",
    unavailable: "The server cannot answer right now. Nothing was changed. Try again.",
    unknown_password: "The password of this account is not known. Reset or store it first.",
    unreachable: "The server cannot be reached. Check the network.",
    unsupported_media_type: "The server does not take this format.",
    unknown: "An unexpected answer ({{code}}).",
  },
  denied: {
    title: "You are not allowed to see this page",
    explain: "If you need it, ask an administrator for another role.",
  },
  missing: {
    title: "Not found",
    explain: "It was deleted, or you may not see it.",
    page: "There is no page at this address.",
    home: "Back to Home",
  },
  failed: { title: "It could not be loaded" },
  crashed: {
    title: "Something went wrong while showing this page",
    explain: "If reloading does not help, tell an administrator.",
  },
  stale: {
    title: "Somebody else changed it first",
    explain: "It changed while you were editing. Choose what shall stand.",
    field: "Field",
    yours: "What you entered",
    theirs: "What it is now",
    take: "Use what it is now",
    keep: "Overwrite with mine",
  },
} satisfies Shape<typeof ja.problems>;
