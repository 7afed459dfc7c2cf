//! The pages of the rail, who sees them, and their keys.
import {
  IconBell,
  IconBook2,
  IconChecklist,
  IconDeviceDesktop,
  IconHome,
  IconKey,
  IconReportAnalytics,
  IconRobot,
  IconServer2,
  IconShieldCheck,
  IconUserCircle,
  IconUsers,
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
  | "users"
  | "roles"
  | "audit"
  | "reports"
  | "notifications"
  | "me";

export interface PageLink {
  name: PageName;
  to: string;
  icon: TablerIcon;
  /** The permission without which it shows nothing. */
  needs?: string;
  /** The key after `g`. */
  key: string;
  /** Not in the rail: reached from a tab, the palette or a key. */
  hidden?: boolean;
}

const HOME: PageLink = { name: "home", to: "/", icon: IconHome, key: "h" };

export const WORK: PageLink[] = [
  HOME,
  { name: "resources", to: "/resources", icon: IconServer2, needs: "view_resources", key: "r" },
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
  { name: "users", to: "/users", icon: IconUsers, needs: "manage_users", key: "u" },
  { name: "roles", to: "/roles", icon: IconShieldCheck, needs: "manage_roles", key: "o" },
  { name: "audit", to: "/audit", icon: IconBook2, needs: "view_audit", key: "l" },
  { name: "reports", to: "/reports", icon: IconReportAnalytics, key: "p" },
];

export const ME: PageLink = { name: "me", to: "/me", icon: IconUserCircle, key: "m", hidden: true };

export function may(me: Me | undefined, permission: string | undefined): boolean {
  return permission === undefined || (me?.permissions.includes(permission) ?? false);
}

/** Every page the caller may see, in the order of the rail. */
export function visible(me: Me | undefined, pages: PageLink[]): PageLink[] {
  return pages.filter((page) => may(me, page.needs));
}
