//! Making an enrolment key, showing it once, and waiting for what enrols with it.
import {
  Alert,
  Button,
  Group,
  Loader,
  NumberInput,
  SegmentedControl,
  Select,
  Stack,
  Switch,
  Text,
  TextInput,
} from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconCheck } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body, type Schemas } from "../../api/client";
import { lookSoon } from "../../api/live";
import { me as meQuery, publicSystem } from "../../api/queries";
import { CopyBlock } from "../../parts/copy";
import { Dialog } from "../../parts/dialog";
import { ProblemAlert } from "../../parts/problem";
import { useWord } from "../../parts/words";
import { may } from "../../shell/nav";

type Created = Schemas["CreatedKeyView"];

const PLATFORMS = ["linux", "windows", "windows_domain"];
const HOUR_S = 3600;

export function NewKey({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const word = useWord();
  const client = useQueryClient();
  const { data: me } = useQuery(meQuery);
  const [created, setCreated] = useState<Created>();
  const form = useForm({
    initialValues: { label: "", platform: "linux", use: "once", hours: 24, pre_approved: false },
    validate: {
      label: (value) =>
        value.trim() ? null : t("common.required", { field: t("pages.keys.label") }),
    },
  });
  const make = useMutation({
    mutationFn: ({ label, platform, use, hours, pre_approved }: typeof form.values) =>
      body(
        api.POST("/api/v1/enrolment-keys", {
          body: {
            label: label.trim(),
            platform,
            use,
            valid_for_s: Math.round(hours * HOUR_S),
            pre_approved,
          },
        }),
      ),
    onSuccess: async (key) => {
      setCreated(key);
      await client.invalidateQueries({ queryKey: ["enrolment-keys"] });
    },
  });
  return (
    <Dialog
      onClose={onClose}
      size="lg"
      title={created ? t("pages.keys.createdTitle") : t("pages.keys.add")}
      closeOnClickOutside={false}
      closeOnEscape={!created}
      withCloseButton={!created}
    >
      {created ? (
        <ShownOnce created={created} onClose={onClose} />
      ) : (
        <form onSubmit={form.onSubmit((values) => make.mutate(values))} noValidate>
          <Stack>
            {make.error && (
              <ProblemAlert
                error={make.error}
                fields={{
                  label: t("pages.keys.label"),
                  valid_for_s: t("pages.keys.validFor"),
                  pre_approved: t("pages.keys.preApproved"),
                }}
              />
            )}
            <TextInput
              label={t("pages.keys.label")}
              description={t("pages.keys.labelHint")}
              required
              maxLength={100}
              data-autofocus
              {...form.getInputProps("label")}
            />
            <Select
              label={t("pages.keys.platform")}
              data={PLATFORMS.map((value) => ({ value, label: word("platform", value) }))}
              allowDeselect={false}
              {...form.getInputProps("platform")}
            />
            <Stack gap={4}>
              <Text size="sm" fw={500} id="key-use">
                {t("pages.keys.use")}
              </Text>
              <SegmentedControl
                aria-labelledby="key-use"
                data={["once", "window"].map((value) => ({ value, label: word("keyUse", value) }))}
                {...form.getInputProps("use")}
                onChange={(use) => form.setValues({ use, hours: use === "once" ? 24 : 1 })}
              />
            </Stack>
            <NumberInput
              label={t("pages.keys.validFor")}
              suffix={` ${t("pages.keys.hours", { count: form.values.hours }).replace(/^[\d\s]+/, "")}`}
              min={1}
              max={24}
              clampBehavior="strict"
              allowDecimal={false}
              {...form.getInputProps("hours")}
            />
            {may(me, "manage_devices") && (
              <Switch
                label={t("pages.keys.preApproved")}
                description={t("pages.keys.preApprovedHint")}
                {...form.getInputProps("pre_approved", { type: "checkbox" })}
              />
            )}
            <Group justify="flex-end">
              <Button variant="default" onClick={onClose}>
                {t("common.cancel")}
              </Button>
              <Button type="submit" loading={make.isPending}>
                {t("pages.keys.add")}
              </Button>
            </Group>
          </Stack>
        </form>
      )}
    </Dialog>
  );
}

/** Commands for one kind of host. The key itself is not in them. */
export function enrolCommands(platform: string, agents: string): string {
  return platform === "linux"
    ? `sudo sekisho-agent install --server ${agents}\nsudo sekisho-agent start`
    : `sekisho-agent enroll --server ${agents}\nsekisho-agent install`;
}

function ShownOnce({ created, onClose }: { created: Created; onClose: () => void }) {
  const { t } = useTranslation();
  const site = useQuery(publicSystem);
  const agents = site.data?.agents_address ?? `${location.hostname}:8383`;
  return (
    <Stack>
      <Alert color="yellow">{t("common.shownOnce")}</Alert>
      <div>
        <Text size="sm" fw={600} mb={4}>
          {t("pages.keys.key")}
        </Text>
        <CopyBlock value={created.key} />
      </div>
      <div>
        <Text size="sm" fw={600} mb={4}>
          {t("pages.keys.command")}
        </Text>
        <CopyBlock value={enrolCommands(created.platform, agents)} />
        <Text size="sm" c="dimmed" mt={4}>
          {t("pages.keys.commandHint")}
        </Text>
      </div>
      <Arrival id={created.id} />
      <Group justify="flex-end">
        <Button onClick={onClose}>{t("common.stored")}</Button>
      </Group>
    </Stack>
  );
}

/** Looks whether something has enrolled with the key, and says so at once. */
function Arrival({ id }: { id: string }) {
  const { t } = useTranslation();
  const { data: me } = useQuery(meQuery);
  const key = useQuery({
    queryKey: ["enrolment-keys", "one", id],
    queryFn: ({ signal }) =>
      body(api.GET("/api/v1/enrolment-keys/{id}", { params: { path: { id } }, signal })),
    refetchInterval: (query) => (query.state.data?.uses ? false : lookSoon()),
    staleTime: 0,
  });
  const device = key.data?.last_used_by ?? undefined;
  const found = useQuery({
    queryKey: ["devices", "one", device],
    enabled: device !== undefined && may(me, "manage_devices"),
    queryFn: ({ signal }) =>
      body(api.GET("/api/v1/devices/{id}", { params: { path: { id: device ?? "" } }, signal })),
  });
  if (!device) {
    return (
      <Group gap="sm" role="status">
        <Loader size="sm" type="dots" />
        <Text size="sm">{t("pages.keys.waiting")}</Text>
      </Group>
    );
  }
  return (
    <Alert
      color="teal"
      role="status"
      icon={<IconCheck aria-hidden="true" />}
      title={t("pages.keys.arrived", { host: found.data?.host_name ?? device })}
    >
      {found.data?.state === "pending" && <Text size="sm">{t("pages.keys.arrivedPending")}</Text>}
      {may(me, "manage_devices") && (
        <Link to="/devices" search={{ open: device } as never}>
          {t("pages.keys.toDevices")}
        </Link>
      )}
    </Alert>
  );
}
