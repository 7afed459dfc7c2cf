import { Alert, Button, Text } from "@mantine/core";
import { IconCircleCheck, IconShieldCheck, IconShieldX } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { createFileRoute } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { api, body } from "../../api/client";
import { AuditList } from "../../features/audit/audit-list";
import { number } from "../../i18n/format";
import { PageHead } from "../../parts/page";
import { ProblemAlert } from "../../parts/problem";
import { AUDIT_FILTERS } from "../../table/filter-names";
import { readListSearch } from "../../table/search";
import { listTwin, option } from "../../table/twin";

export const Route = createFileRoute("/_app/audit")({
  validateSearch: (search: Record<string, unknown>) => readListSearch(search, AUDIT_FILTERS),
  component: Audit,
});

function Audit() {
  const { t } = useTranslation();
  const search = Route.useSearch();
  const verify = useMutation({ mutationFn: () => body(api.POST("/api/v1/audit/verify")) });
  const twin = listTwin("/audit", "sekisho audit list", search, {
    q: option("--search", search.q),
    code: option("--code", search.code),
    from: option("--from", search.from),
    to: option("--to", search.to),
  });
  twin.commands.push("sekisho audit verify");
  twin.requests.push({ method: "POST", path: "/audit/verify" });
  return (
    <>
      <PageHead
        title={t("pages.audit.title")}
        about={t("pages.audit.about")}
        twin={twin}
        actions={
          <Button
            variant="default"
            leftSection={<IconShieldCheck size={17} aria-hidden="true" />}
            loading={verify.isPending}
            onClick={() => verify.mutate()}
          >
            {t("pages.audit.verify")}
          </Button>
        }
      />
      <div aria-live="polite">
        {verify.error && <ProblemAlert error={verify.error} />}
        {verify.data &&
          (verify.data.intact ? (
            <Alert
              mb="md"
              color="teal"
              withCloseButton
              closeButtonLabel={t("common.close")}
              onClose={verify.reset}
              icon={<IconCircleCheck aria-hidden="true" />}
              title={t("pages.audit.intact")}
            >
              {t("pages.audit.intactHint", {
                lines: number(verify.data.lines),
                signed: number(verify.data.signed),
              })}
            </Alert>
          ) : (
            <Alert
              mb="md"
              color="red"
              icon={<IconShieldX aria-hidden="true" />}
              title={t("pages.audit.broken")}
            >
              <Text size="sm">{t("pages.audit.brokenHint")}</Text>
              {verify.data.problem && (
                <Text size="sm" lang="en" mt="xs">
                  {verify.data.problem}
                </Text>
              )}
            </Alert>
          ))}
      </div>
      <AuditList />
    </>
  );
}
