//! Sharing something with somebody, and changing that.
import { Button, Group, Radio, Stack, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body, etag, type Share } from "../../api/client";
import { Dialog } from "../../parts/dialog";
import { ProblemAlert } from "../../parts/problem";
import { StaleChange } from "../../parts/stale";
import { useStale } from "../../parts/use-stale";
import { useWord } from "../../parts/words";
import { type PrincipalKey, PrincipalSelect, principalOf } from "./principal-select";

/** What can be shared, as the API calls it. */
export type Kind = "resources" | "accounts" | "resource-groups";

interface Props {
  kind: Kind;
  id: string;
  /** The one to be changed; a new one without. */
  share?: Share;
  onClose: () => void;
}

/** Local time as `datetime-local` wants it. */
function local(instant: string | null | undefined): string {
  if (!instant) return "";
  const at = new Date(instant);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

const instant = (text: string): string | null => (text ? new Date(text).toISOString() : null);

export function ShareForm({ kind, id, share, onClose }: Props) {
  const { t } = useTranslation();
  const word = useWord();
  const client = useQueryClient();
  const [who, setWho] = useState<PrincipalKey | null>(null);
  const [name, setName] = useState("");
  const [level, setLevel] = useState(share?.level ?? "view");
  const [end, setEnd] = useState(local(share?.expires_at));
  const stale = useStale(share, () =>
    body(api.GET("/api/v1/shares/{id}", { params: { path: { id: share?.id ?? "" } } })),
  );
  const { theirs } = stale;
  const levels = kind === "accounts" ? ["view", "modify"] : ["view", "modify", "full"];
  const save = useMutation({
    mutationFn: (against: Share | undefined) => {
      const expires_at = instant(end);
      if (against) {
        return body(
          api.PATCH("/api/v1/shares/{id}", {
            params: { path: { id: against.id }, header: { "If-Match": etag(against) } },
            body: { level, expires_at },
          }),
        );
      }
      const chosen = principalOf(who ?? "");
      const wanted = {
        ...(chosen.kind === "user" ? { user: chosen.id } : { user_group: chosen.id }),
        level,
        ...(expires_at ? { expires_at } : {}),
      };
      const request = { params: { path: { id } }, body: wanted };
      if (kind === "accounts") return body(api.POST("/api/v1/accounts/{id}/shares", request));
      if (kind === "resources") return body(api.POST("/api/v1/resources/{id}/shares", request));
      return body(api.POST("/api/v1/resource-groups/{id}/shares", request));
    },
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["shares"] });
      const message = share ? t("common.saved") : t("pages.sharing.shared", { name });
      notifications.show({ color: "teal", message });
      onClose();
    },
    onError: stale.onError,
  });
  const labels = {
    user: t("pages.sharing.with"),
    user_group: t("pages.sharing.with"),
    level: t("pages.sharing.level"),
    expires_at: t("pages.sharing.ends"),
  };
  return (
    <Dialog
      onClose={onClose}
      title={share ? t("pages.sharing.change") : t("pages.sharing.add")}
      closeOnClickOutside={!who && !end}
      size={theirs ? "lg" : "md"}
    >
      {theirs ? (
        <StaleChange
          rows={[
            [labels.level, word("level", level), word("level", theirs.level)],
            [labels.expires_at, end, local(theirs.expires_at)],
          ]}
          onTake={() => {
            setLevel(theirs.level);
            setEnd(local(theirs.expires_at));
            stale.settle(theirs);
            save.reset();
          }}
          onKeep={() => {
            stale.settle(theirs);
            save.mutate(theirs);
          }}
        />
      ) : (
        <form
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            if (share || who) save.mutate(stale.base);
          }}
        >
          <Stack>
            {save.error && <ProblemAlert error={save.error} fields={labels} />}
            {share ? (
              <TextInput label={labels.user} readOnly value={share.with.name} />
            ) : (
              <PrincipalSelect
                label={labels.user}
                description={t("pages.sharing.withHint")}
                value={who}
                onChange={(next, label) => {
                  setWho(next);
                  setName(label);
                }}
              />
            )}
            <Radio.Group
              label={labels.level}
              description={t("pages.sharing.levelHint")}
              value={level}
              onChange={setLevel}
            >
              <Stack gap="xs" mt="xs">
                {levels.map((one) => (
                  <Radio
                    key={one}
                    value={one}
                    label={word("level", one)}
                    description={word("levelHelp", one)}
                  />
                ))}
              </Stack>
            </Radio.Group>
            <TextInput
              type="datetime-local"
              label={labels.expires_at}
              description={t("pages.sharing.endsHint")}
              value={end}
              onChange={(event) => setEnd(event.currentTarget.value)}
            />
            <Group justify="flex-end">
              <Button variant="default" onClick={onClose}>
                {t("common.cancel")}
              </Button>
              <Button type="submit" loading={save.isPending} disabled={!share && !who}>
                {share ? t("common.save") : t("pages.sharing.add")}
              </Button>
            </Group>
          </Stack>
        </form>
      )}
    </Dialog>
  );
}
