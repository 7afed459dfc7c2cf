//! The first password: an account is chosen, reset and revealed.
import { Alert, Anchor, Button, Group, List, Loader, Stack, Text } from "@mantine/core";
import { IconCheck, IconPlugConnectedX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { api, body } from "../../api/client";
import { lookSoon } from "../../api/live";
import { Loading, LoadProblem } from "../../parts/problem";
import { State } from "../../parts/words";

/** So many are looked at, and so many are shown. */
const MANY = 200;
const FEW = 12;

interface Props {
  done: boolean;
  /** Whether an agent is connected, where that is the reader's to know. */
  agent: boolean | undefined;
}

export function PasswordStep({ done, agent }: Props) {
  const { t } = useTranslation();
  const found = useQuery({
    queryKey: ["accounts", "first-run"],
    refetchInterval: lookSoon,
    queryFn: ({ signal }) =>
      body(
        api.GET("/api/v1/accounts", {
          params: { query: { presence: "present", limit: MANY } },
          signal,
        }),
      ),
  });
  if (found.error && !found.data) {
    return <LoadProblem error={found.error} onRetry={() => void found.refetch()} />;
  }
  if (!found.data) return <Loading lines={3} />;
  // Accounts that nobody can sign in to have no password to begin with.
  const { items } = found.data;
  const shown = items.filter((one) => one.password_field === "set").slice(0, FEW);
  const others = items.length - shown.length;
  const count = found.data.next ? `${items.length}+` : items.length;
  return (
    <Stack>
      {done && (
        <Alert
          color="teal"
          role="status"
          icon={<IconCheck aria-hidden="true" />}
          title={t("pages.firstRun.password.done")}
        />
      )}
      <Text>{t("pages.firstRun.password.about")}</Text>
      {agent === false && (
        <Alert
          color="yellow"
          icon={<IconPlugConnectedX aria-hidden="true" />}
          title={t("pages.firstRun.password.noAgent")}
        >
          <Stack gap="xs" align="flex-start">
            <Text size="sm">{t("pages.firstRun.password.noAgentHint")}</Text>
            <Button component={Link} to="/first-run" search={{ step: "agent" } as never} size="xs">
              {t("pages.home.start.agent")}
            </Button>
          </Stack>
        </Alert>
      )}
      {shown.length === 0 && agent === false ? null : shown.length === 0 ? (
        <Group gap="sm" role="status">
          <Loader size="sm" type="dots" />
          <Text size="sm">{t("pages.firstRun.password.none")}</Text>
        </Group>
      ) : (
        <List spacing={6} aria-label={t("pages.accounts.title")}>
          {shown.map((account) => (
            <List.Item key={account.id}>
              <Group gap="sm">
                <Anchor
                  component={Link}
                  to="/accounts/$id"
                  params={{ id: account.id } as never}
                  style={{ minHeight: 24 }}
                >
                  <bdi>{account.resource.name}</bdi> / <bdi>{account.name}</bdi>
                </Anchor>
                <State kind="knowledge" value={account.knowledge} />
              </Group>
            </List.Item>
          ))}
        </List>
      )}
      {others > 0 && (
        <Text size="sm" c="dimmed">
          {t("pages.firstRun.password.others", { shown: shown.length, all: count })}
        </Text>
      )}
      {items.length > 0 && (
        <Anchor component={Link} to="/accounts" size="sm">
          {t("pages.firstRun.password.all")}
        </Anchor>
      )}
    </Stack>
  );
}
