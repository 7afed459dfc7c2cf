//! A dialog that is there while it is drawn. When it goes, the focus goes back to
//! what opened it.
import { Modal, type ModalProps } from "@mantine/core";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";

type Props = Omit<ModalProps, "opened" | "closeButtonProps">;

export function Dialog(props: Props) {
  const { t } = useTranslation();
  useFocusBack();
  return (
    <Modal
      opened
      returnFocus={false}
      closeButtonProps={{ "aria-label": t("common.close") }}
      {...props}
    />
  );
}

function useFocusBack() {
  // Taken while drawing: the dialog has not moved the focus yet.
  const opener = useRef<Element>(null);
  opener.current ??= openerOf(document.activeElement);
  useEffect(() => {
    const element = opener.current;
    return () => {
      // The dialog's own parts are still leaving.
      setTimeout(() => {
        const page = element?.ownerDocument;
        const isFree = page?.activeElement === page?.body || !page?.activeElement;
        if (isFree && element instanceof HTMLElement && element.isConnected) element.focus();
      }, 60);
    };
  }, []);
}

/** An item of a menu is gone when the dialog closes; the menu's button is not. */
function openerOf(active: Element | null): Element | null {
  const menu = active?.closest('[role="menu"]');
  const button = menu?.getAttribute("aria-labelledby");
  return (button && document.getElementById(button)) || active;
}
