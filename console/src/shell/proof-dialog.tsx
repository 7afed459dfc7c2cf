//! Asks again who one is, where the server wants to know: the call that needs it
//! waits and goes on.
import { Modal } from "@mantine/core";
import { lazy, Suspense, useEffect } from "react";
import { useTranslation } from "react-i18next";
import { useAskedProof, watchProof } from "../api/proof";

// Seldom needed, so it is not part of the first load.
const ProofForm = lazy(async () => ({ default: (await import("./proof-form")).ProofForm }));

export function ProofDialog() {
  const { t } = useTranslation();
  const asked = useAskedProof();
  useEffect(() => {
    watchProof(true);
    return () => watchProof(false);
  }, []);
  return (
    <Modal
      opened={asked !== undefined}
      onClose={() => asked?.done(false)}
      title={t("pages.proof.title")}
      closeButtonProps={{ "aria-label": t("common.close") }}
      closeOnClickOutside={false}
      zIndex={390}
    >
      <Suspense>{asked && <ProofForm asked={asked} />}</Suspense>
    </Modal>
  );
}
