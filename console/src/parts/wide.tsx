//! What may be wider than its window: it is moved sideways, also with the keyboard.
import { Table } from "@mantine/core";
import type { ReactNode } from "react";

interface Props {
  label: string;
  /** In pixels. */
  minWidth: number;
  children: ReactNode;
}

export function Wide({ label, minWidth, children }: Props) {
  return (
    // What moves is the element itself, so that it can have the focus.
    <Table.ScrollContainer
      type="native"
      minWidth={minWidth}
      tabIndex={0}
      role="group"
      aria-label={label}
    >
      {children}
    </Table.ScrollContainer>
  );
}
