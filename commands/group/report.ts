import type { GroupMember, GroupSummary } from "../../lib/client/mod.ts";
import type { CommandContext } from "../command.ts";
import type { JsonRecord } from "../json_line.ts";
import { printable } from "../printable.ts";

/** Prints a group: for a script whole, for a person with a line for each user. */
export function reportGroup(group: GroupSummary, { out }: CommandContext): void {
  const lines = [headline(group), ...group.members.map(memberLine)];
  out.result(groupRecord(group), lines.join("\n"));
}

/** A group as `--json` shows it; docs/OPERATIONS.md says what the fields mean. */
export function groupRecord({ group, id, state, epoch, members }: GroupSummary): JsonRecord {
  return { type: "group", group, id, state, ...(epoch !== undefined && { epoch }), members };
}

/** A group in one line for a person. */
export function headline({ group, id, state, members }: GroupSummary): string {
  const name = group === id ? id : `${printable(group)} (${id})`;
  if (state !== "active") return `${name}: ${describeState(state)}`;
  return `${name}: ${members.length === 1 ? "1 user" : `${members.length} users`}`;
}

function memberLine({ user, admin, devices }: GroupMember): string {
  const list = devices.length === 0 ? "no device" : devices.map((one) => printable(one)).join(", ");
  return `  ${printable(user)}${admin ? " (admin)" : ""}: ${list}`;
}

function describeState(state: Exclude<GroupSummary["state"], "active">): string {
  const texts = {
    left: "you are not in it any more",
    lost: "this device has lost its place and enters again by itself",
    broken: "this device has lost its place and enters again by itself",
    refused: "changed by someone who must not; see the history, and 'parley group rejoin'",
    duplicated: "another copy of this device has taken its place; see 'parley group rejoin'",
  };
  return texts[state];
}
