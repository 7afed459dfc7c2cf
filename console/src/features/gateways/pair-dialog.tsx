//! Pairing: the string that the gateway prints, looked at before it counts, and then
//! the wait for the link.
import {
  Alert,
  Button,
  Group,
  Loader,
  Radio,
  Stack,
  Text,
  Textarea,
  TextInput,
  Title,
} from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconCheck } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body, type Schemas } from "../../api/client";
import { publicSystem } from "../../api/queries";
import { normalise } from "../../i18n/format";
import { Mono } from "../../parts/copy";
import { Dialog } from "../../parts/dialog";
import { Facts } from "../../parts/facts";
import { ProblemAlert } from "../../parts/problem";
import { focusFirstWrong } from "../../parts/wrong-field";
import { isHostPort, readLines, readPairing } from "./addresses";
import { Ports, PortTests } from "./ports";
import { type PairingField, pairingFault } from "./problem";
import { type Gateway, gateway as gatewayQuery } from "./queries";
import { RemarkText } from "./remarks";

type Check = Schemas["PairingCheckView"];
type Wanted = Schemas["NewGateway"];

interface Values {
  pairing: string;
  name: string;
  public: string;
  direction: string;
  dial: string;
}

/** Addresses of one gateway, at most. */
const MAX_PUBLIC = 8;

/** The first has the greatest share, as on the command line. */
const BEST_WEIGHT = 10;

const FIELDS: PairingField[] = ["pairing", "name", "public", "dial"];

export function PairDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const [paired, setPaired] = useState<Gateway>();
  return (
    <Dialog
      onClose={onClose}
      size="lg"
      title={
        paired
          ? t("pages.gateways.pair.done", { name: paired.name })
          : t("pages.gateways.pair.title")
      }
      closeOnClickOutside={false}
    >
      {paired ? (
        <Waiting paired={paired} onClose={onClose} />
      ) : (
        <PairForm onPaired={setPaired} onClose={onClose} />
      )}
    </Dialog>
  );
}

interface FormProps {
  onPaired: (gateway: Gateway) => void;
  onClose: () => void;
}

