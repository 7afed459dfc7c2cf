//! The pages of the rail, who sees them, and their keys.
import {
  IconBell,
  IconBook2,
  IconChecklist,
  IconDeviceDesktop,
  IconFolders,
  IconHome,
  IconKey,
  IconLockCog,
  IconReportAnalytics,
  IconRobot,
  IconRouter,
  IconServer2,
  IconSettings,
  IconShieldCheck,
  IconUserCircle,
  IconUsers,
  IconUsersGroup,
  type TablerIcon,
} from "@tabler/icons-react";
import type { Me } from "../api/client";

export type PageName =
  | "home"
  | "resources"
  | "accounts"
  | "tasks"
  | "agents"
  | "keys"
  | "devices"
  | "gateways"
  | "offices"
  | "users"
  | "roles"
  | "groups"
  | "userGroups"
  | "policies"
  | "settings"
  | "audit"
  | "reports"
  | "notifications"
  | "me";

export interface PageLink {
  name: PageName;
  to: string;
  icon: TablerIcon;
  /** The permission without which it shows nothing; of several, one is enough. */
  needs?: string | readonly string[];
  /** The key after `g`. */
  key: string;
  /** Not in the rail: reached from a tab, the palette or a key. */
  hidden?: boolean;
}

const HOME: PageLink = { name: "home", to: "/", icon: IconHome, key: "h" };

export const WORK: PageLink[] = [
  HOME,
  { name: "resources", to: "/resources", icon: IconServer2, needs: "view_resources", key: "r" },
  {
    name: "groups",
    to: "/resources/groups",
    icon: IconFolders,
    needs: "view_resources",
    key: "g",
    hidden: true,
  },
  { name: "accounts", to: "/accounts", icon: IconKey, needs: "view_resources", key: "c" },
  { name: "tasks", to: "/tasks", icon: IconChecklist, needs: "view_resources", key: "t" },
  {
    name: "notifications",
    to: "/notifications",
    icon: IconBell,
    needs: "view_resources",
    key: "n",
    hidden: true,
  },
];

export const MANAGE: PageLink[] = [
  { name: "agents", to: "/agents", icon: IconRobot, needs: "download_agent", key: "a" },
  {
    name: "keys",
    to: "/agents/keys",
    icon: IconKey,
    needs: "download_agent",
    key: "k",
    hidden: true,
  },
  { name: "devices", to: "/devices", icon: IconDeviceDesktop, needs: "manage_devices", key: "d" },
  { name: "gateways", to: "/gateways", icon: IconRouter, needs: "view_system", key: "w" },
  {
    name: "offices",
    to: "/gateways/offices",
    icon: IconRouter,
    needs: "view_system",
    key: "f",
    hidden: true,
  },
  { name: "users", to: "/users", icon: IconUsers, needs: "manage_users", key: "u" },
  {
    name: "userGroups",
    to: "/users/groups",
    icon: IconUsersGroup,
    needs: "manage_users",
    key: "e",
    hidden: true,
  },
  { name: "roles", to: "/roles", icon: IconShieldCheck, needs: "manage_roles", key: "o" },
  { name: "policies", to: "/policies", icon: IconLockCog, needs: "view_policies", key: "p" },
  { name: "audit", to: "/audit", icon: IconBook2, needs: "view_audit", key: "l" },
  { name: "reports", to: "/reports", icon: IconReportAnalytics, key: "b" },
  {
    name: "settings",
    to: "/settings",
    icon: IconSettings,
    needs: ["view_system", "manage_users"],
    key: "s",
  },
];

export const ME: PageLink = { name: "me", to: "/me", icon: IconUserCircle, key: "m", hidden: true };

/** Whether the caller has the permission, or one of several. */
export function may(me: Me | undefined, needs: string | readonly string[] | undefined): boolean {
  if (needs === undefined) return true;
  const any = typeof needs === "string" ? [needs] : needs;
  return any.some((permission) => me?.permissions.includes(permission) ?? false);
}

/** Every page the caller may see, in the order of the rail. */
export function visible(me: Me | undefined, pages: PageLink[]): PageLink[] {
  return pages.filter((page) => may(me, page.needs));
}
