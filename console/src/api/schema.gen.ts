// Generated from docs/api/openapi.json by `npm run generate`. Do not edit.

export interface paths {
    "/api/v1/accounts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the accounts one may see, by name or by `sort`: `name`, `created_at`,
         *     `last_verified_at`.
         */
        get: operations["list_accounts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/accounts.csv": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Write the accounts one may see as a file: everything of the list, without
         *     passwords. On record.
         */
        get: operations["export_accounts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/accounts/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** See an account, without its password. */
        get: operations["show_account"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /** Change the policy or the maximum age of an account. */
        patch: operations["edit_account"];
        trace?: never;
    };
    "/api/v1/accounts/{id}/explain": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Explain why somebody may or may not do something with an account. */
        get: operations["explain_account"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/accounts/{id}/history": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the values a password has had, newest first, without the values. */
        get: operations["list_password_history"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/accounts/{id}/history/{version}/reveal": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Reveal one value of a password's history. On record before it is answered;
         *     an API token needs the scope `reveal`.
         */
        post: operations["reveal_former_password"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/accounts/{id}/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Store a password that was set by hand on the host. It stays *unverified*
         *     until a verify succeeds; nothing is changed on the host.
         */
        put: operations["store_password"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/accounts/{id}/reset": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Have the agent set a new password, made by the policy. */
        post: operations["reset_password"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/accounts/{id}/reveal": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Reveal the password of an account. On record before it is answered; an
         *     API token needs the scope `reveal`.
         */
        post: operations["reveal_password"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/accounts/{id}/rotation/pause": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Keep an account from being reset by itself until a time. Resets that people
         *     ask for are not affected.
         */
        post: operations["pause_rotation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/accounts/{id}/rotation/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** End a pause before its time. */
        post: operations["resume_rotation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/accounts/{id}/shares": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the shares of an account, newest first. */
        get: operations["list_account_shares"];
        put?: never;
        /**
         * Share one account, to `view` or to `modify`. It counts before every share of
         *     its resource.
         */
        post: operations["share_account"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/accounts/{id}/verify": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Have the agent check whether the known password works. Changes nothing. */
        post: operations["verify_password"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/agents": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the agents on one's own resources (A-131), by host name or by `sort`:
         *     `host_name`, `created_at`, `last_seen_at`, `state`, `platform`,
         *     `agent_version`. Those whose resource was deleted are among them (A-111).
         */
        get: operations["list_agents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/agents.csv": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Write the agents on one's own resources as a file: everything of the list.
         *     On record.
         */
        get: operations["export_agents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/agents/bulk": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Associate or dissociate several agents (A-104), each on its own: some may
         *     be refused. With `dry_run`, only say what would happen.
         */
        post: operations["associate_many"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/agents/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** See the agent on a resource that one owns. */
        get: operations["show_agent"];
        put?: never;
        post?: never;
        /**
         * Take an agent off the list whose resource was deleted (A-110). Its host is
         *     told; it may enrol again with a new key.
         */
        delete: operations["delete_agent"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/agents/{id}/associate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Let a dissociated agent work again (A-101). One that waits for orders hears
         *     of it at once, one that rests at its next look.
         */
        post: operations["associate_agent"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/agents/{id}/dissociate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Suspend everything that an agent does on its resource (A-102). Orders wait
         *     until it is associated again; what it has taken already it reports.
         */
        post: operations["dissociate_agent"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/agents/{id}/remap": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** See which resources an agent could be remapped to, and what would happen. */
        get: operations["remap_targets"];
        put?: never;
        /**
         * Give an agent a resource again: one with the DNS name of its host (A-121).
         *     The accounts of its deleted resource come along (A-122).
         */
        post: operations["remap_agent"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Lists the audit log, newest first, or by `sort`: `at`. `q` searches in the
         *     events' fields.
         * @description Reading is itself recorded: once for each filter, also when its pages are
         *     turned or loaded again within five minutes.
         */
        get: operations["list_audit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audit.csv": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Writes the audit log as a file for spreadsheets: everything of the list. On
         *     record. A copy that can be verified is made by `GET /audit/export`.
         */
        get: operations["export_audit_csv"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audit/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Gives lines of the audit log in the format of another system.
         * @description An export is itself recorded.
         */
        get: operations["export_audit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audit/heads": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists the signed heads of a chain. They hold nothing of what was recorded. */
        get: operations["list_audit_heads"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audit/keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Shows the keys with which signed heads are checked. Keep a copy outside of
         *     this server.
         */
        get: operations["list_audit_keys"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audit/lines": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Gives raw lines of one chain, oldest first, with the chain's head. */
        get: operations["list_audit_lines"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audit/verify": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Verifies every chain of the audit log: against itself, its recorded head,
         *     the signed heads, and the file of the witness if this server has one.
         */
        post: operations["verify_audit"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/devices": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List all devices, by host name or by `sort`: `host_name`, `created_at`,
         *     `last_seen_at`, `state`, `platform`, `agent_version`. For administrators.
         */
        get: operations["list_devices"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/devices.csv": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Write all devices as a file: everything of the list. For administrators. On
         *     record.
         */
        get: operations["export_devices"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/devices/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** See a device. For administrators. */
        get: operations["show_device"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/devices/{id}/approve": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Let a pending device work. If it serves a resource, it lists its accounts
         *     next.
         */
        post: operations["approve_device"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/devices/{id}/block": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Refuse a device from now on: its sessions end at once. */
        post: operations["block_device"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/devices/{id}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Let a device go on that was held back because it seemed to be two
         *     (`suspension` is `cloned`). Switch the copy off first: when both speak
         *     again, both are held back again.
         */
        post: operations["resume_device"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/devices/{id}/unblock": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Take a block back. The device waits for approval again. */
        post: operations["unblock_device"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/enrolment-keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List enrolment keys: one's own, or all for administrators. Newest first, or
         *     by `sort`: `created_at`, `label`, `expires_at`, `last_used_at`.
         */
        get: operations["list_enrolment_keys"];
        put?: never;
        /** Make an enrolment key. Its text is in this answer and nowhere else. */
        post: operations["create_enrolment_key"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/enrolment-keys.csv": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Write enrolment keys as a file: everything of the list, without secrets. On
         *     record.
         */
        get: operations["export_enrolment_keys"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/enrolment-keys/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** See an enrolment key, without its secret. */
        get: operations["show_enrolment_key"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/enrolment-keys/{id}/revoke": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Revoke an enrolment key. Devices it has admitted stay. */
        post: operations["revoke_enrolment_key"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Watch what changes: a stream of server-sent events that carry a kind and at
         *     most an id, for what the caller may see.
         * @description `event` is `accounts`, `resources`, `orders`, `devices`, `agents`,
         *     `enrolment-keys`, `users`, `me`, `tokens`, `policies`, `groups`, `audit` or
         *     `system`, and `data` is `{"id":"…"}` or, for several or none in particular,
         *     `{}`: also to whom something is shared, or is not any more. `ready` comes
         *     first; `reset` says that something was missed, or that the caller's role is
         *     another one: read everything again; `session_ended` says goodbye. Who comes again with
         *     `Last-Event-ID` gets what it missed. A comment comes every 15 seconds.
         *
         *     Only what this server's process has committed is told: look again by
         *     yourself now and then.
         */
        get: operations["watch_events"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/gateway-settings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** See what holds for all gateways. */
        get: operations["show_gateway_settings"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /** Change what holds for all gateways. They work by it within seconds. */
        patch: operations["change_gateway_settings"];
        trace?: never;
    };
    "/api/v1/gateways": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List gateways, also revoked ones. By name, or by `sort`: `name`, `paired_at`,
         *     `last_contact_at`.
         */
        get: operations["list_gateways"];
        put?: never;
        /**
         * Pair a gateway: dial the address in its pairing string, check the key there,
         *     prove the string's secret, and make it one of the site.
         */
        post: operations["pair_gateway"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/gateways/check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Look whether a gateway can be paired like this: dial the address in its pairing
         *     string, check the key there and what the gateway offers. Nothing is kept, and
         *     the string can still be used; its secret is proved only when it is used.
         */
        post: operations["check_pairing"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/gateways/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** See a gateway, with what it says of itself. */
        get: operations["show_gateway"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Change a gateway. It works by the change within seconds, without a restart;
         *     agents learn of other addresses with their next look at the trust bundle.
         */
        patch: operations["change_gateway"];
        trace?: never;
    };
    "/api/v1/gateways/{id}/lift": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Lift bans of a gateway. */
        post: operations["lift_bans"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/gateways/{id}/names": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Look what the names of a gateway lead to from here. One name that leads to
         *     the server inside and to the gateway outside is split DNS, and fine.
         */
        get: operations["check_names"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/gateways/{id}/revoke": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Revoke a gateway: its connections end at once, its key counts for nothing any
         *     more, and agents learn that it is gone.
         */
        post: operations["revoke_gateway"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/mail": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List mails, newest first, or by `sort`: `created_at`; without their texts.
         *     For administrators and auditors.
         */
        get: operations["list_mail"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/mail/status": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** See how mail is doing. For administrators and auditors. */
        get: operations["mail_status"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/mail/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Throw away a mail that was given up. For administrators. */
        delete: operations["discard_mail"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/mail/{id}/send-again": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Send a mail that was given up after all. For administrators. */
        post: operations["send_mail_again"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Says who the caller is and what they may do. */
        get: operations["show_me"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/identities": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists who the caller is at OpenID providers, oldest first. */
        get: operations["list_own_identities"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/mail": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows whether and where the caller gets mail. */
        get: operations["show_own_mail"];
        /** Says whether and where the caller gets mail. What ended before is not told. */
        put: operations["put_own_mail"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/passkeys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists the caller's passkeys, oldest first. */
        get: operations["list_passkeys"];
        put?: never;
        /** Registers a passkey. */
        post: operations["finish_registration"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/passkeys/start": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Begins to register a passkey. */
        post: operations["start_registration"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/passkeys/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Renames a passkey. */
        put: operations["rename_passkey"];
        post?: never;
        /** Removes a passkey. With the last second factor the recovery codes go, too. */
        delete: operations["remove_passkey"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Changes the caller's own password and ends their other sessions. */
        post: operations["post_own_password"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/preferences": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows how the caller likes the console; the defaults if they never said. */
        get: operations["show_preferences"];
        /** Says how the caller likes the console. */
        put: operations["put_preferences"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/second-factor": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows the caller's second factors. */
        get: operations["show_second_factor"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/second-factor/recovery-codes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Gives the caller new recovery codes; the former ones are void. */
        post: operations["new_recovery_codes"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/second-factor/totp": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Begins to set up an authenticator app: makes its secret.
         * @description It counts once its first code has proved that the app has it. One that
         *     counts already does so until then.
         */
        post: operations["start_totp"];
        /**
         * Removes the caller's authenticator app. With the last second factor the
         *     recovery codes go, too.
         */
        delete: operations["remove_totp"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/second-factor/totp/confirm": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Finishes setting up an authenticator app with its first code, gives new
         *     recovery codes and ends the caller's other sessions.
         */
        post: operations["confirm_totp"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists where the caller is signed in, newest first. */
        get: operations["list_sessions"];
        put?: never;
        post?: never;
        /**
         * Ends all of the caller's sessions but the one that asks. An API token ends
         *     all of them.
         */
        delete: operations["end_other_sessions"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/sessions/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Ends one of the caller's sessions. */
        delete: operations["end_session"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/views": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists the caller's views, then those that others share with their role. */
        get: operations["list_views"];
        put?: never;
        /** Saves a view. */
        post: operations["save_view"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/views/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Changes a view. */
        put: operations["put_view"];
        post?: never;
        /** Deletes a view. */
        delete: operations["delete_view"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/views/{id}/default": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Has the caller begin with a view when they open its page: their own, or one
         *     that is shared with their role. Whichever it was before is not any more.
         */
        put: operations["put_default_view"];
        post?: never;
        /** Has the caller begin with the page as it is again. */
        delete: operations["delete_default_view"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/notifications": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the resets and checks that one has asked for, newest first: those of
         *     the last 30 days.
         */
        get: operations["list_notifications"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/notifications/counts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Count the tasks that wait, and those that ended and were not read of. */
        get: operations["count_notifications"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/notifications/read-all": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Mark everything as read. */
        post: operations["read_all_notifications"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/notifications/settings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** See which kinds are muted. */
        get: operations["notification_settings"];
        /** Choose which kinds are muted. */
        put: operations["change_notification_settings"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/notifications/{id}/read": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Mark one task as read. */
        post: operations["read_notification"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/notifications/{id}/unread": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Mark one task as unread again. */
        post: operations["unread_notification"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/offices": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List offices. By name, or by `sort`: `name`, `created_at`. */
        get: operations["list_offices"];
        put?: never;
        /** Add an office. */
        post: operations["create_office"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/offices/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** See an office. */
        get: operations["show_office"];
        /** Change an office. Gateways work by it within seconds. */
        put: operations["change_office"];
        post?: never;
        /** Remove an office. Its devices are limited by their address like others. */
        delete: operations["delete_office"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/offices/{id}/install-line": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Make what is typed at an endpoint of an office: an enrolment key for oneself
         *     and the line that installs the agent with it, by the office's gateway.
         */
        post: operations["make_install_line"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/orders": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List orders on the resources one may see, newest first, or by `sort`:
         *     `created_at`. `q` looks in their reasons, and for resources whose names
         *     begin with it and accounts that are called so.
         */
        get: operations["list_orders"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/orders.csv": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Write the orders on the resources one may see as a file: everything of the
         *     list. On record.
         */
        get: operations["export_orders"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/orders/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** See an order; with `wait_s`, once it is finished or the time is up. */
        get: operations["show_order"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/orders/{id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Withdraw an order that no device has fetched. */
        post: operations["cancel_order"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/overview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** See what is to be done, in numbers. */
        get: operations["show_overview"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/package-links": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the links that one has made, newest first. */
        get: operations["list_package_links"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/package-links/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Revoke a link: it leads nowhere from now on. */
        delete: operations["revoke_package_link"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/packages": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the packages of the agent, newest first. */
        get: operations["list_packages"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/packages/{id}/download": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Download a package. */
        get: operations["download_package"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/packages/{id}/links": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Make a link with which one package can be downloaded without signing in.
         *     It is shown this once.
         */
        post: operations["share_package"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/password-policies": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the password policies, by name or by `sort`: `name`, `created_at`. */
        get: operations["list_policies"];
        put?: never;
        /** Create a password policy. */
        post: operations["create_policy"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/password-policies/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** See a password policy. */
        get: operations["show_policy"];
        put?: never;
        post?: never;
        /** Delete a password policy that nothing uses. */
        delete: operations["delete_policy"];
        options?: never;
        head?: never;
        /** Change a password policy. Existing passwords are not touched. */
        patch: operations["edit_policy"];
        trace?: never;
    };
    "/api/v1/permissions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the permissions that roles are made of, and what each is needed for.
         *     For who manages roles.
         */
        get: operations["list_permissions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/principals": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Find with whom one can share: active users and user groups whose name
         *     contains `q`, by name, at most `limit` of each. Narrow the search to see
         *     others.
         */
        get: operations["list_principals"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/report-schedules": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the reports that one has sent to oneself, newest first, or by `sort`:
         *     `created_at`, `next_run_at`.
         */
        get: operations["list_report_schedules"];
        put?: never;
        /**
         * Have a report sent to oneself by mail, each day, week or month. It always
         *     shows what its owner may see at that moment.
         */
        post: operations["create_report_schedule"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/report-schedules/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** See one's schedule of a report. */
        get: operations["show_report_schedule"];
        put?: never;
        post?: never;
        /** Delete one's schedule of a report. What is in the outbox is sent. */
        delete: operations["delete_report_schedule"];
        options?: never;
        head?: never;
        /** Change one's schedule of a report, stop it, or let it go on. */
        patch: operations["change_report_schedule"];
        trace?: never;
    };
    "/api/v1/report-schedules/{id}/send": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Send a scheduled report now, besides its time. */
        post: operations["send_report_now"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/reports": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the reports that one may run. */
        get: operations["list_reports"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/reports/{report}/rows": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Run a report. One that is made of the audit log is on record as a reading of
         *     it.
         */
        get: operations["run_report"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/reports/{report}/rows.csv": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Write the whole of a report as a file. On record. */
        get: operations["export_report"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/resource-groups": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the resource groups one may see, by name or by `sort`: `name`,
         *     `created_at`. What is in one is listed by `/resources?group=`.
         */
        get: operations["list_groups"];
        put?: never;
        /** Create a resource group. Its creator owns it; nobody else sees it. */
        post: operations["create_group"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/resource-groups/preview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Show what criteria match of what you own, before a group has them: how many,
         *     and the first 20 by name.
         */
        post: operations["preview_group"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/resource-groups/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** See a resource group. */
        get: operations["show_group"];
        put?: never;
        post?: never;
        /** Delete a resource group. Its resources stay. */
        delete: operations["delete_group"];
        options?: never;
        head?: never;
        /** Change a resource group. */
        patch: operations["edit_group"];
        trace?: never;
    };
    "/api/v1/resource-groups/{id}/explain": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Explain why somebody may or may not do something with a resource group. */
        get: operations["explain_group"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/resource-groups/{id}/groups/{inner}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Put a group into another one of the same owner: what is in it is in the
         *     other one, too.
         */
        put: operations["add_inner_group"];
        post?: never;
        /** Take a group out of another one. */
        delete: operations["remove_inner_group"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/resource-groups/{id}/resources/{resource}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Put a resource into a group. One needs to be allowed to change both. */
        put: operations["add_group_resource"];
        post?: never;
        /** Take a resource out of a group. */
        delete: operations["remove_group_resource"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/resource-groups/{id}/shares": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the shares of a resource group, newest first. */
        get: operations["list_group_shares"];
        put?: never;
        /**
         * Share a resource group: every resource in it and in the groups inside it
         *     that the group's owner owns, now and later.
         */
        post: operations["share_group"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/resources": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the resources one may see by name, or by `sort`: `name`, `created_at`,
         *     `dns_name`, `platform`. `q` is what names begin with.
         */
        get: operations["list_resources"];
        put?: never;
        /** Create a resource. Its creator owns it; nobody else sees it. */
        post: operations["create_resource"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/resources.csv": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Write the resources one may see as a file: everything of the list. On
         *     record.
         */
        get: operations["export_resources"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/resources/transfer": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Give several resources to another owner, each by itself: one that cannot be
         *     given does not keep the others back.
         */
        post: operations["transfer_resources"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/resources/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** See a resource. */
        get: operations["show_resource"];
        put?: never;
        post?: never;
        /**
         * Delete a resource. Its accounts are no longer shown; their passwords are
         *     kept in the database.
         */
        delete: operations["delete_resource"];
        options?: never;
        head?: never;
        /** Change a resource. */
        patch: operations["edit_resource"];
        trace?: never;
    };
    "/api/v1/resources/{id}/accounts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Add an account by hand. Its password is not known until it is reset or
         *     stored.
         */
        post: operations["add_account"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/resources/{id}/discover": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Have the agent list the accounts of its host. Changes nothing there. */
        post: operations["discover_accounts"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/resources/{id}/explain": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Explain why somebody may or may not do something with a resource. About
         *     oneself for everybody who sees it, about others for who may share it.
         */
        get: operations["explain_resource"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/resources/{id}/shares": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the shares of a resource, newest first. */
        get: operations["list_resource_shares"];
        put?: never;
        /**
         * Share a resource with its accounts. The most specific share counts, even
         *     when it is weaker.
         */
        post: operations["share_resource"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/resources/{id}/transfer": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Give a resource to another owner. The former owner keeps nothing: shares
         *     with them end, and the resource leaves the groups of everybody but the new
         *     owner. Its agent goes with it.
         */
        post: operations["transfer_resource"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/roles": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the roles and what each may do: the built-in ones, then the custom ones
         *     by name. Proposals are shown to who manages roles.
         */
        get: operations["list_roles"];
        put?: never;
        /**
         * Propose a custom role. It can be given to somebody once another
         *     administrator has approved it.
         */
        post: operations["propose_role"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/roles/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** See a custom role. */
        get: operations["show_role"];
        put?: never;
        post?: never;
        /** Delete a custom role that nobody has. */
        delete: operations["delete_role"];
        options?: never;
        head?: never;
        /**
         * Propose a change of a custom role. What is in force stays so until another
         *     administrator has approved it.
         */
        patch: operations["change_role"];
        trace?: never;
    };
    "/api/v1/roles/{id}/actions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What a role can do, action by action: with its own things, with what others
         *     shared, with what others own. `{id}` is the id of a custom role or the word
         *     of a built-in one.
         */
        get: operations["role_actions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/roles/{id}/approve": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Approve what another administrator proposed, exactly as you read it. Nobody
         *     approves his own proposal, or a change of the role he has.
         */
        post: operations["approve_role"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/roles/{id}/reject": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Reject what was proposed, or take one's own proposal back. A role that was
         *     never in force goes with it.
         */
        post: operations["reject_role"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Signs in with name and password.
         * @description The answer never says which part was wrong. Many failures from one address
         *     make that address wait. A user with a second factor gets 401 with the code
         *     `second_factor_needed`, and goes on at `/session/second-factor`.
         */
        post: operations["post_session"];
        /** Signs out: ends this session. */
        delete: operations["delete_session"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/session/oidc/callback": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Where the provider sends the browser back to.
         * @description What somebody came for decides where they go from here: into the console,
         *     with the cookie `__Host-sekisho`; or back to the page they came from. `oidc=`
         *     says there why it did not go through: `declined`, `disabled`, `full`,
         *     `last_administrator`, `no_role`, `other`, `over`, `refused`, `taken`,
         *     `throttled`, `unavailable`, `unknown`.
         */
        get: operations["finish_oidc"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/session/oidc/link": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Begins to link who the caller is at the OpenID provider to their user: they
         *     sign in there anew.
         * @description The browser goes to `url`, and comes back to the console's page `/me` with
         *     `oidc=linked`, or with a word why not. From then on they sign in that way,
         *     too, and their groups there decide their role each time they do.
         */
        post: operations["start_link"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/session/oidc/prove": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Begins a proof through the OpenID provider: the caller signs in there anew.
         * @description The browser goes to `url`, and comes back to the console's page
         *     `/provider-done` with `oidc=ok`, or with a word why not.
         */
        post: operations["start_proof"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/session/oidc/start": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Sends the browser to the OpenID provider. */
        get: operations["start_oidc"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/session/passkey": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Signs in with a passkey: both factors at once. */
        post: operations["post_passkey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/session/passkey/start": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Begins to sign in with a passkey, or to prove with one who one is. The
         *     authenticator knows whose it is: no name is needed, and none is told.
         */
        post: operations["start_passkey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/session/prove": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Proves again who the caller is. */
        post: operations["post_proof"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/session/prove/passkey": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Proves again who the caller is, with a passkey of theirs. */
        post: operations["prove_with_passkey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/session/second-factor": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Finishes a sign-in with a second factor.
         * @description A code counts once. A sign-in that waits for longer than five minutes, or
         *     got five wrong codes, is over and begins again with the password.
         */
        post: operations["post_second_factor"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/setup": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Creates the first administrator with the set-up token. Works once. */
        post: operations["post_setup"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/shared-packages/{link}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Download the package that a link leads to. Nobody has to be signed in. */
        get: operations["download_shared_package"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/shares": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List what is shared with you, or with somebody else of what you own, newest
         *     first.
         */
        get: operations["list_shares"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/shares/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** See a share. */
        get: operations["show_share"];
        put?: never;
        post?: never;
        /** Take a share back. */
        delete: operations["end_share"];
        options?: never;
        head?: never;
        /** Change how far a share goes or when it ends. */
        patch: operations["change_share"];
        trace?: never;
    };
    "/api/v1/sign-in/rules": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows which roles need a second factor. */
        get: operations["show_rules"];
        /**
         * Says which roles need a second factor.
         * @description Who has none and is signed in can do nothing from then on but set one up.
         *     API tokens go on working. Whoever wants it of their own role sets up their
         *     own first.
         */
        put: operations["put_rules"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/system": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows the state of the server. */
        get: operations["show_system"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/system/certificate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows the certificate that browsers and the command line see. */
        get: operations["show_certificate"];
        /**
         * Chooses the certificate that browsers and the command line see: the site's
         *     own, for further names, or an uploaded one. It is judged first, and shown from
         *     the next connection on. Agents see the site's own in any case.
         */
        put: operations["put_certificate"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/system/keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Shows the trust bundles' order and receipt keys, and how many devices have
         *     not shown the newest bundle yet.
         */
        get: operations["show_site_keys"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/system/public": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Says what this is and whether it must be set up. */
        get: operations["show_public_system"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/system/recovery-key": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Shows which recovery key backups are sealed to, and whether somebody has
         *     shown that they hold it. The server never has its private half.
         */
        get: operations["show_recovery_key"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/system/recovery-key/challenge": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Asks the holder of the recovery key to show it: only its private half answers
         *     this, and it does not leave the caller.
         */
        post: operations["ask_for_recovery_key"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/system/recovery-key/proof": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Shows that the caller holds the recovery key. */
        post: operations["prove_recovery_key"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/system/settings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Lists the settings this server began with: what was given, and where. None
         *     is a secret; secrets are in files, whose names are shown. They change in the
         *     configuration file or the environment, with a restart.
         */
        get: operations["show_settings"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/system/vault": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Shows the vault's keys, what locks them, and how many values are still to be
         *     sealed anew after a rotation.
         */
        get: operations["show_vault"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Lists the caller's API tokens, newest first, or by `sort`: `created_at`,
         *     `name`, `expires_at`, `last_used_at`.
         */
        get: operations["list_tokens"];
        put?: never;
        /** Makes an API token for the caller. Its secret is shown this once. */
        post: operations["create_token"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tokens/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Revokes an API token at once. Doing it twice changes nothing. */
        delete: operations["revoke_token"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/user-groups": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List user groups, by name. */
        get: operations["list_user_groups"];
        put?: never;
        /** Create a user group. */
        post: operations["create_user_group"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/user-groups/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** See a user group. */
        get: operations["show_user_group"];
        put?: never;
        post?: never;
        /** Delete a user group, and what was shared with it. Its users stay. */
        delete: operations["delete_user_group"];
        options?: never;
        head?: never;
        /** Change a user group. */
        patch: operations["edit_user_group"];
        trace?: never;
    };
    "/api/v1/user-groups/{id}/members": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List who is in a user group, by name. */
        get: operations["list_user_group_members"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/user-groups/{id}/members/{user}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Put a user into a group. What is shared with it is shared with them at once. */
        put: operations["add_user_group_member"];
        post?: never;
        /**
         * Take a user out of a group. What is shared with it alone is not shared with
         *     them any more, at once.
         */
        delete: operations["remove_user_group_member"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/users": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Lists users by name, or by `sort`: `name`, `display_name`, `role`, `state`,
         *     `created_at`. `q` searches in both names.
         */
        get: operations["list_users"];
        put?: never;
        /** Creates a user. */
        post: operations["create_user"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/users.csv": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Writes users as a file: everything of the list. On record. */
        get: operations["export_users"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/users/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows a user. */
        get: operations["show_user"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Changes a user.
         * @description Nobody gives himself a role that may do more, and the last administrator and
         *     the last Super Administrator stay one.
         */
        patch: operations["edit_user"];
        trace?: never;
    };
    "/api/v1/users/{id}/disable": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Disables a user: they are signed out and may not sign in. What they own is
         *     kept.
         */
        post: operations["disable_user"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/users/{id}/enable": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Lets a disabled user sign in again. */
        post: operations["enable_user"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/users/{id}/identities": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists who a user is at OpenID providers, oldest first. */
        get: operations["list_identities"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/users/{id}/identities/{identity}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Takes an identity away from a user and ends their sessions: they no longer
         *     sign in with it. If they have no other way in, they have none.
         * @description Nobody does this to themselves, and only a Super Administrator to one.
         */
        delete: operations["unlink_identity"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/users/{id}/second-factor": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Shows whether a user has a second factor. */
        get: operations["show_users_second_factor"];
        put?: never;
        post?: never;
        /**
         * Takes away the second factors of somebody who lost them, and ends their
         *     sessions. If their role needs one, they set up another when they sign in.
         * @description Nobody does this to themselves, and only a Super Administrator to one.
         */
        delete: operations["reset_second_factor"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/witness/heads": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Takes heads of another site: all of them or none. A head that contradicts
         *     one that is held, or that the pinned key did not sign, is refused and
         *     becomes an event here.
         */
        post: operations["take_heads"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/witness/sites": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lists the sites that this server witnesses. */
        get: operations["list_witnessed_sites"];
        put?: never;
        /** Begins to witness another site: its audit key is pinned. */
        post: operations["add_witnessed_site"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/witness/sites/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Ends witnessing another site. The heads it sent are kept. */
        delete: operations["remove_witnessed_site"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/witness/sites/{id}/heads": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Gives the heads that another site has sent, 1000 at a time. */
        get: operations["list_witnessed_heads"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/healthz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Says that the server is alive. */
        get: operations["show_health"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/readyz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Says whether the server does its work: the database answers and takes changes,
         *     and the site is not in recovery.
         */
        get: operations["show_readiness"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description What changes; what is left out stays. */
        AccountChange: {
            /** @description The id of its policy; `null`: that of its resource. */
            policy?: string | null;
            /**
             * @description The account's own maximum age in days (1 to 3650), or `off`; `null`:
             *     that of its groups or its policy.
             */
            max_age_days?: unknown;
        };
        /** @description How many accounts a resource has, without those that are gone. */
        AccountCounts: {
            /**
             * Format: int64
             * @description All of them.
             */
            total: number;
            /**
             * Format: int64
             * @description Whose password is known.
             */
            known: number;
            /**
             * Format: int64
             * @description Whose known password did not work.
             */
            out_of_sync: number;
        };
        /** @description Which account a secret answer is about. */
        AccountRef: {
            /** @description Its id. */
            id: string;
            /** @description Its name. */
            name: string;
            /** @description Where it is. */
            resource: components["schemas"]["Named"];
        };
        /** @description An account. */
        AccountView: {
            /** @description Its id. */
            id: string;
            /** @description Where it is. */
            resource: components["schemas"]["Named"];
            /** @description Its name there. */
            name: string;
            /** @description Its stable id on the host (uid, SID); `null` until discovered. */
            native_id?: string | null;
            /** @description `present` or `gone`. */
            presence: string;
            /** @description `local`, or `directory` (listed only). */
            source: string;
            /**
             * @description What is known of its password: `unknown`, `unverified`, `known`,
             *     `indeterminate`, `out_of_sync`.
             */
            knowledge: string;
            /**
             * @description The password field as discovered: `set`, `locked`, `unusable`,
             *     `empty`, `hidden`.
             */
            password_field?: string | null;
            /** @description What the newest discovery said. */
            facts?: Record<string, never> | null;
            policy?: components["schemas"]["Named"] | null;
            current?: components["schemas"]["CurrentView"] | null;
            last_verify?: components["schemas"]["VerifyView"] | null;
            /** @description When it is reset by itself, and which rule says so. */
            rotation: components["schemas"]["RotationView"];
            open_order?: components["schemas"]["OpenOrderView"] | null;
            /**
             * Format: int64
             * @description Counts changes; the ETag.
             */
            version: number;
        };
        /** @description One action and whether a role may do it. */
        ActionView: {
            /** @description Its word. */
            action: string;
            /** @description Whether the role may do it with its own things, or at all. */
            own: boolean;
            /**
             * @description The weakest level of a share that is enough for it with what others
             *     own: `view`, `modify`, `full`; `null`: none is, or the role may not.
             */
            shared?: string | null;
            /** @description Whether the role may do it with what others own and did not share. */
            foreign: boolean;
            /** @description The permissions it needs that the role lacks. */
            lacks: string[];
        };
        /** @description The answer of an authenticator. */
        Assertion: {
            /** @description What `start` answered as `challenge`. */
            challenge: string;
            /**
             * @description The `PublicKeyCredential` of the browser, as JSON (WebAuthn,
             *     `toJSON`).
             */
            credential: Record<string, never>;
        };
        /** @description What the browser asks an authenticator with. */
        AuthenticationStart: {
            /** @description What the answer names. */
            challenge: string;
            /**
             * @description The argument of `navigator.credentials.get`, as JSON (WebAuthn,
             *     `parseRequestOptionsFromJSON`).
             */
            options: Record<string, never>;
            /** @description Until when the answer is waited for. */
            expires_at: components["schemas"]["Time"];
        };
        /** @description An address that is kept out for a while. */
        BanView: {
            /** @description An IPv4 address or an IPv6 network. */
            address: string;
            /** @description Until when. */
            until: components["schemas"]["Time"];
            /** @description Why. */
            reason: string;
        };
        /** @description Why a device is blocked, or let go on. */
        BlockRequest: {
            /** @description Why, in a few words. */
            reason: string;
        };
        /**
         * @description What is to be done with several agents.
         * @enum {string}
         */
        BulkAction: "associate" | "dissociate";
        /** @description What became of one agent. */
        BulkItem: {
            /** @description The agent, by the name of its host. */
            agent: components["schemas"]["Named"];
            /** @description `changed`, `unchanged` or `refused`. */
            outcome: string;
            /** @description The code of the problem, if it is refused. */
            code?: string | null;
            /** @description Why, as a sentence. */
            detail?: string | null;
        };
        /** @description Several agents at once (A-104). */
        BulkRequest: {
            /** @description What is to be done. */
            action: components["schemas"]["BulkAction"];
            /** @description Their ids, each once, at most 200. */
            agents: string[];
            /**
             * Format: int32
             * @description To dissociate: how often they look, in minutes; one interval for all.
             */
            interval_min?: number | null;
            /** @description Only say what would happen. */
            dry_run?: boolean;
        };
        /** @description What became of several agents, or would become of them. */
        BulkResult: {
            /** @description Nothing was changed: this is what would happen. */
            dry_run: boolean;
            /**
             * Format: int32
             * @description How many were changed, or would be.
             */
            changed: number;
            /**
             * Format: int32
             * @description How many are as they should be.
             */
            unchanged: number;
            /**
             * Format: int32
             * @description How many are refused.
             */
            refused: number;
            /** @description Each of them, in the order they were named. */
            items: components["schemas"]["BulkItem"][];
        };
        /**
         * @description Where the certificate comes from.
         * @enum {string}
         */
        CertificateSource: "site_ca" | "uploaded";
        /** @description A certificate of a device. */
        CertificateView: {
            /** @description Its serial number. */
            serial: string;
            /** @description Its end. */
            not_after: components["schemas"]["Time"];
        };
        /** @description Which certificate is to be shown. */
        ChosenCertificate: {
            /** @description Where it comes from. */
            source: components["schemas"]["CertificateSource"];
            /**
             * @description With `site_ca`: DNS names and addresses beside the server's own, by which
             *     people reach it.
             */
            names?: string[];
            /**
             * @description With `uploaded`: the certificate and what it hangs on, PEM, the server's
             *     own first.
             */
            chain?: string | null;
            key?: components["schemas"]["SecretText"] | null;
            pfx?: components["schemas"]["SecretText"] | null;
            password?: components["schemas"]["SecretText"] | null;
            /** @description Only judge it; nothing is changed. */
            dry_run?: boolean;
        };
        /** @description A column of a report. */
        ColumnView: {
            /** @description Its name, which never changes. */
            name: string;
            /** @description What it holds: `text`, `time`, `word`, `flag`, `number`. */
            holds: components["schemas"]["Holds"];
        };
        /** @description A reason and how often. */
        CountView: {
            /** @description The reason. */
            reason: string;
            /**
             * Format: int64
             * @description How often.
             */
            count: number;
        };
        /** @description A new enrolment key, with the text to copy. Shown once. */
        CreatedKeyView: components["schemas"]["EnrolmentKeyView"] & {
            /** @description What to copy to the endpoint. */
            key: components["schemas"]["SecretText"];
        };
        /** @description A new link. The text in it is shown this once. */
        CreatedLink: {
            /** @description Its id. */
            id: string;
            /** @description The path of the link, to put after the address of this server. */
            path: components["schemas"]["SecretText"];
            /** @description Until when it works. */
            expires_at: components["schemas"]["Time"];
        };
        /** @description A new token. Its secret is shown this once. */
        CreatedToken: components["schemas"]["TokenView"] & {
            /** @description The token: `sekisho_pat_…`. */
            token: components["schemas"]["SecretText"];
        };
        /** @description Criteria, for the description of the API. */
        CriteriaBody: {
            /** @description `all` or `any` of the rules must be true. */
            match: string;
            /** @description 1 to 16 rules. */
            rules: components["schemas"]["RuleBody"][];
        };
        /** @description The current value, without the value. */
        CurrentView: {
            /** @description Its id. */
            version: string;
            /**
             * Format: int64
             * @description Its number for people.
             */
            number: number;
            /** @description `current`. */
            state: string;
            /** @description `generated`, `typed`, `recovered`. */
            origin: string;
            /** @description Since when. */
            since: components["schemas"]["Time"];
        };
        /** @description One action, and why or why not. */
        DecisionView: {
            /** @description Its word. */
            action: string;
            /** @description Whether they may. */
            allowed: boolean;
            /**
             * @description What they have to do with the object: `owner`, `sees_everything`,
             *     `share`, `stranger`.
             */
            ground: string;
            /**
             * @description What is needed of a share: `view`, `modify`, `full`, or `owner` when no
             *     share is enough.
             */
            needs: string;
            /** @description Each permission it needs, and whether their role has it. */
            permissions: components["schemas"]["PermissionStep"][];
            /** @description Every reason why not; empty when they may. */
            reasons: components["schemas"]["ReasonView"][];
            /** @description The same as a sentence. */
            sentence: string;
        };
        /** @description An enrolled endpoint. */
        DeviceView: {
            /** @description Its id. */
            id: string;
            /** @description `pending`, `approved`, `blocked`, `retired`. */
            state: string;
            /** @description Why it is held back without being blocked: `cloned`. */
            suspension?: string | null;
            /** @description Its host name. A claim. */
            host_name: string;
            /** @description What kind of agent it runs. */
            platform: string;
            /** @description What it said of itself. Claims. */
            facts: Record<string, never>;
            /**
             * @description The SHA-256 of its identity key, to compare with what the endpoint
             *     shows.
             */
            fingerprint: string;
            /** @description The version of its agent. */
            agent_version: string;
            resource?: components["schemas"]["Named"] | null;
            enrolled_with?: components["schemas"]["Named"] | null;
            /** @description When it enrolled. */
            created_at: components["schemas"]["Time"];
            approved_at?: components["schemas"]["Time"] | null;
            approved_by?: components["schemas"]["Named"] | null;
            /** @description Why it is blocked. */
            blocked_reason?: string | null;
            last_seen_at?: components["schemas"]["Time"] | null;
            last_gateway?: components["schemas"]["Named"] | null;
            /** @description Whether that was not long ago (A-140). */
            active: boolean;
            /**
             * Format: int64
             * @description How many of its orders are not finished.
             */
            open_orders: number;
            /**
             * @description `associated`; `dissociated`: it gets no orders until it is associated
             *     again (A-102); `none`: it serves no resource (A-111).
             */
            association: string;
            /**
             * Format: int32
             * @description While it is dissociated: how often it looks whether it still is, in
             *     minutes (A-103).
             */
            look_every_min?: number | null;
            dissociated_at?: components["schemas"]["Time"] | null;
            dissociated_by?: components["schemas"]["Named"] | null;
            former_resource?: components["schemas"]["Named"] | null;
            limit?: components["schemas"]["Limit"] | null;
            certificate?: components["schemas"]["CertificateView"] | null;
            /** @description Why it serves no resource: `name_taken`. */
            remark?: string | null;
        };
        /** @description How often a dissociated agent looks. */
        DissociateRequest: {
            /**
             * Format: int32
             * @description How often it looks whether it is associated again, in minutes.
             */
            interval_min: number;
        };
        /** @description How many sessions were ended. */
        Ended: {
            /**
             * Format: int64
             * @description How many.
             */
            ended: number;
        };
        /** @description An enrolment key, without its secret. */
        EnrolmentKeyView: {
            /** @description Its id. */
            id: string;
            /** @description What it is called. */
            label: string;
            /** @description For what kind of agent. */
            platform: string;
            /** @description `once` or `window`. */
            use: string;
            /** @description Who will own the resources of its devices. */
            owner: components["schemas"]["Named"];
            /** @description Whether its devices need no approval. */
            pre_approved: boolean;
            /** @description Who made it. */
            created_by: components["schemas"]["Named"];
            /** @description When. */
            created_at: components["schemas"]["Time"];
            /** @description Until when it may be used. */
            expires_at: components["schemas"]["Time"];
            /**
             * Format: int32
             * @description How often it was used.
             */
            uses: number;
            last_used_at?: components["schemas"]["Time"] | null;
            /** @description By which device. */
            last_used_by?: string | null;
            revoked_at?: components["schemas"]["Time"] | null;
            /** @description What can be done with it now: `active`, `used`, `expired`, `revoked`. */
            state: string;
        };
        /** @description Why somebody may or may not. */
        ExplainView: {
            /** @description The object. */
            object: components["schemas"]["KindNamed"];
            /** @description Who owns it. */
            owner: components["schemas"]["Named"];
            /** @description Who would do something. */
            user: components["schemas"]["Named"];
            /** @description Whether they may sign in: `active` or `disabled`. */
            state: string;
            /** @description Their role: the word of a built-in one, the id of a custom one. */
            role: string;
            /** @description What people call it. */
            role_name: string;
            /** @description The shares that reach them and hold, the one that counts first. */
            shares: components["schemas"]["HeldView"][];
            /** @description One for each action that was asked for. */
            decisions: components["schemas"]["DecisionView"][];
        };
        /** @description Lines, oldest first. A page may be empty and still have a next one. */
        Exported: {
            /** @description Each line as it goes into a file. */
            lines: string[];
            /**
             * Format: int64
             * @description Where the next page begins, if there may be more.
             */
            next?: number | null;
            /** @description Where the chain ended when the page was made. */
            head: components["schemas"]["HeadView"];
        };
        /** @description The first code of an app. */
        FirstCode: {
            /** @description The code. */
            code: components["schemas"]["SecretText"];
        };
        /**
         * @description A chain that a restore cut off. That it did so stands in the chain after
         *     it, in a line that a signed head vouches for. The lines that are missing
         *     are where they were exported to.
         */
        Forgotten: {
            /** @description The chain. */
            chain: string;
            /**
             * Format: int64
             * @description Its last line in the backup.
             */
            kept: number;
            /**
             * Format: int64
             * @description The newest line of it that was signed.
             */
            signed: number;
            /** @description When the backup was taken. */
            taken_at: components["schemas"]["Time"];
        };
        /** @description What is to be different about a gateway; what is left out stays. */
        GatewayChange: {
            /** @description What it is called. */
            name?: string | null;
            /** @description Where its private listener is, `host:port`. */
            address?: string | null;
            /** @description Where agents reach it. */
            public?: components["schemas"]["PublicAddressView"][] | null;
            /** @description Whether console and sessions pass through it, unopened. */
            pass_through?: boolean | null;
            /** @description The server names that pass. */
            pass_through_names?: string[] | null;
            /** @description Whether it only counts what it would refuse. */
            dry_run?: boolean | null;
        };
        /** @description What is to hold for all gateways; what is left out stays. */
        GatewaySettingsChange: {
            limits?: components["schemas"]["LimitsView"] | null;
            /**
             * @description The name or address by which agents and people reach the site from
             *     outside; `null`: none. It enters the certificates at once.
             */
            public_name?: string | null;
        };
        /** @description What holds for all gateways. */
        GatewaySettingsView: {
            /** @description The limits in force. */
            limits: components["schemas"]["LimitsView"];
            /** @description The limits that the program brings along. */
            usual_limits: components["schemas"]["LimitsView"];
            /**
             * @description The name or address by which agents and people reach the site from
             *     outside.
             */
            public_name?: string | null;
            /** @description The server's own name, of its settings. */
            server_name: string;
            /**
             * Format: int32
             * @description The version of the link this server speaks: gateways of another one do
             *     not work with it.
             */
            link_major: number;
            /**
             * Format: int64
             * @description Counts changes.
             */
            version: number;
        };
        /** @description A gateway. */
        GatewayView: {
            /** @description Its id. */
            id: string;
            /** @description What it is called. */
            name: string;
            /** @description `active`, or `revoked`: its key counts for nothing any more. */
            state: string;
            /** @description `server_dials`, or `gateway_dials`, which opens a port into the LAN. */
            direction: string;
            /** @description Where its private listener is. */
            address: string;
            /** @description Where it listens for agents, as it said when it was paired. */
            agents: string;
            /** @description Where agents reach it. */
            public: components["schemas"]["PublicAddressView"][];
            /** @description SHA-256 of the key of its link, to compare with what the gateway shows. */
            key_sha256: string;
            /** @description Whether console and sessions pass through it, unopened. */
            pass_through: boolean;
            /** @description The server names that pass. */
            pass_through_names: string[];
            /** @description Whether it only counts what it would refuse. */
            dry_run: boolean;
            /** @description Whether it is connected now. */
            connected: boolean;
            /** @description How many connections of the link there are. */
            connections: number;
            problem?: components["schemas"]["RemarkView"] | null;
            /** @description The version of its program. */
            software: string;
            /**
             * Format: int32
             * @description The version of the link it speaks.
             */
            link_major: number;
            /**
             * @description Whether its program and this server belong to one major version of the
             *     link.
             */
            compatible: boolean;
            last_contact_at?: components["schemas"]["Time"] | null;
            /** @description Its processes that are connected; two during an upgrade. */
            instances: components["schemas"]["InstanceView"][];
            status?: components["schemas"]["StatusView"] | null;
            /** @description The ports that firewalls have to let through. */
            ports: components["schemas"]["PortView"][];
            /** @description Who paired it. */
            paired_by: components["schemas"]["Named"];
            /** @description When. */
            paired_at: components["schemas"]["Time"];
            revoked_by?: components["schemas"]["Named"] | null;
            revoked_at?: components["schemas"]["Time"] | null;
            /** @description Why. */
            revoked_reason?: string | null;
            /**
             * Format: int64
             * @description Counts changes.
             */
            version: number;
        };
        /** @description What changes; what is left out stays, `null` removes. */
        GroupChangeBody: {
            /** @description Its name. */
            name?: string | null;
            /** @description What it is for. */
            description?: string | null;
            /**
             * @description The maximum age of passwords on its resources in days (1 to 3650), or
             *     `off`; `null`: it says nothing.
             */
            max_age_days?: unknown;
            criteria?: components["schemas"]["CriteriaBody"] | null;
        };
        /** @description Resources that share a rule. */
        GroupView: {
            /** @description Its id. */
            id: string;
            /** @description Its name, unique among those of its owner. */
            name: string;
            /** @description What it is for. */
            description: string;
            /** @description Who owns it. */
            owner: components["schemas"]["Named"];
            /**
             * @description The maximum age of passwords on its resources in days, or `off`;
             *     `null`: it says nothing.
             */
            max_age_days?: unknown;
            criteria?: components["schemas"]["CriteriaBody"] | null;
            /**
             * Format: int64
             * @description How many resources are in it and in the groups inside it, counted up to
             *     10,000.
             */
            resources: number;
            /** @description The groups directly inside it. */
            inner: components["schemas"]["Named"][];
            /** @description The groups it stands in directly; only for its owner. */
            outer: components["schemas"]["Named"][];
            /** @description When it was made. */
            created_at: components["schemas"]["Time"];
            /**
             * Format: int64
             * @description Counts changes; the ETag.
             */
            version: number;
        };
        /** @description Where a chain ends. */
        HeadView: {
            /** @description The chain. */
            chain: string;
            /**
             * Format: int64
             * @description The number of its last line.
             */
            seq: number;
            /** @description The hash of its last line, in hexadecimal digits. */
            hash: string;
        };
        /** @description Signed heads, oldest first. */
        Heads: {
            /** @description The heads; each is a line of a witness file. */
            heads: Record<string, never>[];
            /**
             * Format: int64
             * @description Where the next page begins, if there may be more.
             */
            next?: number | null;
        };
        /** @description A share that reaches somebody. */
        HeldView: {
            /** @description Its id. */
            id: string;
            /** @description What was shared: the object itself, or what it is in. */
            on: components["schemas"]["KindNamed"];
            /**
             * Format: int32
             * @description How many groups lie between a shared group and the object.
             */
            depth: number;
            /** @description With whom: the person, or a group they are in. */
            with: components["schemas"]["KindNamed"];
            /** @description How far it goes. */
            level: string;
            expires_at?: components["schemas"]["Time"] | null;
            /**
             * @description Whether it is the one that counts: the most specific, even when another
             *     one goes further.
             */
            counts: boolean;
        };
        /**
         * @description What a column holds.
         * @enum {string}
         */
        Holds: "text" | "time" | "word" | "flag" | "number";
        /** @description Somebody as an OpenID provider knows them. */
        IdentityView: {
            /** @description Its id. */
            id: string;
            /** @description The provider. */
            issuer: string;
            /** @description Who they are there. */
            subject: string;
            /** @description Whether it is the provider that people sign in through now. */
            current: boolean;
            /** @description Since when they are linked. */
            created_at: components["schemas"]["Time"];
            last_used_at?: components["schemas"]["Time"] | null;
        };
        /** @description For whom an install line is made. */
        InstallLineBody: {
            /** @description `once`, or `window` for any number of devices. */
            use: string;
            /**
             * Format: int64
             * @description For how long the key counts, in seconds; left out: a day for `once`, an
             *     hour for `window`.
             */
            valid_for_s?: number | null;
        };
        /** @description What is typed at an endpoint of an office. Shown once. */
        InstallLineView: {
            /**
             * @description The enrolment key; it is asked for, so that it stands in no list of
             *     processes.
             */
            key: components["schemas"]["SecretText"];
            /** @description Its id. */
            key_id: string;
            /** @description The gateway or server the line names, `host:port`. */
            address: string;
            /** @description The line to run at the endpoint; it asks for the key. */
            command: string;
            /** @description Until when the key counts. */
            expires_at: components["schemas"]["Time"];
        };
        /** @description A process of a gateway. */
        InstanceView: {
            /** @description The version of its program. */
            software: string;
            /** @description Its address. */
            peer: string;
            /** @description Since when it is connected. */
            since: components["schemas"]["Time"];
            /** @description When it last said something. */
            heard_at: components["schemas"]["Time"];
            /** @description Whether it works by the newest configuration. */
            configured: boolean;
        };
        /** @description One page of a list. */
        ItemList_AccountView: {
            /** @description The items. */
            items: {
                /** @description Its id. */
                id: string;
                /** @description Where it is. */
                resource: components["schemas"]["Named"];
                /** @description Its name there. */
                name: string;
                /** @description Its stable id on the host (uid, SID); `null` until discovered. */
                native_id?: string | null;
                /** @description `present` or `gone`. */
                presence: string;
                /** @description `local`, or `directory` (listed only). */
                source: string;
                /**
                 * @description What is known of its password: `unknown`, `unverified`, `known`,
                 *     `indeterminate`, `out_of_sync`.
                 */
                knowledge: string;
                /**
                 * @description The password field as discovered: `set`, `locked`, `unusable`,
                 *     `empty`, `hidden`.
                 */
                password_field?: string | null;
                /** @description What the newest discovery said. */
                facts?: Record<string, never> | null;
                policy?: components["schemas"]["Named"] | null;
                current?: components["schemas"]["CurrentView"] | null;
                last_verify?: components["schemas"]["VerifyView"] | null;
                /** @description When it is reset by itself, and which rule says so. */
                rotation: components["schemas"]["RotationView"];
                open_order?: components["schemas"]["OpenOrderView"] | null;
                /**
                 * Format: int64
                 * @description Counts changes; the ETag.
                 */
                version: number;
            }[];
            /** @description Give it as `after` for the next page; `null` when this is the last. */
            next?: string | null;
            /**
             * Format: int64
             * @description With `count=true`: how many items all pages have, up to 10,000.
             */
            count?: number | null;
            /** @description With `count=true`: whether there are more than `count` says. */
            count_capped?: boolean | null;
        };
        /** @description One page of a list. */
        ItemList_ActionView: {
            /** @description The items. */
            items: {
                /** @description Its word. */
                action: string;
                /** @description Whether the role may do it with its own things, or at all. */
                own: boolean;
                /**
                 * @description The weakest level of a share that is enough for it with what others
                 *     own: `view`, `modify`, `full`; `null`: none is, or the role may not.
                 */
                shared?: string | null;
                /** @description Whether the role may do it with what others own and did not share. */
                foreign: boolean;
                /** @description The permissions it needs that the role lacks. */
                lacks: string[];
            }[];
            /** @description Give it as `after` for the next page; `null` when this is the last. */
            next?: string | null;
            /**
             * Format: int64
             * @description With `count=true`: how many items all pages have, up to 10,000.
             */
            count?: number | null;
            /** @description With `count=true`: whether there are more than `count` says. */
            count_capped?: boolean | null;
        };
        /** @description One page of a list. */
        ItemList_DeviceView: {
            /** @description The items. */
            items: {
                /** @description Its id. */
                id: string;
                /** @description `pending`, `approved`, `blocked`, `retired`. */
                state: string;
                /** @description Why it is held back without being blocked: `cloned`. */
                suspension?: string | null;
                /** @description Its host name. A claim. */
                host_name: string;
                /** @description What kind of agent it runs. */
                platform: string;
                /** @description What it said of itself. Claims. */
                facts: Record<string, never>;
                /**
                 * @description The SHA-256 of its identity key, to compare with what the endpoint
                 *     shows.
                 */
                fingerprint: string;
                /** @description The version of its agent. */
                agent_version: string;
                resource?: components["schemas"]["Named"] | null;
                enrolled_with?: components["schemas"]["Named"] | null;
                /** @description When it enrolled. */
                created_at: components["schemas"]["Time"];
                approved_at?: components["schemas"]["Time"] | null;
                approved_by?: components["schemas"]["Named"] | null;
                /** @description Why it is blocked. */
                blocked_reason?: string | null;
                last_seen_at?: components["schemas"]["Time"] | null;
                last_gateway?: components["schemas"]["Named"] | null;
                /** @description Whether that was not long ago (A-140). */
                active: boolean;
                /**
                 * Format: int64
                 * @description How many of its orders are not finished.
                 */
                open_orders: number;
                /**
                 * @description `associated`; `dissociated`: it gets no orders until it is associated
                 *     again (A-102); `none`: it serves no resource (A-111).
                 */
                association: string;
                /**
                 * Format: int32
                 * @description While it is dissociated: how often it looks whether it still is, in
                 *     minutes (A-103).
                 */
                look_every_min?: number | null;
                dissociated_at?: components["schemas"]["Time"] | null;
                dissociated_by?: components["schemas"]["Named"] | null;
                former_resource?: components["schemas"]["Named"] | null;
                limit?: components["schemas"]["Limit"] | null;
                certificate?: components["schemas"]["CertificateView"] | null;
                /** @description Why it serves no resource: `name_taken`. */
                remark?: string | null;
            }[];
            /** @description Give it as `after` for the next page; `null` when this is the last. */
            next?: string | null;
            /**
             * Format: int64
             * @description With `count=true`: how many items all pages have, up to 10,000.
             */
            count?: number | null;
            /** @description With `count=true`: whether there are more than `count` says. */
            count_capped?: boolean | null;
        };
        /** @description One page of a list. */
        ItemList_EnrolmentKeyView: {
            /** @description The items. */
            items: {
                /** @description Its id. */
                id: string;
                /** @description What it is called. */
                label: string;
                /** @description For what kind of agent. */
                platform: string;
                /** @description `once` or `window`. */
                use: string;
                /** @description Who will own the resources of its devices. */
                owner: components["schemas"]["Named"];
                /** @description Whether its devices need no approval. */
                pre_approved: boolean;
                /** @description Who made it. */
                created_by: components["schemas"]["Named"];
                /** @description When. */
                created_at: components["schemas"]["Time"];
                /** @description Until when it may be used. */
                expires_at: components["schemas"]["Time"];
                /**
                 * Format: int32
                 * @description How often it was used.
                 */
                uses: number;
                last_used_at?: components["schemas"]["Time"] | null;
                /** @description By which device. */
                last_used_by?: string | null;
                revoked_at?: components["schemas"]["Time"] | null;
                /** @description What can be done with it now: `active`, `used`, `expired`, `revoked`. */
                state: string;
            }[];
            /** @description Give it as `after` for the next page; `null` when this is the last. */
            next?: string | null;
            /**
             * Format: int64
             * @description With `count=true`: how many items all pages have, up to 10,000.
             */
            count?: number | null;
            /** @description With `count=true`: whether there are more than `count` says. */
            count_capped?: boolean | null;
        };
        /** @description One page of a list. */
        ItemList_GatewayView: {
            /** @description The items. */
            items: {
                /** @description Its id. */
                id: string;
                /** @description What it is called. */
                name: string;
                /** @description `active`, or `revoked`: its key counts for nothing any more. */
                state: string;
                /** @description `server_dials`, or `gateway_dials`, which opens a port into the LAN. */
                direction: string;
                /** @description Where its private listener is. */
                address: string;
                /** @description Where it listens for agents, as it said when it was paired. */
                agents: string;
                /** @description Where agents reach it. */
                public: components["schemas"]["PublicAddressView"][];
                /** @description SHA-256 of the key of its link, to compare with what the gateway shows. */
                key_sha256: string;
                /** @description Whether console and sessions pass through it, unopened. */
                pass_through: boolean;
                /** @description The server names that pass. */
                pass_through_names: string[];
                /** @description Whether it only counts what it would refuse. */
                dry_run: boolean;
                /** @description Whether it is connected now. */
                connected: boolean;
                /** @description How many connections of the link there are. */
                connections: number;
                problem?: components["schemas"]["RemarkView"] | null;
                /** @description The version of its program. */
                software: string;
                /**
                 * Format: int32
                 * @description The version of the link it speaks.
                 */
                link_major: number;
                /**
                 * @description Whether its program and this server belong to one major version of the
                 *     link.
                 */
                compatible: boolean;
                last_contact_at?: components["schemas"]["Time"] | null;
                /** @description Its processes that are connected; two during an upgrade. */
                instances: components["schemas"]["InstanceView"][];
                status?: components["schemas"]["StatusView"] | null;
                /** @description The ports that firewalls have to let through. */
                ports: components["schemas"]["PortView"][];
                /** @description Who paired it. */
                paired_by: components["schemas"]["Named"];
                /** @description When. */
                paired_at: components["schemas"]["Time"];
                revoked_by?: components["schemas"]["Named"] | null;
                revoked_at?: components["schemas"]["Time"] | null;
                /** @description Why. */
                revoked_reason?: string | null;
                /**
                 * Format: int64
                 * @description Counts changes.
                 */
                version: number;
            }[];
            /** @description Give it as `after` for the next page; `null` when this is the last. */
            next?: string | null;
            /**
             * Format: int64
             * @description With `count=true`: how many items all pages have, up to 10,000.
             */
            count?: number | null;
            /** @description With `count=true`: whether there are more than `count` says. */
            count_capped?: boolean | null;
        };
        /** @description One page of a list. */
        ItemList_GroupView: {
            /** @description The items. */
            items: {
                /** @description Its id. */
                id: string;
                /** @description Its name, unique among those of its owner. */
                name: string;
                /** @description What it is for. */
                description: string;
                /** @description Who owns it. */
                owner: components["schemas"]["Named"];
                /**
                 * @description The maximum age of passwords on its resources in days, or `off`;
                 *     `null`: it says nothing.
                 */
                max_age_days?: unknown;
                criteria?: components["schemas"]["CriteriaBody"] | null;
                /**
                 * Format: int64
                 * @description How many resources are in it and in the groups inside it, counted up to
                 *     10,000.
                 */
                resources: number;
                /** @description The groups directly inside it. */
                inner: components["schemas"]["Named"][];
                /** @description The groups it stands in directly; only for its owner. */
                outer: components["schemas"]["Named"][];
                /** @description When it was made. */
                created_at: components["schemas"]["Time"];
                /**
                 * Format: int64
                 * @description Counts changes; the ETag.
                 */
                version: number;
            }[];
            /** @description Give it as `after` for the next page; `null` when this is the last. */
            next?: string | null;
            /**
             * Format: int64
             * @description With `count=true`: how many items all pages have, up to 10,000.
             */
            count?: number | null;
            /** @description With `count=true`: whether there are more than `count` says. */
            count_capped?: boolean | null;
        };
        /** @description One page of a list. */
        ItemList_IdentityView: {
            /** @description The items. */
            items: {
                /** @description Its id. */
                id: string;
                /** @description The provider. */
                issuer: string;
                /** @description Who they are there. */
                subject: string;
                /** @description Whether it is the provider that people sign in through now. */
                current: boolean;
                /** @description Since when they are linked. */
                created_at: components["schemas"]["Time"];
                last_used_at?: components["schemas"]["Time"] | null;
            }[];
            /** @description Give it as `after` for the next page; `null` when this is the last. */
            next?: string | null;
            /**
             * Format: int64
             * @description With `count=true`: how many items all pages have, up to 10,000.
             */
            count?: number | null;
            /** @description With `count=true`: whether there are more than `count` says. */
            count_capped?: boolean | null;
        };
        /** @description One page of a list. */
        ItemList_LineView: {
            /** @description The items. */
            items: {
                /** @description The chain it belongs to. */
                chain: string;
                /**
                 * Format: int64
                 * @description Its place in the chain.
                 */
                seq: number;
                /** @description When it was recorded. */
                at: components["schemas"]["Time"];
                /**
                 * Format: int32
                 * @description The number of the event.
                 */
                code: number;
                /** @description What happened, in English. */
                name: string;
                /** @description Who did it. */
                actor: Record<string, never>;
                /** @description From where, and which request. */
                origin: Record<string, never>;
                /** @description The event's fields. */
                event: Record<string, never>;
                /**
                 * @description What the ids in `actor` and `event` are called now, by id; what is not
                 *     there any more is left out. Not part of the line that was hashed.
                 */
                names: {
                    [key: string]: string;
                };
                /** @description The hash of the line before. */
                previous: string;
                /** @description The hash of this line. */
                hash: string;
            }[];
            /** @description Give it as `after` for the next page; `null` when this is the last. */
            next?: string | null;
            /**
             * Format: int64
             * @description With `count=true`: how many items all pages have, up to 10,000.
             */
            count?: number | null;
            /** @description With `count=true`: whether there are more than `count` says. */
            count_capped?: boolean | null;
        };
        /** @description One page of a list. */
        ItemList_MailView: {
            /** @description The items. */
            items: {
                /** @description Its id. */
                id: string;
                /** @description What it is about: `report`, `tasks`, `certificate`. */
                kind: string;
                /** @description `waiting`, `sent`, `dead`. */
                state: string;
                user?: components["schemas"]["Named"] | null;
                /** @description Where it goes. */
                address: string;
                /** @description Its subject. */
                subject: string;
                /** @description The name of the attached file. */
                attachment?: string | null;
                /**
                 * Format: int32
                 * @description How often it was tried.
                 */
                attempts: number;
                /** @description What the mail server said last. */
                problem?: string | null;
                /** @description When it was written. */
                created_at: components["schemas"]["Time"];
                next_try_at?: components["schemas"]["Time"] | null;
                finished_at?: components["schemas"]["Time"] | null;
            }[];
            /** @description Give it as `after` for the next page; `null` when this is the last. */
            next?: string | null;
            /**
             * Format: int64
             * @description With `count=true`: how many items all pages have, up to 10,000.
             */
            count?: number | null;
            /** @description With `count=true`: whether there are more than `count` says. */
            count_capped?: boolean | null;
        };
        /** @description One page of a list. */
        ItemList_NotificationView: {
            /** @description The items. */
            items: {
                /** @description The id of the task. */
                order: string;
                /** @description `reset` or `verify`. */
                operation: string;
                /** @description The state of the task. */
                state: string;
                kind?: components["schemas"]["Kind"] | null;
                /** @description What a check found: `in_sync`, `out_of_sync`, … */
                verified?: string | null;
                /** @description It failed for now and is tried again, as another task. */
                retried: boolean;
                account?: components["schemas"]["Named"] | null;
                /** @description Its resource. */
                resource: components["schemas"]["Named"];
                /** @description When it was asked for. */
                created_at: components["schemas"]["Time"];
                ended_at?: components["schemas"]["Time"] | null;
                /** @description Whether the caller has read of its end. */
                read: boolean;
            }[];
            /** @description Give it as `after` for the next page; `null` when this is the last. */
            next?: string | null;
            /**
             * Format: int64
             * @description With `count=true`: how many items all pages have, up to 10,000.
             */
            count?: number | null;
            /** @description With `count=true`: whether there are more than `count` says. */
            count_capped?: boolean | null;
        };
        /** @description One page of a list. */
        ItemList_OfficeView: {
            /** @description The items. */
            items: {
                /** @description Its id. */
                id: string;
                /** @description What it is called. */
                name: string;
                /** @description Its public networks in CIDR notation. */
                networks: string[];
                /** @description The gateways its agents use, best first; empty: all of them. */
                gateways: components["schemas"]["Named"][];
                /** @description Its limits instead of those for one address. */
                limits: components["schemas"]["OfficeLimits"];
                /** @description What people should know of it. */
                remarks: string;
                /** @description When it was added. */
                created_at: components["schemas"]["Time"];
                /**
                 * Format: int64
                 * @description Counts changes.
                 */
                version: number;
            }[];
            /** @description Give it as `after` for the next page; `null` when this is the last. */
            next?: string | null;
            /**
             * Format: int64
             * @description With `count=true`: how many items all pages have, up to 10,000.
             */
            count?: number | null;
            /** @description With `count=true`: whether there are more than `count` says. */
            count_capped?: boolean | null;
        };
        /** @description One page of a list. */
        ItemList_OrderView: {
            /** @description The items. */
            items: {
                /** @description Its id. */
                id: string;
                /** @description `reset`, `verify`, `discover`. */
                operation: string;
                /**
                 * @description `staged`, `queued`, `delivered`, `indeterminate`, `reconciling`, or at
                 *     its end `committed`, `not_applied`, `out_of_sync`, `cancelled`,
                 *     `expired`.
                 */
                state: string;
                /** @description Why it waits although its agent may be there: `dissociated`. */
                held?: string | null;
                account?: components["schemas"]["Named"] | null;
                /** @description The resource. */
                resource: components["schemas"]["Named"];
                /** @description The device. */
                device: components["schemas"]["Named"];
                initiator?: components["schemas"]["Named"] | null;
                /** @description Why, in their words. */
                reason: string;
                /**
                 * Format: int32
                 * @description How often the host was tried with this candidate, from 1.
                 */
                attempt: number;
                /** @description When it was given. */
                created_at: components["schemas"]["Time"];
                delivered_at?: components["schemas"]["Time"] | null;
                finished_at?: components["schemas"]["Time"] | null;
                /** @description It is not handed out after this instant. */
                expires_at: components["schemas"]["Time"];
                /** @description What came of it, without secrets. */
                result?: Record<string, never> | null;
            }[];
            /** @description Give it as `after` for the next page; `null` when this is the last. */
            next?: string | null;
            /**
             * Format: int64
             * @description With `count=true`: how many items all pages have, up to 10,000.
             */
            count?: number | null;
            /** @description With `count=true`: whether there are more than `count` says. */
            count_capped?: boolean | null;
        };
        /** @description One page of a list. */
        ItemList_OwnSession: {
            /** @description The items. */
            items: {
                /** @description Its id. */
                id: string;
                /** @description Whether it is the one that asks. */
                current: boolean;
                /** @description When they signed in. */
                created_at: components["schemas"]["Time"];
                /** @description When a request last came, to the minute. */
                last_seen_at: components["schemas"]["Time"];
                /** @description When it ends at the latest. */
                expires_at: components["schemas"]["Time"];
                /** @description The address they signed in from. */
                address?: string | null;
                /** @description What kind of program signed in, as far as it said: `Firefox on Linux`. */
                client?: string | null;
                /** @description What they proved who they are with: `password`, `totp`, `recovery_code`. */
                methods: string[];
            }[];
            /** @description Give it as `after` for the next page; `null` when this is the last. */
            next?: string | null;
            /**
             * Format: int64
             * @description With `count=true`: how many items all pages have, up to 10,000.
             */
            count?: number | null;
            /** @description With `count=true`: whether there are more than `count` says. */
            count_capped?: boolean | null;
        };
        /** @description One page of a list. */
        ItemList_PackageLinkView: {
            /** @description The items. */
            items: {
                /** @description Its id. */
                id: string;
                /** @description The package that it leads to. */
                package: components["schemas"]["Named"];
                /** @description Who made it. */
                created_by: components["schemas"]["Named"];
                /** @description When. */
                created_at: components["schemas"]["Time"];
                /** @description Until when it works. */
                expires_at: components["schemas"]["Time"];
                /** @description `active`, `expired` or `revoked`. */
                state: string;
            }[];
            /** @description Give it as `after` for the next page; `null` when this is the last. */
            next?: string | null;
            /**
             * Format: int64
             * @description With `count=true`: how many items all pages have, up to 10,000.
             */
            count?: number | null;
            /** @description With `count=true`: whether there are more than `count` says. */
            count_capped?: boolean | null;
        };
        /** @description One page of a list. */
        ItemList_PackageView: {
            /** @description The items. */
            items: {
                /** @description Its id. */
                id: string;
                /** @description The name of its file. */
                file: string;
                /** @description `deb`, `rpm` or `tar.gz`. */
                format: string;
                /** @description For what kind of agent: `linux`. */
                platform: string;
                /** @description For which processor: `amd64`, `arm64`. */
                architecture: string;
                /** @description The version of the agent in it. */
                version: string;
                /**
                 * Format: int64
                 * @description How long it is, in bytes.
                 */
                bytes: number;
                /** @description The SHA-256 of the file, in hexadecimal digits. */
                sha256: string;
                /** @description When it was added. */
                added_at: components["schemas"]["Time"];
            }[];
            /** @description Give it as `after` for the next page; `null` when this is the last. */
            next?: string | null;
            /**
             * Format: int64
             * @description With `count=true`: how many items all pages have, up to 10,000.
             */
            count?: number | null;
            /** @description With `count=true`: whether there are more than `count` says. */
            count_capped?: boolean | null;
        };
        /** @description One page of a list. */
        ItemList_PasskeyView: {
            /** @description The items. */
            items: {
                /** @description Its id. */
                id: string;
                /** @description What its person calls it. */
                name: string;
                /** @description When it was registered. */
                created_at: components["schemas"]["Time"];
                last_used_at?: components["schemas"]["Time"] | null;
            }[];
            /** @description Give it as `after` for the next page; `null` when this is the last. */
            next?: string | null;
            /**
             * Format: int64
             * @description With `count=true`: how many items all pages have, up to 10,000.
             */
            count?: number | null;
            /** @description With `count=true`: whether there are more than `count` says. */
            count_capped?: boolean | null;
        };
        /** @description One page of a list. */
        ItemList_PermissionView: {
            /** @description The items. */
            items: {
                /** @description Its word. */
                permission: string;
                /** @description What it allows, in English. */
                description: string;
                /** @description Whether custom roles may have it. */
                custom: boolean;
                /** @description The actions that need it. */
                actions: string[];
                /** @description The built-in roles that have it. */
                roles: string[];
            }[];
            /** @description Give it as `after` for the next page; `null` when this is the last. */
            next?: string | null;
            /**
             * Format: int64
             * @description With `count=true`: how many items all pages have, up to 10,000.
             */
            count?: number | null;
            /** @description With `count=true`: whether there are more than `count` says. */
            count_capped?: boolean | null;
        };
        /** @description One page of a list. */
        ItemList_PolicyView: {
            /** @description The items. */
            items: {
                /** @description Its id. */
                id: string;
                /** @description Its name, unique. */
                name: string;
                /** @description The rules. */
                rules: components["schemas"]["Rules"];
                /** @description How its passwords age. */
                rotation: components["schemas"]["Rotation"];
                /** @description Whether it holds where no other was chosen. */
                is_default: boolean;
                /** @description When it was made. */
                created_at: components["schemas"]["Time"];
                /**
                 * Format: int64
                 * @description Counts changes; the ETag.
                 */
                version: number;
            }[];
            /** @description Give it as `after` for the next page; `null` when this is the last. */
            next?: string | null;
            /**
             * Format: int64
             * @description With `count=true`: how many items all pages have, up to 10,000.
             */
            count?: number | null;
            /** @description With `count=true`: whether there are more than `count` says. */
            count_capped?: boolean | null;
        };
        /** @description One page of a list. */
        ItemList_PrincipalView: {
            /** @description The items. */
            items: {
                /** @description `user` or `user_group`. */
                kind: string;
                /** @description Their id. */
                id: string;
                /** @description The name they sign in with, or the name of the group. */
                name: string;
                /** @description A user's name for other people. */
                display_name?: string | null;
            }[];
            /** @description Give it as `after` for the next page; `null` when this is the last. */
            next?: string | null;
            /**
             * Format: int64
             * @description With `count=true`: how many items all pages have, up to 10,000.
             */
            count?: number | null;
            /** @description With `count=true`: whether there are more than `count` says. */
            count_capped?: boolean | null;
        };
        /** @description One page of a list. */
        ItemList_ReportView: {
            /** @description The items. */
            items: {
                /** @description Its word, which never changes. */
                report: string;
                /** @description Its title, in English. */
                title: string;
                /** @description Its columns. */
                columns: components["schemas"]["ColumnView"][];
                /** @description What can be asked of it. */
                parameters: components["schemas"]["ParameterView"][];
            }[];
            /** @description Give it as `after` for the next page; `null` when this is the last. */
            next?: string | null;
            /**
             * Format: int64
             * @description With `count=true`: how many items all pages have, up to 10,000.
             */
            count?: number | null;
            /** @description With `count=true`: whether there are more than `count` says. */
            count_capped?: boolean | null;
        };
        /** @description One page of a list. */
        ItemList_ResourceView: {
            /** @description The items. */
            items: {
                /** @description Its id. */
                id: string;
                /** @description Its name for people; need not be unique. */
                name: string;
                /** @description Its host name. */
                dns_name?: string | null;
                /** @description What kind of agent it takes: `linux`, `windows`, `windows_domain`. */
                platform: string;
                /** @description Who owns it. */
                owner: components["schemas"]["Named"];
                policy?: components["schemas"]["Named"] | null;
                /** @description When it was added. */
                created_at: components["schemas"]["Time"];
                device?: components["schemas"]["ResourceDevice"] | null;
                /** @description How many accounts it has. */
                accounts: components["schemas"]["AccountCounts"];
                /**
                 * Format: int64
                 * @description Counts changes; the ETag.
                 */
                version: number;
            }[];
            /** @description Give it as `after` for the next page; `null` when this is the last. */
            next?: string | null;
            /**
             * Format: int64
             * @description With `count=true`: how many items all pages have, up to 10,000.
             */
            count?: number | null;
            /** @description With `count=true`: whether there are more than `count` says. */
            count_capped?: boolean | null;
        };
        /** @description One page of a list. */
        ItemList_RoleView: {
            /** @description The items. */
            items: {
                /** @description The word of a built-in role, the id of a custom one. */
                role: string;
                /** @description What people call it. */
                name: string;
                /** @description What it is for; empty for built-in roles. */
                description: string;
                /** @description Whether it is built in and cannot be changed. */
                built_in: boolean;
                /** @description Whether it can be given to somebody: it is built in or was approved. */
                in_force: boolean;
                /** @description What it may do. */
                permissions: string[];
                proposal?: components["schemas"]["ProposalView"] | null;
                approved_by?: components["schemas"]["Named"] | null;
                approved_at?: components["schemas"]["Time"] | null;
                /**
                 * Format: int64
                 * @description How many users have it; only for who manages roles.
                 */
                users?: number | null;
                /**
                 * Format: int64
                 * @description Counts changes; the ETag. 1 for built-in roles.
                 */
                version: number;
            }[];
            /** @description Give it as `after` for the next page; `null` when this is the last. */
            next?: string | null;
            /**
             * Format: int64
             * @description With `count=true`: how many items all pages have, up to 10,000.
             */
            count?: number | null;
            /** @description With `count=true`: whether there are more than `count` says. */
            count_capped?: boolean | null;
        };
        /** @description One page of a list. */
        ItemList_ScheduleView: {
            /** @description The items. */
            items: {
                /** @description Its id. */
                id: string;
                /** @description What its owner calls it. */
                name: string;
                /** @description The word of the report. */
                report: string;
                /** @description What is asked of the report. */
                parameters: {
                    [key: string]: string;
                };
                /** @description `day`, `week`, `month`. */
                every: string;
                /**
                 * Format: int32
                 * @description Of a week: 1 (Monday) to 7 (Sunday); of a month: 1 to 31.
                 */
                day?: number | null;
                /** @description The time of day: `09:30`. */
                at: string;
                /** @description In which time zone (IANA): `Asia/Tokyo`. */
                zone: string;
                /** @description Whether it runs. */
                active: boolean;
                next_run_at?: components["schemas"]["Time"] | null;
                last_run_at?: components["schemas"]["Time"] | null;
                /**
                 * @description What came of that: `queued`, `denied`, `no_address`, `no_mail`,
                 *     `failed`.
                 */
                last_result?: string | null;
                /**
                 * Format: int64
                 * @description Counts changes; the ETag.
                 */
                version: number;
            }[];
            /** @description Give it as `after` for the next page; `null` when this is the last. */
            next?: string | null;
            /**
             * Format: int64
             * @description With `count=true`: how many items all pages have, up to 10,000.
             */
            count?: number | null;
            /** @description With `count=true`: whether there are more than `count` says. */
            count_capped?: boolean | null;
        };
        /** @description One page of a list. */
        ItemList_SettingView: {
            /** @description The items. */
            items: {
                /** @description Its key in the configuration file, with dots for tables. */
                key: string;
                /**
                 * @description What holds; `null`: nothing was given and there is no fixed default, or
                 *     it is not shown.
                 */
                value?: string | null;
                /**
                 * @description Whether something was given that is not shown, because it may hold a
                 *     password.
                 */
                hidden: boolean;
                /**
                 * @description Where it was given: `default` (nowhere), `file`, `environment`,
                 *     `command_line`.
                 */
                source: string;
                /** @description The configuration file it was given in. */
                file?: string | null;
                /** @description The environment variable that stands over the file. */
                environment: string;
                /** @description What holds when it is not given; `null`: see `meaning`. */
                default?: string | null;
                /** @description The unit of a number, or what kind of value it is. */
                unit: string;
                /** @description What it does, in English. */
                meaning: string;
            }[];
            /** @description Give it as `after` for the next page; `null` when this is the last. */
            next?: string | null;
            /**
             * Format: int64
             * @description With `count=true`: how many items all pages have, up to 10,000.
             */
            count?: number | null;
            /** @description With `count=true`: whether there are more than `count` says. */
            count_capped?: boolean | null;
        };
        /** @description One page of a list. */
        ItemList_ShareView: {
            /** @description The items. */
            items: {
                /** @description Its id. */
                id: string;
                /** @description What is shared. */
                object: components["schemas"]["KindNamed"];
                /** @description With whom. */
                with: components["schemas"]["KindNamed"];
                /** @description `view`, `modify`, `full`. */
                level: string;
                expires_at?: components["schemas"]["Time"] | null;
                /** @description Whether it has ended by itself. */
                ended: boolean;
                /** @description Who shared it. */
                created_by: components["schemas"]["Named"];
                /** @description When. */
                created_at: components["schemas"]["Time"];
                /**
                 * Format: int64
                 * @description Counts changes; the ETag.
                 */
                version: number;
            }[];
            /** @description Give it as `after` for the next page; `null` when this is the last. */
            next?: string | null;
            /**
             * Format: int64
             * @description With `count=true`: how many items all pages have, up to 10,000.
             */
            count?: number | null;
            /** @description With `count=true`: whether there are more than `count` says. */
            count_capped?: boolean | null;
        };
        /** @description One page of a list. */
        ItemList_TokenView: {
            /** @description The items. */
            items: {
                /** @description Its id. */
                id: string;
                /** @description What it is called. */
                name: string;
                /** @description What it may be used for: `read`, `write`, `reveal`. */
                scopes: string[];
                /** @description When it was made. */
                created_at: components["schemas"]["Time"];
                /** @description When it stops working. */
                expires_at: components["schemas"]["Time"];
                last_used_at?: components["schemas"]["Time"] | null;
                revoked_at?: components["schemas"]["Time"] | null;
            }[];
            /** @description Give it as `after` for the next page; `null` when this is the last. */
            next?: string | null;
            /**
             * Format: int64
             * @description With `count=true`: how many items all pages have, up to 10,000.
             */
            count?: number | null;
            /** @description With `count=true`: whether there are more than `count` says. */
            count_capped?: boolean | null;
        };
        /** @description One page of a list. */
        ItemList_UserGroupView: {
            /** @description The items. */
            items: {
                /** @description Its id. */
                id: string;
                /** @description Its name, unique. */
                name: string;
                /** @description What it is for. */
                description: string;
                /**
                 * Format: int64
                 * @description How many users are in it.
                 */
                members: number;
                /** @description When it was made. */
                created_at: components["schemas"]["Time"];
                /**
                 * Format: int64
                 * @description Counts changes; the ETag.
                 */
                version: number;
            }[];
            /** @description Give it as `after` for the next page; `null` when this is the last. */
            next?: string | null;
            /**
             * Format: int64
             * @description With `count=true`: how many items all pages have, up to 10,000.
             */
            count?: number | null;
            /** @description With `count=true`: whether there are more than `count` says. */
            count_capped?: boolean | null;
        };
        /** @description One page of a list. */
        ItemList_UserView: {
            /** @description The items. */
            items: {
                /** @description Their id. */
                id: string;
                /** @description The name they sign in with. */
                name: string;
                /** @description Their name for other people. */
                display_name: string;
                /** @description What they may do: the word of a built-in role, the id of a custom one. */
                role: string;
                /** @description Whether they may sign in: `active` or `disabled`. */
                state: string;
                /** @description When they were created. */
                created_at: components["schemas"]["Time"];
                /**
                 * Format: int64
                 * @description Counts changes; the ETag.
                 */
                version: number;
            }[];
            /** @description Give it as `after` for the next page; `null` when this is the last. */
            next?: string | null;
            /**
             * Format: int64
             * @description With `count=true`: how many items all pages have, up to 10,000.
             */
            count?: number | null;
            /** @description With `count=true`: whether there are more than `count` says. */
            count_capped?: boolean | null;
        };
        /** @description One page of a list. */
        ItemList_VersionView: {
            /** @description The items. */
            items: {
                /** @description Its id. */
                version: string;
                /**
                 * Format: int64
                 * @description Its number for people.
                 */
                number: number;
                /** @description `candidate`, `current`, `superseded`, `rejected`, `indeterminate`. */
                state: string;
                /** @description `generated`, `typed`, `recovered`. */
                origin: string;
                /** @description When it was made. */
                created_at: components["schemas"]["Time"];
                /** @description When its state last changed. */
                state_changed_at: components["schemas"]["Time"];
                /** @description Why it has its state. */
                evidence: string;
            }[];
            /** @description Give it as `after` for the next page; `null` when this is the last. */
            next?: string | null;
            /**
             * Format: int64
             * @description With `count=true`: how many items all pages have, up to 10,000.
             */
            count?: number | null;
            /** @description With `count=true`: whether there are more than `count` says. */
            count_capped?: boolean | null;
        };
        /** @description One page of a list. */
        ItemList_ViewView: {
            /** @description The items. */
            items: {
                /** @description Its id. */
                id: string;
                /** @description Whether the caller saved it; only then they can change it. */
                own: boolean;
                /** @description The path of the page: `/accounts`. */
                page: string;
                /** @description Its name. */
                name: string;
                /** @description The query string with its `?`; empty for the page as it is. */
                query: string;
                /** @description The role whose people see it, too. */
                shared_with?: string | null;
                /** @description Whether the caller begins with it when they open the page. */
                is_default: boolean;
                /** @description When it was last changed. */
                changed_at: components["schemas"]["Time"];
            }[];
            /** @description Give it as `after` for the next page; `null` when this is the last. */
            next?: string | null;
            /**
             * Format: int64
             * @description With `count=true`: how many items all pages have, up to 10,000.
             */
            count?: number | null;
            /** @description With `count=true`: whether there are more than `count` says. */
            count_capped?: boolean | null;
        };
        /** @description What became of them. */
        Kept: {
            /** @description How many are kept from now on. */
            kept: number;
            /** @description How many were there already. */
            known: number;
        };
        /** @description One data key. */
        KeyStatus: {
            /**
             * Format: int64
             * @description Its version.
             */
            version: number;
            /**
             * @description `active`: it seals; `draining`: it only opens and its values are being
             *     sealed anew; `retired`: nothing is sealed with it.
             */
            state: string;
            /**
             * Format: int64
             * @description How many values are sealed with it.
             */
            values: number;
            /** @description When it was made. */
            created_at: components["schemas"]["Time"];
        };
        /** @description A key that signs, or signed, heads. */
        KeyView: {
            /** @description Its public half, as people carry it. */
            public: string;
            /** @description Its public half, PEM, for other tools. */
            pem: string;
            /** @description Since when it signs. */
            created_at: components["schemas"]["Time"];
            retired_at?: components["schemas"]["Time"] | null;
        };
        /** @description The keys of the audit log. */
        Keys: {
            /** @description The site whose log it is. */
            site: string;
            /** @description The keys, newest first. */
            items: components["schemas"]["KeyView"][];
        };
        /**
         * @description What is told; each can be muted.
         * @enum {string}
         */
        Kind: "reset_done" | "reset_failed" | "verify_done" | "verify_failed";
        /** @description What is shared, or whom with: its kind, its id and what it is called. */
        KindNamed: {
            /** @description `resource_group`, `resource`, `account`; `user`, `user_group`. */
            kind: string;
            /** @description Its id. */
            id: string;
            /** @description Its name. */
            name: string;
            resource?: components["schemas"]["Named"] | null;
        };
        /** @description Whose bans are lifted. */
        LiftBans: {
            /** @description Addresses as the gateway's status names them. */
            addresses: string[];
        };
        /**
         * @description What an agent's own version keeps from being done with it (A-143, A-144).
         * @enum {string}
         */
        Limit: "not_connected" | "outdated";
        /** @description The limits of every gateway. */
        LimitsView: {
            /** @description Only count and report what would be refused. */
            dry_run: boolean;
            /**
             * Format: int32
             * @description Connections at once.
             */
            connections: number;
            /**
             * Format: int32
             * @description Connections at once from one address (IPv6: one /64), without an approved
             *     certificate.
             */
            connections_per_address: number;
            /**
             * Format: int32
             * @description Connections at once of one device.
             */
            connections_per_device: number;
            /** @description TLS handshakes of all. */
            handshakes: components["schemas"]["RateView"];
            /** @description TLS handshakes from one address. */
            handshakes_per_address: components["schemas"]["RateView"];
            /**
             * Format: int32
             * @description TLS handshakes begun and not ended.
             */
            handshakes_in_flight: number;
            /** @description Enrolments and questions about them from one address. */
            enrolment_per_address: components["schemas"]["RateView"];
            /** @description Enrolments and questions about them of all. */
            enrolment: components["schemas"]["RateView"];
            /**
             * Format: int32
             * @description Enrolments and questions about them in progress.
             */
            enrolment_in_flight: number;
            /** @description Calls of one device. */
            per_device: components["schemas"]["RateView"];
            /**
             * Format: int32
             * @description Calls in progress at this server.
             */
            relayed_in_flight: number;
            /**
             * Format: int32
             * @description Refusals of one address in a minute after which it is banned; 0: never.
             */
            ban_after: number;
            /**
             * Format: int32
             * @description How long a ban lasts, in seconds.
             */
            ban_s: number;
            /**
             * Format: int64
             * @description Memory a gateway may use, in bytes.
             */
            memory_bytes: number;
            /**
             * Format: int32
             * @description Streams at once that pass through.
             */
            pass_through: number;
        };
        /** @description A line of the audit log. */
        LineView: {
            /** @description The chain it belongs to. */
            chain: string;
            /**
             * Format: int64
             * @description Its place in the chain.
             */
            seq: number;
            /** @description When it was recorded. */
            at: components["schemas"]["Time"];
            /**
             * Format: int32
             * @description The number of the event.
             */
            code: number;
            /** @description What happened, in English. */
            name: string;
            /** @description Who did it. */
            actor: Record<string, never>;
            /** @description From where, and which request. */
            origin: Record<string, never>;
            /** @description The event's fields. */
            event: Record<string, never>;
            /**
             * @description What the ids in `actor` and `event` are called now, by id; what is not
             *     there any more is left out. Not part of the line that was hashed.
             */
            names: {
                [key: string]: string;
            };
            /** @description The hash of the line before. */
            previous: string;
            /** @description The hash of this line. */
            hash: string;
        };
        /** @description Raw lines, oldest first. */
        Lines: {
            /** @description The lines exactly as they are stored; `at` in milliseconds since 1970. */
            lines: Record<string, never>[];
            /** @description Where the chain ended when the lines were read. */
            head: components["schemas"]["HeadView"];
        };
        /** @description How mail is doing. */
        MailStatus: {
            /** @description The mail server, host and port; `null`: none is set, no mail is sent. */
            server?: string | null;
            /** @description Whom mail is from. */
            from?: string | null;
            /**
             * Format: int64
             * @description Mails that wait to be sent.
             */
            waiting: number;
            /**
             * Format: int64
             * @description Mails that were given up.
             */
            dead: number;
            /** @description Why no mail goes out; `null`: it does, as far as is known. */
            problem?: string | null;
            problem_since?: components["schemas"]["Time"] | null;
        };
        /** @description A mail, without its text. */
        MailView: {
            /** @description Its id. */
            id: string;
            /** @description What it is about: `report`, `tasks`, `certificate`. */
            kind: string;
            /** @description `waiting`, `sent`, `dead`. */
            state: string;
            user?: components["schemas"]["Named"] | null;
            /** @description Where it goes. */
            address: string;
            /** @description Its subject. */
            subject: string;
            /** @description The name of the attached file. */
            attachment?: string | null;
            /**
             * Format: int32
             * @description How often it was tried.
             */
            attempts: number;
            /** @description What the mail server said last. */
            problem?: string | null;
            /** @description When it was written. */
            created_at: components["schemas"]["Time"];
            next_try_at?: components["schemas"]["Time"] | null;
            finished_at?: components["schemas"]["Time"] | null;
        };
        /** @description The caller. */
        Me: {
            /** @description Who they are. */
            user: components["schemas"]["UserView"];
            /** @description Their role: the word of a built-in one, the id of a custom one. */
            role: string;
            /** @description What people call the role. */
            role_name: string;
            /** @description What the role may do. */
            permissions: string[];
            session?: components["schemas"]["SessionInfo"] | null;
            token?: components["schemas"]["TokenInfo"] | null;
            /**
             * @description Whether their role needs a second factor that this session lacks: then
             *     nothing can be done but to set one up, or to sign in with it.
             */
            second_factor_missing: boolean;
        };
        /** @description What a name leads to. */
        NameCheckView: {
            /** @description The name, of a public address of the gateway or the site's public name. */
            name: string;
            /** @description The addresses it has where this server asks: what agents in the LAN see. */
            here: string[];
            /** @description Why it was not found. */
            problem?: string | null;
            /**
             * @description What agents in the LAN reach by it: `server`, `gateway`, `elsewhere` (a load
             *     balancer or NAT in front of the server, a missing entry in the inner DNS, or
             *     a mistake) or `nothing`.
             */
            lan_reaches: string;
            /**
             * @description The addresses it has where the gateway asks, which is as near to the
             *     outside as the site can look.
             */
            there: string[];
            /** @description Why the gateway did not find it. */
            there_problem?: string | null;
            /**
             * @description What agents outside reach by it, as far as these addresses tell:
             *     `gateway`, `server` (the gateway asks an inner resolver, or DNS is not
             *     split), `elsewhere` (a NAT in front of the gateway, or a mistake),
             *     `nothing`; `null`: the gateway has not said.
             */
            wan_reaches?: string | null;
            /**
             * @description Whether the gateway's public certificate is for this name, so that agents
             *     outside that reach the gateway by it accept it; `null`: it has not said.
             */
            gateway_certificate?: boolean | null;
        };
        /** @description The result of a look at the names. */
        NameChecksView: {
            /** @description Name by name. */
            names: components["schemas"]["NameCheckView"][];
            /** @description The addresses of this server. */
            server: string[];
            /**
             * @description The addresses of the gateway's private listener, and from where it is
             *     connected.
             */
            gateway: string[];
        };
        /** @description Another object: its id and what it is called. */
        Named: {
            /** @description Its id. */
            id: string;
            /** @description Its name. */
            name: string;
        };
        /** @description A new account. */
        NewAccount: {
            /** @description Its name on the host, exactly as the host spells it. */
            name: string;
        };
        /** @description A key to be made. */
        NewEnrolmentKey: {
            /** @description What it is called. */
            label: string;
            /** @description For what kind of agent: `linux`, `windows`, `windows_domain`. */
            platform: string;
            /** @description `once`, or `window` for any number of devices. */
            use: string;
            /**
             * Format: int64
             * @description For how long, in seconds; left out: a day for `once`, an hour for
             *     `window`.
             */
            valid_for_s?: number | null;
            /** @description Whether its devices need no approval; for administrators. */
            pre_approved?: boolean;
            /**
             * @description The id of the user who will own the resources of its devices; left
             *     out: the caller. Another one is for administrators.
             */
            owner?: string | null;
        };
        /** @description A gateway to be paired. */
        NewGateway: {
            /** @description The string that `sekisho-gateway pair` prints. */
            pairing: components["schemas"]["SecretText"];
            /** @description What it is called. */
            name: string;
            /**
             * @description Where agents reach it; left out: by the site's public name, on the port
             *     of the agents.
             */
            public?: components["schemas"]["PublicAddressView"][] | null;
            /**
             * @description The classic direction: where the gateway dials this server (`host:port`).
             *     It opens a port from the DMZ into the LAN; left out: the server dials.
             */
            dial?: string | null;
        };
        /** @description A new group. */
        NewGroupBody: {
            /** @description Its name, unique among those of its owner. */
            name: string;
            /** @description What it is for. */
            description?: string;
            /**
             * @description The maximum age of passwords on its resources in days (1 to 3650), or
             *     `off`; left out: it says nothing.
             */
            max_age_days?: unknown;
            criteria?: components["schemas"]["CriteriaBody"] | null;
        };
        /** @description A new passkey. */
        NewPasskey: {
            /** @description What `start` answered as `challenge`. */
            challenge: string;
            /** @description What to call it: the device, for example. */
            name: string;
            /**
             * @description The `PublicKeyCredential` of the browser, as JSON (WebAuthn,
             *     `toJSON`).
             */
            credential: Record<string, never>;
        };
        /** @description A new policy. */
        NewPolicy: {
            /** @description Its name, unique. */
            name: string;
            /** @description The rules. */
            rules: components["schemas"]["Rules"];
            rotation?: components["schemas"]["Rotation"] | null;
        };
        /** @description New recovery codes. They are shown this once. */
        NewRecoveryCodes: {
            /** @description Each stands in for a second factor once. */
            recovery_codes: components["schemas"]["SecretText"][];
        };
        /** @description A new resource. */
        NewResourceBody: {
            /** @description Its name for people; need not be unique. */
            name: string;
            /** @description Its host name. */
            dns_name?: string | null;
            /** @description What kind of agent it takes: `linux`, `windows`, `windows_domain`. */
            platform: string;
            /** @description The id of the policy of its accounts; left out: the default one. */
            policy?: string | null;
        };
        /** @description A report that is to be sent to the caller. */
        NewSchedule: {
            /** @description What it is called; in the mail's subject. */
            name: string;
            /** @description The word of the report: `installed-agents`. */
            report: string;
            /** @description What is asked of the report, by the names of its parameters. */
            parameters?: {
                [key: string]: string;
            };
            /** @description `day`, `week`, `month`. */
            every: string;
            /**
             * Format: int32
             * @description Of a week: 1 (Monday) to 7 (Sunday); of a month: 1 to 31, or its last day
             *     if it has no such day.
             */
            day?: number | null;
            /** @description The time of day: `09:30`. */
            at: string;
            /** @description In which time zone (IANA): `Asia/Tokyo`. */
            zone: string;
        };
        /** @description The first administrator. */
        NewSetup: {
            /** @description The token that `sekisho-server init` printed. */
            token: components["schemas"]["SecretText"];
            /** @description The name to sign in with. */
            name: string;
            /** @description The name for other people. */
            display_name: string;
            /** @description At least 12 characters. */
            password: components["schemas"]["SecretText"];
        };
        /** @description With whom, how far, until when. */
        NewShare: {
            /** @description The id of the user; or give `user_group`. */
            user?: string | null;
            /** @description The id of the user group; or give `user`. */
            user_group?: string | null;
            /** @description `view`, `modify`, `full`; an account is shared to `view` or `modify`. */
            level: string;
            expires_at?: components["schemas"]["Time"] | null;
        };
        /** @description A site to be witnessed. */
        NewSite: {
            /** @description The site, as its own `sekisho audit key` shows it. */
            site: string;
            /** @description What people call it. */
            name: string;
            /** @description The public half of its audit key. */
            public: string;
        };
        /** @description A token to be made. */
        NewToken: {
            /** @description What it is called. */
            name: string;
            /** @description What it may be used for: `read`, `write`, `reveal`, `witness`. */
            scopes: string[];
            /**
             * Format: int64
             * @description Its life in seconds; 30 days if not given.
             */
            expires_in_s?: number | null;
        };
        /** @description A secret for an authenticator app. It is shown this once. */
        NewTotp: {
            /** @description The secret in base32, for typing. */
            secret: components["schemas"]["SecretText"];
            /** @description The same as `otpauth://…`, for a picture that the app reads. */
            url: components["schemas"]["SecretText"];
            /** @description Until when the first code is waited for. */
            expires_at: components["schemas"]["Time"];
        };
        /** @description A user to be created. */
        NewUser: {
            /** @description The name they sign in with: a-z, 0-9 and `. _ - @`. */
            name: string;
            /** @description Their name for other people. */
            display_name: string;
            /** @description Their first password: at least 12 characters. */
            password: components["schemas"]["SecretText"];
            /** @description What they may do: the word of a built-in role, the id of a custom one. */
            role: string;
        };
        /** @description A new group. */
        NewUserGroupBody: {
            /** @description Its name, unique. */
            name: string;
            /** @description What it is for. */
            description?: string;
        };
        /** @description A view to be saved. */
        NewView: {
            /** @description The path of the page: `/accounts`. */
            page: string;
            /** @description Its name. */
            name: string;
            /** @description The query string with its `?`; empty for the page as it is. */
            query: string;
            /**
             * @description The role whose people see it, too: one's own, or any for an
             *     administrator.
             */
            shared_with?: string | null;
        };
        /** @description How much there is. */
        NotificationCounts: {
            /**
             * Format: int64
             * @description Resets that are not finished.
             */
            waiting_resets: number;
            /**
             * Format: int64
             * @description Checks that are not finished.
             */
            waiting_verifies: number;
            /**
             * Format: int64
             * @description Tasks that ended and were not read of, without the muted kinds.
             */
            unread: number;
        };
        /** @description What the caller wants to be told. */
        NotificationSettingsView: {
            /**
             * @description The kinds that are not counted: `reset_done`, `reset_failed`,
             *     `verify_done`, `verify_failed`.
             */
            muted: components["schemas"]["Kind"][];
        };
        /** @description A task that the caller asked for. */
        NotificationView: {
            /** @description The id of the task. */
            order: string;
            /** @description `reset` or `verify`. */
            operation: string;
            /** @description The state of the task. */
            state: string;
            kind?: components["schemas"]["Kind"] | null;
            /** @description What a check found: `in_sync`, `out_of_sync`, … */
            verified?: string | null;
            /** @description It failed for now and is tried again, as another task. */
            retried: boolean;
            account?: components["schemas"]["Named"] | null;
            /** @description Its resource. */
            resource: components["schemas"]["Named"];
            /** @description When it was asked for. */
            created_at: components["schemas"]["Time"];
            ended_at?: components["schemas"]["Time"] | null;
            /** @description Whether the caller has read of its end. */
            read: boolean;
        };
        /** @description An office as it is to be. */
        OfficeBody: {
            /** @description What it is called. */
            name: string;
            /** @description Its public networks in CIDR notation, e.g. `198.51.100.0/24`. */
            networks?: string[];
            /** @description The ids of the gateways its agents use, best first; empty: all of them. */
            gateways?: string[];
            /** @description Its limits instead of those for one address. */
            limits?: components["schemas"]["OfficeLimits"];
            /** @description What people should know of it. */
            remarks?: string;
        };
        /** @description The limits of an office, as they are kept. */
        OfficeLimits: {
            /**
             * Format: int32
             * @description Connections at once, for the whole office.
             */
            connections: number;
            /**
             * Format: int32
             * @description TLS handshakes in a second, for the whole office.
             */
            handshakes_per_s: number;
            /**
             * Format: int32
             * @description Enrolments and questions about them in a second, for the whole office.
             */
            enrolments_per_s: number;
        };
        /** @description An office. */
        OfficeView: {
            /** @description Its id. */
            id: string;
            /** @description What it is called. */
            name: string;
            /** @description Its public networks in CIDR notation. */
            networks: string[];
            /** @description The gateways its agents use, best first; empty: all of them. */
            gateways: components["schemas"]["Named"][];
            /** @description Its limits instead of those for one address. */
            limits: components["schemas"]["OfficeLimits"];
            /** @description What people should know of it. */
            remarks: string;
            /** @description When it was added. */
            created_at: components["schemas"]["Time"];
            /**
             * Format: int64
             * @description Counts changes.
             */
            version: number;
        };
        /** @description A reset that is not finished. */
        OpenOrderView: {
            /** @description Its id. */
            id: string;
            /** @description Its state. */
            state: string;
        };
        /** @description Why something is wanted. */
        OrderRequest: {
            /** @description Why, in a few words. */
            reason?: string;
        };
        /** @description What an agent was or is to be asked to do. */
        OrderView: {
            /** @description Its id. */
            id: string;
            /** @description `reset`, `verify`, `discover`. */
            operation: string;
            /**
             * @description `staged`, `queued`, `delivered`, `indeterminate`, `reconciling`, or at
             *     its end `committed`, `not_applied`, `out_of_sync`, `cancelled`,
             *     `expired`.
             */
            state: string;
            /** @description Why it waits although its agent may be there: `dissociated`. */
            held?: string | null;
            account?: components["schemas"]["Named"] | null;
            /** @description The resource. */
            resource: components["schemas"]["Named"];
            /** @description The device. */
            device: components["schemas"]["Named"];
            initiator?: components["schemas"]["Named"] | null;
            /** @description Why, in their words. */
            reason: string;
            /**
             * Format: int32
             * @description How often the host was tried with this candidate, from 1.
             */
            attempt: number;
            /** @description When it was given. */
            created_at: components["schemas"]["Time"];
            delivered_at?: components["schemas"]["Time"] | null;
            finished_at?: components["schemas"]["Time"] | null;
            /** @description It is not handed out after this instant. */
            expires_at: components["schemas"]["Time"];
            /** @description What came of it, without secrets. */
            result?: Record<string, never> | null;
        };
        /**
         * @description What is to be done. Each number is of what the caller may see, and counted
         *     up to 10,000; what their role does not show is `null`.
         */
        Overview: {
            /**
             * Format: int64
             * @description Devices that wait for approval.
             */
            pending_devices?: number | null;
            /**
             * Format: int64
             * @description Approved agents on one's own resources that were silent for long
             *     (A-140).
             */
            inactive_agents?: number | null;
            /**
             * Format: int64
             * @description Accounts whose known password did not work.
             */
            out_of_sync?: number | null;
            /**
             * Format: int64
             * @description Accounts.
             */
            accounts?: number | null;
            /**
             * Format: int64
             * @description Of these, those whose password is known.
             */
            known_accounts?: number | null;
            /**
             * Format: int64
             * @description One's own tasks that are not finished.
             */
            my_open_tasks?: number | null;
            /**
             * Format: int64
             * @description One's own tasks of the last seven days that failed, or whose outcome is
             *     open.
             */
            my_failed_tasks?: number | null;
            /** @description Whether there is an enrolment key, of whatever state. */
            has_key?: boolean | null;
            /** @description Whether there is an approved agent on one's own resources. */
            has_agent?: boolean | null;
            /** @description Whether one has a second factor of one's own. */
            second_factor: boolean;
            /** @description Whether somebody has chosen which certificate the server shows. */
            certificate_chosen?: boolean | null;
            certificate_ends_at?: components["schemas"]["Time"] | null;
            /** @description Whether somebody has shown that they hold the recovery key. */
            recovery_key_proved?: boolean | null;
        };
        /** @description Whether and where somebody wants mail. */
        OwnMailChange: {
            /** @description Their address; `null`: none, and no mail. */
            address?: string | null;
            /** @description Whether they are told by mail what became of their tasks. */
            tasks: boolean;
            /**
             * @description What they are told of: `reset_done`, `reset_failed`, `verify_done`,
             *     `verify_failed`.
             */
            kinds: components["schemas"]["Kind"][];
        };
        /** @description Whether and where somebody gets mail. */
        OwnMailView: {
            /** @description Whether this server sends mail at all. */
            available: boolean;
            /** @description Their address: scheduled reports go there, and what became of tasks. */
            address?: string | null;
            /** @description Whether they are told by mail what became of their tasks. */
            tasks: boolean;
            /**
             * @description What they are told of: `reset_done`, `reset_failed`, `verify_done`,
             *     `verify_failed`.
             */
            kinds: components["schemas"]["Kind"][];
        };
        /** @description Where somebody is signed in. */
        OwnSession: {
            /** @description Its id. */
            id: string;
            /** @description Whether it is the one that asks. */
            current: boolean;
            /** @description When they signed in. */
            created_at: components["schemas"]["Time"];
            /** @description When a request last came, to the minute. */
            last_seen_at: components["schemas"]["Time"];
            /** @description When it ends at the latest. */
            expires_at: components["schemas"]["Time"];
            /** @description The address they signed in from. */
            address?: string | null;
            /** @description What kind of program signed in, as far as it said: `Firefox on Linux`. */
            client?: string | null;
            /** @description What they proved who they are with: `password`, `totp`, `recovery_code`. */
            methods: string[];
        };
        /** @description A link, without what makes it a secret. */
        PackageLinkView: {
            /** @description Its id. */
            id: string;
            /** @description The package that it leads to. */
            package: components["schemas"]["Named"];
            /** @description Who made it. */
            created_by: components["schemas"]["Named"];
            /** @description When. */
            created_at: components["schemas"]["Time"];
            /** @description Until when it works. */
            expires_at: components["schemas"]["Time"];
            /** @description `active`, `expired` or `revoked`. */
            state: string;
        };
        /** @description A package of the agent. */
        PackageView: {
            /** @description Its id. */
            id: string;
            /** @description The name of its file. */
            file: string;
            /** @description `deb`, `rpm` or `tar.gz`. */
            format: string;
            /** @description For what kind of agent: `linux`. */
            platform: string;
            /** @description For which processor: `amd64`, `arm64`. */
            architecture: string;
            /** @description The version of the agent in it. */
            version: string;
            /**
             * Format: int64
             * @description How long it is, in bytes.
             */
            bytes: number;
            /** @description The SHA-256 of the file, in hexadecimal digits. */
            sha256: string;
            /** @description When it was added. */
            added_at: components["schemas"]["Time"];
        };
        /** @description What is to be compared before a gateway is paired. */
        PairingCheckView: {
            /** @description Where it answers, `host:port`. */
            address: string;
            /** @description SHA-256 of the key of its link, to compare with what the gateway shows. */
            key_sha256: string;
            /** @description The version of its program. */
            software: string;
            /**
             * Format: int32
             * @description The version of the link it speaks.
             */
            link_major: number;
        };
        /** @description Something that can be asked of a report. */
        ParameterView: {
            /** @description Its name. */
            name: string;
            /** @description What can be given: `flag`, `days`, `time`, `user`, `word`. */
            takes: string;
            /** @description The words that can be given, if they are few. */
            words: string[];
            /** @description What it does, in English. */
            about: string;
        };
        /** @description Another name. */
        PasskeyName: {
            /** @description What to call it. */
            name: string;
        };
        /** @description A passkey. */
        PasskeyView: {
            /** @description Its id. */
            id: string;
            /** @description What its person calls it. */
            name: string;
            /** @description When it was registered. */
            created_at: components["schemas"]["Time"];
            last_used_at?: components["schemas"]["Time"] | null;
        };
        /** @description The old password and the new one. */
        PasswordChange: {
            /** @description The password now. */
            current: components["schemas"]["SecretText"];
            /** @description The new one: at least 12 characters. */
            new: components["schemas"]["SecretText"];
        };
        /** @description A pause. */
        PauseBody: {
            /** @description When it ends, at most a year ahead. */
            until: components["schemas"]["Time"];
            /** @description Why, in a few words. */
            reason: string;
        };
        /** @description A permission that is needed. */
        PermissionStep: {
            /** @description Its word. */
            permission: string;
            /** @description Whether the role has it. */
            has: boolean;
        };
        /** @description A permission and what it is needed for. */
        PermissionView: {
            /** @description Its word. */
            permission: string;
            /** @description What it allows, in English. */
            description: string;
            /** @description Whether custom roles may have it. */
            custom: boolean;
            /** @description The actions that need it. */
            actions: string[];
            /** @description The built-in roles that have it. */
            roles: string[];
        };
        /** @description What changes; what is left out stays. */
        PolicyChange: {
            /** @description Its name, unique. */
            name?: string | null;
            rules?: components["schemas"]["Rules"] | null;
            rotation?: components["schemas"]["RotationChange"] | null;
        };
        /** @description A password policy. */
        PolicyView: {
            /** @description Its id. */
            id: string;
            /** @description Its name, unique. */
            name: string;
            /** @description The rules. */
            rules: components["schemas"]["Rules"];
            /** @description How its passwords age. */
            rotation: components["schemas"]["Rotation"];
            /** @description Whether it holds where no other was chosen. */
            is_default: boolean;
            /** @description When it was made. */
            created_at: components["schemas"]["Time"];
            /**
             * Format: int64
             * @description Counts changes; the ETag.
             */
            version: number;
        };
        /** @description A port that a firewall has to let through. */
        PortView: {
            /** @description From where: `internet`, `server`, `gateway`. */
            from: string;
            /** @description To where: `gateway`, `server`. */
            to: string;
            /**
             * Format: int32
             * @description The port; TCP.
             */
            port: number;
            /** @description What for: `agents`, `link`, `pass_through`. */
            purpose: string;
        };
        /** @description How somebody likes the console. */
        PreferencesView: {
            /** @description `ja` or `en`; `null`: as the browser says. */
            language?: string | null;
            /** @description `auto`, `light` or `dark`. */
            theme: string;
            /** @description `normal` or `compact`. */
            density: string;
            /** @description Whether single keys do something (WCAG 2.1.4). */
            shortcuts: boolean;
            /** @description Whether the list of first steps was put away. */
            start_dismissed: boolean;
        };
        /** @description Criteria that nobody has yet. */
        PreviewBody: {
            /** @description What a group would take in by itself. */
            criteria: components["schemas"]["CriteriaBody"];
        };
        /** @description A resource that criteria match. */
        PreviewItem: {
            /** @description Its id. */
            id: string;
            /** @description Its name. */
            name: string;
            /** @description Its host name. */
            dns_name?: string | null;
            /** @description What kind of agent it takes. */
            platform: string;
        };
        /** @description What they match now. */
        PreviewView: {
            /**
             * Format: int64
             * @description How many of your resources they match, counted up to 10,000.
             */
            count: number;
            /** @description Whether there are more than were counted. */
            capped: boolean;
            /** @description The first of them, by name. */
            items: components["schemas"]["PreviewItem"][];
        };
        /** @description Somebody one can share with or give to. */
        PrincipalView: {
            /** @description `user` or `user_group`. */
            kind: string;
            /** @description Their id. */
            id: string;
            /** @description The name they sign in with, or the name of the group. */
            name: string;
            /** @description A user's name for other people. */
            display_name?: string | null;
        };
        /** @description The answer of a probe. */
        Probe: {
            /** @description One word. */
            status: string;
            /**
             * @description `held` while secrets and changes wait for a witness of the audit log,
             *     `behind` while one of its readers has trouble, else `ok`.
             */
            audit?: string | null;
            /**
             * @description What does not stop the server's work, but would after a restart:
             *     `kek_missing` while the key that locks the vault cannot be reached.
             */
            warnings?: string[];
        };
        /** @description The body of every refusal: `application/problem+json`. */
        ProblemBody: {
            /** @description A constant per code. */
            type: string;
            /** @description The kind of problem, in English. */
            title: string;
            /**
             * Format: int32
             * @description The HTTP status.
             */
            status: number;
            /** @description The stable code that programs look at. */
            code: string;
            /** @description A sentence for a person. */
            detail: string;
            /** @description The field to blame. */
            field?: string | null;
            /** @description What is in the way, as a word (`conflict`). */
            conflict?: string | null;
            /**
             * @description Why the server does not do its work (`/readyz`): `database`, `older`,
             *     `moved`, `standby` or `empty`.
             */
            cause?: string | null;
            /** @description The order in the way (`in_progress`). */
            order?: string | null;
            /**
             * @description With what the caller can prove who they are (`second_factor_needed`,
             *     `reauthentication_needed`): `password`, `totp`, `recovery_code`.
             */
            methods?: string[] | null;
            pending?: components["schemas"]["SecretText"] | null;
            expires_at?: components["schemas"]["Time"] | null;
            /** @description The id of this request, also in the server's log. */
            request_id: string;
        };
        /** @description A proof. */
        Proof: {
            /** @description `password`, `totp` or `recovery_code`. */
            method: string;
            /** @description The password or the code. */
            proof: components["schemas"]["SecretText"];
        };
        /** @description A role, or a change of one, that waits for another administrator. */
        ProposalView: {
            /** @description Its name then. */
            name: string;
            /** @description What it is for then. */
            description: string;
            /** @description What it may do then. */
            permissions: string[];
            /** @description What it may do then and may not now. */
            adds: string[];
            /** @description What it may do now and may not then. */
            removes: string[];
            by?: components["schemas"]["Named"] | null;
            at?: components["schemas"]["Time"] | null;
        };
        /** @description What a proof gives. */
        Proved: {
            /** @description Until when it is enough. */
            valid_until: components["schemas"]["Time"];
        };
        /** @description Where the browser goes next. */
        ProviderAddress: {
            /** @description An address of the provider. */
            url: string;
        };
        /** @description Where agents reach a gateway. */
        PublicAddressView: {
            /** @description `host:port`. */
            address: string;
            /**
             * Format: int32
             * @description Its share of the agents beside others; 0: only when no other answers.
             */
            weight?: number;
            /** @description How agents check its certificate. */
            tls?: components["schemas"]["TlsCheck"];
            /** @description With `pinned_key`: the SHA-256 of the public key, 64 hexadecimal digits. */
            key_sha256?: string | null;
        };
        /** @description The certificate of a gateway's public listeners. */
        PublicCertificateView: {
            /** @description Who it is for. */
            names: string[];
            /** @description Whether an administrator brought it; otherwise the site has issued it. */
            imported: boolean;
            /** @description Its end. */
            not_after: components["schemas"]["Time"];
            /** @description SHA-256 of its public key. */
            key_sha256: string;
        };
        /** @description What anybody may know, so that a client can say what it reached. */
        PublicSystem: {
            /** @description Always `sekisho`. */
            product: string;
            /** @description The version. */
            version: string;
            /** @description The site. */
            site?: string | null;
            /** @description Whether `init` has run. */
            initialised: boolean;
            /** @description Whether the first administrator is missing. */
            setup_needed: boolean;
            /**
             * @description Whether that waits for another set-up token, because the one there is has
             *     expired: `sekisho-server setup-token` makes one.
             */
            setup_token_expired: boolean;
            /**
             * @description The name or address that people use (`public_name`). Passkeys are bound
             *     to it.
             */
            public_name: string;
            /**
             * @description Where agents enrol and report: the site's public name and the port of
             *     the agent plane, as this server listens. What stands before it (a
             *     gateway, another port outside) it does not know.
             */
            agents_address: string;
            /**
             * Format: int32
             * @description A revealed password is hidden after so many seconds.
             */
            hide_after_s: number;
            /**
             * @description Whether people can sign in with passkeys: browsers bind them to a name,
             *     and a server that is reached by an address has none.
             */
            passkeys: boolean;
            /**
             * @description What the OpenID provider is called that people can sign in through;
             *     `null`: there is none.
             */
            oidc?: string | null;
        };
        /** @description So many at once, refilled evenly. */
        RateView: {
            /**
             * Format: int64
             * @description In 1,000 seconds, so that less than one in a second can be said.
             */
            per_1000_s: number;
            /**
             * Format: int32
             * @description At once, at most.
             */
            burst: number;
        };
        /** @description How a witness or an export target is. */
        ReaderState: {
            /** @description Its name in the settings, e.g. `witness.file`. */
            name: string;
            /**
             * Format: int64
             * @description Heads (of a witness) or lines (of an export target) it has not got.
             */
            waiting: number;
            /**
             * Format: int64
             * @description How long the oldest of them waits, in seconds.
             */
            lag_s: number;
            /** @description Whether what it is sent is confirmed; not so over UDP. */
            acknowledged: boolean;
            /** @description What went wrong at the last try. */
            problem?: string | null;
        };
        /** @description Why not. */
        ReasonView: {
            /** @description `permission`, `not_owner`, `level`, `disabled`. */
            code: string;
            /** @description As a sentence. */
            detail: string;
        };
        /** @description Recovery: a device knows more than the database. */
        RecoveryInfo: {
            /** @description Why. */
            reason: string;
        };
        /** @description What the holder of the recovery key is asked. */
        RecoveryKeyChallenge: {
            /** @description What the answer names. */
            challenge: string;
            /** @description The encapsulated key (RFC 9180), base64url. */
            enc: string;
            /** @description Until when the answer is waited for. */
            expires_at: components["schemas"]["Time"];
        };
        /** @description The answer. */
        RecoveryKeyProof: {
            /** @description What the question answered as `challenge`. */
            challenge: string;
            /**
             * @description The exported secret (RFC 9180 §5.3) with the info `sekisho recovery key
             *     proof v1` and the exporter context `proof`, 32 bytes in base64url.
             */
            proof: components["schemas"]["SecretText"];
        };
        /** @description The recovery key, as far as the server knows it. */
        RecoveryKeyView: {
            /** @description Its short id, as in the trust bundles. */
            kid: string;
            proved_at?: components["schemas"]["Time"] | null;
            proved_by?: components["schemas"]["Named"] | null;
        };
        /** @description A refusal. */
        RefusalView: {
            /** @description When. */
            at: components["schemas"]["Time"];
            /** @description From where. */
            address: string;
            /** @description The device, if it showed a certificate. */
            device?: string | null;
            /** @description Why. */
            reason: string;
            /**
             * Format: int32
             * @description The status that was answered; 0: the connection was closed.
             */
            status: number;
        };
        /** @description A registered passkey. */
        RegisteredPasskey: components["schemas"]["PasskeyView"] & {
            /**
             * @description With the first second factor: codes that stand in for it, shown this
             *     once.
             */
            recovery_codes?: components["schemas"]["SecretText"][] | null;
        };
        /** @description What the browser makes a passkey from. */
        RegistrationStart: {
            /** @description What the answer names. */
            challenge: string;
            /**
             * @description The argument of `navigator.credentials.create`, as JSON (WebAuthn,
             *     `parseCreationOptionsFromJSON`).
             */
            options: Record<string, never>;
            /** @description Until when the answer is waited for. */
            expires_at: components["schemas"]["Time"];
        };
        /** @description Why a proposal is rejected. */
        RejectBody: {
            /** @description Why, in a few words; it goes into the audit log. */
            reason: string;
        };
        /** @description Which resource an agent is to serve. */
        RemapRequest: {
            /** @description The id of the resource; it has the DNS name of the agent's host. */
            resource: string;
        };
        /** @description A resource that an agent could be remapped to. */
        RemapTarget: {
            /** @description The resource. */
            resource: components["schemas"]["Named"];
            /**
             * Format: int64
             * @description How many accounts, with every password they have had, come along from
             *     the deleted resource.
             */
            accounts: number;
            /** @description Why it is not possible; `null`: it is. */
            problem?: string | null;
        };
        /** @description Resources that an agent could be remapped to. */
        RemapTargets: {
            /** @description The DNS name that they must have. */
            dns_name?: string | null;
            /** @description The caller's resources with that name. */
            items: components["schemas"]["RemapTarget"][];
        };
        /** @description Something that does not go as it should. */
        RemarkView: {
            /** @description What it is about, as one word: `unreachable`, `memory_short` … */
            topic: string;
            /** @description A sentence of the program that noticed it, in English. */
            sentence: string;
        };
        /** @description A page of a report. */
        ReportPage: {
            /** @description The report. */
            report: string;
            /** @description When it was made. */
            as_of: components["schemas"]["Time"];
            /**
             * @description The rows: a value for each column, by its name. A page may be shorter
             *     than asked for, even empty, and still have a next one.
             */
            items: Record<string, never>[];
            /** @description Give it as `after` for the next page; `null` when this is the last. */
            next?: string | null;
            /**
             * Format: int64
             * @description With `count=true`: how many rows all pages have, up to 10,000.
             */
            count?: number | null;
            /** @description With `count=true`: whether there are more than `count` says. */
            count_capped?: boolean | null;
        };
        /** @description A report that the caller may run. */
        ReportView: {
            /** @description Its word, which never changes. */
            report: string;
            /** @description Its title, in English. */
            title: string;
            /** @description Its columns. */
            columns: components["schemas"]["ColumnView"][];
            /** @description What can be asked of it. */
            parameters: components["schemas"]["ParameterView"][];
        };
        /** @description Why a new password is wanted. */
        ResetRequest: {
            /** @description Why, in a few words. */
            reason?: string;
            /** @description Reset although another reset is open. Not possible yet. */
            force?: boolean;
        };
        /** @description What changes; what is left out stays, `null` removes. */
        ResourceChangeBody: {
            /** @description Its name for people. */
            name?: string | null;
            /** @description Its host name. */
            dns_name?: string | null;
            /** @description The id of the policy of its accounts; `null`: the default one. */
            policy?: string | null;
        };
        /** @description The device of a resource. */
        ResourceDevice: {
            /** @description Its id. */
            id: string;
            /** @description `pending`, `approved`, `blocked`. */
            state: string;
            last_seen_at?: components["schemas"]["Time"] | null;
            /** @description Whether that was not long ago (A-140). */
            active: boolean;
            /** @description Whether it is dissociated, so that it does nothing (A-102). */
            dissociated: boolean;
        };
        /** @description A resource. */
        ResourceView: {
            /** @description Its id. */
            id: string;
            /** @description Its name for people; need not be unique. */
            name: string;
            /** @description Its host name. */
            dns_name?: string | null;
            /** @description What kind of agent it takes: `linux`, `windows`, `windows_domain`. */
            platform: string;
            /** @description Who owns it. */
            owner: components["schemas"]["Named"];
            policy?: components["schemas"]["Named"] | null;
            /** @description When it was added. */
            created_at: components["schemas"]["Time"];
            device?: components["schemas"]["ResourceDevice"] | null;
            /** @description How many accounts it has. */
            accounts: components["schemas"]["AccountCounts"];
            /**
             * Format: int64
             * @description Counts changes; the ETag.
             */
            version: number;
        };
        /** @description Why a former password is wanted. */
        RevealFormerRequest: {
            /** @description Why, in a few words; it goes into the audit log. */
            reason: string;
        };
        /**
         * @description What a password is wanted for.
         * @enum {string}
         */
        RevealPurpose: "show" | "copy";
        /** @description Why a password is wanted. */
        RevealRequest: {
            /** @description Why, in a few words; it goes into the audit log. */
            reason: string;
            /** @description What for. */
            purpose?: components["schemas"]["RevealPurpose"];
        };
        /** @description One clear value. */
        RevealedValueView: {
            /** @description Its id. */
            version: string;
            /**
             * Format: int64
             * @description Its number for people.
             */
            number: number;
            /**
             * @description `current` or `indeterminate`; in the history also `superseded` or
             *     `rejected`.
             */
            state: string;
            /** @description `generated`, `typed`, `recovered`. */
            origin: string;
            /** @description The value. */
            value: components["schemas"]["SecretText"];
            /** @description Why it has its state. */
            evidence: string;
            /** @description Since when. */
            since: components["schemas"]["Time"];
        };
        /** @description Clear values of one account. */
        RevealedView: {
            /** @description The account. */
            account: components["schemas"]["AccountRef"];
            /**
             * @description What is known of its password: `unverified`, `known`, `indeterminate`;
             *     `out_of_sync`: the newest check found that the current value does not
             *     work.
             */
            knowledge: string;
            checked_at?: components["schemas"]["Time"] | null;
            /**
             * @description Normally one; while a reset's outcome is open every value that may
             *     work, the newest first.
             */
            values: components["schemas"]["RevealedValueView"][];
            /**
             * Format: int32
             * @description Hide what is shown after so many seconds.
             */
            hide_after_s: number;
        };
        /** @description Why a gateway is revoked. */
        RevokeGateway: {
            /** @description Why, in a few words; it goes into the audit log. */
            reason: string;
        };
        /** @description A role as it is to be. */
        RoleBody: {
            /** @description Its name, unique. */
            name: string;
            /** @description What it is for. */
            description?: string;
            /** @description The words of what it may do, see `/permissions`. */
            permissions: string[];
        };
        /** @description A role and what it may do. */
        RoleView: {
            /** @description The word of a built-in role, the id of a custom one. */
            role: string;
            /** @description What people call it. */
            name: string;
            /** @description What it is for; empty for built-in roles. */
            description: string;
            /** @description Whether it is built in and cannot be changed. */
            built_in: boolean;
            /** @description Whether it can be given to somebody: it is built in or was approved. */
            in_force: boolean;
            /** @description What it may do. */
            permissions: string[];
            proposal?: components["schemas"]["ProposalView"] | null;
            approved_by?: components["schemas"]["Named"] | null;
            approved_at?: components["schemas"]["Time"] | null;
            /**
             * Format: int64
             * @description How many users have it; only for who manages roles.
             */
            users?: number | null;
            /**
             * Format: int64
             * @description Counts changes; the ETag. 1 for built-in roles.
             */
            version: number;
        };
        /**
         * @description How the passwords of a policy age. What is left out of a request is as
         *     shown here.
         */
        Rotation: {
            /**
             * @description The maximum age in days (1 to 3650), or `off`; `null`: the policy says
             *     nothing.
             */
            max_age_days?: unknown;
            /**
             * Format: int32
             * @description So many days before a reset it is announced; 0: not at all.
             * @default 3
             */
            notice_days: number;
            /**
             * @description Whether passwords that nobody knows are reset without being asked.
             * @default false
             */
            reset_unknown: boolean;
            /**
             * @description How often the host is asked whether the password still works, in days,
             *     or `off`.
             */
            verify_every_days?: unknown;
            /**
             * @description Whether a password that was found out of sync is set anew.
             * @default false
             */
            auto_heal: boolean;
        };
        /** @description What changes of how passwords age; what is left out stays. */
        RotationChange: {
            /**
             * @description The maximum age in days (1 to 3650), or `off`; `null`: the policy says
             *     nothing.
             */
            max_age_days?: unknown;
            /**
             * Format: int32
             * @description So many days before a reset it is announced; 0: not at all.
             */
            notice_days?: number | null;
            /** @description Whether passwords that nobody knows are reset without being asked. */
            reset_unknown?: boolean | null;
            /**
             * @description How often the host is asked whether the password still works, in days,
             *     or `off`.
             */
            verify_every_days?: unknown;
            /** @description Whether a password that was found out of sync is set anew. */
            auto_heal?: boolean | null;
        };
        /** @description When an account is reset by itself, and which rule says so. */
        RotationView: {
            /**
             * @description The maximum age that holds, in days, or `off`; `null`: no level says
             *     one.
             */
            max_age_days?: unknown;
            /** @description Which level it is of: `account`, `group`, `policy`, `none`. */
            source: string;
            source_object?: components["schemas"]["Named"] | null;
            /** @description The account's own maximum age; `null`: it has none. */
            own_max_age_days?: unknown;
            due_at?: components["schemas"]["Time"] | null;
            announce_at?: components["schemas"]["Time"] | null;
            /** @description `off`, `scheduled`, `due_soon`, `due`, `held`. */
            state: string;
            /**
             * @description What stands in the way: `gone`, `directory`, `unknown_password`,
             *     `no_agent`, `agent_not_approved`,
             *     `agent_dissociated`, `agent_away`, `paused`,
             *     `in_progress`, `retry_later`.
             */
            held_by?: string | null;
            paused_until?: components["schemas"]["Time"] | null;
            /** @description Why it is paused. */
            pause_reason?: string | null;
            retry_at?: components["schemas"]["Time"] | null;
            check_at?: components["schemas"]["Time"] | null;
            out_of_sync_since?: components["schemas"]["Time"] | null;
            /** @description Whether two checks in a row found that, so that it was told. */
            out_of_sync_confirmed: boolean;
        };
        /** @description One rule. */
        RuleBody: {
            /** @description `name`, `address`, `platform`. */
            field: string;
            /**
             * @description `contains`, `not_contains`, `equals`, `not_equals`, `begins_with`,
             *     `ends_with`; a platform is compared by `equals` or `not_equals`.
             */
            operator: string;
            /** @description With what, in any case. */
            text: string;
        };
        /**
         * @description The rules for generated passwords. A rule that is left out of a request is
         *     that of the built-in policy.
         */
        Rules: {
            /**
             * Format: int32
             * @description Exact length in characters.
             * @default 20
             */
            length: number;
            /**
             * Format: int32
             * @description At least so many lower-case letters; `null`: none may occur.
             * @default 1
             */
            lower: number | null;
            /**
             * Format: int32
             * @description At least so many upper-case letters; `null`: none may occur.
             * @default 1
             */
            upper: number | null;
            /**
             * Format: int32
             * @description At least so many digits; `null`: none may occur.
             * @default 1
             */
            digit: number | null;
            /**
             * Format: int32
             * @description At least so many symbols; `null`: none may occur.
             * @default 1
             */
            symbol: number | null;
            /**
             * @description Characters that must not occur.
             * @default 0O1lI|
             */
            excluded: string;
            /**
             * @description Whether the first character must be a letter.
             * @default true
             */
            starts_with_letter: boolean;
            /**
             * Format: int32
             * @description So many previous passwords of an account may not come again.
             * @default 24
             */
            history: number;
        };
        /** @description What changes; what is left out stays. */
        ScheduleChange: {
            /** @description What it is called. */
            name?: string | null;
            /** @description What is asked of the report. */
            parameters?: Record<string, never> | null;
            /** @description `day`, `week`, `month`. */
            every?: string | null;
            /**
             * Format: int32
             * @description Of a week: 1 to 7; of a month: 1 to 31; `null`: each day.
             */
            day?: number | null;
            /** @description The time of day. */
            at?: string | null;
            /** @description The time zone. */
            zone?: string | null;
            /** @description Whether it runs. */
            active?: boolean | null;
        };
        /** @description A report that the caller has sent to themselves. */
        ScheduleView: {
            /** @description Its id. */
            id: string;
            /** @description What its owner calls it. */
            name: string;
            /** @description The word of the report. */
            report: string;
            /** @description What is asked of the report. */
            parameters: {
                [key: string]: string;
            };
            /** @description `day`, `week`, `month`. */
            every: string;
            /**
             * Format: int32
             * @description Of a week: 1 (Monday) to 7 (Sunday); of a month: 1 to 31.
             */
            day?: number | null;
            /** @description The time of day: `09:30`. */
            at: string;
            /** @description In which time zone (IANA): `Asia/Tokyo`. */
            zone: string;
            /** @description Whether it runs. */
            active: boolean;
            next_run_at?: components["schemas"]["Time"] | null;
            last_run_at?: components["schemas"]["Time"] | null;
            /**
             * @description What came of that: `queued`, `denied`, `no_address`, `no_mail`,
             *     `failed`.
             */
            last_result?: string | null;
            /**
             * Format: int64
             * @description Counts changes; the ETag.
             */
            version: number;
        };
        /** @description The second factors of a user. */
        SecondFactorView: {
            totp_since?: components["schemas"]["Time"] | null;
            /**
             * Format: int64
             * @description How many passkeys there are.
             */
            passkeys: number;
            /**
             * Format: int64
             * @description How many recovery codes are left.
             */
            recovery_codes_left: number;
            /** @description Whether the user's role needs a second factor. */
            required: boolean;
        };
        /** @description The second step of a sign-in. */
        SecondStep: {
            /** @description What the first step answered as `pending`. */
            pending: components["schemas"]["SecretText"];
            /** @description `totp` or `recovery_code`. */
            method: string;
            /** @description The code; spaces and dashes do not count. */
            code: components["schemas"]["SecretText"];
        };
        /** Format: password */
        SecretText: string;
        /** @description Heads that another site sends. */
        SentHeads: {
            /** @description Signed heads, oldest first; at most 1000. */
            heads: Record<string, never>[];
        };
        /** @description What came of sending a report at once. */
        SentNow: {
            /**
             * @description `queued`: it is on its way; else why not: `denied`, `no_address`,
             *     `no_mail`, `failed`.
             */
            result: string;
        };
        /** @description The certificate that browsers and the command line see. */
        ServerCertificateView: {
            /** @description Where it comes from. */
            source: components["schemas"]["CertificateSource"];
            /** @description The server's own name or address (`public_name`). */
            public_name: string;
            /** @description Every name and address it is for. */
            names: string[];
            /** @description The further names that somebody chose. */
            more_names: string[];
            /** @description Who issued it. */
            issuer: string;
            /** @description Its serial number, lower-case hexadecimal digits. */
            serial: string;
            /** @description Its SHA-256, lower-case hexadecimal digits. */
            fingerprint: string;
            /** @description Its first instant. */
            not_before: components["schemas"]["Time"];
            /** @description Its last instant. The site's own is renewed by itself. */
            not_after: components["schemas"]["Time"];
            uploaded_not_after?: components["schemas"]["Time"] | null;
            chosen_at?: components["schemas"]["Time"] | null;
            chosen_by?: components["schemas"]["Named"] | null;
        };
        /** @description A session. */
        SessionInfo: {
            /** @description When they signed in. */
            created_at: components["schemas"]["Time"];
            /** @description When it ends at the latest. */
            expires_at: components["schemas"]["Time"];
        };
        /** @description A new sign-in. Its token is in the cookie. */
        SessionView: {
            /** @description Who signed in. */
            user: components["schemas"]["UserView"];
            /** @description When the sign-in ends at the latest. */
            expires_at: components["schemas"]["Time"];
        };
        /** @description A setting of the server. */
        SettingView: {
            /** @description Its key in the configuration file, with dots for tables. */
            key: string;
            /**
             * @description What holds; `null`: nothing was given and there is no fixed default, or
             *     it is not shown.
             */
            value?: string | null;
            /**
             * @description Whether something was given that is not shown, because it may hold a
             *     password.
             */
            hidden: boolean;
            /**
             * @description Where it was given: `default` (nowhere), `file`, `environment`,
             *     `command_line`.
             */
            source: string;
            /** @description The configuration file it was given in. */
            file?: string | null;
            /** @description The environment variable that stands over the file. */
            environment: string;
            /** @description What holds when it is not given; `null`: see `meaning`. */
            default?: string | null;
            /** @description The unit of a number, or what kind of value it is. */
            unit: string;
            /** @description What it does, in English. */
            meaning: string;
        };
        /** @description What changes; what is left out stays. */
        ShareChange: {
            /** @description How far it goes. */
            level?: string | null;
            expires_at?: components["schemas"]["Time"] | null;
        };
        /** @description How long a link works. */
        ShareRequest: {
            /**
             * Format: int64
             * @description So many seconds: 60 to 604800 (7 days), 86400 (a day) if not given.
             */
            valid_for_s?: number | null;
        };
        /** @description A share. */
        ShareView: {
            /** @description Its id. */
            id: string;
            /** @description What is shared. */
            object: components["schemas"]["KindNamed"];
            /** @description With whom. */
            with: components["schemas"]["KindNamed"];
            /** @description `view`, `modify`, `full`. */
            level: string;
            expires_at?: components["schemas"]["Time"] | null;
            /** @description Whether it has ended by itself. */
            ended: boolean;
            /** @description Who shared it. */
            created_by: components["schemas"]["Named"];
            /** @description When. */
            created_at: components["schemas"]["Time"];
            /**
             * Format: int64
             * @description Counts changes; the ETag.
             */
            version: number;
        };
        /** @description A name and a password. */
        SignIn: {
            /** @description The user name. */
            name: string;
            /** @description The password. */
            password: components["schemas"]["SecretText"];
        };
        /** @description What is needed to sign in. */
        SignInRules: {
            /** @description The roles whose people need a second factor. */
            second_factor_roles: string[];
        };
        /** @description One key. */
        SiteKeyStatus: {
            /** @description Its short id, as it is in bundles and orders. */
            kid: string;
            /** @description `order` or `receipt`. */
            kind: string;
            /**
             * @description `waiting`: made, and no bundle names it; `next`: agents are learning of
             *     it; `live`: in use; `former`: agents still believe it, or it still opens;
             *     `retired`: not used any more; `lost`: named by the newest bundle, and its
             *     private half is not here.
             */
            state: string;
            /** @description Since when it is in this state; for `next`, from when on it is used. */
            since: components["schemas"]["Time"];
            replace_by?: components["schemas"]["Time"] | null;
        };
        /** @description Trust bundles, and the keys that they bring. */
        SiteKeysStatus: {
            /**
             * Format: int64
             * @description The version of the newest trust bundle.
             */
            bundle_version: number;
            /** @description When it was published. */
            bundle_since: components["schemas"]["Time"];
            /**
             * Format: int64
             * @description Approved devices.
             */
            devices: number;
            /**
             * Format: int64
             * @description How many of them have not shown the newest bundle yet.
             */
            devices_behind: number;
            /**
             * Format: int64
             * @description How many of them have shown a newer one: this database is older than it
             *     was.
             */
            devices_ahead: number;
            /** @description The order keys, then the receipt keys; those to come and in use first. */
            keys: components["schemas"]["SiteKeyStatus"][];
        };
        /** @description Another site whose heads are taken. */
        SiteView: {
            /** @description The site. */
            id: string;
            /** @description What people call it. */
            name: string;
            /** @description The public half of its audit key, pinned. */
            public: string;
            /** @description Since when. */
            added_at: components["schemas"]["Time"];
            removed_at?: components["schemas"]["Time"] | null;
        };
        /** @description The other sites. */
        Sites: {
            /** @description All of them, also those that were removed. */
            items: components["schemas"]["SiteView"][];
        };
        /** @description What a gateway says of itself. */
        StatusView: {
            /**
             * Format: int64
             * @description The configuration it works by.
             */
            config_version?: number | null;
            /** @description Its SHA-256 in hexadecimal digits. */
            config_hash?: string | null;
            /**
             * Format: int64
             * @description Since when it runs, in seconds.
             */
            uptime_s: number;
            /**
             * Format: int64
             * @description Connections of agents.
             */
            connections: number;
            /**
             * Format: int64
             * @description Agents that wait for something to do.
             */
            parked: number;
            /**
             * Format: int64
             * @description Calls in progress at this server.
             */
            relayed_in_flight: number;
            /**
             * Format: int64
             * @description As many as it allows at the moment.
             */
            relay_allowed: number;
            /**
             * Format: int64
             * @description Streams that pass through.
             */
            pass_through: number;
            /**
             * Format: int64
             * @description Memory in use, in bytes.
             */
            memory_bytes: number;
            /**
             * Format: int64
             * @description Calls relayed since it was started.
             */
            relayed: number;
            /**
             * Format: int64
             * @description TLS handshakes since it was started.
             */
            handshakes: number;
            /** @description Refusals since it was started, by reason. */
            refused: components["schemas"]["CountView"][];
            /** @description The last refusals, newest last. */
            last_refusals: components["schemas"]["RefusalView"][];
            /** @description Bans in force. */
            bans: components["schemas"]["BanView"][];
            certificate?: components["schemas"]["PublicCertificateView"] | null;
            /** @description What does not go as it should. */
            problems: components["schemas"]["RemarkView"][];
        };
        /** @description The state of the server. */
        System: {
            /** @description The version. */
            version: string;
            /** @description The site. */
            site: string;
            /** @description The pin of the site, in every enrolment key. */
            site_fingerprint: string;
            /** @description `sqlite` or `postgresql`. */
            database: string;
            /**
             * Format: int64
             * @description The version of the newest trust bundle.
             */
            bundle_version: number;
            recovery?: components["schemas"]["RecoveryInfo"] | null;
            last_backup_at?: components["schemas"]["Time"] | null;
            last_drill_at?: components["schemas"]["Time"] | null;
            /**
             * Format: int64
             * @description Seconds since the server started.
             */
            uptime_s: number;
            /** @description Witnesses and export targets of the audit log. */
            audit_readers: components["schemas"]["ReaderState"][];
            /** @description Why secrets and changes wait for a witness, while they do. */
            audit_held?: string | null;
        };
        /** Format: date-time */
        Time: string;
        /**
         * @description How agents check the certificate of a gateway.
         * @enum {string}
         */
        TlsCheck: "site_ca" | "system_roots" | "pinned_key";
        /** @description An API token. */
        TokenInfo: {
            /** @description Its id. */
            id: string;
            /** @description What it is called. */
            name: string;
            /** @description What it may be used for. */
            scopes: string[];
            /** @description When it stops working. */
            expires_at: components["schemas"]["Time"];
        };
        /** @description An API token, without its secret. */
        TokenView: {
            /** @description Its id. */
            id: string;
            /** @description What it is called. */
            name: string;
            /** @description What it may be used for: `read`, `write`, `reveal`. */
            scopes: string[];
            /** @description When it was made. */
            created_at: components["schemas"]["Time"];
            /** @description When it stops working. */
            expires_at: components["schemas"]["Time"];
            last_used_at?: components["schemas"]["Time"] | null;
            revoked_at?: components["schemas"]["Time"] | null;
        };
        /** @description To whom, and why. */
        TransferBody: {
            /** @description The id of the new owner: an active user whose role may add resources. */
            to: string;
            /** @description Why, in a few words. */
            reason?: string;
        };
        /**
         * @description What becomes of a resource.
         * @enum {string}
         */
        TransferOutcome: "transferred" | "would_transfer" | "refused";
        /** @description What became of one resource. */
        TransferRow: {
            /** @description The resource. */
            id: string;
            /** @description Its name; `null` when there is none that you may see. */
            name?: string | null;
            /** @description What became of it. */
            outcome: components["schemas"]["TransferOutcome"];
            /**
             * Format: int64
             * @description How many groups of other people it leaves.
             */
            left_groups: number;
            /**
             * Format: int64
             * @description How many shares with the former owner end.
             */
            ended_shares: number;
            /** @description The code of the refusal, as in `problem+json`. */
            code?: string | null;
            /** @description What is in the way, as a word, if it is refused with `conflict`. */
            conflict?: string | null;
            /** @description Why not, as a sentence. */
            detail?: string | null;
        };
        /** @description What a transfer did. */
        TransferView: {
            /** @description The resource. */
            resource: components["schemas"]["Named"];
            /** @description Who owned it. */
            from: components["schemas"]["Named"];
            /** @description Who owns it. */
            to: components["schemas"]["Named"];
            /**
             * Format: int64
             * @description How many groups of other people it left.
             */
            left_groups: number;
            /**
             * Format: int64
             * @description How many shares with the former owner ended.
             */
            ended_shares: number;
        };
        /** @description Which resources, to whom, and why. */
        TransfersBody: {
            /** @description The id of the new owner: an active user whose role may add resources. */
            to: string;
            /** @description The ids of the resources: 1 to 200. Left out: give `from`. */
            resources?: string[] | null;
            /**
             * @description Instead of `resources`: the id of a user whose first 200 resources, by
             *     name, are meant.
             */
            from?: string | null;
            /** @description Why, in a few words. */
            reason?: string;
            /** @description Only say what would happen. */
            dry_run?: boolean;
        };
        /** @description What became of each resource. */
        TransfersView: {
            /** @description Whether nothing was changed. */
            dry_run: boolean;
            /** @description One row for each resource that was named, in that order. */
            items: components["schemas"]["TransferRow"][];
            /** @description Whether `from` owns more; ask again for the rest. */
            more: boolean;
        };
        /** @description A password somebody typed. */
        TypedPassword: {
            /** @description The password. */
            value: components["schemas"]["SecretText"];
            /** @description Why, in a few words. */
            reason?: string | null;
        };
        /** @description What to change; what is not given stays. */
        UserChange: {
            /** @description Their name for other people. */
            display_name?: string | null;
            /** @description What they may do: the word of a built-in role, the id of a custom one. */
            role?: string | null;
        };
        /** @description What changes; what is left out stays. */
        UserGroupChangeBody: {
            /** @description Its name. */
            name?: string | null;
            /** @description What it is for. */
            description?: string | null;
        };
        /** @description A group of users. */
        UserGroupView: {
            /** @description Its id. */
            id: string;
            /** @description Its name, unique. */
            name: string;
            /** @description What it is for. */
            description: string;
            /**
             * Format: int64
             * @description How many users are in it.
             */
            members: number;
            /** @description When it was made. */
            created_at: components["schemas"]["Time"];
            /**
             * Format: int64
             * @description Counts changes; the ETag.
             */
            version: number;
        };
        /** @description A user. */
        UserView: {
            /** @description Their id. */
            id: string;
            /** @description The name they sign in with. */
            name: string;
            /** @description Their name for other people. */
            display_name: string;
            /** @description What they may do: the word of a built-in role, the id of a custom one. */
            role: string;
            /** @description Whether they may sign in: `active` or `disabled`. */
            state: string;
            /** @description When they were created. */
            created_at: components["schemas"]["Time"];
            /**
             * Format: int64
             * @description Counts changes; the ETag.
             */
            version: number;
        };
        /** @description The vault's keys and how far a rotation is. */
        Vault: components["schemas"]["VaultStatus"] & {
            /** @description Why the key that locks the vault could not be reached at the last look. */
            kek_missing?: string | null;
        };
        /** @description The vault's keys. */
        VaultStatus: {
            /** @description What kind of key locks the vault: `file`, `passphrase`, … . */
            provider: string;
            /** @description Since when. */
            provider_since: components["schemas"]["Time"];
            /** @description What will lock it once the server has opened the vault with it. */
            next_provider?: string | null;
            /** @description The data keys, newest first. */
            keys: components["schemas"]["KeyStatus"][];
            /**
             * Format: int64
             * @description Values that older data keys have sealed: they are being sealed anew.
             */
            values_left: number;
        };
        /** @description What a verification found. */
        Verdict: {
            /** @description Whether every chain is as it was written. */
            intact: boolean;
            /**
             * Format: int64
             * @description How many lines were checked.
             */
            lines: number;
            /** @description Where this server's own chain ended. */
            head: components["schemas"]["HeadView"];
            /**
             * Format: int64
             * @description The last line of that chain that a signed head vouches for.
             */
            signed: number;
            /**
             * Format: int64
             * @description The last line of that chain that a witness vouches for; nothing if no
             *     witness was asked.
             */
            witnessed?: number | null;
            /**
             * @description Chains that end earlier than a witness saw them, because the site was
             *     restored from a backup.
             */
            forgotten: components["schemas"]["Forgotten"][];
            /** @description The first thing that is wrong. */
            problem?: string | null;
        };
        /** @description What a verify found. */
        VerifyView: {
            /**
             * @description `in_sync`, `out_of_sync`, `unreachable`, `locked`, `disabled`,
             *     `expired`, `unknown`.
             */
            result: string;
            /** @description When. */
            at: components["schemas"]["Time"];
            /** @description How it was made: `agent`, on the host itself and without a login. */
            method?: string | null;
            /** @description The version of the agent that made it. */
            agent_version?: string | null;
        };
        /** @description One value a password has had, without the value. */
        VersionView: {
            /** @description Its id. */
            version: string;
            /**
             * Format: int64
             * @description Its number for people.
             */
            number: number;
            /** @description `candidate`, `current`, `superseded`, `rejected`, `indeterminate`. */
            state: string;
            /** @description `generated`, `typed`, `recovered`. */
            origin: string;
            /** @description When it was made. */
            created_at: components["schemas"]["Time"];
            /** @description When its state last changed. */
            state_changed_at: components["schemas"]["Time"];
            /** @description Why it has its state. */
            evidence: string;
        };
        /** @description A saved view. */
        ViewView: {
            /** @description Its id. */
            id: string;
            /** @description Whether the caller saved it; only then they can change it. */
            own: boolean;
            /** @description The path of the page: `/accounts`. */
            page: string;
            /** @description Its name. */
            name: string;
            /** @description The query string with its `?`; empty for the page as it is. */
            query: string;
            /** @description The role whose people see it, too. */
            shared_with?: string | null;
            /** @description Whether the caller begins with it when they open the page. */
            is_default: boolean;
            /** @description When it was last changed. */
            changed_at: components["schemas"]["Time"];
        };
        /** @description Heads of another site. */
        WitnessedHeads: {
            /** @description Each is a line of a witness file. */
            heads: Record<string, never>[];
            /** @description Whether there may be more. */
            more: boolean;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    list_accounts: {
        parameters: {
            query?: {
                /** @description At most so many items: 1 to 200, 50 if not given. */
                limit?: number;
                /** @description The `next` of the page before. */
                after?: string;
                /** @description Only items whose name contains this text. */
                q?: string;
                /** @description Also say how many items all pages have, up to 10,000. */
                count?: boolean;
                /**
                 * @description By one of the columns named above; `-` before it: the highest, or the
                 *     newest, first. What an item does not have counts as lowest.
                 */
                sort?: string;
                /** @description Only those on this resource. */
                resource?: string;
                /** @description `present` (the default), `gone`, or `all`. */
                presence?: string;
                /**
                 * @description Only those of whose password this is known: `unknown`, `unverified`,
                 *     `known`, `indeterminate`, `out_of_sync`.
                 */
                knowledge?: string;
                /** @description Only those with this policy of their own, or from their resource. */
                policy?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of accounts */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ItemList_AccountView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    export_accounts: {
        parameters: {
            query?: {
                /** @description As for the list itself. */
                q?: string;
                /** @description `true`: begin with the mark by which spreadsheets know UTF-8. */
                bom?: boolean;
                /**
                 * @description By one of the columns named above; `-` before it: the highest, or the
                 *     newest, first. What an item does not have counts as lowest.
                 */
                sort?: string;
                /** @description Only those on this resource. */
                resource?: string;
                /** @description `present` (the default), `gone`, or `all`. */
                presence?: string;
                /**
                 * @description Only those of whose password this is known: `unknown`, `unverified`,
                 *     `known`, `indeterminate`, `out_of_sync`.
                 */
                knowledge?: string;
                /** @description Only those with this policy of their own, or from their resource. */
                policy?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/csv": string;
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    show_account: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Its id */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The account */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AccountView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description No such account, or you may not see it */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    edit_account: {
        parameters: {
            query?: never;
            header: {
                /** @description The ETag of what you read */
                "If-Match": string;
            };
            path: {
                /** @description Its id */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AccountChange"];
            };
        };
        responses: {
            /** @description Changed */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AccountView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description No such account, or you may not see it */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Changed since it was read */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description If-Match is missing */
            428: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    explain_account: {
        parameters: {
            query?: {
                /** @description The id of the user; left out: you. */
                user?: string;
                /** @description The word of an action; left out: all one does with such an object. */
                action?: string;
            };
            header?: never;
            path: {
                /** @description The account */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Which share, which role, what is missing */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ExplainView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    list_password_history: {
        parameters: {
            query?: {
                /** @description At most so many items: 1 to 200, 50 if not given. */
                limit?: number;
                /** @description The `next` of the page before. */
                after?: string;
                /** @description Only items whose name contains this text. */
                q?: string;
                /** @description Also say how many items all pages have, up to 10,000. */
                count?: boolean;
            };
            header?: never;
            path: {
                /** @description The account */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of versions */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ItemList_VersionView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description No such account, or you may not see it */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    reveal_former_password: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The account */
                id: string;
                /** @description The version */
                version: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RevealFormerRequest"];
            };
        };
        responses: {
            /** @description The value */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RevealedView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed; `reauthentication_needed`: prove again who you are */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description No such version, or you may not see it */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The reset it belongs to has no outcome yet */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    store_password: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The account */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TypedPassword"];
            };
        };
        responses: {
            /** @description Stored */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AccountView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description No such account, or you may not see it */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `in_progress`: a reset is open; `conflict`: it is gone */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    reset_password: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The account */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ResetRequest"];
            };
        };
        responses: {
            /** @description The order */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OrderView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description No such account, or you may not see it */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `in_progress`: a reset is open; `conflict`: no agent can */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description No generator can satisfy the policy */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    reveal_password: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The account */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RevealRequest"];
            };
        };
        responses: {
            /** @description The value, or the values that may work */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RevealedView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed; `reauthentication_needed`: prove again who you are */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description No such account, or you may not see it */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `unknown_password`: reset it or store it first */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    pause_rotation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The account */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PauseBody"];
            };
        };
        responses: {
            /** @description Paused */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AccountView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description No such account, or you may not see it */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    resume_rotation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The account */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Not paused any more */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AccountView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description No such account, or you may not see it */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    list_account_shares: {
        parameters: {
            query?: {
                /** @description At most so many items: 1 to 200, 50 if not given. */
                limit?: number;
                /** @description The `next` of the page before. */
                after?: string;
                /** @description Only items whose name contains this text. */
                q?: string;
                /** @description Also say how many items all pages have, up to 10,000. */
                count?: boolean;
            };
            header?: never;
            path: {
                /** @description The account */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of shares */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ItemList_ShareView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    share_account: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The account */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewShare"];
            };
        };
        responses: {
            /** @description Shared */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ShareView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `conflict`: it is shared with them already */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    verify_password: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The account */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["OrderRequest"];
            };
        };
        responses: {
            /** @description The order */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OrderView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description No such account, or you may not see it */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `unknown_password`: reset or store it first; `conflict`: no agent can */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    list_agents: {
        parameters: {
            query?: {
                /** @description At most so many items: 1 to 200, 50 if not given. */
                limit?: number;
                /** @description The `next` of the page before. */
                after?: string;
                /** @description Only items whose name contains this text. */
                q?: string;
                /** @description Also say how many items all pages have, up to 10,000. */
                count?: boolean;
                /**
                 * @description By one of the columns named above; `-` before it: the highest, or the
                 *     newest, first. What an item does not have counts as lowest.
                 */
                sort?: string;
                /**
                 * @description Only `associated` or `dissociated` ones, or those that serve no resource
                 *     (`none`).
                 */
                association?: string;
                /** @description Only those in this state: `pending`, `approved` or `blocked`. */
                state?: string;
                /**
                 * @description Only those heard of lately (`true`), or only those that were silent for
                 *     long (`false`, A-140).
                 */
                active?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of agents */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ItemList_DeviceView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    export_agents: {
        parameters: {
            query?: {
                /** @description As for the list itself. */
                q?: string;
                /** @description `true`: begin with the mark by which spreadsheets know UTF-8. */
                bom?: boolean;
                /**
                 * @description By one of the columns named above; `-` before it: the highest, or the
                 *     newest, first. What an item does not have counts as lowest.
                 */
                sort?: string;
                /**
                 * @description Only `associated` or `dissociated` ones, or those that serve no resource
                 *     (`none`).
                 */
                association?: string;
                /** @description Only those in this state: `pending`, `approved` or `blocked`. */
                state?: string;
                /**
                 * @description Only those heard of lately (`true`), or only those that were silent for
                 *     long (`false`, A-140).
                 */
                active?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/csv": string;
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    associate_many: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BulkRequest"];
            };
        };
        responses: {
            /** @description What became of each */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BulkResult"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    show_agent: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Its id */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The agent */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeviceView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description No such agent, or you may not see it */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    delete_agent: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Its id */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is off the list */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description No such agent, or you may not see it */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Its resource must be deleted first, or an order is open */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    associate_agent: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Its id */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The agent, associated */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeviceView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description No such agent, or you may not see it */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description It serves no resource, or its version cannot */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    dissociate_agent: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Its id */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DissociateRequest"];
            };
        };
        responses: {
            /** @description The agent, dissociated */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeviceView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description No such agent, or you may not see it */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description It serves no resource, or its version cannot */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    remap_targets: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Its id */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The resources with its DNS name */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RemapTargets"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description No such agent, or you may not see it */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    remap_agent: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Its id */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RemapRequest"];
            };
        };
        responses: {
            /** @description The agent, on the resource */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeviceView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description No such agent or resource, or you may not see it */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Another DNS name, another key, another owner, or in use */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    list_audit: {
        parameters: {
            query?: {
                /** @description At most so many items: 1 to 200, 50 if not given. */
                limit?: number;
                /** @description The `next` of the page before. */
                after?: string;
                /** @description Only items whose name contains this text. */
                q?: string;
                /** @description Also say how many items all pages have, up to 10,000. */
                count?: boolean;
                /**
                 * @description By one of the columns named above; `-` before it: the highest, or the
                 *     newest, first. What an item does not have counts as lowest.
                 */
                sort?: string;
                /** @description Event numbers, separated by commas. */
                code?: string;
                /** @description At this time or later. */
                from?: string;
                /** @description Before this time. */
                to?: string;
                /** @description By this actor: an id, `system` or `anonymous`. */
                actor?: string;
                /** @description Only events that name this resource. */
                resource?: string;
                /** @description Only events that name this account. */
                account?: string;
                /** @description Only events that name this device. */
                device?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page of lines */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ItemList_LineView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Only administrators and auditors read the audit log */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    export_audit_csv: {
        parameters: {
            query?: {
                /** @description As for the list itself. */
                q?: string;
                /** @description `true`: begin with the mark by which spreadsheets know UTF-8. */
                bom?: boolean;
                /**
                 * @description By one of the columns named above; `-` before it: the highest, or the
                 *     newest, first. What an item does not have counts as lowest.
                 */
                sort?: string;
                /** @description Event numbers, separated by commas. */
                code?: string;
                /** @description At this time or later. */
                from?: string;
                /** @description Before this time. */
                to?: string;
                /** @description By this actor: an id, `system` or `anonymous`. */
                actor?: string;
                /** @description Only events that name this resource. */
                resource?: string;
                /** @description Only events that name this account. */
                account?: string;
                /** @description Only events that name this device. */
                device?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/csv": string;
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Only administrators and auditors export the audit log */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    export_audit: {
        parameters: {
            query?: {
                /** @description `jsonl` (can be verified), `rfc5424` or `cef`. */
                format?: string;
                /** @description Recorded at this time or later. */
                from?: string;
                /** @description Recorded before this time. */
                to?: string;
                /** @description The chain; this server's own if not given. */
                chain?: string;
                /** @description Lines after this number; the `next` of the page before. */
                after_seq?: number;
                /** @description At most so many lines are looked at: 1 to 1000, 500 if not given. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of lines */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Exported"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Only administrators and auditors export the audit log */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description No such chain */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    list_audit_heads: {
        parameters: {
            query?: {
                /** @description The chain; this server's own if not given. */
                chain?: string;
                /** @description Heads after this line; the `next` of the page before. */
                after_seq?: number;
                /** @description At most so many: 1 to 1000, 500 if not given. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of heads */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Heads"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Only administrators and auditors see them */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description No such chain */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    list_audit_keys: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The keys */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Keys"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Only administrators and auditors see them */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    list_audit_lines: {
        parameters: {
            query?: {
                /** @description The chain; this server's own if not given. */
                chain?: string;
                /** @description Lines after this number; 0 if not given. */
                after_seq?: number;
                /** @description At most so many: 1 to 1000, 200 if not given. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Lines and head */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Lines"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Only administrators and auditors read the audit log */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description No such chain */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    verify_audit: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What was found */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Verdict"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Only administrators and auditors verify the audit log */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    list_devices: {
        parameters: {
            query?: {
                /** @description At most so many items: 1 to 200, 50 if not given. */
                limit?: number;
                /** @description The `next` of the page before. */
                after?: string;
                /** @description Only items whose name contains this text. */
                q?: string;
                /** @description Also say how many items all pages have, up to 10,000. */
                count?: boolean;
                /**
                 * @description By one of the columns named above; `-` before it: the highest, or the
                 *     newest, first. What an item does not have counts as lowest.
                 */
                sort?: string;
                /** @description Only `pending`, `approved`, `blocked` or `retired` ones. */
                state?: string;
                /** @description Only those heard of not long ago, or only the others (A-140). */
                active?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of devices */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ItemList_DeviceView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    export_devices: {
        parameters: {
            query?: {
                /** @description As for the list itself. */
                q?: string;
                /** @description `true`: begin with the mark by which spreadsheets know UTF-8. */
                bom?: boolean;
                /**
                 * @description By one of the columns named above; `-` before it: the highest, or the
                 *     newest, first. What an item does not have counts as lowest.
                 */
                sort?: string;
                /** @description Only `pending`, `approved`, `blocked` or `retired` ones. */
                state?: string;
                /** @description Only those heard of not long ago, or only the others (A-140). */
                active?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/csv": string;
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    show_device: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Its id */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The device */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeviceView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description No such device, or you may not see it */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    approve_device: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Its id */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The device, approved */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeviceView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description No such device, or you may not see it */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description It is blocked or out of service */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    block_device: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Its id */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BlockRequest"];
            };
        };
        responses: {
            /** @description The device, blocked */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeviceView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description No such device, or you may not see it */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description It is out of service */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    resume_device: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Its id */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BlockRequest"];
            };
        };
        responses: {
            /** @description The device, no longer held back */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeviceView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description No such device, or you may not see it */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description It is not held back */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    unblock_device: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Its id */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The device, pending */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeviceView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description No such device, or you may not see it */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description It is not blocked */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    list_enrolment_keys: {
        parameters: {
            query?: {
                /** @description At most so many items: 1 to 200, 50 if not given. */
                limit?: number;
                /** @description The `next` of the page before. */
                after?: string;
                /** @description Only items whose name contains this text. */
                q?: string;
                /** @description Also say how many items all pages have, up to 10,000. */
                count?: boolean;
                /**
                 * @description By one of the columns named above; `-` before it: the highest, or the
                 *     newest, first. What an item does not have counts as lowest.
                 */
                sort?: string;
                /** @description Only `active`, `used`, `expired` or `revoked` ones. */
                state?: string;
                /** @description Only those that were made for the endpoints of this office. */
                office?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of keys */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ItemList_EnrolmentKeyView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    create_enrolment_key: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewEnrolmentKey"];
            };
        };
        responses: {
            /** @description The key */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CreatedKeyView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    export_enrolment_keys: {
        parameters: {
            query?: {
                /** @description As for the list itself. */
                q?: string;
                /** @description `true`: begin with the mark by which spreadsheets know UTF-8. */
                bom?: boolean;
                /**
                 * @description By one of the columns named above; `-` before it: the highest, or the
                 *     newest, first. What an item does not have counts as lowest.
                 */
                sort?: string;
                /** @description Only `active`, `used`, `expired` or `revoked` ones. */
                state?: string;
                /** @description Only those that were made for the endpoints of this office. */
                office?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/csv": string;
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    show_enrolment_key: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Its id */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The key */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EnrolmentKeyView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description No such key, or you may not see it */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    revoke_enrolment_key: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Its id */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The key, revoked */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EnrolmentKeyView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description No such key, or you may not see it */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    watch_events: {
        parameters: {
            query?: {
                /**
                 * @description The last `id` that was received, for who cannot send `Last-Event-ID`
                 *     (a page that opens a new `EventSource`); that header is taken first.
                 */
                after?: string;
            };
            header?: {
                /** @description The last `id` received */
                "Last-Event-ID"?: string | null;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The stream */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `too_many_streams`: close one first */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    show_gateway_settings: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What holds */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GatewaySettingsView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    change_gateway_settings: {
        parameters: {
            query?: never;
            header: {
                /** @description The ETag of what you read */
                "If-Match": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["GatewaySettingsChange"];
            };
        };
        responses: {
            /** @description What holds now */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GatewaySettingsView"];
                };
            };
            /** @description A limit is outside of its bounds, or the name is none */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `stale` */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `precondition_required` */
            428: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    list_gateways: {
        parameters: {
            query?: {
                /** @description At most so many items: 1 to 200, 50 if not given. */
                limit?: number;
                /** @description The `next` of the page before. */
                after?: string;
                /** @description Only items whose name contains this text. */
                q?: string;
                /** @description Also say how many items all pages have, up to 10,000. */
                count?: boolean;
                /**
                 * @description By one of the columns named above; `-` before it: the highest, or the
                 *     newest, first. What an item does not have counts as lowest.
                 */
                sort?: string;
                /** @description Only `active` or `revoked` ones. */
                state?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ItemList_GatewayView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    pair_gateway: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewGateway"];
            };
        };
        responses: {
            /** @description Paired */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GatewayView"];
                };
            };
            /** @description The string or an address is not usable */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed; `reauthentication_needed` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `conflict` says why: `gateway_unreachable`, `gateway_other_key`, `gateway_not_waiting`, `pairing_expired`, `pairing_used`, `pairing_secret_wrong`, `gateway_version`, `gateway_unreadable`, `gateway_paired_already`, `name_taken`, `too_many` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    check_pairing: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewGateway"];
            };
        };
        responses: {
            /** @description It can */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PairingCheckView"];
                };
            };
            /** @description The string or an address is not usable */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed; `reauthentication_needed` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `conflict` says why, as for pairing */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    show_gateway: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Its id */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The gateway */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GatewayView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    change_gateway: {
        parameters: {
            query?: never;
            header: {
                /** @description The ETag of what you read */
                "If-Match": string;
            };
            path: {
                /** @description Its id */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["GatewayChange"];
            };
        };
        responses: {
            /** @description Changed */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GatewayView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed; `reauthentication_needed` to let pass through */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `conflict`: `name_taken`, `gateway_revoked` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `stale` */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `precondition_required` */
            428: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    lift_bans: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Its id */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["LiftBans"];
            };
        };
        responses: {
            /** @description The gateway was asked to */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `conflict`: `gateway_not_connected` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    check_names: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Its id */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Name by name */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NameChecksView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    revoke_gateway: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Its id */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RevokeGateway"];
            };
        };
        responses: {
            /** @description Revoked */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GatewayView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed; `reauthentication_needed` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    list_mail: {
        parameters: {
            query?: {
                /** @description At most so many items: 1 to 200, 50 if not given. */
                limit?: number;
                /** @description The `next` of the page before. */
                after?: string;
                /** @description Only items whose name contains this text. */
                q?: string;
                /** @description Also say how many items all pages have, up to 10,000. */
                count?: boolean;
                /**
                 * @description By one of the columns named above; `-` before it: the highest, or the
                 *     newest, first. What an item does not have counts as lowest.
                 */
                sort?: string;
                /** @description Only those that are `waiting`, `sent` or `dead`. */
                state?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of mails */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ItemList_MailView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    mail_status: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description How mail is doing */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MailStatus"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    discard_mail: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Its id */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is gone */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description No mail of this id was given up */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    send_mail_again: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Its id */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It waits to be sent */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description No mail of this id was given up */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    show_me: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The caller */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Me"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    list_own_identities: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All identities */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ItemList_IdentityView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    show_own_mail: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Their mail */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OwnMailView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    put_own_mail: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["OwnMailChange"];
            };
        };
        responses: {
            /** @description Their mail */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OwnMailView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    list_passkeys: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All passkeys */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ItemList_PasskeyView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    finish_registration: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewPasskey"];
            };
        };
        responses: {
            /** @description The passkey */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RegisteredPasskey"];
                };
            };
            /** @description The answer does not fit (`field: credential`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `reauthentication_needed` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The challenge is over; begin again */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    start_registration: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What the browser needs */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RegistrationStart"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description An API token registers no passkey; `reauthentication_needed` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The server has no name to bind it to, or there are 20 */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    rename_passkey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PasskeyName"];
            };
        };
        responses: {
            /** @description The passkey */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PasskeyView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description No such passkey, or it is not yours */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    remove_passkey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Removed */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `reauthentication_needed` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description No such passkey, or it is not yours */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description It is the last second factor, and the role needs one */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    post_own_password: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PasswordChange"];
            };
        };
        responses: {
            /** @description Changed */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description An API token changes no password */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Too many wrong current passwords */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    show_preferences: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The preferences */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PreferencesView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    put_preferences: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PreferencesView"];
            };
        };
        responses: {
            /** @description The preferences */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PreferencesView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    show_second_factor: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The second factors */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SecondFactorView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    new_recovery_codes: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The codes, shown this once */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NewRecoveryCodes"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `reauthentication_needed` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description There is no second factor they could stand in for */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    start_totp: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The secret, shown this once */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NewTotp"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description An API token sets up no second factor; `reauthentication_needed` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    remove_totp: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Removed, or there was none */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `reauthentication_needed` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description It is the last second factor, and the role needs one */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    confirm_totp: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["FirstCode"];
            };
        };
        responses: {
            /** @description It counts; the recovery codes, shown this once */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NewRecoveryCodes"];
                };
            };
            /** @description The code is wrong (`field: code`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description No app waits for its first code; begin again */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Too many wrong codes */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    list_sessions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All sessions */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ItemList_OwnSession"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    end_other_sessions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description How many were ended */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Ended"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    end_session: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Ended */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description No such session, or it is not yours */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    list_views: {
        parameters: {
            query?: {
                /** @description Only views of this page. */
                page?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The views */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ItemList_ViewView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    save_view: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewView"];
            };
        };
        responses: {
            /** @description The view */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ViewView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description You may not share it with that role */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Another view of yours has this name, or you have 100 */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    put_view: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewView"];
            };
        };
        responses: {
            /** @description The view */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ViewView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description You may not share it with that role */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description No such view, or it is not yours */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Another view of yours has this name */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    delete_view: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Deleted */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description No such view, or it is not yours */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    put_default_view: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description They begin with it */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description No such view, or you do not see it */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    delete_default_view: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description They do not begin with this view */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description No such view, or you do not see it */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    list_notifications: {
        parameters: {
            query?: {
                /** @description At most so many items: 1 to 200, 50 if not given. */
                limit?: number;
                /** @description The `next` of the page before. */
                after?: string;
                /** @description Only items whose name contains this text. */
                q?: string;
                /** @description Also say how many items all pages have, up to 10,000. */
                count?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of tasks */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ItemList_NotificationView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    count_notifications: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description How much there is */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NotificationCounts"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    read_all_notifications: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Everything counts as read */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    notification_settings: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What is muted */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NotificationSettingsView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    change_notification_settings: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NotificationSettingsView"];
            };
        };
        responses: {
            /** @description What is muted now */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NotificationSettingsView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    read_notification: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the task */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It counts as read */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description You have not asked for such a task */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    unread_notification: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The id of the task */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It counts as unread */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description You have not asked for such a task */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    list_offices: {
        parameters: {
            query?: {
                /** @description At most so many items: 1 to 200, 50 if not given. */
                limit?: number;
                /** @description The `next` of the page before. */
                after?: string;
                /** @description Only items whose name contains this text. */
                q?: string;
                /** @description Also say how many items all pages have, up to 10,000. */
                count?: boolean;
                /**
                 * @description By one of the columns named above; `-` before it: the highest, or the
                 *     newest, first. What an item does not have counts as lowest.
                 */
                sort?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ItemList_OfficeView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    create_office: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["OfficeBody"];
            };
        };
        responses: {
            /** @description Added */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OfficeView"];
                };
            };
            /** @description A network is none, or a limit is outside of its bounds */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `conflict`: `name_taken`, `too_many` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    show_office: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Its id */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The office */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OfficeView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    change_office: {
        parameters: {
            query?: never;
            header: {
                /** @description The ETag of what you read */
                "If-Match": string;
            };
            path: {
                /** @description Its id */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["OfficeBody"];
            };
        };
        responses: {
            /** @description Changed */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OfficeView"];
                };
            };
            /** @description A network is none, or a limit is outside of its bounds */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `conflict`: `name_taken` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `stale` */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `precondition_required` */
            428: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    delete_office: {
        parameters: {
            query?: never;
            header: {
                /** @description The ETag of what you read */
                "If-Match": string;
            };
            path: {
                /** @description Its id */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Removed */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `stale` */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `precondition_required` */
            428: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    make_install_line: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Its id */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["InstallLineBody"];
            };
        };
        responses: {
            /** @description The line and its key */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["InstallLineView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `conflict`: `no_gateway` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    list_orders: {
        parameters: {
            query?: {
                /** @description At most so many items: 1 to 200, 50 if not given. */
                limit?: number;
                /** @description The `next` of the page before. */
                after?: string;
                /** @description Only items whose name contains this text. */
                q?: string;
                /** @description Also say how many items all pages have, up to 10,000. */
                count?: boolean;
                /**
                 * @description By one of the columns named above; `-` before it: the highest, or the
                 *     newest, first. What an item does not have counts as lowest.
                 */
                sort?: string;
                /** @description Only those on this account. */
                account?: string;
                /** @description Only those of this device. */
                device?: string;
                /** @description Only those the caller asked for. */
                mine?: boolean;
                /** @description `open` for all that are not finished, or a state. */
                state?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of orders */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ItemList_OrderView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    export_orders: {
        parameters: {
            query?: {
                /** @description As for the list itself. */
                q?: string;
                /** @description `true`: begin with the mark by which spreadsheets know UTF-8. */
                bom?: boolean;
                /**
                 * @description By one of the columns named above; `-` before it: the highest, or the
                 *     newest, first. What an item does not have counts as lowest.
                 */
                sort?: string;
                /** @description Only those on this account. */
                account?: string;
                /** @description Only those of this device. */
                device?: string;
                /** @description Only those the caller asked for. */
                mine?: boolean;
                /** @description `open` for all that are not finished, or a state. */
                state?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/csv": string;
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    show_order: {
        parameters: {
            query?: {
                /** @description Wait so many seconds at most until it is finished: 0 to 60. */
                wait_s?: number;
            };
            header?: never;
            path: {
                /** @description Its id */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The order */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OrderView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description No such order, or you may not see it */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    cancel_order: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Its id */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The order, cancelled */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OrderView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description No such order, or you may not see it */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description A device has it already, or it is finished */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    show_overview: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The numbers */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Overview"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    list_package_links: {
        parameters: {
            query?: {
                /** @description At most so many items: 1 to 200, 50 if not given. */
                limit?: number;
                /** @description The `next` of the page before. */
                after?: string;
                /** @description Only items whose name contains this text. */
                q?: string;
                /** @description Also say how many items all pages have, up to 10,000. */
                count?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of links */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ItemList_PackageLinkView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    revoke_package_link: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Its id */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It leads nowhere any more */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description No such link, or it is not yours */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    list_packages: {
        parameters: {
            query?: {
                /** @description At most so many items: 1 to 200, 50 if not given. */
                limit?: number;
                /** @description The `next` of the page before. */
                after?: string;
                /** @description Only items whose name contains this text. */
                q?: string;
                /** @description Also say how many items all pages have, up to 10,000. */
                count?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of packages */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ItemList_PackageView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    download_package: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Its id */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": unknown;
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description No such package */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    share_package: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The package */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ShareRequest"];
            };
        };
        responses: {
            /** @description The link */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CreatedLink"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description No such package */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    list_policies: {
        parameters: {
            query?: {
                /** @description At most so many items: 1 to 200, 50 if not given. */
                limit?: number;
                /** @description The `next` of the page before. */
                after?: string;
                /** @description Only items whose name contains this text. */
                q?: string;
                /** @description Also say how many items all pages have, up to 10,000. */
                count?: boolean;
                /**
                 * @description By one of the columns named above; `-` before it: the highest, or the
                 *     newest, first. What an item does not have counts as lowest.
                 */
                sort?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of policies */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ItemList_PolicyView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    create_policy: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewPolicy"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PolicyView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `conflict`: the name is taken */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `invalid_input`: no generator can satisfy the rule in `field` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    show_policy: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Its id */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The policy */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PolicyView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    delete_policy: {
        parameters: {
            query?: never;
            header: {
                /** @description The ETag of what you read */
                "If-Match": string;
            };
            path: {
                /** @description Its id */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Deleted */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `conflict`: it is the default policy, or in use */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `stale` */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `precondition_required` */
            428: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    edit_policy: {
        parameters: {
            query?: never;
            header: {
                /** @description The ETag of what you read */
                "If-Match": string;
            };
            path: {
                /** @description Its id */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PolicyChange"];
            };
        };
        responses: {
            /** @description Changed */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PolicyView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `conflict`: the name is taken */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `stale` */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `invalid_input`: no generator can satisfy the rule in `field` */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `precondition_required` */
            428: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    list_permissions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All permissions */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ItemList_PermissionView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    list_principals: {
        parameters: {
            query?: {
                /** @description At most so many items: 1 to 200, 50 if not given. */
                limit?: number;
                /** @description The `next` of the page before. */
                after?: string;
                /** @description Only items whose name contains this text. */
                q?: string;
                /** @description Also say how many items all pages have, up to 10,000. */
                count?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Users, then groups */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ItemList_PrincipalView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    list_report_schedules: {
        parameters: {
            query?: {
                /** @description At most so many items: 1 to 200, 50 if not given. */
                limit?: number;
                /** @description The `next` of the page before. */
                after?: string;
                /** @description Only items whose name contains this text. */
                q?: string;
                /** @description Also say how many items all pages have, up to 10,000. */
                count?: boolean;
                /**
                 * @description By one of the columns named above; `-` before it: the highest, or the
                 *     newest, first. What an item does not have counts as lowest.
                 */
                sort?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of schedules */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ItemList_ScheduleView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    create_report_schedule: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewSchedule"];
            };
        };
        responses: {
            /** @description The schedule */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ScheduleView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description No such report, or you may not run it */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description You have no mail address, this server sends no mail, or you have 50 schedules */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    show_report_schedule: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Its id */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The schedule */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ScheduleView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description No such schedule, or it is not yours */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    delete_report_schedule: {
        parameters: {
            query?: never;
            header: {
                /** @description The ETag that was read */
                "If-Match": string;
            };
            path: {
                /** @description Its id */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Deleted */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description No such schedule, or it is not yours */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description It has changed since it was read */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    change_report_schedule: {
        parameters: {
            query?: never;
            header: {
                /** @description The ETag that was read */
                "If-Match": string;
            };
            path: {
                /** @description Its id */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ScheduleChange"];
            };
        };
        responses: {
            /** @description The schedule */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ScheduleView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description No such schedule, or it is not yours */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description It has changed since it was read */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    send_report_now: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Its id */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What came of it */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SentNow"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description No such schedule, or it is not yours */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    list_reports: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The reports */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ItemList_ReportView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    run_report: {
        parameters: {
            query?: {
                /** @description At most so many items: 1 to 200, 50 if not given. */
                limit?: number;
                /** @description The `next` of the page before. */
                after?: string;
                /** @description Only items whose name contains this text. */
                q?: string;
                /** @description Also say how many items all pages have, up to 10,000. */
                count?: boolean;
                /** @description Agents in this state: `pending`, `approved`, `blocked`. */
                state?: string;
                /** @description Agents heard of lately, or silent ones. */
                active?: boolean;
                /** @description Also what will soon be late. */
                soon?: boolean;
                /** @description Only what this person did, or may do: the name they sign in with. */
                user?: string;
                /** @description Only access that comes this way: `owner`, `sees_everything`, `share`. */
                ground?: string;
                /** @description Of so many days until now. */
                days?: number;
                /** @description Instead of days: from this time on. */
                from?: string;
                /** @description Before this time. */
                to?: string;
            };
            header?: never;
            path: {
                /** @description Its word, e.g. `installed-agents` */
                report: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of rows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReportPage"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description No such report, or you may not run it */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    export_report: {
        parameters: {
            query?: {
                /** @description As for the list itself. */
                q?: string;
                /** @description `true`: begin with the mark by which spreadsheets know UTF-8. */
                bom?: boolean;
                /** @description Agents in this state: `pending`, `approved`, `blocked`. */
                state?: string;
                /** @description Agents heard of lately, or silent ones. */
                active?: boolean;
                /** @description Also what will soon be late. */
                soon?: boolean;
                /** @description Only what this person did, or may do: the name they sign in with. */
                user?: string;
                /** @description Only access that comes this way: `owner`, `sees_everything`, `share`. */
                ground?: string;
                /** @description Of so many days until now. */
                days?: number;
                /** @description Instead of days: from this time on. */
                from?: string;
                /** @description Before this time. */
                to?: string;
            };
            header?: never;
            path: {
                /** @description Its word, e.g. `installed-agents` */
                report: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/csv": string;
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description No such report, or you may not run it */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    list_groups: {
        parameters: {
            query?: {
                /** @description At most so many items: 1 to 200, 50 if not given. */
                limit?: number;
                /** @description The `next` of the page before. */
                after?: string;
                /** @description Only items whose name contains this text. */
                q?: string;
                /** @description Also say how many items all pages have, up to 10,000. */
                count?: boolean;
                /**
                 * @description By one of the columns named above; `-` before it: the highest, or the
                 *     newest, first. What an item does not have counts as lowest.
                 */
                sort?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of groups */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ItemList_GroupView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    create_group: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewGroupBody"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GroupView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `conflict`: you have a group of this name */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    preview_group: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PreviewBody"];
            };
        };
        responses: {
            /** @description What they match now */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PreviewView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    show_group: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Its id */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The group */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GroupView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    delete_group: {
        parameters: {
            query?: never;
            header: {
                /** @description The ETag of what you read */
                "If-Match": string;
            };
            path: {
                /** @description Its id */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Deleted */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `stale` */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `precondition_required` */
            428: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    edit_group: {
        parameters: {
            query?: never;
            header: {
                /** @description The ETag of what you read */
                "If-Match": string;
            };
            path: {
                /** @description Its id */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["GroupChangeBody"];
            };
        };
        responses: {
            /** @description Changed */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GroupView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `conflict`: you have a group of this name */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `stale` */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `precondition_required` */
            428: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    explain_group: {
        parameters: {
            query?: {
                /** @description The id of the user; left out: you. */
                user?: string;
                /** @description The word of an action; left out: all one does with such an object. */
                action?: string;
            };
            header?: never;
            path: {
                /** @description The group */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Which share, which role, what is missing */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ExplainView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    add_inner_group: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The outer group */
                id: string;
                /** @description The group to put into it */
                inner: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is in the group */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `conflict`: it would close a circle, or is too deep */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    remove_inner_group: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The outer group */
                id: string;
                /** @description The group to take out of it */
                inner: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is not in the group any more */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    add_group_resource: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The group */
                id: string;
                /** @description The resource */
                resource: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is in the group */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `conflict`: it is in too many groups */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    remove_group_resource: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The group */
                id: string;
                /** @description The resource */
                resource: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is not in the group any more */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    list_group_shares: {
        parameters: {
            query?: {
                /** @description At most so many items: 1 to 200, 50 if not given. */
                limit?: number;
                /** @description The `next` of the page before. */
                after?: string;
                /** @description Only items whose name contains this text. */
                q?: string;
                /** @description Also say how many items all pages have, up to 10,000. */
                count?: boolean;
            };
            header?: never;
            path: {
                /** @description The group */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of shares */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ItemList_ShareView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    share_group: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The group */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewShare"];
            };
        };
        responses: {
            /** @description Shared */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ShareView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `conflict`: it is shared with them already */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    list_resources: {
        parameters: {
            query?: {
                /** @description At most so many items: 1 to 200, 50 if not given. */
                limit?: number;
                /** @description The `next` of the page before. */
                after?: string;
                /** @description Only items whose name contains this text. */
                q?: string;
                /** @description Also say how many items all pages have, up to 10,000. */
                count?: boolean;
                /**
                 * @description By one of the columns named above; `-` before it: the highest, or the
                 *     newest, first. What an item does not have counts as lowest.
                 */
                sort?: string;
                /** @description Only those in this group, or in one inside it. */
                group?: string;
                /**
                 * @description With `group` and `true`: only those that people put into the group
                 *     itself, not those that its criteria take in or that are in a group
                 *     inside it.
                 */
                direct?: boolean;
                /** @description Only those of this owner. */
                owner?: string;
                /**
                 * @description Only those for this kind of agent: `linux`, `windows`,
                 *     `windows_domain`.
                 */
                platform?: string;
                /**
                 * @description Only those whose agent is `active`, `inactive` (approved and silent for
                 *     long), `pending`, `blocked`, or that have `none`.
                 */
                agent?: string;
                /** @description Only those with an account whose known password did not work. */
                out_of_sync?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of resources */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ItemList_ResourceView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    create_resource: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewResourceBody"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ResourceView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    export_resources: {
        parameters: {
            query?: {
                /** @description As for the list itself. */
                q?: string;
                /** @description `true`: begin with the mark by which spreadsheets know UTF-8. */
                bom?: boolean;
                /**
                 * @description By one of the columns named above; `-` before it: the highest, or the
                 *     newest, first. What an item does not have counts as lowest.
                 */
                sort?: string;
                /** @description Only those in this group, or in one inside it. */
                group?: string;
                /**
                 * @description With `group` and `true`: only those that people put into the group
                 *     itself, not those that its criteria take in or that are in a group
                 *     inside it.
                 */
                direct?: boolean;
                /** @description Only those of this owner. */
                owner?: string;
                /**
                 * @description Only those for this kind of agent: `linux`, `windows`,
                 *     `windows_domain`.
                 */
                platform?: string;
                /**
                 * @description Only those whose agent is `active`, `inactive` (approved and silent for
                 *     long), `pending`, `blocked`, or that have `none`.
                 */
                agent?: string;
                /** @description Only those with an account whose known password did not work. */
                out_of_sync?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/csv": string;
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    transfer_resources: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TransfersBody"];
            };
        };
        responses: {
            /** @description What became of each */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TransfersView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    show_resource: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Its id */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The resource */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ResourceView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    delete_resource: {
        parameters: {
            query?: never;
            header: {
                /** @description The ETag of what you read */
                "If-Match": string;
            };
            path: {
                /** @description Its id */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Deleted */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `conflict`: a device has not answered an order yet */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `stale` */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `precondition_required` */
            428: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    edit_resource: {
        parameters: {
            query?: never;
            header: {
                /** @description The ETag of what you read */
                "If-Match": string;
            };
            path: {
                /** @description Its id */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ResourceChangeBody"];
            };
        };
        responses: {
            /** @description Changed */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ResourceView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `stale` */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `precondition_required` */
            428: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    add_account: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The resource */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewAccount"];
            };
        };
        responses: {
            /** @description Added */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AccountView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description No such resource, or you may not see it */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The resource has an account of this name */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    discover_accounts: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The resource */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["OrderRequest"];
            };
        };
        responses: {
            /** @description The order */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OrderView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description No such resource, or you may not see it */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `in_progress`: a discovery is open; `conflict`: no agent can */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    explain_resource: {
        parameters: {
            query?: {
                /** @description The id of the user; left out: you. */
                user?: string;
                /** @description The word of an action; left out: all one does with such an object. */
                action?: string;
            };
            header?: never;
            path: {
                /** @description The resource */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Which share, which role, what is missing */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ExplainView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    list_resource_shares: {
        parameters: {
            query?: {
                /** @description At most so many items: 1 to 200, 50 if not given. */
                limit?: number;
                /** @description The `next` of the page before. */
                after?: string;
                /** @description Only items whose name contains this text. */
                q?: string;
                /** @description Also say how many items all pages have, up to 10,000. */
                count?: boolean;
            };
            header?: never;
            path: {
                /** @description The resource */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of shares */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ItemList_ShareView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    share_resource: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The resource */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewShare"];
            };
        };
        responses: {
            /** @description Shared */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ShareView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `conflict`: it is shared with them already */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    transfer_resource: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The resource */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TransferBody"];
            };
        };
        responses: {
            /** @description Given */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TransferView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description No such resource, or you may not see it */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `conflict`: they own it already */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    list_roles: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All roles */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ItemList_RoleView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    propose_role: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RoleBody"];
            };
        };
        responses: {
            /** @description Proposed */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RoleView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `conflict`: another role has this name */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    show_role: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Its id */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The role */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RoleView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    delete_role: {
        parameters: {
            query?: never;
            header: {
                /** @description The ETag of what you read */
                "If-Match": string;
            };
            path: {
                /** @description Its id */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Deleted */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `conflict`: users have it */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `stale` */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `precondition_required` */
            428: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    change_role: {
        parameters: {
            query?: never;
            header: {
                /** @description The ETag of what you read */
                "If-Match": string;
            };
            path: {
                /** @description Its id */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RoleBody"];
            };
        };
        responses: {
            /** @description Proposed */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RoleView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `stale` */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `precondition_required` */
            428: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    role_actions: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Its id, or the word of a built-in role */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Every action */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ItemList_ActionView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    approve_role: {
        parameters: {
            query?: never;
            header: {
                /** @description The ETag of what you read */
                "If-Match": string;
            };
            path: {
                /** @description Its id */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description In force */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RoleView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description It is your own proposal, or your own role */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `conflict`: nothing waits */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `stale`: it was proposed anew */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `precondition_required` */
            428: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    reject_role: {
        parameters: {
            query?: never;
            header: {
                /** @description The ETag of what you read */
                "If-Match": string;
            };
            path: {
                /** @description Its id */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RejectBody"];
            };
        };
        responses: {
            /** @description Rejected */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `conflict`: nothing waits */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `stale` */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `precondition_required` */
            428: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    post_session: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SignIn"];
            };
        };
        responses: {
            /** @description Signed in; the cookie `__Host-sekisho` is set */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Name or password are wrong, or the user is disabled; `second_factor_needed`: they are right, go on with `pending` */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Too many tries from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    delete_session: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Signed out */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Signed in by API token; revoke the token instead */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    finish_oidc: {
        parameters: {
            query?: {
                /** @description The code. */
                code?: string;
                /** @description What this server sent along. */
                state?: string;
                /** @description Why there is no code. */
                error?: string;
                /** @description Who answers (RFC 9207). */
                iss?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Into the console */
            303: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description There is no provider */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    start_link: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Where to go; a cookie binds the way back to this browser */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProviderAddress"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description An API token links nobody; `reauthentication_needed` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description There is no provider */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The provider cannot be asked now */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    start_proof: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Where to go; a cookie binds the way back to this browser */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProviderAddress"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description An API token is not asked for a proof */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description There is no provider */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The caller is linked to nobody there */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The provider cannot be asked now */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    start_oidc: {
        parameters: {
            query?: {
                /** @description Where to go afterwards: a path of the console. */
                back?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description To the provider, or to the sign-in page with `oidc=` why not */
            303: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description There is no provider */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    post_passkey: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Assertion"];
            };
        };
        responses: {
            /** @description Signed in; the cookie `__Host-sekisho` is set */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The passkey is not known, or its answer is wrong or late */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Too many tries from this address */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    start_passkey: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What the browser needs */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuthenticationStart"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The server has no name that passkeys could be bound to */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    post_proof: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Proof"];
            };
        };
        responses: {
            /** @description Proved */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Proved"];
                };
            };
            /** @description The proof is wrong (`field: proof`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description An API token is not asked for a proof */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Too many wrong proofs */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    prove_with_passkey: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Assertion"];
            };
        };
        responses: {
            /** @description Proved */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Proved"];
                };
            };
            /** @description The answer is wrong, or somebody else's (`field: credential`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The challenge is over; begin again */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description An API token is not asked for a proof */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    post_second_factor: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SecondStep"];
            };
        };
        responses: {
            /** @description Signed in; the cookie `__Host-sekisho` is set */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionView"];
                };
            };
            /** @description The code is wrong, or was used before (`field: code`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The sign-in is over; begin again */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Too many tries */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    post_setup: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewSetup"];
            };
        };
        responses: {
            /** @description The first administrator */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UserView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The set-up token is wrong; `setup_token_expired`: it is right, and its time is over */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The site is set up already */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    download_shared_package: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The text in the link */
                link: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": unknown;
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The link is over, was revoked or never was */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    list_shares: {
        parameters: {
            query?: {
                /** @description At most so many items: 1 to 200, 50 if not given. */
                limit?: number;
                /** @description The `next` of the page before. */
                after?: string;
                /** @description Only items whose name contains this text. */
                q?: string;
                /** @description Also say how many items all pages have, up to 10,000. */
                count?: boolean;
                /**
                 * @description The id of a user: shares with them and with their groups, of what you
                 *     own. Left out: what is shared with you.
                 */
                user?: string;
                /** @description The id of a user group: shares with it, of what you own. */
                user_group?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of shares */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ItemList_ShareView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    show_share: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Its id */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The share */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ShareView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    end_share: {
        parameters: {
            query?: never;
            header: {
                /** @description The ETag of what you read */
                "If-Match": string;
            };
            path: {
                /** @description Its id */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Taken back */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `stale` */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `precondition_required` */
            428: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    change_share: {
        parameters: {
            query?: never;
            header: {
                /** @description The ETag of what you read */
                "If-Match": string;
            };
            path: {
                /** @description Its id */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ShareChange"];
            };
        };
        responses: {
            /** @description Changed */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ShareView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `stale` */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `precondition_required` */
            428: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    show_rules: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The rules */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SignInRules"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    put_rules: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SignInRules"];
            };
        };
        responses: {
            /** @description The rules */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SignInRules"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed; `reauthentication_needed` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The caller's own role is among them, and they have no second factor yet */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    show_system: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The state */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["System"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Only administrators and auditors see it */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    show_certificate: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The certificate */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ServerCertificateView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Only administrators and auditors see it */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    put_certificate: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ChosenCertificate"];
            };
        };
        responses: {
            /** @description The certificate that is shown from now on; with `dry_run` the one that would be */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ServerCertificateView"];
                };
            };
            /** @description A name is none, or a part is missing */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed; `reauthentication_needed` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description It is not usable; `conflict` says why: `certificate_unreadable`, `certificate_name_missing`, `certificate_expired`, `certificate_not_yet_valid`, `certificate_weak`, `certificate_wrong_use`, `certificate_chain_broken`, `certificate_key_mismatch`, `key_unreadable`, `key_encrypted`, `pfx_unreadable`, `pfx_wrong_password`, `pfx_too_slow`, `pfx_unsupported`, `pfx_no_key`, `pfx_several_keys`, `pfx_no_certificate` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    show_site_keys: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The keys */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SiteKeysStatus"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Only administrators and auditors see it */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    show_public_system: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What anybody may know */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PublicSystem"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    show_recovery_key: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The key */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RecoveryKeyView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Only administrators and auditors see it */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    ask_for_recovery_key: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The question */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RecoveryKeyChallenge"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Only administrators are asked */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    prove_recovery_key: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RecoveryKeyProof"];
            };
        };
        responses: {
            /** @description It is the right one */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RecoveryKeyView"];
                };
            };
            /** @description It is another key (`field: proof`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Only administrators are asked */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The challenge is over; begin again */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    show_settings: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All settings */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ItemList_SettingView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Only administrators and auditors see them */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    show_vault: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The vault */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Vault"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Only administrators and auditors see it */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    list_tokens: {
        parameters: {
            query?: {
                /** @description At most so many items: 1 to 200, 50 if not given. */
                limit?: number;
                /** @description The `next` of the page before. */
                after?: string;
                /** @description Only items whose name contains this text. */
                q?: string;
                /** @description Also say how many items all pages have, up to 10,000. */
                count?: boolean;
                /**
                 * @description By one of the columns named above; `-` before it: the highest, or the
                 *     newest, first. What an item does not have counts as lowest.
                 */
                sort?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page of tokens */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ItemList_TokenView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    create_token: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewToken"];
            };
        };
        responses: {
            /** @description The token with its secret */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CreatedToken"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description An API token makes no API tokens; `reauthentication_needed` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    revoke_token: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Revoked */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description No such token, or it is not yours */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    list_user_groups: {
        parameters: {
            query?: {
                /** @description At most so many items: 1 to 200, 50 if not given. */
                limit?: number;
                /** @description The `next` of the page before. */
                after?: string;
                /** @description Only items whose name contains this text. */
                q?: string;
                /** @description Also say how many items all pages have, up to 10,000. */
                count?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of groups */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ItemList_UserGroupView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    create_user_group: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewUserGroupBody"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UserGroupView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `conflict`: another group has this name */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    show_user_group: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Its id */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The group */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UserGroupView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    delete_user_group: {
        parameters: {
            query?: never;
            header: {
                /** @description The ETag of what you read */
                "If-Match": string;
            };
            path: {
                /** @description Its id */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Deleted */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `stale` */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `precondition_required` */
            428: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    edit_user_group: {
        parameters: {
            query?: never;
            header: {
                /** @description The ETag of what you read */
                "If-Match": string;
            };
            path: {
                /** @description Its id */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UserGroupChangeBody"];
            };
        };
        responses: {
            /** @description Changed */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UserGroupView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `conflict`: another group has this name */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `stale` */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `precondition_required` */
            428: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    list_user_group_members: {
        parameters: {
            query?: {
                /** @description At most so many items: 1 to 200, 50 if not given. */
                limit?: number;
                /** @description The `next` of the page before. */
                after?: string;
                /** @description Only items whose name contains this text. */
                q?: string;
                /** @description Also say how many items all pages have, up to 10,000. */
                count?: boolean;
            };
            header?: never;
            path: {
                /** @description The group */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of users */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ItemList_UserView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    add_user_group_member: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The group */
                id: string;
                /** @description The user */
                user: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description They are in the group */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `conflict`: too many groups, or too many users */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    remove_user_group_member: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The group */
                id: string;
                /** @description The user */
                user: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description They are not in the group any more */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `not_found` */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    list_users: {
        parameters: {
            query?: {
                /** @description At most so many items: 1 to 200, 50 if not given. */
                limit?: number;
                /** @description The `next` of the page before. */
                after?: string;
                /** @description Only items whose name contains this text. */
                q?: string;
                /** @description Also say how many items all pages have, up to 10,000. */
                count?: boolean;
                /**
                 * @description By one of the columns named above; `-` before it: the highest, or the
                 *     newest, first. What an item does not have counts as lowest.
                 */
                sort?: string;
                /** @description Only those of this role. */
                role?: string;
                /** @description Only `active` or `disabled` ones. */
                state?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page of users */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ItemList_UserView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Only administrators list users */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    create_user: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewUser"];
            };
        };
        responses: {
            /** @description The user */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UserView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Only administrators create users */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Another user has this name */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    export_users: {
        parameters: {
            query?: {
                /** @description As for the list itself. */
                q?: string;
                /** @description `true`: begin with the mark by which spreadsheets know UTF-8. */
                bom?: boolean;
                /**
                 * @description By one of the columns named above; `-` before it: the highest, or the
                 *     newest, first. What an item does not have counts as lowest.
                 */
                sort?: string;
                /** @description Only those of this role. */
                role?: string;
                /** @description Only `active` or `disabled` ones. */
                state?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/csv": string;
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    show_user: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The user */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UserView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description No such user, or you may not see them */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    edit_user: {
        parameters: {
            query?: never;
            header: {
                /** @description The ETag read */
                "If-Match": string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UserChange"];
            };
        };
        responses: {
            /** @description The user */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UserView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description This role may not be granted by you */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description No such user, or you may not see them */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description They are the last administrator */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Changed since it was read */
            412: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description If-Match is missing */
            428: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    disable_user: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The user */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UserView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description No such user, or you may not see them */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description They are the last administrator */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    enable_user: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The user */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UserView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description No such user, or you may not see them */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    list_identities: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All identities */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ItemList_IdentityView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description No such user, or you may not see them */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    unlink_identity: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
                identity: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Taken away */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description It is your own, or theirs is the higher role; `reauthentication_needed` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description No such user or identity, or you may not see them */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    show_users_second_factor: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Their second factors */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SecondFactorView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not allowed, or from another site */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description No such user, or you may not see them */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    reset_second_factor: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Taken away, or there was none */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description It is your own, or theirs is the higher role; `reauthentication_needed` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description No such user, or you may not see them */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    take_heads: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SentHeads"];
            };
        };
        responses: {
            /** @description Held from now on */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Kept"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Needs an API token with the scope `witness` */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The site is not witnessed here */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `head_contradicted`, `head_forged` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    list_witnessed_sites: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The sites */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Sites"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Only administrators and auditors see them */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    add_witnessed_site: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewSite"];
            };
        };
        responses: {
            /** @description From now on its heads are taken */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SiteView"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Only administrators */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description It is witnessed already, or it is this site */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    remove_witnessed_site: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The site */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Its heads are no longer taken */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Only administrators */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description No such site */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    list_witnessed_heads: {
        parameters: {
            query?: {
                /** @description Together with `after_seq`: heads after this chain's. */
                after_chain?: string;
                /** @description Together with `after_chain`: heads after this line. */
                after_seq?: number;
            };
            header?: never;
            path: {
                /** @description The site */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The heads */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WitnessedHeads"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Not signed in */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description Only administrators and auditors see them */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description No such site */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    show_health: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Alive */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Probe"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description The database is unavailable; nothing was changed unless `code` is `undecided` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
    show_readiness: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Ready */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Probe"];
                };
            };
            /** @description A field is missing, unknown or malformed */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
            /** @description `unavailable`, and `cause` says why; `recovery`; `sealed` */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemBody"];
                };
            };
        };
    };
}
