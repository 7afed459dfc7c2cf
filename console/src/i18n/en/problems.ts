import type { ja } from "../ja";
import type { Shape } from "../shape";

export const problems = {
  title: "It was not done",
  code: "Code",
  request: "Request id",
  server: "What the server said",
  conflicts: {
    account_gone: "The account is no longer on its host. If it is back, discover accounts again.",
    agent_dissociated: "Its agent is dissociated. Associate it first.",
    agent_not_approved: "The agent of this resource is not approved. Approve the device first.",
    certificate_chain_broken:
      "The certificates form no chain. Put the server’s first, then each one’s issuer.",
    certificate_expired: "The certificate has expired. Choose a newer one.",
    certificate_key_mismatch:
      "The private key does not belong to the certificate. Choose the one its request was made with.",
    certificate_name_missing: "The certificate is not for this server’s name (public_name).",
    certificate_not_yet_valid: "The certificate is not valid yet. Check the server’s clock.",
    certificate_unreadable: "The certificate cannot be read. Choose a PEM file.",
    certificate_weak:
      "The certificate’s key or signature is too weak. Use RSA of 2048 bits or more, or an elliptic curve of 256 bits or more.",
    certificate_wrong_use:
      "It is not a certificate for a TLS server. A certificate for an authority or for a client cannot be used.",
    changed_meanwhile: "Something else changed it at this moment. Look again and repeat.",
    default_policy: "This is the default password policy; it cannot be deleted.",
    device_blocked: "The device is blocked. Unblock it first.",
    device_not_blocked: "The device is not blocked.",
    device_not_held: "The device is not held back as a copy.",
    device_retired: "The device is out of service. Enrol it anew.",
    directory_account: "The account is defined in a directory. Change it there.",
    in_use: "Something else still uses it. Remove that first.",
    key_encrypted: "The private key is encrypted with a passphrase. Decrypt it first.",
    key_unreadable: "The private key cannot be read. Choose a PEM file.",
    last_administrator:
      "They are the last administrator. Make somebody else an administrator first.",
    name_taken: "The name is taken. Choose another one.",
    no_agent: "No agent serves this resource. Enrol one with an enrolment key.",
    not_a_session: "An API token is not signed out. Revoke it instead.",
    order_left: "An agent has the task already; it can no longer be cancelled.",
    order_open: "A task on this resource is not finished. Wait for it.",
    pfx_no_certificate:
      "No certificate in the PFX file belongs to its private key. Export both together.",
    pfx_no_key: "The PFX file holds no private key. Export the certificate together with its key.",
    pfx_several_keys: "The PFX file holds several private keys. Export only the server’s.",
    pfx_too_slow:
      "Opening the PFX file would take too long. Export it again with fewer iterations (-iter).",
    pfx_unreadable: "The file cannot be read as PFX, or is larger than 40 KiB.",
    pfx_unsupported:
      "The PFX file is protected in a way that is not supported. Export it again with AES-256.",
    pfx_wrong_password: "The password does not open the PFX file. Type it again.",
    repeat_unclear:
      "The first request is still running or was interrupted. Look whether it took effect.",
    shared_already: "It is shared with them already. Change that share.",
    reset_open: "A reset has no outcome yet. Wait for its task.",
    too_many_groups: "That would be too many groups. Take it out of another one first.",
    too_many_criteria:
      "There are as many groups with criteria as there can be. Take those of another one away first.",
    too_many_members: "There are as many users in the group as there can be.",
    too_many_views: "You have as many views as there can be. Delete another one first.",
    circle: "The groups would stand inside each other in a circle.",
    nested_too_deep: "Too many groups would stand inside each other.",
    nested_too_many: "Too many groups would stand inside one.",
    other_owner: "Only groups of one owner stand inside each other.",
    own_factor_missing:
      "Your own role is among them. Set up your own second factor first, under “My settings”.",
    owned_already: "They own it already.",
    witness_itself: "A site cannot witness itself. Do this on another server.",
    witnessed_already: "This site is witnessed already. Remove it first.",
  },
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
    setup_token_expired:
      "The set-up token has expired. Run sekisho-server setup-token on the server.",
    stale: "Somebody else changed it first. Look at what it is now.",
    too_many_streams:
      "Too many tabs are open, so this one is not kept up to date by itself. Close some of them.",
    throttled: "Too many tries. Wait a while and try again.",
    throttled_for_one: "Too many tries. Wait {{count}} second and try again.",
    throttled_for_other: "Too many tries. Wait {{count}} seconds and try again.",
    too_large: "That is too much to send.",
    unauthenticated: "Please sign in.",
    unavailable: "The server cannot answer right now. Nothing was changed. Try again.",
    undecided:
      "The database did not confirm the change: all of it was done, or nothing. Look at what it was about, and repeat it if need be.",
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
