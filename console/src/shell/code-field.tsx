//! A code of an authenticator app, or a recovery code.
import { TextInput, type TextInputProps } from "@mantine/core";
import { useTranslation } from "react-i18next";

/** Which of them a typed text is: only recovery codes have letters. */
export function methodOf(code: string): "totp" | "recovery_code" {
  return /\p{L}/u.test(code) ? "recovery_code" : "totp";
}

export function CodeField(props: TextInputProps) {
  const { t } = useTranslation();
  return (
    <TextInput
      label={t("pages.secondFactor.code")}
      autoComplete="one-time-code"
      autoCapitalize="none"
      spellCheck={false}
      classNames={{ input: "mono" }}
      {...props}
    />
  );
}
