//! Asking an agent for something: why, then how far it is.
import { Button, Group, Stack, Text, Textarea } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body, type Order } from "../../api/client";
import { isFinished, order as orderQuery } from "../../api/queries";
import { Dialog } from "../../parts/dialog";
import { ProblemAlert } from "../../parts/problem";
import { TaskProgress } from "../tasks/progress";

export type Operation = "reset" | "verify";

interface Props {
  operation: Operation;
  account: { id: string; name: string; resource: { name: string } };
  onClose: () => void;
}

export function giveOrder(operation: Operation, id: string, reason: string): Promise<Order> {
  const params = { path: { id } };
  return operation === "reset"
    ? body(api.POST("/api/v1/accounts/{id}/reset", { params, body: { reason } }))
    : body(api.POST("/api/v1/accounts/{id}/verify", { params, body: { reason } }));
}

export function OrderDialog({ operation, account, onClose }: Props) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [reason, setReason] = useState("");
  const give = useMutation({
    mutationFn: () => giveOrder(operation, account.id, reason.trim()),
    onSuccess: () => client.invalidateQueries({ queryKey: ["orders"] }),
  });
  const id = give.data?.id;

  // What the order changed shows at once when it ends.
  useEffect(() => {
    if (!id) return;
    return client.getQueryCache().subscribe(({ type, query }) => {
      const [kind, , about] = query.queryKey;
      if (type !== "updated" || kind !== "orders" || about !== id) return;
      if (isFinished(client.getQueryData(orderQuery(id).queryKey)?.state)) {
        void client.invalidateQueries({ queryKey: ["accounts"] });
        void client.invalidateQueries({ queryKey: ["orders", "list"] });
      }
    });
  }, [id, client]);

  const texts =
    operation === "reset"
      ? {
          title: t("pages.accounts.resetTitle"),
          explain: t("pages.accounts.resetExplain"),
          ask: t("pages.accounts.resetAsk"),
        }
      : {
          title: t("pages.accounts.verifyTitle"),
          explain: t("pages.accounts.verifyExplain"),
          ask: t("pages.accounts.verifyAsk"),
        };
  return (
    <Dialog onClose={onClose} title={texts.title}>
      <Stack>
        <Text fw={600}>
          <bdi>{account.resource.name}</bdi> / <bdi>{account.name}</bdi>
        </Text>
        {id ? (
          <>
            <TaskProgress id={id} />
            <Group justify="flex-end">
              <Button onClick={onClose} data-autofocus>
                {t("common.close")}
              </Button>
            </Group>
          </>
        ) : (
          <form
            onSubmit={(event) => {
              event.preventDefault();
              give.mutate();
            }}
          >
            <Stack>
              <Text size="sm">{texts.explain}</Text>
              {give.error && <ProblemAlert error={give.error} />}
              <Textarea
                label={`${t("common.reason")}${t("common.optional")}`}
                description={t("common.reasonHint")}
                maxLength={500}
                autosize
                minRows={2}
                value={reason}
                onChange={(event) => setReason(event.currentTarget.value)}
                data-autofocus
              />
              <Group justify="flex-end">
                <Button variant="default" onClick={onClose}>
                  {t("common.cancel")}
                </Button>
                <Button type="submit" loading={give.isPending}>
                  {texts.ask}
                </Button>
              </Group>
            </Stack>
          </form>
        )}
      </Stack>
    </Dialog>
  );
}
