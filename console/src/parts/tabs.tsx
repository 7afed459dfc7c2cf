//! Tabs whose choice is in the address.
import { Tabs } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";
import type { ReactNode } from "react";

export interface Tab {
  id: string;
  label: string;
  content: () => ReactNode;
}

export function PageTabs({ tabs, label }: { tabs: Tab[]; label: string }) {
  const navigate = useNavigate();
  const { tab } = useSearch({ strict: false }) as { tab?: string };
  const active = tabs.find((each) => each.id === tab) ?? tabs[0];
  return (
    <Tabs
      value={active?.id ?? null}
      // A tab's list has conditions of its own, so the others' are dropped.
      onChange={(id) =>
        void navigate({
          to: ".",
          search: (id === tabs[0]?.id ? {} : { tab: id }) as never,
          resetScroll: false,
        })
      }
      keepMounted={false}
    >
      <Tabs.List mb="md" aria-label={label}>
        {tabs.map((each) => (
          <Tabs.Tab key={each.id} value={each.id}>
            {each.label}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      {tabs.map((each) => (
        <Tabs.Panel key={each.id} value={each.id}>
          {each.id === active?.id && each.content()}
        </Tabs.Panel>
      ))}
    </Tabs>
  );
}
