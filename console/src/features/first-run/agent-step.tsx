//! The first agent: its key, the command to paste, and what happens then, live.
import {
  Alert,
  Anchor,
  Button,
  Group,
  Loader,
  Stack,
  Switch,
  Text,
  TextInput,
  Title,
} from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconCheck, IconFingerprint } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body, type Device, type EnrolmentKey, type Schemas } from "../../api/client";
import { lookSoon } from "../../api/live";
import { publicSystem } from "../../api/queries";
import { CopyBlock } from "../../parts/copy";
import { Loading, LoadProblem, ProblemAlert } from "../../parts/problem";
import { Ago } from "../../parts/time";
import { grouped } from "../devices/device-drawer";
import { enrolCommands } from "../keys/new-key";
import { AskBeforeLeaving } from "./ask-before-leaving";
import { dropDraft, keepDraft, readDraft } from "./draft";
import { InstallPackage } from "./install-package";
import { NotTheSame } from "./not-the-same";

type Created = Schemas["CreatedKeyView"];

const DRAFT = "first-run.agent";
const DAY_S = 24 * 3600;

/** The newest key, as the server has it: after a reload this is all there is. */
const NEWEST = {
  queryKey: ["enrolment-keys", "newest"],
  queryFn: ({ signal }: { signal: AbortSignal }) =>
    body(
      api.GET("/api/v1/enrolment-keys", {
        params: { query: { sort: "-created_at", limit: 1 } },
        signal,
      }),
    ),
  refetchInterval: lookSoon,
};

export function AgentStep() {
  const { t } = useTranslation();
  const newest = useQuery(NEWEST);
  // A key is shown this once; no query keeps it.
  const [created, setCreated] = useState<Created>();
  const [another, setAnother] = useState(false);
  if (newest.error && !newest.data) {
    return <LoadProblem error={newest.error} onRetry={() => void newest.refetch()} />;
  }
  if (!newest.data) return <Loading lines={3} />;
  const key = newest.data.items[0];
  const device = key?.last_used_by ?? undefined;
  const isWaiting = key !== undefined && !device && key.state === "active";
  if (another || (!device && !isWaiting && !created)) {
    return (
      <NewKey
        replaced={another && isWaiting ? key : undefined}
        onCreated={(made) => {
          setAnother(false);
          setCreated(made);
        }}
      />
    );
  }
  return (
    <Stack>
      {!device && <InstallPackage />}
      {!device && <Command created={created} keyRow={key} onAnother={() => setAnother(true)} />}
      {!device && created && <AskBeforeLeaving lost={t("pages.firstRun.agent.leaveLoses")} />}
      {device ? (
        <Arrived id={device} onAnother={() => setAnother(true)} />
      ) : (
        <Group gap="sm" role="status">
          <Loader size="sm" type="dots" />
          <Text size="sm">{t("pages.keys.waiting")}</Text>
        </Group>
      )}
    </Stack>
  );
}

interface NewKeyProps {
  /** A key that nobody can use any more, because nobody has it: it is revoked. */
  replaced: EnrolmentKey | undefined;
  onCreated: (created: Created) => void;
}

function NewKey({ replaced, onCreated }: NewKeyProps) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const form = useForm({
    initialValues: {
      ...readDraft(DRAFT, { label: t("pages.firstRun.agent.firstHost") }),
      pre_approved: false,
    },
    onValuesChange: ({ label }) => keepDraft(DRAFT, { label }),
    validate: {
      label: (value) =>
        value.trim() ? null : t("common.required", { field: t("pages.keys.label") }),
    },
  });
  const make = useMutation({
    mutationFn: async ({ label, pre_approved }: typeof form.values) => {
      const made = await body(
        api.POST("/api/v1/enrolment-keys", {
          body: {
            label: label.trim(),
            platform: "linux",
            use: "once",
            valid_for_s: DAY_S,
            pre_approved,
          },
        }),
      );
      if (replaced) {
        const params = { path: { id: replaced.id } };
        await body(api.POST("/api/v1/enrolment-keys/{id}/revoke", { params }));
      }
      return made;
    },
    onSuccess: async (made) => {
      dropDraft(DRAFT);
      await client.invalidateQueries({ queryKey: ["enrolment-keys"] });
      onCreated(made);
    },
  });
  return (
    <form onSubmit={form.onSubmit((values) => make.mutate(values))} noValidate>
      <Stack align="flex-start">
        <Text>{t("pages.firstRun.agent.about")}</Text>
        <InstallPackage />
        <Title order={3} size="h5">
          {t("pages.firstRun.agent.makeKey")}
        </Title>
        {replaced && <Alert color="yellow">{t("pages.firstRun.agent.replaces")}</Alert>}
        <ProblemAlert error={make.error} fields={{ label: t("pages.keys.label") }} />
        <TextInput
          w="100%"
          label={t("pages.keys.label")}
          description={t("pages.keys.labelHint")}
          required
          maxLength={100}
          {...form.getInputProps("label")}
        />
        <Switch
          label={t("pages.keys.preApproved")}
          description={t("pages.firstRun.agent.preApprovedHint")}
          {...form.getInputProps("pre_approved", { type: "checkbox" })}
        />
        <Button type="submit" loading={make.isPending}>
          {t("pages.keys.add")}
        </Button>
      </Stack>
    </form>
  );
}

