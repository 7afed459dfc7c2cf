//! Pages that share one entry of the rail, as tabs above each of them.
import { Tabs } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";

interface Props {
  label: string;
  /** The path of the present one. */
  at: string;
  /** Path and label of each. */
  pages: readonly (readonly [string, string])[];
}

export function Siblings({ label, at, pages }: Props) {
  const navigate = useNavigate();
  return (
    <Tabs value={at} onChange={(to) => to && void navigate({ to: to as never })} mb="md">
      <Tabs.List aria-label={label}>
        {pages.map(([to, name]) => (
          <Tabs.Tab key={to} value={to}>
            {name}
          </Tabs.Tab>
        ))}
      </Tabs.List>
    </Tabs>
  );
}
