//! Two people changed one thing: what each of them wrote, side by side.
import { Button, Group, Mark, Stack, Table, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";

interface Props {
  /** Label, mine, theirs. */
  rows: [string, string, string][];
  onTake: () => void;
  onKeep: () => void;
}

export function StaleChange({ rows, onTake, onKeep }: Props) {
  const { t } = useTranslation();
  return (
    <Stack role="alert">
      <Text fw={600}>{t("problems.stale.title")}</Text>
      <Text size="sm">{t("problems.stale.explain")}</Text>
      <Table layout="fixed">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t("problems.stale.field")}</Table.Th>
            <Table.Th>{t("problems.stale.yours")}</Table.Th>
            <Table.Th>{t("problems.stale.theirs")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map(([label, mine, now]) => {
            const show = (text: string) => {
              const shown = <bdi>{text || "–"}</bdi>;
              return mine === now ? shown : <Mark>{shown}</Mark>;
            };
            return (
              <Table.Tr key={label}>
                <Table.Th scope="row">{label}</Table.Th>
                <Table.Td>{show(mine)}</Table.Td>
                <Table.Td>{show(now)}</Table.Td>
              </Table.Tr>
            );
          })}
        </Table.Tbody>
      </Table>
      <Group justify="flex-end">
        <Button variant="default" onClick={onTake} data-autofocus>
          {t("problems.stale.take")}
        </Button>
        <Button onClick={onKeep}>{t("problems.stale.keep")}</Button>
      </Group>
    </Stack>
  );
}
