//! The certificate that agents see at a gateway.
import { Alert, Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Card } from "../../parts/card";
import { CopyBlock, Mono } from "../../parts/copy";
import { Facts } from "../../parts/facts";
import { At, useNow } from "../../parts/time";
import { certificateEnd } from "../home/certificate-end";
import type { Gateway } from "./queries";
import { missingNames } from "./state";

export function CertificateTab({ gateway }: { gateway: Gateway }) {
  const { t } = useTranslation();
  const now = useNow();
  const { status } = gateway;
  const certificate = status?.certificate;
  // One of the site is renewed in time: only its end itself is news.
  const end =
    certificate &&
    (certificate.imported || new Date(certificate.not_after).getTime() <= now
      ? certificateEnd(certificate.not_after, now)
      : undefined);
  const missing = certificate ? missingNames(gateway, certificate.names) : [];
  return (
    <Stack>
      <Card title={t("pages.gateways.certificate.title")}>
        <Stack gap="sm">
          {!certificate && (
            <Alert color={status ? "red" : "gray"} role="status">
              {t(`pages.gateways.certificate.${status ? "none" : "notKnown"}`)}
            </Alert>
          )}
          {end && (
            <Alert
              color={end.tone}
              role={end.days <= 0 ? "alert" : "status"}
              title={
                end.days <= 0
                  ? t("pages.gateways.certificate.over")
                  : t("pages.gateways.certificate.left", { count: end.days })
              }
            />
          )}
          {missing.length > 0 && (
            <Alert color="red" role="status" title={t("pages.gateways.certificate.missing")}>
              <span className="mono">{missing.join(", ")}</span>
            </Alert>
          )}
          {certificate && (
            <>
              <Facts
                rows={[
                  [
                    t("pages.gateways.certificate.source"),
                    t(`pages.gateways.certificate.${certificate.imported ? "imported" : "own"}`),
                  ],
                  [
                    t("pages.gateways.certificate.names"),
                    <span key="names">{certificate.names.join(", ")}</span>,
                  ],
                  [
                    t("pages.gateways.certificate.end"),
                    <At key="end" value={certificate.not_after} />,
                  ],
                  [
                    t("pages.gateways.certificate.chain"),
                    certificate.imported ? (
                      <Stack key="chain" gap={4}>
                        <span>{t("pages.gateways.certificate.chainImported")}</span>
                        <CopyBlock value="sudo sekisho-gateway certificate show" />
                      </Stack>
                    ) : (
                      t("pages.gateways.certificate.chainOwn")
                    ),
                  ],
                  [
                    t("pages.gateways.certificate.key"),
                    <Mono key="key" copy>
                      {certificate.key_sha256}
                    </Mono>,
                  ],
                ]}
              />
              <Text size="sm" c="dimmed">
                {t(
                  `pages.gateways.certificate.${certificate.imported ? "renewByHand" : "renewsItself"}`,
                )}
              </Text>
            </>
          )}
        </Stack>
      </Card>
      <Card title={t("pages.gateways.certificate.import")}>
        <Stack gap="sm">
          <Text size="sm">{t("pages.gateways.certificate.importAbout")}</Text>
          <CopyBlock
            value={
              "sudo sekisho-gateway certificate import --check server.crt server.key intermediate.crt\n" +
              "sudo sekisho-gateway certificate import server.crt server.key intermediate.crt"
            }
          />
          {certificate?.imported && (
            <>
              <Text size="sm">{t("pages.gateways.certificate.back")}</Text>
              <CopyBlock value="sudo sekisho-gateway certificate remove" />
            </>
          )}
        </Stack>
      </Card>
    </Stack>
  );
}
