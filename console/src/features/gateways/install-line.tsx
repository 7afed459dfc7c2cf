//! What is typed at a device of an office: the line, and the key it asks for.
import { Alert, Button, Group, SegmentedControl, Stack, Text } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body, type Schemas } from "../../api/client";
import { isProblem } from "../../api/problem";
import { CopyBlock, Mono } from "../../parts/copy";
import { Dialog } from "../../parts/dialog";
import { Facts } from "../../parts/facts";
import { ProblemAlert } from "../../parts/problem";
import { At } from "../../parts/time";
import { useWord } from "../../parts/words";
import type { Office } from "./queries";

type Made = Schemas["InstallLineView"];

export function InstallLine({ office, onClose }: { office: Office; onClose: () => void }) {
  const { t } = useTranslation();
  const word = useWord();
  const client = useQueryClient();
  const [use, setUse] = useState("once");
  // Shown this once; no query keeps it.
  const [made, setMade] = useState<Made>();
  const make = useMutation({
    mutationFn: () =>
      body(
        api.POST("/api/v1/offices/{id}/install-line", {
          params: { path: { id: office.id } },
          body: { use },
        }),
      ),
    onSuccess: async (line) => {
      setMade(line);
      await client.invalidateQueries({ queryKey: ["enrolment-keys"] });
    },
  });
  const noGateway = isProblem(make.error, "conflict") && make.error.conflict === "no_gateway";
  return (
    <Dialog
      onClose={onClose}
      size="lg"
      title={t("pages.offices.install.title", { name: office.name })}
      closeOnClickOutside={!made}
      closeOnEscape={!made}
      withCloseButton={!made}
    >
      {made ? (
        <Stack>
          <Alert color="yellow">{t("common.shownOnce")}</Alert>
          <div>
            <Text size="sm" fw={600} mb={4}>
              {t("pages.offices.install.command")}
            </Text>
            <CopyBlock value={made.command} />
            <Text size="sm" c="dimmed" mt={4}>
              {t("pages.offices.install.commandHint")}
            </Text>
          </div>
          <div>
            <Text size="sm" fw={600} mb={4}>
              {t("pages.offices.install.key")}
            </Text>
            <CopyBlock value={made.key} />
          </div>
          <Facts
            rows={[
              [t("pages.offices.install.address"), <Mono key="address">{made.address}</Mono>],
              [t("pages.offices.install.until"), <At key="until" value={made.expires_at} />],
            ]}
          />
          <Group justify="flex-end">
            <Button onClick={onClose}>{t("common.stored")}</Button>
          </Group>
        </Stack>
      ) : (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            make.mutate();
          }}
        >
          <Stack>
            {noGateway ? (
              <Alert color="red" role="alert" title={t("pages.offices.install.noGateway")} />
            ) : (
              make.error && <ProblemAlert error={make.error} />
            )}
            <Text size="sm">{t("pages.offices.install.explain")}</Text>
            <Stack gap={4}>
              <Text size="sm" fw={500} id="line-use">
                {t("pages.offices.install.use")}
              </Text>
              <SegmentedControl
                className="choice"
                aria-labelledby="line-use"
                data={["once", "window"].map((value) => ({ value, label: word("keyUse", value) }))}
                value={use}
                onChange={setUse}
              />
            </Stack>
            <Group justify="flex-end">
              <Button variant="default" onClick={onClose}>
                {t("common.cancel")}
              </Button>
              <Button type="submit" loading={make.isPending} data-autofocus>
                {t("pages.offices.install.submit")}
              </Button>
            </Group>
          </Stack>
        </form>
      )}
    </Dialog>
  );
}
