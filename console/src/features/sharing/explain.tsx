//! Why somebody may or may not do something with an object: which share counts,
//! what the role allows, what is missing.
import { Badge, List, Stack, Table, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body, type Explained } from "../../api/client";
import { Dialog } from "../../parts/dialog";
import { Loading, ProblemAlert } from "../../parts/problem";
import { At } from "../../parts/time";
import { Wide } from "../../parts/wide";
import { useWord } from "../../parts/words";
import { type PrincipalKey, PrincipalSelect, principalOf } from "./principal-select";
import type { Kind } from "./share-form";

interface Props {
  kind: Kind;
  id: string;
  onClose: () => void;
}

export function Explain({ kind, id, onClose }: Props) {
  const { t } = useTranslation();
  const [who, setWho] = useState<PrincipalKey | null>(null);
  const user = who ? principalOf(who).id : undefined;
  const told = useQuery({
    queryKey: ["shares", "explain", kind, id, user],
    enabled: user !== undefined,
    queryFn: ({ signal }) => {
      const request = { params: { path: { id }, query: { ...(user ? { user } : {}) } }, signal };
      if (kind === "accounts") return body(api.GET("/api/v1/accounts/{id}/explain", request));
      if (kind === "resources") return body(api.GET("/api/v1/resources/{id}/explain", request));
      return body(api.GET("/api/v1/resource-groups/{id}/explain", request));
    },
  });
  return (
    <Dialog onClose={onClose} title={t("pages.sharing.explain.title")} size="xl">
      <Stack>
        <PrincipalSelect
          label={t("pages.sharing.explain.who")}
          usersOnly
          value={who}
          onChange={(next) => setWho(next)}
        />
        {told.error && <ProblemAlert error={told.error} onRetry={() => void told.refetch()} />}
        {told.isLoading && <Loading />}
        {told.data && <Told told={told.data} />}
      </Stack>
    </Dialog>
  );
}

function Told({ told }: { told: Explained }) {
  const { t } = useTranslation();
  const word = useWord();
  const role = word("role", told.role) === told.role ? told.role_name : word("role", told.role);
  const [counting, ...others] = told.shares;
  const shareText = (share: Explained["shares"][number]) =>
    t("pages.sharing.explain.share", {
      on: share.on.name,
      with: share.with.name,
      level: word("level", share.level),
    });
  return (
    <Stack aria-live="polite">
      <Text size="sm">{t("pages.sharing.explain.role", { name: told.user.name, role })}</Text>
      {told.state === "disabled" && (
        <Text size="sm" fw={600}>
          {t("pages.sharing.explain.disabled")}
        </Text>
      )}
      {counting && (
        <List size="sm" spacing={4}>
          <List.Item>
            <b>{t("pages.sharing.explain.counts")}</b> <bdi>{shareText(counting)}</bdi>
            {counting.expires_at && (
              <>
                {" "}
                (<At value={counting.expires_at} />)
              </>
            )}
          </List.Item>
          {others.map((share) => (
            <List.Item key={share.id} c="dimmed">
              {t("pages.sharing.explain.behind")} <bdi>{shareText(share)}</bdi>
            </List.Item>
          ))}
        </List>
      )}
      <Wide minWidth={520} label={t("pages.sharing.explain.title")}>
        <Table>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t("pages.sharing.explain.action")}</Table.Th>
              <Table.Th>{t("pages.sharing.explain.may")}</Table.Th>
              <Table.Th>{t("pages.sharing.explain.why")}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {told.decisions.map((one) => (
              <Table.Tr key={one.action}>
                <Table.Th scope="row">{word("action", one.action)}</Table.Th>
                <Table.Td>
                  <Badge
                    className={`state state-${one.allowed ? "good" : "bad"}`}
                    leftSection={<span aria-hidden="true">{one.allowed ? "●" : "■"}</span>}
                  >
                    {one.allowed ? t("pages.sharing.explain.yes") : t("pages.sharing.explain.no")}
                  </Badge>
                </Table.Td>
                <Table.Td>
                  <Why decision={one} />
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Wide>
    </Stack>
  );
}

/** The reasons in the reader's language, from the words of the server. */
function Why({ decision }: { decision: Explained["decisions"][number] }) {
  const { t } = useTranslation();
  const word = useWord();
  if (decision.allowed) return <Text size="sm">{word("ground", decision.ground)}</Text>;
  const lacking = decision.permissions.filter((one) => !one.has);
  return (
    <List size="sm">
      {lacking.map((one) => (
        <List.Item key={one.permission}>
          {t("pages.sharing.explain.lacks", {
            permission: t(`pages.permission.${one.permission}` as never, {
              defaultValue: one.permission,
            }),
          })}
        </List.Item>
      ))}
      {decision.reasons
        .filter((one) => one.code !== "permission")
        .map((one) => (
          <List.Item key={one.code}>
            {one.code === "level"
              ? t("pages.sharing.explain.level", { level: word("level", decision.needs) })
              : word("reason", one.code)}
          </List.Item>
        ))}
    </List>
  );
}
