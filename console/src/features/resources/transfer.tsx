//! Giving resources to another owner, one or many.
import { IconUserShare } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, body, type Resource, type Schemas } from "../../api/client";
import { me as meQuery } from "../../api/queries";
import { codeText } from "../../parts/problem";
import { may } from "../../shell/nav";
import { ASKED, inChunks, PREVIEWED } from "../../table/run";
import type { Preview, RowAction } from "../../table/types";
import { PrincipalSelect, principalOf } from "../sharing/principal-select";

type Rows = Schemas["TransfersView"]["items"];

export function useTransfer(): RowAction<Resource> {
  const { t } = useTranslation();
  const { data: me } = useQuery(meQuery);
  const preview = async (rows: Resource[], choice: string): Promise<Preview> => {
    const looked = rows.slice(0, PREVIEWED).map(({ id }) => id);
    const to = principalOf(choice).id;
    const parts = await inChunks(looked, ASKED, (resources) =>
      body(api.POST("/api/v1/resources/transfer", { body: { to, resources, dry_run: true } })),
    );
    const items: Rows = parts.flatMap((part) => part.items);
    const refused = items.filter(({ outcome }) => outcome === "refused");
    const sum = (what: "ended_shares" | "left_groups") =>
      items.reduce((all, item) => all + item[what], 0);
    return {
      changed: items.length - refused.length,
      unchanged: 0,
      refused: refused.length,
      looked: looked.length,
      notes: [
        t("pages.transfer.effect", { shares: sum("ended_shares"), groups: sum("left_groups") }),
      ],
      refusals: refused.map(({ name, id, code, conflict }) => ({
        row: name ?? id,
        why: codeText(t, code ?? "", conflict ?? undefined),
      })),
    };
  };
  return {
    id: "transfer",
    label: t("pages.transfer.title"),
    icon: <IconUserShare size={16} aria-hidden="true" />,
    danger: true,
    explain: t("pages.transfer.explain"),
    applies: (row) => row.owner.id === me?.user.id || may(me, "see_everything"),
    otherwise: t("pages.transfer.notOwner"),
    reason: "optional",
    choice: (value, onChange) => (
      <PrincipalSelect
        label={t("pages.transfer.to")}
        description={t("pages.transfer.toHint")}
        usersOnly
        value={value}
        onChange={(next) => onChange(next)}
      />
    ),
    preview: (rows, { choice }) => preview(rows, choice),
    run: (row, { choice, reason }) =>
      body(
        api.POST("/api/v1/resources/{id}/transfer", {
          params: { path: { id: row.id } },
          body: { to: principalOf(choice).id, reason },
        }),
      ),
  };
}
