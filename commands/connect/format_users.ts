import { printable } from "../printable.ts";
import type { ChatUser } from "./session.ts";

/** Formats the answer to `/list`: one user a line, those who are online first. */
export function formatUsers(users: readonly ChatUser[]): string[] {
  if (users.length === 0) return ["nobody is enrolled"];
  const width = Math.max(...users.map(({ user }) => user.length));
  const ordered = [...users].sort((a, b) =>
    Number(b.online) - Number(a.online) || (a.user < b.user ? -1 : 1)
  );
  return ordered.map(({ user, online, devices }) => {
    const names = devices.map(({ device, online }) => printable(device) + (online ? "" : " (offline)"));
    return `${printable(user).padEnd(width)}  ${online ? "online " : "offline"}  ${names.join(", ")}`
      .trimEnd();
  });
}
