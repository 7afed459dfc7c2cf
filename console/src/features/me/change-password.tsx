//! Changing one's own password.
import { Button, Group, PasswordInput, Stack } from "@mantine/core";
import { useForm } from "@mantine/form";
import { notifications } from "@mantine/notifications";
import { useMutation } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { isProblem } from "../../api/problem";
import { ProblemAlert } from "../../parts/problem";

const MIN_PASSWORD = 12;

export function ChangePassword({ name }: { name: string }) {
  const { t } = useTranslation();
  const form = useForm({
    initialValues: { current: "", next: "", again: "" },
    validate: {
      current: (value) => (value ? null : t("common.required", { field: t("pages.me.current") })),
      next: (value) => ([...value].length >= MIN_PASSWORD ? null : t("pages.me.newHint")),
      again: (value, { next }) => (value === next ? null : t("pages.me.differ")),
    },
  });
  const change = useMutation({
    mutationFn: ({ current, next }: typeof form.values) =>
      api.POST("/api/v1/me/password", { body: { current, new: next } }),
    onSuccess: () => {
      form.reset();
      notifications.show({ color: "teal", message: t("pages.me.changed") });
    },
    onError: (error) => {
      if (isProblem(error, "invalid_input") && error.field === "current") {
        form.setFieldError("current", t("pages.me.wrong"));
      }
    },
  });
  const shown = isProblem(change.error) && change.error.field === "current" ? null : change.error;
  const toggle = { visibilityToggleButtonProps: { "aria-label": t("pages.signIn.show") } };
  return (
    <form onSubmit={form.onSubmit((values) => change.mutate(values))} noValidate>
      <Stack>
        {shown && <ProblemAlert error={shown} fields={{ new: t("pages.me.new") }} />}
        <input type="text" name="username" autoComplete="username" value={name} readOnly hidden />
        <PasswordInput
          label={t("pages.me.current")}
          autoComplete="current-password"
          {...toggle}
          {...form.getInputProps("current")}
        />
        <PasswordInput
          label={t("pages.me.new")}
          description={t("pages.me.newHint")}
          autoComplete="new-password"
          {...toggle}
          {...form.getInputProps("next")}
        />
        <PasswordInput
          label={t("pages.me.again")}
          autoComplete="new-password"
          {...toggle}
          {...form.getInputProps("again")}
        />
        <Group>
          <Button type="submit" loading={change.isPending}>
            {t("pages.me.change")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
