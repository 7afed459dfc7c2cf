//! What firewalls have to allow for a gateway.
import { Stack, Table, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { CopyBlock } from "../../parts/copy";
import { PlainTable } from "../../parts/plain-table";
import { Sign } from "../../parts/words";
import type { Gateway } from "./queries";
import { hostOf } from "./state";

const PLACES = ["internet", "gateway", "server"] as const;
const PURPOSES = ["agents", "link", "pass_through"] as const;

export function Ports({ gateway }: { gateway: Gateway }) {
  const { t } = useTranslation();
  const place = (word: string) => {
    const known = PLACES.find((one) => one === word);
    return known ? t(`pages.gateways.network.places.${known}`) : word;
  };
  const purpose = (word: string) => {
    const known = PURPOSES.find((one) => one === word);
    return known ? t(`pages.gateways.network.purposes.${known}`) : word;
  };
  const classic = gateway.direction === "gateway_dials";
  return (
    <Stack gap="xs">
      <Text size="sm" c="dimmed">
        {t(
          classic ? "pages.gateways.network.portsHintClassic" : "pages.gateways.network.portsHint",
        )}
      </Text>
      <PlainTable
        label={t("pages.gateways.network.ports")}
        minWidth={300}
        heads={[
          t("pages.gateways.network.fromTo"),
          t("pages.gateways.network.port"),
          t("pages.gateways.network.purpose"),
        ]}
      >
        {gateway.ports.map(({ from, to, port, purpose: what }) => (
          <Table.Tr key={`${from} ${to} ${port} ${what}`}>
            <Table.Td>
              {place(from)} → {place(to)}
            </Table.Td>
            <Table.Td className="mono">TCP {port}</Table.Td>
            <Table.Td>
              {purpose(what)}{" "}
              {from === "gateway" && <Sign tone="warn">{t("pages.gateways.opensPort")}</Sign>}
            </Table.Td>
          </Table.Tr>
        ))}
        {!classic && (
          <Table.Tr>
            <Table.Td>{t("pages.gateways.network.noPort")}</Table.Td>
            <Table.Td>{t("pages.gateways.network.noPortNeeded")}</Table.Td>
            <Table.Td />
          </Table.Tr>
        )}
      </PlainTable>
    </Stack>
  );
}

/** Commands that try the ports, from the machines that dial. */
export function portTests(gateway: Gateway): string {
  const [first] = gateway.public;
  const lines = gateway.ports.map(({ from, to, port }) => {
    // Where agents go is known; the server's address in the DMZ is not.
    const host =
      to === "server"
        ? "SERVER"
        : hostOf(from === "internet" ? (first?.address ?? "") : gateway.address);
    return `nc -vz ${host || "GATEWAY"} ${port}`;
  });
  return [...new Set(lines)].join("\n");
}

export function PortTests({ gateway }: { gateway: Gateway }) {
  const { t } = useTranslation();
  return (
    <div>
      <Text size="sm" c="dimmed" mb={4}>
        {t("pages.gateways.network.test")}
      </Text>
      <CopyBlock value={portTests(gateway)} />
    </div>
  );
}
