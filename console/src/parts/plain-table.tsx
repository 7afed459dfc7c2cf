//! A small table that is no list: a few rows, all there.
import { Table } from "@mantine/core";
import type { ReactNode } from "react";
import { Wide } from "./wide";

interface Props {
  label: string;
  heads: readonly string[];
  /** Rows. */
  children: ReactNode;
  minWidth?: number;
}

export function PlainTable({ label, heads, children, minWidth = 480 }: Props) {
  return (
    <Wide minWidth={minWidth} label={label}>
      <Table>
        <Table.Thead>
          <Table.Tr>
            {heads.map((head) => (
              <Table.Th key={head} scope="col">
                {head}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>{children}</Table.Tbody>
      </Table>
    </Wide>
  );
}
