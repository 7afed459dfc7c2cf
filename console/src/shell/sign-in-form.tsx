//! Name and password: on the sign-in page, and when a session has ended.
import { Button, PasswordInput, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, body } from "../api/client";
import { isProblem } from "../api/problem";
import { normalise } from "../i18n/format";
import { ProblemAlert } from "../parts/problem";

interface Props {
  /** Given when one and the same person signs in again. */
  name?: string;
  onDone: () => void;
}

export function SignInForm({ name, onDone }: Props) {
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
    onError: () => form.setFieldValue("password", ""),
  });
  const wrong = isProblem(signIn.error, "unauthenticated");
  return (
    <form onSubmit={form.onSubmit((values) => signIn.mutate(values))} noValidate>
      <Stack>
        <ProblemAlert error={signIn.error} />
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
          visibilityToggleButtonProps={{ "aria-label": t("pages.signIn.show") }}
          {...form.getInputProps("password")}
          error={wrong ? t("pages.signIn.wrong") : form.errors.password}
        />
        <Button type="submit" loading={signIn.isPending} fullWidth>
          {t("pages.signIn.submit")}
        </Button>
      </Stack>
    </form>
  );
}
