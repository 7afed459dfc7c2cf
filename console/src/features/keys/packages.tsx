//! The packages of the agent: choose a system, download it or make a link for the host,
//! copy the commands.
import {
  Alert,
  Anchor,
  Button,
  Group,
  Paper,
  SegmentedControl,
  Stack,
  Text,
  Title,
} from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconDownload, IconLink, IconLinkOff } from "@tabler/icons-react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body, type Package, type Schemas } from "../../api/client";
import { publicSystem } from "../../api/queries";
import { CopyBlock } from "../../parts/copy";
import { Loading, LoadProblem, ProblemAlert } from "../../parts/problem";
import { At } from "../../parts/time";
import { installCommands, UPDATE_COMMAND } from "./install";

type Link = Schemas["CreatedLink"];

/** How long a link works that is made here, in hours. */
const LINK_HOURS = 24;

export const packages = {
  queryKey: ["packages"],
  queryFn: ({ signal }: { signal: AbortSignal }) =>
    body(api.GET("/api/v1/packages", { params: { query: { limit: 200 } }, signal })),
  staleTime: 60_000,
};

export function Packages() {
  const { t } = useTranslation();
  const found = useQuery(packages);
  const site = useQuery(publicSystem);
  const newest = newestOfEach(found.data?.items ?? []);
  return (
    <Paper withBorder p="md" radius="md" component="section" mt="lg" aria-labelledby="packages">
      <Stack>
        <div>
          <Title order={2} size="h4" id="packages">
            {t("pages.packages.title")}
          </Title>
          <Text size="sm" c="dimmed">
            {t("pages.packages.about")}
          </Text>
        </div>
        {found.isPending && <Loading />}
        {found.error && <LoadProblem error={found.error} onRetry={() => void found.refetch()} />}
        {found.data && newest.length === 0 && (
          <>
            <Text size="sm">{t("pages.packages.none")}</Text>
            <CopyBlock value="sekisho-server packages add sekisho-agent_*" />
          </>
        )}
        {newest.length > 0 && (
          <PackageChoice
            files={newest}
            agents={site.data?.agents_address ?? `${location.hostname}:8383`}
          />
        )}
        <div>
          <Text size="sm" fw={600}>
            {t("pages.packages.updateTitle")}
          </Text>
          <Text size="sm" c="dimmed" mb={4}>
            {t("pages.packages.updateHint")}
          </Text>
          <CopyBlock value={UPDATE_COMMAND} />
        </div>
      </Stack>
    </Paper>
  );
}

/** The list comes newest first: the first of each system and processor is the one. */
export function newestOfEach(all: Package[]): Package[] {
  const seen = new Set<string>();
  return all.filter((file) => {
    const kind = `${file.platform} ${file.format} ${file.architecture}`;
    return !seen.has(kind) && seen.add(kind);
  });
}

interface ChoiceProps {
  /** At least one. */
  files: Package[];
  /** Where agents find the server. */
  agents: string;
  /** Without the commands that enrol: they stand elsewhere on the page. */
  installOnly?: boolean;
}

/** One of the packages, how it comes to the host, and what is run there. */
export function PackageChoice({ files, ...rest }: ChoiceProps) {
  const { t } = useTranslation();
  const [chosen, setChosen] = useState<string>();
  const file = files.find((each) => each.id === chosen) ?? files[0];
  const systems: Record<string, string> = {
    deb: t("pages.packages.deb"),
    rpm: t("pages.packages.rpm"),
    "tar.gz": t("pages.packages.tarball"),
  };
  const name = (each: Package) => `${systems[each.format] ?? each.format} (${each.architecture})`;
  if (!file) return null;
  return (
    <>
      <SegmentedControl
        aria-label={t("pages.packages.choose")}
        value={file.id}
        onChange={setChosen}
        data={files.map((each) => ({ value: each.id, label: name(each) }))}
        className="choice"
      />
      <One key={file.id} file={file} {...rest} />
    </>
  );
}

interface OneProps extends Omit<ChoiceProps, "files"> {
  file: Package;
}

function One({ file, agents, installOnly }: OneProps) {
  const { t, i18n } = useTranslation();
  const [link, setLink] = useState<Link>();
  const share = useMutation({
    mutationFn: () =>
      body(
        api.POST("/api/v1/packages/{id}/links", {
          params: { path: { id: file.id } },
          body: { valid_for_s: LINK_HOURS * 3600 },
        }),
      ),
    onSuccess: setLink,
  });
  const revoke = useMutation({
    mutationFn: (id: string) =>
      api.DELETE("/api/v1/package-links/{id}", { params: { path: { id } } }),
    onSuccess: () => {
      setLink(undefined);
      notifications.show({ message: t("pages.packages.revoked") });
    },
  });
  const size = new Intl.NumberFormat(i18n.language, {
    style: "unit",
    unit: "megabyte",
    maximumFractionDigits: 1,
  }).format(file.bytes / 1_000_000);
  const commands = installCommands(
    file,
    installOnly ? undefined : agents,
    link && `${location.origin}${link.path}`,
  );
  return (
    <Stack gap="sm">
      <Group gap="sm">
        <Anchor href={`/api/v1/packages/${file.id}/download`} download={file.file}>
          <Group gap={6} component="span">
            <IconDownload size={16} aria-hidden="true" />
            {t("pages.packages.download")}
          </Group>
        </Anchor>
        <Text size="sm" c="dimmed" className="mono">
          <bdi>{file.file}</bdi>
        </Text>
        <Text size="sm" c="dimmed">
          {size}
        </Text>
      </Group>
      {(share.error || revoke.error) && <ProblemAlert error={share.error ?? revoke.error} />}
      {link ? (
        <Alert color="yellow" role="status">
          <Group gap="sm">
            <Text size="sm">
              {t("pages.packages.shared")} <At value={link.expires_at} />
            </Text>
            <Button
              size="compact-sm"
              variant="light"
              color="red"
              leftSection={<IconLinkOff size={16} aria-hidden="true" />}
              onClick={() => revoke.mutate(link.id)}
              loading={revoke.isPending}
            >
              {t("pages.packages.revoke")}
            </Button>
          </Group>
        </Alert>
      ) : (
        <Group gap="sm" align="flex-start">
          <Button
            size="compact-md"
            variant="default"
            leftSection={<IconLink size={16} aria-hidden="true" />}
            onClick={() => share.mutate()}
            loading={share.isPending}
          >
            {t("pages.packages.share")}
          </Button>
          <Text size="sm" c="dimmed" maw={520}>
            {t("pages.packages.shareHint", { hours: LINK_HOURS })}
          </Text>
        </Group>
      )}
      <div>
        <Text size="sm" fw={600} mb={4}>
          {t("pages.packages.commands")}
        </Text>
        <CopyBlock value={commands} />
        <Text size="sm" c="dimmed" mt={4}>
          {!link
            ? t("pages.packages.copyFile")
            : installOnly
              ? t("pages.packages.curlHint")
              : `${t("pages.packages.commandsHint")}${t("pages.packages.curlHint")}`}
        </Text>
      </div>
    </Stack>
  );
}
