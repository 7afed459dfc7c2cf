//! How far a task is, in words a person understands.
import { Alert, Loader, Stack, Text } from "@mantine/core";
import { IconCheck, IconCircleX, IconHourglass, IconQuestionMark } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";
import type { Order } from "../../api/client";
import { isFinished, order as orderQuery } from "../../api/queries";
import { ProblemAlert } from "../../parts/problem";
import { useWord } from "../../parts/words";

/** One sentence about an order. */
export function orderText(t: TFunction, word: ReturnType<typeof useWord>, order: Order): string {
  switch (order.state) {
    case "staged":
    case "queued":
      return order.held ? t("pages.tasks.heldText") : t("pages.tasks.waiting");
    case "delivered":
      return t("pages.tasks.running");
    case "indeterminate":
      return t("pages.accounts.twoValues");
    case "reconciling":
      return t("pages.tasks.checking");
    case "committed":
      if (order.operation === "reset") return t("pages.tasks.okReset");
      if (order.operation === "discover") return t("pages.tasks.okDiscover");
      return t("pages.tasks.verified", { result: word("verify", verifyResult(order)) || "–" });
    case "not_applied":
      return t("pages.tasks.notApplied");
    case "out_of_sync":
      return t("pages.tasks.mismatch");
    case "cancelled":
      return t("pages.tasks.cancelledText");
    case "expired":
      return t("pages.tasks.expiredText");
    default:
      return word("order", order.state);
  }
}

/** What a verify found: that one of the values works counts more than the rest. */
export function verifyResult(order: Order): string | undefined {
  const results = (order.result as { results?: { result: string }[] } | null | undefined)?.results;
  const found = results?.map((each) => each.result) ?? [];
  return found.includes("in_sync") ? "in_sync" : found[0];
}

export function TaskProgress({ id }: { id: string }) {
  const { t } = useTranslation();
  const word = useWord();
  const { data, error } = useQuery(orderQuery(id));
  if (error && !data) return <ProblemAlert error={error} />;
  if (!data) return <Loader size="sm" />;
  const finished = isFinished(data.state);
  const bad =
    ["not_applied", "out_of_sync", "expired"].includes(data.state) ||
    (data.operation === "verify" && data.state === "committed" && verifyResult(data) !== "in_sync");
  const colour = !finished
    ? data.state === "indeterminate"
      ? "yellow"
      : "indigo"
    : bad
      ? "red"
      : data.state === "cancelled"
        ? "gray"
        : "teal";
  const icon = !finished ? (
    data.state === "indeterminate" ? (
      <IconQuestionMark aria-hidden="true" />
    ) : data.state === "queued" ? (
      <IconHourglass aria-hidden="true" />
    ) : (
      <Loader size={18} />
    )
  ) : bad ? (
    <IconCircleX aria-hidden="true" />
  ) : (
    <IconCheck aria-hidden="true" />
  );
  return (
    <Stack gap="xs">
      <Alert color={colour} icon={icon} role="status" title={word("order", data.state)}>
        {orderText(t, word, data)}
      </Alert>
      {!finished && (
        <Text size="sm" c="dimmed">
          {t("pages.tasks.keepsGoing")}
        </Text>
      )}
    </Stack>
  );
}
