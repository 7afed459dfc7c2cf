//! What criteria match now, before a group has them.
import { Group, List, Text } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, body, type Criteria } from "../../api/client";
import { number } from "../../i18n/format";
import { ProblemAlert } from "../../parts/problem";
import { complete } from "./criteria";

export function CriteriaPreview({ criteria }: { criteria: Criteria }) {
  const { t } = useTranslation();
  const [settled] = useDebouncedValue(criteria, 300);
  const asked = complete(settled);
  const found = useQuery({
    queryKey: ["preview", "groups", asked],
    enabled: asked !== undefined,
    queryFn: ({ signal }) =>
      body(
        api.POST("/api/v1/resource-groups/preview", {
          body: { criteria: asked as Criteria },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
    staleTime: 10_000,
  });
  if (asked === undefined) {
    return (
      <Text size="sm" c="dimmed">
        {t("pages.groups.criteria.incomplete")}
      </Text>
    );
  }
  if (found.error) return <ProblemAlert error={found.error} />;
  const { count = 0, capped = false, items = [] } = found.data ?? {};
  return (
    <div aria-live="polite" aria-busy={found.isFetching}>
      {found.data && (
        <>
          <Text size="sm" fw={600}>
            {capped
              ? t("pages.groups.criteria.matchMore", { number: number(count) })
              : t("pages.groups.criteria.matchNow", { count, number: number(count) })}
          </Text>
          {items.length > 0 && (
            <List size="sm" mt={4} className="columns" listStyleType="none">
              {items.map((item) => (
                <List.Item key={item.id}>
                  <Group gap={6} wrap="nowrap" component="span" display="inline-flex">
                    <bdi>{item.name}</bdi>
                    {item.dns_name && item.dns_name !== item.name && (
                      <Text span size="xs" c="dimmed">
                        {item.dns_name}
                      </Text>
                    )}
                  </Group>
                </List.Item>
              ))}
            </List>
          )}
          {count > items.length && (
            <Text size="sm" c="dimmed">
              {t("pages.groups.criteria.first", { count: items.length })}
            </Text>
          )}
        </>
      )}
    </div>
  );
}
