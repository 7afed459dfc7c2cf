//! Who one is at the OpenID provider.
import { Alert, Button, Group, Stack, Text } from "@mantine/core";
import { IconLink } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { api, body, type Schemas } from "../../api/client";
import { linkElsewhere, providerReason } from "../../api/provider";
import { ProblemAlert } from "../../parts/problem";
import { Ago } from "../../parts/time";
import { DataTable } from "../../table/data-table";
import type { Column } from "../../table/types";

type Identity = Schemas["IdentityView"];

interface Props {
  /** What the provider is called. */
  provider: string;
  /** What became of linking, when one comes back from there. */
  outcome: string | undefined;
}

export function Identities({ provider, outcome }: Props) {
  const { t } = useTranslation();
  const link = useMutation({ mutationFn: linkElsewhere });
  const reason = providerReason(outcome);
  const columns = useMemo<Column<Identity>[]>(
    () => [
      {
        id: "subject",
        label: t("pages.provider.subject"),
        primary: true,
        text: (row) => row.subject,
        cell: (row) => (
          <Text span fw={550}>
            <bdi>{row.subject}</bdi>
          </Text>
        ),
      },
      {
        id: "issuer",
        label: t("pages.provider.issuer"),
        text: (row) => row.issuer,
        cell: (row) => (
          <>
            <bdi>{row.issuer}</bdi>
            {!row.current && (
              <Text size="xs" c="dimmed">
                {t("pages.provider.former")}
              </Text>
            )}
          </>
        ),
      },
      {
        id: "since",
        label: t("pages.provider.since"),
        text: (row) => row.created_at,
        cell: (row) => <Ago value={row.created_at} />,
      },
      {
        id: "used",
        label: t("pages.me.lastUsed"),
        text: (row) => row.last_used_at ?? "",
        cell: (row) => <Ago value={row.last_used_at} />,
      },
    ],
    [t],
  );
  return (
    <Stack>
      {outcome === "linked" && <Alert color="teal">{t("pages.provider.linked")}</Alert>}
      {reason && <Alert color="yellow">{t(`pages.provider.reason.${reason}`)}</Alert>}
      <Group justify="space-between">
        <Text size="sm" c="dimmed" maw={620}>
          {t("pages.provider.about", { name: provider })}
        </Text>
        <Button
          variant="default"
          leftSection={<IconLink size={17} aria-hidden="true" />}
          loading={link.isPending}
          onClick={() => link.mutate()}
        >
          {t("pages.provider.link", { name: provider })}
        </Button>
      </Group>
      <ProblemAlert error={link.error} />
      <DataTable<Identity>
        name="identities"
        what={t("pages.provider.title")}
        columns={columns}
        searchable={false}
        read={(_query, signal) => body(api.GET("/api/v1/me/identities", { signal }))}
        rowId={(row) => row.id}
        empty={<Text c="dimmed">{t("pages.provider.none")}</Text>}
      />
      <Text size="sm" c="dimmed">
        {t("pages.provider.unlink")}
      </Text>
    </Stack>
  );
}
