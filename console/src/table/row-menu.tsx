import { ActionIcon, Menu } from "@mantine/core";
import { IconDotsVertical } from "@tabler/icons-react";
import { type ReactNode, useEffect, useState } from "react";

interface Props {
  label: string;
  children: ReactNode;
}

const DOTS = <IconDotsVertical size={18} />;
const LOOK = { variant: "subtle", color: "gray" } as const;

/**
 * The menu of a row. Until it is asked for it is a button and nothing else: a page has up
 * to 200 rows, and hardly one of their menus is ever opened.
 */
export function RowMenu(props: Props) {
  const [asked, setAsked] = useState(false);
  if (asked) return <Opened {...props} />;
  return (
    <ActionIcon
      {...LOOK}
      aria-label={props.label}
      aria-haspopup="menu"
      aria-expanded={false}
      onClick={() => setAsked(true)}
    >
      {DOTS}
    </ActionIcon>
  );
}

function Opened({ label, children }: Props) {
  const [opened, setOpened] = useState(false);
  // Not at once: first the button takes the focus, to which it returns.
  useEffect(() => setOpened(true), []);
  return (
    <Menu opened={opened} onChange={setOpened} returnFocus position="bottom-end" withinPortal>
      <Menu.Target>
        <ActionIcon {...LOOK} aria-label={label} ref={takeFocus}>
          {DOTS}
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>{children}</Menu.Dropdown>
    </Menu>
  );
}

/** It stands where the pressed button stood, which had the focus. */
function takeFocus(button: HTMLButtonElement | null) {
  button?.focus();
}
