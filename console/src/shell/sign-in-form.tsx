//! Name and password, then a second factor if there is one: on the sign-in page,
//! and when a session has ended.
import { Button, PasswordInput, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery } from "@tanstack/react-query";
import i18next from "i18next";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, body } from "../api/client";
import { canUsePasskeys, Declined, signInWithPasskey } from "../api/passkey";
import { isProblem } from "../api/problem";
import { signInElsewhere } from "../api/provider";
import { publicSystem } from "../api/queries";
import { normalise } from "../i18n/format";
import { ProblemAlert } from "../parts/problem";
import { CodeField, methodOf } from "./code-field";

interface Props {
  /** Given when one and the same person signs in again. */
  name?: string;
  /** Where a sign-in at the provider leads; without it, it is done beside the page. */
  back?: string;
  onDone: () => void;
}

export function SignInForm({ onDone, ...rest }: Props) {
  const [pending, setPending] = useState<string>();
  return pending === undefined ? (
    <FirstStep {...rest} onDone={onDone} onPending={setPending} />
  ) : (
    <SecondStep pending={pending} onDone={onDone} onBack={() => setPending(undefined)} />
  );
}

interface FirstProps extends Props {
  onPending: (pending: string) => void;
}

function FirstStep({ name, back, onDone, onPending }: FirstProps) {
  const { t } = useTranslation();
  const form = useForm({
    initialValues: { name: name ?? "", password: "" },
    validate: {
      name: (value) =>
        value.trim() ? null : t("common.required", { field: t("pages.signIn.name") }),
      password: (value) =>
        value ? null : t("common.required", { field: t("pages.signIn.password") }),
    },
  });
  const signIn = useMutation({
    mutationFn: (values: typeof form.values) =>
      body(
        api.POST("/api/v1/session", {
          body: { name: normalise(values.name), password: values.password },
        }),
      ),
    onSuccess: onDone,
    onError: (error) => {
      form.setFieldValue("password", "");
      if (isProblem(error, "second_factor_needed") && error.pending) onPending(error.pending);
    },
  });
  const wrong = isProblem(signIn.error, "unauthenticated");
  const shown = isProblem(signIn.error, "second_factor_needed") ? null : signIn.error;
  return (
    <form onSubmit={form.onSubmit((values) => signIn.mutate(values))} noValidate>
      <Stack>
        <ProblemAlert error={shown} />
        <TextInput
          label={t("pages.signIn.name")}
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          readOnly={name !== undefined}
          data-autofocus={name === undefined ? true : undefined}
          autoFocus={name === undefined}
          {...form.getInputProps("name")}
        />
        <PasswordInput
          label={t("pages.signIn.password")}
          autoComplete="current-password"
          data-autofocus={name !== undefined ? true : undefined}
          autoFocus={name !== undefined}
          visibilityToggleFocusable
          visibilityToggleButtonProps={{ "aria-label": t("pages.signIn.show") }}
          {...form.getInputProps("password")}
          error={wrong ? t("pages.signIn.wrong") : form.errors.password}
        />
        <Button type="submit" loading={signIn.isPending} fullWidth>
          {t("pages.signIn.submit")}
        </Button>
        <PasskeyButton onDone={onDone} />
        <ProviderButton {...(back === undefined ? {} : { back })} onDone={onDone} />
      </Stack>
    </form>
  );
}

/** Signs in at the OpenID provider: there, or in a window beside the page. */
function ProviderButton({ back, onDone }: { back?: string; onDone: () => void }) {
  const { t } = useTranslation();
  const site = useQuery(publicSystem);
  const signIn = useMutation({ mutationFn: signInElsewhere, onSuccess: onDone });
  const name = site.data?.oidc;
  if (!name) return null;
  const text = t("pages.signIn.provider", { name });
  if (back !== undefined) {
    const start = `/api/v1/session/oidc/start?back=${encodeURIComponent(back)}`;
    return (
      <Button component="a" variant="default" href={start}>
        {text}
      </Button>
    );
  }
  return (
    <>
      <Button variant="default" onClick={() => signIn.mutate()}>
        {text}
      </Button>
      {signIn.isPending && (
        <Text size="sm" role="status">
          {t("pages.proof.elsewhere")}
        </Text>
      )}
      {signIn.error && (
        <Text size="sm" role="alert">
          {t("pages.proof.blocked")}
        </Text>
      )}
    </>
  );
}

/** Signs in without a name: the authenticator knows whose passkey it is. */
function PasskeyButton({ onDone }: { onDone: () => void }) {
  const { t } = useTranslation();
  const site = useQuery(publicSystem);
  const signIn = useMutation({ mutationFn: signInWithPasskey, onSuccess: onDone });
  if (!canUsePasskeys() || !site.data?.passkeys) return null;
  const wrong = isProblem(signIn.error, "unauthenticated");
  const declined = signIn.error instanceof Declined;
  return (
    <>
      <Button variant="default" loading={signIn.isPending} onClick={() => signIn.mutate()}>
        {t("pages.passkeys.signIn")}
      </Button>
      {wrong && (
        <Text size="sm" role="alert">
          {t("pages.passkeys.wrong")}
        </Text>
      )}
      {!wrong && !declined && <ProblemAlert error={signIn.error} />}
    </>
  );
}

/** A recovery code is spent: how many there are still. */
async function tellCodesLeft() {
  const { data } = await api.GET("/api/v1/me/second-factor").catch(() => ({ data: undefined }));
  if (!data) return;
  notifications.show({
    color: "yellow",
    autoClose: false,
    title: i18next.t("pages.secondFactor.codeUsed"),
    message: i18next.t("pages.secondFactor.codeUsedLeft", { left: data.recovery_codes_left }),
  });
}

interface SecondProps {
  pending: string;
  onDone: () => void;
  onBack: () => void;
}

function SecondStep({ pending, onDone, onBack }: SecondProps) {
  const { t } = useTranslation();
  const form = useForm({
    initialValues: { code: "" },
    validate: {
      code: (value) =>
        value.trim() ? null : t("common.required", { field: t("pages.secondFactor.code") }),
    },
  });
  const finish = useMutation({
    mutationFn: ({ code }: typeof form.values) =>
      body(
        api.POST("/api/v1/session/second-factor", {
          body: { pending, method: methodOf(code), code },
        }),
      ),
    onSuccess: (_, { code }) => {
      onDone();
      if (methodOf(code) === "recovery_code") void tellCodesLeft();
    },
    onError: () => form.setFieldValue("code", ""),
  });
  const wrong = isProblem(finish.error, "invalid_input");
  const over = isProblem(finish.error, "unauthenticated");
  return (
    <form onSubmit={form.onSubmit((values) => finish.mutate(values))} noValidate>
      <Stack>
        <ProblemAlert error={wrong ? null : finish.error} />
        {over && (
          <Text size="sm" role="alert">
            {t("pages.secondFactor.over")}
          </Text>
        )}
        <CodeField
          description={t("pages.secondFactor.codeHint")}
          autoFocus
          data-autofocus
          {...form.getInputProps("code")}
          error={wrong ? t("pages.secondFactor.wrong") : form.errors.code}
        />
        <Button type="submit" loading={finish.isPending} disabled={over} fullWidth>
          {t("pages.signIn.submit")}
        </Button>
        <PasskeyButton onDone={onDone} />
        <Button variant="subtle" onClick={onBack}>
          {t("pages.secondFactor.back")}
        </Button>
      </Stack>
    </form>
  );
}
