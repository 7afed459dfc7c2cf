//! The rules of a group, one line each.
import {
  ActionIcon,
  Button,
  Group,
  SegmentedControl,
  Select,
  Stack,
  TextInput,
} from "@mantine/core";
import { IconPlus, IconX } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Criteria } from "../../api/client";
import { useWord } from "../../parts/words";
import {
  FIELDS,
  MOST_RULES,
  newRule,
  operatorsOf,
  PLATFORMS,
  type Rule,
  withField,
} from "./criteria";

interface Props {
  value: Criteria;
  onChange: (value: Criteria) => void;
}

export function CriteriaEditor({ value, onChange }: Props) {
  const { t } = useTranslation();
  const { rules } = value;
  const put = (at: number, rule: Rule) =>
    onChange({ ...value, rules: rules.map((each, index) => (index === at ? rule : each)) });
  return (
    <Stack gap="xs">
      {rules.length > 1 && (
        <SegmentedControl
          aria-label={t("pages.groups.criteria.match")}
          style={{ alignSelf: "flex-start" }}
          data={["all", "any"].map((match) => ({
            value: match,
            label: t(`pages.groups.criteria.matches.${match}` as never),
          }))}
          value={value.match}
          onChange={(match) => onChange({ ...value, match })}
        />
      )}
      {rules.map((rule, at) => (
        <RuleRow
          // biome-ignore lint/suspicious/noArrayIndexKey: rules have no other identity
          key={at}
          number={at + 1}
          rule={rule}
          onChange={(next) => put(at, next)}
          {...(rules.length > 1
            ? {
                onRemove: () =>
                  onChange({ ...value, rules: rules.filter((_, index) => index !== at) }),
              }
            : {})}
        />
      ))}
      {rules.length < MOST_RULES && (
        <Button
          size="compact-sm"
          variant="subtle"
          style={{ alignSelf: "flex-start" }}
          leftSection={<IconPlus size={15} aria-hidden="true" />}
          onClick={() => onChange({ ...value, rules: [...rules, newRule()] })}
        >
          {t("pages.groups.criteria.add")}
        </Button>
      )}
    </Stack>
  );
}

interface RowProps {
  number: number;
  rule: Rule;
  onChange: (rule: Rule) => void;
  onRemove?: () => void;
}

function RuleRow({ number, rule, onChange, onRemove }: RowProps) {
  const { t } = useTranslation();
  const word = useWord();
  const label = (what: "field" | "operator" | "text") =>
    t(`pages.groups.criteria.${what}`, { number });
  return (
    <Group
      gap="xs"
      align="flex-start"
      role="group"
      aria-label={t("pages.groups.criteria.of", { number })}
    >
      <Select
        aria-label={label("field")}
        style={{ flex: "1 1 110px" }}
        allowDeselect={false}
        data={FIELDS.map((field) => ({
          value: field,
          label: t(`pages.groups.criteria.fields.${field}`),
        }))}
        value={rule.field}
        onChange={(field) => field && onChange(withField(rule, field))}
      />
      <Select
        aria-label={label("operator")}
        style={{ flex: "1 1 140px" }}
        allowDeselect={false}
        data={operatorsOf(rule.field).map((operator) => ({
          value: operator,
          label: t(`pages.groups.criteria.operators.${operator}` as never),
        }))}
        value={rule.operator}
        onChange={(operator) => operator && onChange({ ...rule, operator })}
      />
      {rule.field === "platform" ? (
        <Select
          aria-label={label("text")}
          style={{ flex: "2 1 150px" }}
          allowDeselect={false}
          data={PLATFORMS.map((value) => ({ value, label: word("platform", value) }))}
          value={rule.text}
          onChange={(text) => text && onChange({ ...rule, text })}
        />
      ) : (
        <TextInput
          aria-label={label("text")}
          style={{ flex: "2 1 150px" }}
          placeholder={rule.field === "name" ? "web-" : ".example.com"}
          maxLength={200}
          autoCapitalize="none"
          spellCheck={false}
          value={rule.text}
          onChange={(event) => onChange({ ...rule, text: event.currentTarget.value })}
        />
      )}
      {onRemove && (
        <ActionIcon
          variant="subtle"
          color="gray"
          size={36}
          aria-label={t("pages.groups.criteria.remove", { number })}
          onClick={onRemove}
        >
          <IconX size={17} />
        </ActionIcon>
      )}
    </Group>
  );
}
