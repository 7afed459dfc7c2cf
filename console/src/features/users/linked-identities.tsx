//! As whom somebody signs in through an OpenID provider, and taking that away.
import { Alert, Button, Group, Stack, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body, type Schemas } from "../../api/client";
import { ProblemAlert } from "../../parts/problem";
import { Ago } from "../../parts/time";

type Identity = Schemas["IdentityView"];

interface Props {
  /** The id of the user. */
  user: string;
  /** Whether that is who looks: one's own are taken away by somebody else. */
  self: boolean;
}

export function LinkedIdentities({ user, self }: Props) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const queryKey = ["users", "identities", user];
  const found = useQuery({
    queryKey,
    queryFn: ({ signal }) =>
      body(api.GET("/api/v1/users/{id}/identities", { params: { path: { id: user } }, signal })),
  });
  const [asked, setAsked] = useState<string>();
  const unlink = useMutation({
    mutationFn: (identity: string) =>
      api.DELETE("/api/v1/users/{id}/identities/{identity}", {
        params: { path: { id: user, identity } },
      }),
    onSuccess: async () => {
      setAsked(undefined);
      notifications.show({ color: "teal", message: t("pages.users.unlinked") });
      await client.invalidateQueries({ queryKey });
    },
  });
  if (found.error) return <ProblemAlert error={found.error} />;
  if (!found.data || found.data.items.length === 0) return null;
  return (
    <Stack gap="xs">
      <Text size="sm" fw={500}>
        {t("pages.users.linked")}
      </Text>
      <ProblemAlert error={unlink.error} />
      {found.data.items.map((identity) => (
        <Linked
          key={identity.id}
          identity={identity}
          self={self}
          asked={asked === identity.id}
          pending={unlink.isPending}
          onAsk={(on) => {
            unlink.reset();
            setAsked(on ? identity.id : undefined);
          }}
          onUnlink={() => unlink.mutate(identity.id)}
        />
      ))}
      {self && (
        <Text size="sm" c="dimmed">
          {t("pages.provider.unlink")}
        </Text>
      )}
    </Stack>
  );
}

interface LinkedProps {
  identity: Identity;
  self: boolean;
  asked: boolean;
  pending: boolean;
  onAsk: (on: boolean) => void;
  onUnlink: () => void;
}

/** One of them. Nothing happens before a second click. */
function Linked({ identity, self, asked, pending, onAsk, onUnlink }: LinkedProps) {
  const { t } = useTranslation();
  return (
    <div>
      <Group justify="space-between" wrap="nowrap" gap="sm">
        <div style={{ minWidth: 0 }}>
          <Text size="sm" style={{ overflowWrap: "anywhere" }}>
            <bdi>{identity.subject}</bdi>
          </Text>
          <Text size="xs" c="dimmed" style={{ overflowWrap: "anywhere" }}>
            <bdi>{identity.issuer}</bdi>
            {!identity.current && ` · ${t("pages.provider.former")}`}
            {identity.last_used_at && (
              <>
                {" · "}
                {t("pages.me.lastUsed")} <Ago value={identity.last_used_at} />
              </>
            )}
          </Text>
        </div>
        {!self && !asked && (
          <Button
            variant="default"
            size="compact-sm"
            aria-label={t("pages.users.unlinkOf", { subject: identity.subject })}
            onClick={() => onAsk(true)}
          >
            {t("pages.users.unlink")}
          </Button>
        )}
      </Group>
      {asked && (
        <Alert color="red" role="alert" mt={6}>
          <Stack gap="sm">
            <Text size="sm">{t("pages.users.unlinkExplain")}</Text>
            <Group gap="xs">
              <Button color="red" size="compact-sm" loading={pending} onClick={onUnlink}>
                {t("pages.users.unlink")}
              </Button>
              <Button variant="default" size="compact-sm" onClick={() => onAsk(false)}>
                {t("common.cancel")}
              </Button>
            </Group>
          </Stack>
        </Alert>
      )}
    </div>
  );
}
