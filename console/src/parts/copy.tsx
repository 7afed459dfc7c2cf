//! Things to copy.
import { ActionIcon, CopyButton, Group, Text, Tooltip } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";

export function CopyIcon({ value, label }: { value: string; label?: string }) {
  const { t } = useTranslation();
  return (
    <CopyButton value={value} timeout={1500}>
      {({ copied, copy }) => (
        <Tooltip label={copied ? t("common.copied") : (label ?? t("common.copy"))}>
          <ActionIcon
            variant="subtle"
            color={copied ? "teal" : "gray"}
            onClick={copy}
            aria-label={copied ? t("common.copied") : (label ?? t("common.copy"))}
          >
            {copied ? <IconCheck size={16} /> : <IconCopy size={16} />}
          </ActionIcon>
        </Tooltip>
      )}
    </CopyButton>
  );
}

/** A command or a key, with a button that copies it. */
export function CopyBlock({ value, label }: { value: string; label?: string }) {
  return (
    <Group gap={4} wrap="nowrap" align="flex-start">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a long line scrolls, by keyboard too */}
      <pre className="pre" style={{ flex: 1, maxHeight: 220, overflow: "auto" }} tabIndex={0}>
        {value}
      </pre>
      <CopyIcon value={value} {...(label ? { label } : {})} />
    </Group>
  );
}

/** A technical value, e.g. an id or a fingerprint. */
export function Mono({ children, copy }: { children: string; copy?: boolean }) {
  return (
    <Group gap={2} wrap="nowrap" component="span" display="inline-flex" maw="100%">
      <Text span className="mono" size="sm" style={{ wordBreak: "break-all" }}>
        {children}
      </Text>
      {copy && <CopyIcon value={children} />}
    </Group>
  );
}
