//! What is known of one thing: labels and values.
import { Table } from "@mantine/core";
import type { ReactNode } from "react";

export function Facts({ rows }: { rows: [string, ReactNode][] }) {
  return (
    <Table withRowBorders={false} verticalSpacing={6} layout="fixed" maw={860}>
      <Table.Tbody>
        {rows.map(([label, value]) => (
          <Table.Tr key={label} style={{ verticalAlign: "top" }}>
            <Table.Th scope="row" className="fact-label">
              {label}
            </Table.Th>
            <Table.Td>{value}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
