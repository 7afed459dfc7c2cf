//! The bell: how many of one's own tasks have ended and were not read of. Who cannot
//! see the number hears it when it grows.
import { ActionIcon, Badge, Tooltip, VisuallyHidden } from "@mantine/core";
import { IconBell } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { notificationCounts } from "../api/queries";

export function Bell() {
  const { t } = useTranslation();
  const { data } = useQuery(notificationCounts);
  const unread = data?.unread ?? 0;
  const before = useRef<number>(undefined);
  const [told, setTold] = useState("");
  useEffect(() => {
    if (data === undefined) return;
    // What was there when the page was opened is no news.
    if (before.current !== undefined && unread > before.current) {
      setTold(t("shell.bell.arrived", { count: unread }));
    }
    before.current = unread;
  }, [data, unread, t]);
  const label = unread === 0 ? t("shell.bell.none") : t("shell.bell.some", { count: unread });
  return (
    <>
      <Tooltip label={label}>
        <ActionIcon
          component={Link}
          to="/notifications"
          variant="default"
          size="lg"
          aria-label={label}
          className="bell"
        >
          <IconBell size={18} stroke={1.6} aria-hidden="true" />
          {unread > 0 && (
            <Badge size="xs" circle={unread < 10} color="red" className="bell-count" aria-hidden>
              {unread > 99 ? "99+" : unread}
            </Badge>
          )}
        </ActionIcon>
      </Tooltip>
      <VisuallyHidden role="status" aria-live="polite">
        {told}
      </VisuallyHidden>
    </>
  );
}