interface CommandProps {
  created: Created | undefined;
  keyRow: EnrolmentKey | undefined;
  onAnother: () => void;
}

function Command({ created, keyRow, onAnother }: CommandProps) {
  const { t } = useTranslation();
  const site = useQuery(publicSystem);
  const agents = site.data?.agents_address ?? `${location.hostname}:8383`;
  return (
    <Stack>
      <Title order={3} size="h5">
        {t("pages.firstRun.agent.enrol")}
      </Title>
      {created ? (
        <div>
          <Alert color="yellow" mb="sm">
            {t("pages.firstRun.agent.keyOnce")}
          </Alert>
          <Text size="sm" fw={600} mb={4}>
            {t("pages.keys.key")}
          </Text>
          <CopyBlock value={created.key} label={t("pages.firstRun.agent.copyKey")} />
        </div>
      ) : (
        <Alert color="gray" title={t("pages.firstRun.agent.made", { label: keyRow?.label ?? "" })}>
          <Stack gap="xs" align="flex-start">
            <Text size="sm">
              {t("pages.firstRun.agent.shownBefore")} {keyRow && <Ago value={keyRow.created_at} />}
            </Text>
            <Button size="xs" variant="default" onClick={onAnother}>
              {t("pages.firstRun.agent.another")}
            </Button>
          </Stack>
        </Alert>
      )}
      <div>
        <Text size="sm" fw={600} mb={4}>
          {t("pages.keys.command")}
        </Text>
        <CopyBlock
          value={enrolCommands("linux", agents)}
          label={t("pages.firstRun.agent.copyCommand")}
        />
        <Text size="sm" c="dimmed" mt={4}>
          {t("pages.keys.commandHint")}
        </Text>
      </div>
    </Stack>
  );
}

/** A device has enrolled: it is compared and approved, and then it is connected. */
function Arrived({ id, onAnother }: { id: string; onAnother: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const found = useQuery({
    queryKey: ["devices", "one", id],
    queryFn: ({ signal }) =>
      body(api.GET("/api/v1/devices/{id}", { params: { path: { id } }, signal })),
    refetchInterval: lookSoon,
  });
  const approve = useMutation({
    mutationFn: () => body(api.POST("/api/v1/devices/{id}/approve", { params: { path: { id } } })),
    onSuccess: async () => {
      await Promise.all(
        [["devices"], ["agents"], ["overview"]].map((queryKey) =>
          client.invalidateQueries({ queryKey }),
        ),
      );
    },
  });
  if (found.error && !found.data) {
    return <LoadProblem error={found.error} onRetry={() => void found.refetch()} />;
  }
  const device = found.data;
  if (!device) return <Loading lines={2} />;
  if (device.state === "approved") return <Connected device={device} />;
  if (device.state !== "pending") {
    return (
      <Alert color="yellow" title={t("pages.firstRun.agent.gone", { host: device.host_name })}>
        <Button size="xs" variant="default" onClick={onAnother}>
          {t("pages.firstRun.agent.another")}
        </Button>
      </Alert>
    );
  }
  return (
    <Alert
      color="yellow"
      role="status"
      icon={<IconFingerprint aria-hidden="true" />}
      title={t("pages.keys.arrived", { host: device.host_name })}
    >
      <Stack align="flex-start">
        <Text size="sm">{t("pages.firstRun.agent.compare")}</Text>
        <CopyBlock value={grouped(device.fingerprint)} />
        <ProblemAlert error={approve.error} />
        <Text size="sm">{t("pages.firstRun.agent.notSame")}</Text>
        <Group>
          <Button loading={approve.isPending} onClick={() => approve.mutate()}>
            {t("pages.firstRun.agent.approve")}
          </Button>
          <NotTheSame device={device} />
        </Group>
      </Stack>
    </Alert>
  );
}

function Connected({ device }: { device: Device }) {
  const { t } = useTranslation();
  const resource = device.resource?.id;
  const accounts = useQuery({
    queryKey: ["accounts", "first-run", resource],
    enabled: resource !== undefined,
    refetchInterval: lookSoon,
    queryFn: ({ signal }) =>
      body(
        api.GET("/api/v1/accounts", {
          params: { query: { resource: resource ?? "", limit: 1, count: true } },
          signal,
        }),
      ),
  });
  const count = accounts.data?.count ?? 0;
  return (
    <Alert
      color="teal"
      role="status"
      icon={<IconCheck aria-hidden="true" />}
      title={t("pages.firstRun.agent.connected", { host: device.host_name })}
    >
      {count > 0 ? (
        <Text size="sm">{t("pages.firstRun.agent.found", { count })}</Text>
      ) : (
        <Group gap="sm">
          <Loader size="sm" type="dots" />
          <Text size="sm">{t("pages.firstRun.agent.discovering")}</Text>
        </Group>
      )}
      {resource && (
        <Anchor
          component={Link}
          to="/resources/$id"
          params={{ id: resource } as never}
          size="sm"
          c="inherit"
          underline="always"
        >
          <bdi>{device.resource?.name}</bdi>
        </Anchor>
      )}
    </Alert>
  );
}
