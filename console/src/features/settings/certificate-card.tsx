//! The certificate that browsers see, and when it ends.
import { Alert, Button, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { api, body } from "../../api/client";
import { me as meQuery } from "../../api/queries";
import { Card } from "../../parts/card";
import { Facts } from "../../parts/facts";
import { Loading, LoadProblem } from "../../parts/problem";
import { At, useNow } from "../../parts/time";
import { may } from "../../shell/nav";
import { certificateEnd } from "../home/certificate-end";

export function CertificateCard() {
  const { t } = useTranslation();
  const now = useNow();
  const { data: me } = useQuery(meQuery);
  const found = useQuery({
    queryKey: ["system", "certificate"],
    queryFn: ({ signal }) => body(api.GET("/api/v1/system/certificate", { signal })),
  });
  if (found.error && !found.data) {
    return <LoadProblem error={found.error} onRetry={() => void found.refetch()} />;
  }
  if (!found.data) return <Loading lines={4} />;
  const { data } = found;
  const end = certificateEnd(data.uploaded_not_after, now);
  return (
    <Card
      title={t("pages.settings.certificate.title")}
      actions={
        may(me, "manage_server") && (
          <Button
            component={Link}
            to="/first-run"
            search={{ step: "certificate" } as never}
            variant="default"
            size="compact-md"
          >
            {t("pages.settings.certificate.change")}
          </Button>
        )
      }
    >
      <Stack gap="sm">
        {end && (
          <Alert
            color={end.tone}
            role={end.days <= 0 ? "alert" : "status"}
            title={
              end.days <= 0
                ? t("pages.settings.certificate.over")
                : t("pages.settings.certificate.left", { count: end.days })
            }
          >
            {end.days <= 0
              ? t("pages.settings.certificate.overHint")
              : t("pages.settings.certificate.leftHint")}
          </Alert>
        )}
        <Facts
          rows={[
            [
              t("pages.settings.certificate.source"),
              data.source === "uploaded"
                ? t("pages.settings.certificate.uploaded")
                : t("pages.firstRun.certificate.own"),
            ],
            [
              t("pages.firstRun.certificate.names"),
              <span key="names">{data.names.join(", ")}</span>,
            ],
            [t("pages.firstRun.certificate.issuer"), <bdi key="issuer">{data.issuer}</bdi>],
            [
              t("pages.firstRun.certificate.until"),
              <At key="until" value={data.uploaded_not_after ?? data.not_after} />,
            ],
          ]}
        />
      </Stack>
    </Card>
  );
}
