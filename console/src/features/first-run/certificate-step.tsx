//! Under which names the server is reached, and who certifies them.
import {
  Alert,
  Button,
  FileButton,
  Group,
  List,
  PasswordInput,
  SegmentedControl,
  Stack,
  Text,
  Textarea,
} from "@mantine/core";
import { IconCheck, IconFileCertificate, IconKey } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body, type Schemas } from "../../api/client";
import { isProblem } from "../../api/problem";
import { Mono } from "../../parts/copy";
import { Facts } from "../../parts/facts";
import { Loading, LoadProblem, ProblemAlert, problemText } from "../../parts/problem";
import { At } from "../../parts/time";
import { dropDraft, keepDraft, readDraft } from "./draft";
import { readNames } from "./server-names";

type Certificate = Schemas["ServerCertificateView"];
type Chosen = Schemas["ChosenCertificate"];

const DRAFT = "first-run.certificate";

const QUERY = {
  queryKey: ["system", "certificate"],
  queryFn: ({ signal }: { signal: AbortSignal }) =>
    body(api.GET("/api/v1/system/certificate", { signal })),
};

export function CertificateStep() {
  const { t } = useTranslation();
  const found = useQuery(QUERY);
  const [way, setWay] = useState<string>();
  if (found.error && !found.data) {
    return <LoadProblem error={found.error} onRetry={() => void found.refetch()} />;
  }
  if (!found.data) return <Loading lines={4} />;
  const now = way ?? found.data.source;
  return (
    <Stack>
      <Text>{t("pages.firstRun.certificate.about", { name: found.data.public_name })}</Text>
      {found.data.chosen_at && (
        <Alert
          color="teal"
          role="status"
          icon={<IconCheck aria-hidden="true" />}
          title={t("pages.firstRun.certificate.chosen", {
            name: found.data.chosen_by?.name ?? "",
          })}
        >
          {t("pages.firstRun.certificate.inEffect")}
        </Alert>
      )}
      <Shown certificate={found.data} />
      <SegmentedControl
        className="choice"
        aria-label={t("pages.firstRun.certificate.way")}
        value={now}
        onChange={setWay}
        data={[
          { value: "site_ca", label: t("pages.firstRun.certificate.own") },
          { value: "uploaded", label: t("pages.firstRun.certificate.upload") },
        ]}
      />
      {now === "uploaded" ? <Upload /> : <Own certificate={found.data} />}
    </Stack>
  );
}

function Shown({ certificate }: { certificate: Certificate }) {
  const { t } = useTranslation();
  return (
    <Facts
      rows={[
        [
          t("pages.firstRun.certificate.names"),
          <span key="names">{certificate.names.join(", ")}</span>,
        ],
        [t("pages.firstRun.certificate.issuer"), <bdi key="issuer">{certificate.issuer}</bdi>],
        [t("pages.firstRun.certificate.until"), <At key="until" value={certificate.not_after} />],
        [
          t("pages.firstRun.certificate.fingerprint"),
          <Mono key="fingerprint" copy>
            {certificate.fingerprint}
          </Mono>,
        ],
      ]}
    />
  );
}

function useChoose() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (chosen: Chosen) => body(api.PUT("/api/v1/system/certificate", { body: chosen })),
    onSuccess: async (shown, { dry_run }) => {
      if (dry_run) return;
      client.setQueryData(QUERY.queryKey, shown);
      await client.invalidateQueries({ queryKey: ["overview"] });
    },
  });
}

/** The site's own authority, for the server's name and those that are typed. */
function Own({ certificate }: { certificate: Certificate }) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState(
    () => readDraft(DRAFT, { names: certificate.more_names.join("\n") }).names,
  );
  const choose = useChoose();
  const field = useRef<HTMLTextAreaElement>(null);
  const [fault, setFault] = useState<string>();
  const refused = isProblem(choose.error, "invalid_input") && choose.error.field === "names";
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        const { names, wrong } = readNames(typed);
        if (wrong) {
          const { line, name, from, to } = wrong;
          setFault(t("pages.firstRun.certificate.wrongName", { line, name }));
          field.current?.focus();
          field.current?.setSelectionRange(from, to);
          return;
        }
        choose.mutate(
          { source: "site_ca", names, dry_run: false },
          { onSuccess: () => dropDraft(DRAFT), onError: () => field.current?.focus() },
        );
      }}
    >
      <Stack align="flex-start">
        <Text size="sm" c="dimmed">
          {t("pages.firstRun.certificate.ownAbout")}
        </Text>
        <ProblemAlert error={refused ? null : choose.error} />
        <Textarea
          ref={field}
          error={
            fault ??
            (refused && problemText(t, choose.error, t("pages.firstRun.certificate.moreNames")))
          }
          w="100%"
          autosize
          minRows={2}
          maxRows={8}
          label={`${t("pages.firstRun.certificate.moreNames")}${t("common.optional")}`}
          description={t("pages.firstRun.certificate.moreNamesHint")}
          autoCapitalize="none"
          spellCheck={false}
          value={typed}
          onChange={({ currentTarget: { value } }) => {
            setTyped(value);
            setFault(undefined);
            if (choose.error) choose.reset();
            keepDraft(DRAFT, { names: value });
          }}
        />
        <Button type="submit" loading={choose.isPending}>
          {t("pages.firstRun.certificate.useOwn")}
        </Button>
        <Text size="sm" c="dimmed">
          {t("pages.firstRun.certificate.trustOwn")}
        </Text>
      </Stack>
    </form>
  );
}

