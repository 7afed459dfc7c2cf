//! The proof itself: the password, or a code.
import { Button, Group, PasswordInput, SegmentedControl, Stack, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "../api/client";
import { canUsePasskeys, Declined, proveWithPasskey } from "../api/passkey";
import { isProblem } from "../api/problem";
import type { Asked } from "../api/proof";
import { ProblemAlert } from "../parts/problem";
import { CodeField, methodOf } from "./code-field";

export function ProofForm({ asked }: { asked: Asked }) {
  const { t } = useTranslation();
  const byCode = asked.methods.includes("totp");
  const [way, setWay] = useState<"password" | "code">("password");
  const [proof, setProof] = useState("");
  const prove = useMutation({
    mutationFn: () => {
      const method = way === "password" ? "password" : methodOf(proof);
      return body(api.POST("/api/v1/session/prove", { body: { method, proof } }));
    },
    onSuccess: () => asked.done(true),
    onError: () => setProof(""),
  });
  const passkey = useMutation({
    mutationFn: proveWithPasskey,
    onSuccess: () => asked.done(true),
  });
  const byPasskey = asked.methods.includes("passkey") && canUsePasskeys();
  const notThisPasskey = passkey.error && !(passkey.error instanceof Declined);
  const wrong = isProblem(prove.error, "invalid_input");
  const error = wrong ? t("pages.proof.wrong") : undefined;
  const field = {
    value: proof,
    onChange: (event: { currentTarget: { value: string } }) => setProof(event.currentTarget.value),
    autoFocus: true,
    "data-autofocus": true,
    error,
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (proof) prove.mutate();
      }}
    >
      <Stack>
        <Text size="sm">{t("pages.proof.explain")}</Text>
        <ProblemAlert error={wrong ? null : prove.error} />
        {byCode && (
          <SegmentedControl
            aria-label={t("pages.proof.way")}
            value={way}
            onChange={(value) => {
              setWay(value as typeof way);
              setProof("");
            }}
            data={[
              { value: "password", label: t("pages.signIn.password") },
              { value: "code", label: t("pages.secondFactor.code") },
            ]}
          />
        )}
        {way === "password" ? (
          <PasswordInput
            label={t("pages.signIn.password")}
            autoComplete="current-password"
            visibilityToggleButtonProps={{ "aria-label": t("pages.signIn.show") }}
            {...field}
          />
        ) : (
          <CodeField {...field} />
        )}
        {byPasskey && (
          <Button variant="default" loading={passkey.isPending} onClick={() => passkey.mutate()}>
            {t("pages.passkeys.prove")}
          </Button>
        )}
        {notThisPasskey && (
          <Text size="sm" role="alert">
            {t("pages.proof.wrong")}
          </Text>
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={() => asked.done(false)}>
            {t("common.cancel")}
          </Button>
          <Button type="submit" loading={prove.isPending} disabled={!proof}>
            {t("pages.proof.submit")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
