//! What has to be on the host before it can enrol: the package of the agent.
import { Anchor, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { publicSystem } from "../../api/queries";
import { CopyBlock } from "../../parts/copy";
import { Loading, LoadProblem } from "../../parts/problem";
import { newestOfEach, PackageChoice, packages } from "../keys/packages";

/** Where a server that has none gets them: as the user whom its data belongs to. */
const ADD = "runuser -u sekisho -- sekisho-server packages add ./sekisho-agent_*.deb";

export function InstallPackage() {
  const { t } = useTranslation();
  const found = useQuery(packages);
  const site = useQuery(publicSystem);
  const files = newestOfEach(found.data?.items ?? []).filter((file) => file.platform === "linux");
  return (
    <Stack gap="sm" component="section" w="100%" aria-labelledby="install-package">
      <Title order={3} size="h5" id="install-package">
        {t("pages.firstRun.agent.install")}
      </Title>
      {found.isPending && <Loading lines={2} />}
      {found.error && !found.data && (
        <LoadProblem error={found.error} onRetry={() => void found.refetch()} />
      )}
      {found.data && files.length === 0 && (
        <>
          <Text size="sm">{t("pages.firstRun.agent.noPackage")}</Text>
          <CopyBlock value={ADD} label={t("pages.firstRun.agent.copyCommand")} />
          <Text size="sm" c="dimmed">
            {t("pages.firstRun.agent.whereFrom")}
          </Text>
        </>
      )}
      {files.length > 0 && (
        <PackageChoice
          files={files}
          agents={site.data?.agents_address ?? `${location.hostname}:8383`}
          installOnly
        />
      )}
      <Text size="sm" c="dimmed">
        {t("pages.firstRun.agent.installed")}{" "}
        {/* Beside this page, so that nothing that is shown here is lost. */}
        <Anchor
          href="/agents/keys#packages"
          target="_blank"
          rel="noopener"
          size="sm"
          underline="always"
        >
          {t("pages.firstRun.agent.packages")}
        </Anchor>
      </Text>
    </Stack>
  );
}
