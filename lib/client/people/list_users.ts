import type { ClientConnection } from "../../transport/mod.ts";
import type { UserPresence } from "../client_types.ts";

/** Asks the relay for the users that it knows, with their devices, in the order of their names. */
export async function listUsers(connection: ClientConnection): Promise<UserPresence[]> {
  const { devices } = await connection.request("devices", {});
  const users = new Map<string, UserPresence>();
  for (const { user, device, online } of devices) {
    const entry = users.get(user) ?? { user, online: false, devices: [] };
    entry.devices.push({ device, online });
    entry.online ||= online;
    users.set(user, entry);
  }
  return [...users.values()].sort((a, b) => a.user < b.user ? -1 : 1);
}
