//! One's API tokens.
import {
  Alert,
  Badge,
  Button,
  Checkbox,
  Group,
  Select,
  Stack,
  Text,
  TextInput,
} from "@mantine/core";
import { IconPlus, IconX } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body, type Token } from "../../api/client";
import { CopyBlock } from "../../parts/copy";
import { Dialog } from "../../parts/dialog";
import { ProblemAlert } from "../../parts/problem";
import { Ago } from "../../parts/time";
import { useWord } from "../../parts/words";
import { DataTable } from "../../table/data-table";
import type { Column, RowAction } from "../../table/types";

const SCOPES = ["read", "write", "reveal", "witness"];
const DAYS = [1, 7, 30, 90, 365];
const DAY_S = 86_400;

export function Tokens() {
  const { t } = useTranslation();
  const word = useWord();
  const [making, setMaking] = useState(false);
  const columns = useMemo<Column<Token>[]>(
    () => [
      {
        id: "name",
        label: t("pages.me.tokenName"),
        primary: true,
        text: (row) => row.name,
        cell: (row) => (
          <Text span fw={550}>
            <bdi>{row.name}</bdi>
          </Text>
        ),
      },
      {
        id: "scopes",
        label: t("pages.me.scopes"),
        text: (row) => row.scopes.map((scope) => word("scope", scope)).join(" "),
        cell: (row) => (
          <Group gap={4}>
            {row.scopes.map((scope) => (
              <Badge key={scope} className="state state-quiet">
                {word("scope", scope)}
              </Badge>
            ))}
          </Group>
        ),
      },
      {
        id: "expires",
        label: t("pages.me.expires"),
        text: (row) => row.expires_at,
        cell: (row) =>
          row.revoked_at ? (
            <Badge className="state state-quiet">{t("pages.me.revoked")}</Badge>
          ) : (
            <Ago value={row.expires_at} />
          ),
      },
      {
        id: "used",
        label: t("pages.me.lastUsed"),
        text: (row) => row.last_used_at ?? "",
        cell: (row) => <Ago value={row.last_used_at} />,
      },
    ],
    [t, word],
  );
  const actions: RowAction<Token>[] = [
    {
      id: "revoke",
      label: t("pages.me.revoke"),
      icon: <IconX size={16} aria-hidden="true" />,
      danger: true,
      explain: t("pages.me.revokeExplain"),
      applies: (row) => !row.revoked_at,
      otherwise: t("pages.me.revoked"),
      run: (row) => api.DELETE("/api/v1/tokens/{id}", { params: { path: { id: row.id } } }),
    },
  ];
  const add = (
    <Button leftSection={<IconPlus size={17} aria-hidden="true" />} onClick={() => setMaking(true)}>
      {t("pages.me.addToken")}
    </Button>
  );
  return (
    <Stack>
      <Group justify="space-between">
        <Text size="sm" c="dimmed">
          {t("pages.me.tokensAbout")}
        </Text>
        {add}
      </Group>
      <DataTable<Token>
        views={false}
        name="tokens"
        what={t("pages.me.tokens")}
        columns={columns}
        searchable={false}
        read={(query, signal) => body(api.GET("/api/v1/tokens", { params: { query }, signal }))}
        rowId={(row) => row.id}
        actions={actions}
        empty={<Text c="dimmed">{t("pages.me.noTokens")}</Text>}
      />
      {making && <NewToken onClose={() => setMaking(false)} />}
    </Stack>
  );
}

function NewToken({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const word = useWord();
  const client = useQueryClient();
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState(["read"]);
  const [days, setDays] = useState("30");
  const make = useMutation({
    mutationFn: () =>
      body(
        api.POST("/api/v1/tokens", {
          body: { name: name.trim(), scopes, expires_in_s: Number(days) * DAY_S },
        }),
      ),
    onSuccess: () => client.invalidateQueries({ queryKey: ["tokens"] }),
  });
  const created = make.data;
  return (
    <Dialog
      onClose={onClose}
      title={created ? t("pages.me.tokenCreated") : t("pages.me.addToken")}
      closeOnClickOutside={false}
      closeOnEscape={!created}
      withCloseButton={!created}
    >
      {created ? (
        <Stack>
          <Alert color="yellow">{t("common.shownOnce")}</Alert>
          <CopyBlock value={created.token} />
          <Group justify="flex-end">
            <Button onClick={onClose}>{t("common.stored")}</Button>
          </Group>
        </Stack>
      ) : (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (name.trim() && scopes.length > 0) make.mutate();
          }}
        >
          <Stack>
            {make.error && (
              <ProblemAlert
                error={make.error}
                fields={{
                  name: t("pages.me.tokenName"),
                  scopes: t("pages.me.scopes"),
                  expires_in_s: t("pages.me.expires"),
                }}
              />
            )}
            <TextInput
              label={t("pages.me.tokenName")}
              description={t("pages.me.tokenNameHint")}
              required
              value={name}
              onChange={(event) => setName(event.currentTarget.value)}
              data-autofocus
            />
            <Checkbox.Group label={t("pages.me.scopes")} value={scopes} onChange={setScopes}>
              <Stack gap={8} mt={6}>
                {SCOPES.map((scope) => (
                  <Checkbox key={scope} value={scope} label={word("scope", scope)} />
                ))}
              </Stack>
            </Checkbox.Group>
            <Select
              label={t("pages.me.expires")}
              allowDeselect={false}
              value={days}
              onChange={(value) => value && setDays(value)}
              data={DAYS.map((count) => ({
                value: String(count),
                label: t("pages.me.days", { count }),
              }))}
            />
            <Group justify="flex-end">
              <Button variant="default" onClick={onClose}>
                {t("common.cancel")}
              </Button>
              <Button
                type="submit"
                loading={make.isPending}
                disabled={!name.trim() || scopes.length === 0}
              >
                {t("pages.me.addToken")}
              </Button>
            </Group>
          </Stack>
        </form>
      )}
    </Dialog>
  );
}
