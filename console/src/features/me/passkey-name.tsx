//! Asking for the name of a passkey: of a new one, and of one that gets another.
import { Button, Group, Stack, TextInput } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { Dialog } from "../../parts/dialog";

interface Props {
  /** The title of the dialog, and what its button says. */
  action: string;
  /** The name to begin with. */
  name: string;
  /** What to know of the name. */
  hint?: string;
  pending: boolean;
  /** The name, without blanks at its ends; never empty. */
  onName: (name: string) => void;
  onClose: () => void;
  /** What stands above the name. */
  children?: ReactNode;
}

export function PasskeyName({ action, name, hint, pending, onName, onClose, children }: Props) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState(name);
  const wanted = typed.trim();
  return (
    <Dialog title={action} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (wanted) onName(wanted);
        }}
      >
        <Stack>
          {children}
          <TextInput
            label={t("pages.passkeys.name")}
            description={hint}
            required
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
            data-autofocus
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t("common.cancel")}
            </Button>
            <Button type="submit" loading={pending} disabled={!wanted}>
              {action}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
