//! One's own passkeys.
import { Alert, Button, Group, Stack, Text } from "@mantine/core";
import { IconPlus, IconX } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body, type Schemas } from "../../api/client";
import { canUsePasskeys } from "../../api/passkey";
import { publicSystem } from "../../api/queries";
import { ProblemAlert } from "../../parts/problem";
import { Ago } from "../../parts/time";
import { DataTable } from "../../table/data-table";
import type { Column, RowAction } from "../../table/types";
import { AddPasskey } from "./add-passkey";
import { PasskeyName } from "./passkey-name";

type Passkey = Schemas["PasskeyView"];

export function Passkeys() {
  const { t } = useTranslation();
  const site = useQuery(publicSystem);
  const [adding, setAdding] = useState(false);
  const [renaming, setRenaming] = useState<Passkey>();
  const columns = useMemo<Column<Passkey>[]>(
    () => [
      {
        id: "name",
        label: t("pages.passkeys.name"),
        primary: true,
        text: (row) => row.name,
        cell: (row) => (
          <Text span fw={550}>
            <bdi>{row.name}</bdi>
          </Text>
        ),
      },
      {
        id: "created",
        label: t("pages.passkeys.created"),
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
  const actions: RowAction<Passkey>[] = [
    {
      id: "remove",
      label: t("pages.passkeys.remove"),
      icon: <IconX size={16} aria-hidden="true" />,
      danger: true,
      explain: t("pages.passkeys.removeExplain"),
      run: (row) => api.DELETE("/api/v1/me/passkeys/{id}", { params: { path: { id: row.id } } }),
    },
  ];
  const possible = canUsePasskeys() && site.data?.passkeys !== false;
  return (
    <Stack>
      <Group justify="space-between">
        <Text size="sm" c="dimmed">
          {t("pages.passkeys.about")}
        </Text>
        <Button
          leftSection={<IconPlus size={17} aria-hidden="true" />}
          disabled={!possible}
          onClick={() => setAdding(true)}
        >
          {t("pages.passkeys.add")}
        </Button>
      </Group>
      {!possible && <Alert color="gray">{t("pages.passkeys.impossible")}</Alert>}
      <DataTable<Passkey>
        views={false}
        name="passkeys"
        what={t("pages.passkeys.title")}
        columns={columns}
        searchable={false}
        read={(_query, signal) => body(api.GET("/api/v1/me/passkeys", { signal }))}
        rowId={(row) => row.id}
        actions={actions}
        onOpen={setRenaming}
        empty={<Text c="dimmed">{t("pages.passkeys.none")}</Text>}
      />
      {adding && <AddPasskey onClose={() => setAdding(false)} />}
      {renaming && <Rename of={renaming} onClose={() => setRenaming(undefined)} />}
    </Stack>
  );
}

function Rename({ of, onClose }: { of: Passkey; onClose: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const rename = useMutation({
    mutationFn: (name: string) =>
      body(
        api.PUT("/api/v1/me/passkeys/{id}", { params: { path: { id: of.id } }, body: { name } }),
      ),
    onSuccess: () => {
      onClose();
      return client.invalidateQueries({ queryKey: ["passkeys"] });
    },
  });
  return (
    <PasskeyName
      action={t("pages.passkeys.rename")}
      name={of.name}
      pending={rename.isPending}
      onName={(name) => rename.mutate(name)}
      onClose={onClose}
    >
      <ProblemAlert error={rename.error} fields={{ name: t("pages.passkeys.name") }} />
    </PasskeyName>
  );
}