function PairForm({ onPaired, onClose }: FormProps) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const site = useQuery(publicSystem);
  const [judged, setJudged] = useState<Check>();
  const wrongLine = (text: string) => {
    const { read, wrong } = readLines(text, isHostPort);
    if (wrong) return t("pages.gateways.pair.wrongAddress", { ...wrong });
    return read.length > MAX_PUBLIC ? t("pages.gateways.pair.tooMany") : null;
  };
  const form = useForm<Values>({
    initialValues: { pairing: "", name: "", public: "", direction: "server_dials", dial: "" },
    // What was looked at is not what is typed now.
    onValuesChange: () => setJudged(undefined),
    validate: {
      pairing: (text) => (readPairing(text) ? null : t("pages.gateways.pair.notOne")),
      name: (text) =>
        text.trim() ? null : t("common.required", { field: t("pages.gateways.name") }),
      public: wrongLine,
      dial: (text, { direction }) =>
        direction === "server_dials" || isHostPort(normalise(text))
          ? null
          : t("pages.gateways.pair.dialHint"),
    },
  });
  const wanted = (): Wanted => {
    const { values } = form;
    const addresses = readLines(values.public, isHostPort).read;
    return {
      pairing: readPairing(values.pairing) ?? "",
      name: normalise(values.name),
      ...(addresses.length > 0
        ? {
            public: addresses.map((address, at) => ({ address, weight: BEST_WEIGHT - at })),
          }
        : {}),
      ...(values.direction === "gateway_dials" ? { dial: normalise(values.dial) } : {}),
    };
  };
  const blame = (error: unknown) => {
    const fault = pairingFault(error);
    if (!fault?.field) return;
    const text = fault.word
      ? t(`pages.gateways.pair.errors.${fault.word}`)
      : t("problems.texts.invalid_field", { field: labels[fault.field] });
    form.setFieldError(fault.field, text);
    focusFirstWrong(form, [fault.field]);
  };
  const check = useMutation({
    mutationFn: () => body(api.POST("/api/v1/gateways/check", { body: wanted() })),
    onSuccess: setJudged,
    onError: blame,
  });
  const pair = useMutation({
    mutationFn: () => body(api.POST("/api/v1/gateways", { body: wanted() })),
    onSuccess: async (gateway) => {
      client.setQueryData(gatewayQuery(gateway.id).queryKey, gateway);
      // It was used: nothing of it stays.
      form.setFieldValue("pairing", "");
      onPaired(gateway);
      await client.invalidateQueries({ queryKey: ["gateways", "list"] });
      await client.invalidateQueries({ queryKey: ["gateways", "active"] });
    },
    onError: blame,
  });
  const labels: Record<PairingField, string> = {
    pairing: t("pages.gateways.pair.string"),
    name: t("pages.gateways.name"),
    public: t("pages.gateways.pair.public"),
    dial: t("pages.gateways.pair.dial"),
  };
  const send = (what: typeof check | typeof pair) => {
    check.reset();
    pair.reset();
    const { hasErrors, errors } = form.validate();
    if (hasErrors)
      focusFirstWrong(
        form,
        FIELDS.filter((field) => errors[field]),
      );
    else what.mutate();
  };
  const error = pair.error ?? check.error;
  const busy = pair.isPending || check.isPending;
  const agents = site.data?.agents_address;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        send(pair);
      }}
      noValidate
    >
      <Stack>
        <Text size="sm">{t("pages.gateways.pair.explain")}</Text>
        <Refusal error={error} />
        <Textarea
          label={labels.pairing}
          description={t("pages.gateways.pair.stringHint")}
          required
          autosize
          minRows={3}
          maxRows={8}
          autoComplete="off"
          autoCapitalize="none"
          autoCorrect="off"
          spellCheck={false}
          classNames={{ input: "mono" }}
          data-autofocus
          {...form.getInputProps("pairing")}
        />
        <TextInput
          label={labels.name}
          description={t("pages.gateways.pair.nameHint")}
          required
          maxLength={100}
          {...form.getInputProps("name")}
        />
        <Textarea
          label={`${labels.public}${t("common.optional")}`}
          description={t("pages.gateways.pair.publicHint")}
          {...(agents ? { placeholder: agents } : {})}
          autosize
          minRows={1}
          maxRows={8}
          autoCapitalize="none"
          spellCheck={false}
          {...form.getInputProps("public")}
        />
        <Radio.Group
          label={t("pages.gateways.pair.direction")}
          {...form.getInputProps("direction")}
        >
          <Stack gap="xs" mt={6}>
            <Radio
              value="server_dials"
              label={t("pages.gateways.pair.serverDials")}
              description={t("pages.gateways.pair.serverDialsHint")}
            />
            <Radio
              value="gateway_dials"
              label={t("pages.gateways.pair.gatewayDials")}
              description={t("pages.gateways.pair.gatewayDialsHint")}
            />
          </Stack>
        </Radio.Group>
        {form.values.direction === "gateway_dials" && (
          <TextInput
            label={labels.dial}
            description={t("pages.gateways.pair.dialHint")}
            required
            {...(agents ? { placeholder: agents } : {})}
            autoCapitalize="none"
            spellCheck={false}
            {...form.getInputProps("dial")}
          />
        )}
        {judged && <Judged check={judged} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {t("common.cancel")}
          </Button>
          <Button
            variant="default"
            loading={check.isPending}
            disabled={busy && !check.isPending}
            onClick={() => send(check)}
          >
            {t("pages.gateways.pair.check")}
          </Button>
          <Button type="submit" loading={pair.isPending} disabled={busy && !pair.isPending}>
            {t("pages.gateways.pair.submit")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

/** What is not said at a field. */
function Refusal({ error }: { error: unknown }) {
  const { t } = useTranslation();
  const fault = pairingFault(error);
  if (fault?.field) return null;
  if (!fault?.word) return error ? <ProblemAlert error={error} /> : null;
  return <Alert color="red" role="alert" title={t(`pages.gateways.pair.errors.${fault.word}`)} />;
}

function Judged({ check }: { check: Check }) {
  const { t } = useTranslation();
  return (
    <Alert
      // It stands below a long form.
      ref={(found) => found?.scrollIntoView?.({ block: "nearest" })}
      color="teal"
      role="status"
      icon={<IconCheck aria-hidden="true" />}
      title={t("pages.gateways.pair.good")}
    >
      <Stack gap="xs">
        <Text size="sm">{t("pages.gateways.pair.goodHint")}</Text>
        <Facts
          rows={[
            [t("pages.gateways.pair.answered"), <Mono key="address">{check.address}</Mono>],
            [t("pages.gateways.version"), check.software],
            [t("pages.gateways.pair.keyCompare"), <Mono key="key">{check.key_sha256}</Mono>],
          ]}
        />
        <Text size="xs">{t("pages.gateways.pair.keyCompareHint")}</Text>
      </Stack>
    </Alert>
  );
}

/** After so long somebody is told where to look. */
const LONG_MS = 15_000;

function Waiting({ paired, onClose }: { paired: Gateway; onClose: () => void }) {
  const { t } = useTranslation();
  const found = useQuery(gatewayQuery(paired.id, true));
  const [long, setLong] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLong(true), LONG_MS);
    return () => clearTimeout(timer);
  }, []);
  const gateway = found.data ?? paired;
  const link = gateway.ports.find(({ purpose }) => purpose === "link");
  return (
    <Stack>
      {gateway.connected ? (
        <Alert
          color="teal"
          role="status"
          icon={<IconCheck aria-hidden="true" />}
          title={t("pages.gateways.pair.connected")}
        />
      ) : (
        <Group gap="sm" role="status">
          <Loader size="sm" type="dots" />
          <Text size="sm">{t("pages.gateways.pair.waiting")}</Text>
        </Group>
      )}
      {!gateway.connected && (long || gateway.problem) && (
        <Alert color="yellow" role="alert">
          <Stack gap="xs">
            <Text size="sm">
              {gateway.direction === "gateway_dials"
                ? t("pages.gateways.pair.waitingLongClassic", { port: link?.port ?? 8383 })
                : t("pages.gateways.pair.waitingLong")}
            </Text>
            {gateway.problem && (
              <div>
                <RemarkText remark={gateway.problem} />
              </div>
            )}
          </Stack>
        </Alert>
      )}
      <section>
        <Title order={3} size="h5" mb={4}>
          {t("pages.gateways.pair.toOpen")}
        </Title>
        <Ports gateway={gateway} />
      </section>
      {!gateway.connected && long && <PortTests gateway={gateway} />}
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose}>
          {t("common.close")}
        </Button>
        <Button component={Link} to="/gateways/$id" params={{ id: gateway.id } as never}>
          {t("pages.gateways.pair.show")}
        </Button>
      </Group>
    </Stack>
  );
}