interface Read {
  name: string;
  /** PEM as it is, PKCS#12 in base64. */
  text: string;
  isPfx: boolean;
}

/** PEM is text; a PKCS#12 file begins with a SEQUENCE, long or of open length. */
async function readPicked(picked: File): Promise<Read> {
  const bytes = new Uint8Array(await picked.arrayBuffer());
  const isPfx = bytes[0] === 0x30 && (bytes[1] ?? 0) >= 0x80;
  const text = isPfx
    ? btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""))
    : new TextDecoder().decode(bytes);
  return { name: picked.name, text, isPfx };
}

/** Another authority's. Keys and passwords are never drawn, and are let go when
 *  they were sent. */
function Upload() {
  const { t } = useTranslation();
  const [chain, setChain] = useState<Read>();
  const [key, setKey] = useState<Read>();
  const [password, setPassword] = useState("");
  const choose = useChoose();
  const upload = uploadOf(chain, key, password);
  const send = (dry_run: boolean) => {
    if (!upload) return;
    choose.mutate(
      { source: "uploaded", names: [], ...upload, dry_run },
      {
        onSuccess: () => {
          if (dry_run) return;
          setChain(undefined);
          setKey(undefined);
          setPassword("");
        },
      },
    );
  };
  const judged = choose.data && choose.variables?.dry_run ? choose.data : undefined;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        send(false);
      }}
    >
      <Stack align="flex-start">
        <Text size="sm" c="dimmed">
          {t("pages.firstRun.certificate.uploadAbout")}
        </Text>
        <Group>
          <Pick
            label={t("pages.firstRun.certificate.chain")}
            icon={<IconFileCertificate size={17} aria-hidden="true" />}
            accept=".pem,.crt,.cer,.pfx,.p12"
            file={chain}
            onRead={(file) => {
              choose.reset();
              setPassword("");
              setChain(file);
            }}
          />
          {!chain?.isPfx && (
            <Pick
              label={t("pages.firstRun.certificate.key")}
              icon={<IconKey size={17} aria-hidden="true" />}
              accept=".pem,.key"
              file={key}
              onRead={(file) => {
                choose.reset();
                setKey(file);
              }}
            />
          )}
        </Group>
        {chain?.isPfx && (
          <PasswordInput
            w="100%"
            maw={420}
            label={t("pages.firstRun.certificate.password")}
            description={t("pages.firstRun.certificate.passwordHint")}
            autoComplete="off"
            value={password}
            onChange={({ currentTarget: { value } }) => setPassword(value)}
          />
        )}
        <ProblemAlert
          error={choose.error}
          fields={{
            chain: t("pages.firstRun.certificate.chain"),
            key: t("pages.firstRun.certificate.key"),
            pfx: t("pages.firstRun.certificate.chain"),
            password: t("pages.firstRun.certificate.password"),
          }}
        />
        {judged && (
          <Alert
            color="teal"
            role="status"
            icon={<IconCheck aria-hidden="true" />}
            title={t("pages.firstRun.certificate.good")}
            w="100%"
          >
            <Shown certificate={judged} />
          </Alert>
        )}
        <Group>
          <Button type="submit" disabled={!upload} loading={choose.isPending}>
            {t("pages.firstRun.certificate.useUploaded")}
          </Button>
          <Button
            variant="default"
            disabled={!upload}
            loading={choose.isPending}
            onClick={() => send(true)}
          >
            {t("pages.firstRun.certificate.check")}
          </Button>
        </Group>
        <List size="sm" c="dimmed">
          <List.Item>{t("pages.firstRun.certificate.forAgents")}</List.Item>
          <List.Item>{t("pages.firstRun.certificate.forCli")}</List.Item>
        </List>
      </Stack>
    </form>
  );
}

/** What is sent; `undefined` while something is missing. */
function uploadOf(chain: Read | undefined, key: Read | undefined, password: string) {
  if (chain?.isPfx) return { pfx: chain.text, password };
  return chain && key ? { chain: chain.text, key: key.text } : undefined;
}

interface PickProps {
  label: string;
  icon: ReactNode;
  accept: string;
  file: Read | undefined;
  onRead: (file: Read) => void;
}

/** A file of this machine, read here; only its name is drawn. */
function Pick({ label, icon, accept, file, onRead }: PickProps) {
  return (
    <Group gap="xs">
      <FileButton
        accept={accept}
        inputProps={{ "aria-label": label }}
        onChange={(picked) => {
          if (picked) void readPicked(picked).then(onRead);
        }}
      >
        {(props) => (
          <Button variant="default" leftSection={icon} {...props}>
            {label}
          </Button>
        )}
      </FileButton>
      {file && (
        <Text size="sm">
          <bdi>{file.name}</bdi>
        </Text>
      )}
    </Group>
  );
}
