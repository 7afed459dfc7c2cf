//! What a gateway, or the server about it, says does not go as it should.
import { List, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { components } from "../../api/schema.gen";

export type Remark = components["schemas"]["RemarkView"];

/** In the reader's language, then the sentence of the program, which is English. */
export function RemarkText({ remark }: { remark: Remark }) {
  const { t } = useTranslation();
  const other = t("pages.gateways.topics.other");
  const text = t(`pages.gateways.topics.${remark.topic}` as never, { defaultValue: other });
  return (
    <>
      <Text size="sm">{text}</Text>
      <Text size="xs" lang="en">
        {remark.sentence}
      </Text>
    </>
  );
}

export function Remarks({ title, remarks }: { title: string; remarks: readonly Remark[] }) {
  return (
    <div>
      <Text size="sm" fw={600}>
        {title}
      </Text>
      <List size="sm">
        {remarks.map((remark) => (
          <List.Item key={`${remark.topic} ${remark.sentence}`}>
            <RemarkText remark={remark} />
          </List.Item>
        ))}
      </List>
    </div>
  );
}
