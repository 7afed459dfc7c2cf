//! The verbs of an account, the same everywhere.
import { Menu } from "@mantine/core";
import { IconCircleCheck, IconCopy, IconEye, IconPencil, IconRefresh } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useCallback, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Account } from "../../api/client";
import { me as meQuery } from "../../api/queries";
import { may } from "../../shell/nav";
import { type Operation, OrderDialog } from "./order-dialog";
import { SecretDialog, type SecretOf } from "./secret-dialog";
import { StoreDialog } from "./store-dialog";

export type Verb = "show" | "copy" | Operation | "store";
type Target = SecretOf["account"];

export interface OfferedVerb {
  verb: Verb;
  label: string;
  icon: ReactNode;
}

/** Whether an agent can do something about it. */
export function isReachable(account: Account): boolean {
  return account.presence === "present" && account.source === "local";
}

export function useAccountVerbs() {
  const { t } = useTranslation();
  const { data: me } = useQuery(meQuery);
  const [open, setOpen] = useState<{ verb: Verb; account: Target }>();
  const [former, setFormer] = useState<SecretOf>();

  const offered = useCallback(
    (account: Account): OfferedVerb[] => {
      const size = 16;
      const has = account.knowledge !== "unknown";
      const verbs: (OfferedVerb | false)[] = [
        has &&
          may(me, "use_passwords") && {
            verb: "show",
            label: t("pages.accounts.reveal"),
            icon: <IconEye size={size} aria-hidden="true" />,
          },
        has &&
          may(me, "use_passwords") && {
            verb: "copy",
            label: t("pages.accounts.copy"),
            icon: <IconCopy size={size} aria-hidden="true" />,
          },
        isReachable(account) &&
          may(me, "change_passwords") && {
            verb: "reset",
            label: t("pages.accounts.reset"),
            icon: <IconRefresh size={size} aria-hidden="true" />,
          },
        has &&
          isReachable(account) &&
          may(me, "verify_passwords") && {
            verb: "verify",
            label: t("pages.accounts.verify"),
            icon: <IconCircleCheck size={size} aria-hidden="true" />,
          },
        may(me, "change_passwords") && {
          verb: "store",
          label: t("pages.accounts.store"),
          icon: <IconPencil size={size} aria-hidden="true" />,
        },
      ];
      return verbs.filter((verb) => verb !== false);
    },
    [t, me],
  );
  const start = useCallback((verb: Verb, account: Target) => setOpen({ verb, account }), []);

  const close = () => {
    setOpen(undefined);
    setFormer(undefined);
  };
  const dialog = (
    <>
      {open && (open.verb === "show" || open.verb === "copy") && (
        <SecretDialog of={{ account: open.account, purpose: open.verb }} onClose={close} />
      )}
      {open && (open.verb === "reset" || open.verb === "verify") && (
        <OrderDialog operation={open.verb} account={open.account} onClose={close} />
      )}
      {open?.verb === "store" && <StoreDialog account={open.account} onClose={close} />}
      {former && <SecretDialog of={former} onClose={close} />}
    </>
  );
  return {
    me,
    offered,
    dialog,
    start,
    revealFormer: setFormer,
    menu: (account: Account) =>
      offered(account).map(({ verb, label, icon }) => (
        <Menu.Item key={verb} leftSection={icon} onClick={() => setOpen({ verb, account })}>
          {label}
        </Menu.Item>
      )),
  };
}
