//! The proof itself: the password, or a code.
import { Button, Group, PasswordInput, SegmentedControl, Stack, Text } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "../api/client";
import { canUsePasskeys, Declined, proveWithPasskey } from "../api/passkey";
import { isProblem } from "../api/problem";
import type { Asked } from "../api/proof";
import { Blocked, proveElsewhere } from "../api/provider";
import { publicSystem } from "../api/queries";
import { ProblemAlert } from "../parts/problem";
import { CodeField, methodOf } from "./code-field";

export function ProofForm({ asked }: { asked: Asked }) {
  const { t } = useTranslation();
  const byCode = asked.methods.includes("totp");
  const byType = byCode || asked.methods.includes("password");
  const [way, setWay] = useState<"password" | "code">(
    asked.methods.includes("password") ? "password" : "code",
  );
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
  const site = useQuery(publicSystem);
  const provider = useMutation({
    mutationFn: proveElsewhere,
    onSuccess: (given) => {
      if (given) asked.done(true);
    },
  });
  const byProvider = asked.methods.includes("provider") ? site.data?.oidc : undefined;
  // After a provider alone, only a second factor counts.
  const byPassword = asked.methods.includes("password");
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
        {byCode && byPassword && (
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
        {byProvider && (
          <Button
            variant={asked.methods[0] === "provider" ? "filled" : "default"}
            onClick={() => provider.mutate()}
          >
            {t("pages.proof.provider", { name: byProvider })}
          </Button>
        )}
        {provider.isPending && (
          <Text size="sm" role="status">
            {t("pages.proof.elsewhere")}
          </Text>
        )}
        {(provider.error instanceof Blocked || provider.data === false) && (
          <Text size="sm" role="alert">
            {provider.error ? t("pages.proof.blocked") : t("pages.proof.wrong")}
          </Text>
        )}
        <ProblemAlert error={provider.error instanceof Blocked ? null : provider.error} />
        {!byType ? null : way === "password" ? (
          <PasswordInput
            label={t("pages.signIn.password")}
            autoComplete="current-password"
            visibilityToggleFocusable
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
          {byType && (
            <Button type="submit" loading={prove.isPending} disabled={!proof}>
              {t("pages.proof.submit")}
            </Button>
          )}
        </Group>
      </Stack>
    </form>
  );
}
