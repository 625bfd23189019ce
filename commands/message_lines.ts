import type { HistoryLine, ReceivedMessage } from "../lib/client/mod.ts";
import { formatMinute } from "./format_time.ts";
import type { JsonRecord } from "./json_line.ts";
import { printable } from "./printable.ts";

/** Digits of an id that people are shown. */
const SHORT_ID = 8;

/** A line of the history as `--json` shows it; docs/OPERATIONS.md says what the fields mean. */
export function messageRecord(line: ReceivedMessage): JsonRecord {
  const { type, from, device, conversation, group, id, time, text, outgoing } = line;
  const where = { conversation, ...given({ group }), id, time: time.toISOString() };
  if (type === "revoked") return { type, user: from, device, ...where };
  const common = {
    ...{ type, from, device, ...where },
    ...(outgoing && { outgoing }),
  };
  switch (type) {
    case "message":
      return {
        ...common,
        text,
        ...bodyFields(line),
        ...given({ replyTo: line.target }),
        ...laterFields(line),
      };
    case "edit":
      return {
        ...common,
        edits: line.target,
        text,
        ...bodyFields(line),
        ...given({ ignored: line.ignored }),
      };
    case "delete": {
      const { target: deletes, ignored } = line;
      return { ...common, deletes, ...(line.ofReaction && { ofReaction: true }), ...given({ ignored }) };
    }
    case "reaction":
      return { ...common, reactsTo: line.target, reactions: line.reactions, ...bodyFields(line) };
    case "expired":
    case "duplicated":
      return common;
    case "group-change":
      return { ...common, ...line.change };
    default:
      return { ...common, reason: text };
  }
}

function bodyFields({ files, unshown, expires }: ReceivedMessage): JsonRecord {
  return given({ files, unshown, expires: expires?.toISOString() });
}

function laterFields({ editedAt, deleted, reactedWith }: HistoryLine): JsonRecord {
  return given({ editedAt: editedAt?.toISOString(), deleted, reactedWith });
}

/** Leaves out what is not there. */
function given(fields: JsonRecord): JsonRecord {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/**
 * A line for people; what others wrote cannot control the terminal. Of a text with line feeds all but the first line
 * are indented, so that none of them looks like a message of somebody else's.
 */
export function messageLine(line: ReceivedMessage): string {
  const time = formatMinute(line.time);
  return `${time} ${describeLine(line)}`.replaceAll("\n", `\n${" ".repeat(time.length + 1)}`);
}

/** Who wrote something, and in which group. */
export function formatSender(
  { from, device, group }: Pick<ReceivedMessage, "from" | "device" | "group">,
): string {
  return `${printable(from)}/${printable(device)}${group === undefined ? "" : ` in ${printable(group)}`}`;
}

/** Says who did what, without the time. */
export function describeLine(line: ReceivedMessage): string {
  const { type, from, device, conversation, text, outgoing } = line;
  if (type === "revoked") {
    return `the certificate of ${from}/${device} was revoked: removed from ${conversation}`;
  }
  const who = formatSender({ from, device, ...(!outgoing && { group: line.group }) });
  const target = line.target === undefined ? "" : shortId(line.target);
  const ignored = line.ignored === undefined ? "" : ` (ignored: ${printable(line.ignored)})`;
  const to = outgoing ? ` to ${peerOf(line)}` : "";
  switch (type) {
    case "message":
      return `${who}${to}${target && ` (answers ${target})`}: ${describeText(line)}`;
    case "edit":
      return `${who} edited ${target}${ignored}: ${printable(text, { multiline: true })}`;
    case "delete":
      return `${who} ${line.ofReaction ? "took back the reaction" : "deleted"} ${target}${ignored}`;
    case "reaction":
      return `${who} reacted to ${target}: ${printable(text)}`;
    case "expired":
      return `${who}: (a message whose time was up before it was fetched)`;
    case "rejoined":
      return `this device has entered ${peerOf(line)} again: ${printable(text)}`;
    case "group-change":
      return describeChange(line);
    case "duplicated":
      return `another copy of this device has taken its place in ${peerOf(line)}`;
    default:
      return `${who}: (cannot be read: ${printable(text)})`;
  }
}

/** Says what has become of a group. */
function describeChange({ from, outgoing, group = "", change }: ReceivedMessage): string {
  const who = outgoing ? "you" : printable(from), place = printable(group);
  const whom = change?.you ? "you" : (change?.users ?? []).map((user) => printable(user)).join(", ");
  switch (change?.change) {
    case "added":
      return `${who} added ${whom} to ${place}`;
    case "removed":
      return `${who} removed ${whom} from ${place}`;
    case "left":
      return `${whom} left ${place}`;
    case "promoted":
      return `${who} made ${whom} admin of ${place}`;
    case "demoted":
      return `${who} made ${whom} no admin of ${place} any more`;
    case "renamed":
      return `${who} renamed the group to ${printable(change.name ?? "")}`;
    default:
      return `you are not in ${place} any more; that was changed while this device was away`;
  }
}

function describeText(line: HistoryLine): string {
  if (line.deleted) return "(deleted)";
  return printable(line.text, { multiline: true }) + (line.editedAt === undefined ? "" : " (edited)");
}

/** Whom a message of one's own went to. */
function peerOf({ conversation, group, from }: ReceivedMessage): string {
  if (group !== undefined) return printable(group);
  const users = conversation.slice(conversation.indexOf(":") + 1).split(",");
  return users.find((user) => user !== from) ?? from;
}

/** Who reacted to a line and how, to stand behind it; nothing where nobody did. */
export function describeReactions({ reactedWith = [] }: HistoryLine): string {
  const all = reactedWith.map(({ reaction, users }) =>
    `${printable(reaction)} ${users.map((user) => printable(user)).join(", ")}`
  );
  return all.length === 0 ? "" : ` [${all.join("; ")}]`;
}

/** The first digits of an id, as people are shown it. */
export function shortId(id: string): string {
  return id.slice(0, SHORT_ID);
}
