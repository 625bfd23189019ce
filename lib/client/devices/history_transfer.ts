import * as v from "valibot";
import type { CborValue } from "../../bytes/mod.ts";
import { ParleyError } from "../../errors/mod.ts";
import type { ContentIndex, MessageRow } from "../../store/mod.ts";
import type { ClientConnection } from "../../transport/mod.ts";
import { directMailbox, ENTRY_ID_BYTES, isMailbox } from "../../wire/mod.ts";
import type { ClientCore } from "../client_core.ts";
import { contentLimits, decodeContent } from "../content/mod.ts";
import type { ControlMessage } from "../controls.ts";
import { indexContent } from "../history/index_content.ts";
import { type OwedHistory, readKnownDevices, writeKnownDevices } from "./known_devices.ts";

const CONTROL = "history";
/** Contents in one message together, unless one alone is longer; it has to fit one application message. */
const MAX_MESSAGE_BYTES = 40_000;
const MAX_LINES = 200;
/** Messages that are put into the outbox before they are sent. */
const MESSAGES_AT_ONCE = 32;

const nameSchema = v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9._-]{0,31}$/));
const countSchema = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
/** As far as dates go. */
const timeSchema = v.pipe(countSchema, v.maxValue(8_640_000_000_000_000));
const bytesSchema = v.custom<Uint8Array<ArrayBuffer>>((input) => input instanceof Uint8Array);
const lineSchema = v.strictObject({
  mailbox: v.pipe(v.string(), v.check(isMailbox)),
  id: v.pipe(bytesSchema, v.check((id) => id.length === ENTRY_ID_BYTES)),
  seq: countSchema,
  user: nameSchema,
  device: nameSchema,
  time: timeSchema,
  expires: v.optional(timeSchema),
  content: bytesSchema,
});
const bodySchema = v.strictObject({
  device: nameSchema,
  lines: v.pipe(v.array(lineSchema), v.maxLength(MAX_LINES)),
});

type Line = v.InferOutput<typeof lineSchema>;

/** What a transfer needs of a client. */
export type TransferCore = Pick<ClientCore, "self" | "store" | "clock" | "controls" | "deliverNow">;

/**
 * Gives a device that was linked for it the history of this one: in the user's conversation with themselves, newest
 * lines first, so that what was said last is there first. How far it is stands in the store together with what is in
 * the outbox, so that it goes on where it was cut off.
 */
export class HistoryTransfer {
  readonly #core: TransferCore;
  readonly #mailbox: string;

  /** Begins to listen for what another device gives to this one. */
  constructor(core: TransferCore) {
    this.#core = core;
    this.#mailbox = directMailbox(core.self.user, core.self.user);
    core.controls.on(CONTROL, (message) => this.#take(message));
  }

  /**
   * Sends what is owed to devices that can receive it; within {@link ClientCore.serially} only.
   *
   * @throws what keeps the user's own conversation from being ready
   */
  async send(connection: ClientConnection): Promise<void> {
    const { store, deliverNow } = this.#core;
    if (readKnownDevices(store).owed.length === 0) return;
    await deliverNow(this.#mailbox, connection);
    const members = store.groups.members(this.#mailbox);
    for (const { device } of readKnownDevices(store).owed) {
      if (!members.some((one) => one.user === this.#core.self.user && one.device === device)) continue;
      while (await store.transaction(() => this.#enqueue(device))) {
        await deliverNow(this.#mailbox, connection);
      }
    }
  }

  /** Puts the next messages into the outbox; false where there was nothing left. */
  #enqueue(device: string): boolean {
    const { store, controls } = this.#core;
    const known = readKnownDevices(store);
    const owed = known.owed.find((one) => one.device === device);
    if (owed === undefined) return false;
    let { before } = owed;
    for (let count = 0; count < MESSAGES_AT_ONCE; count++) {
      const rows = this.#next(before);
      if (rows.length === 0) break;
      const lines = rows.filter(fits).map(toLine);
      if (lines.length > 0) controls.enqueue(this.#mailbox, CONTROL, { device, lines });
      before = rows.at(-1)!.position;
    }
    const others = known.owed.filter((one) => one !== owed);
    const rest: OwedHistory[] = before === owed.before ? [] : [{ device, before }];
    writeKnownDevices(store, { ...known, owed: [...others, ...rest] });
    return before !== owed.before;
  }

  /** The next older lines that fit one message. */
  #next(before: number): MessageRow[] {
    const rows: MessageRow[] = [];
    let bytes = 0;
    for (const row of this.#core.store.messages.relayedBefore(before, MAX_LINES)) {
      bytes += row.content.length + row.mailbox.length + LINE_OVERHEAD_BYTES;
      if (rows.length > 0 && bytes > MAX_MESSAGE_BYTES) break;
      rows.push(row);
    }
    return rows;
  }

  /** What is not understood comes from a device with a newer version: it concerns that version only. */
  #take({ mailbox, from, body }: ControlMessage): void {
    const { self } = this.#core;
    const result = v.safeParse(bodySchema, body);
    if (!result.success || mailbox !== this.#mailbox || from.user !== self.user) return;
    if (result.output.device === self.device) { for (const line of result.output.lines) this.#add(line); }
  }

  /** Adds a line before all others, unless it is there already or cannot be read. */
  #add({ expires, ...line }: Line): void {
    const { store: { messages }, self, clock } = this.#core;
    const index = readIndex(line);
    if (index === undefined || messages.has(line.mailbox, line.id)) return;
    if (messages.byMessageId(line.mailbox, index.messageId) !== undefined) return;
    const now = clock().getTime();
    // It was shown on the other device, or counts as shown now.
    index.expires = expires ?? index.expires ??
      (index.lifetime === null ? null : now + index.lifetime * 1_000);
    if (index.expires !== null && index.expires <= now) return;
    messages.addOldest({ ...line, kind: "message", outgoing: line.user === self.user, shown: true, index });
  }
}

/** Names, numbers and keys of a line. */
const LINE_OVERHEAD_BYTES = 160;
/** What stands around the lines. */
const FRAME_BYTES = 256;

/** The very longest messages have no room for what stands around them: they stay on this device. */
function fits({ content, mailbox }: MessageRow): boolean {
  return content.length + mailbox.length + LINE_OVERHEAD_BYTES + FRAME_BYTES <= contentLimits.content;
}

function toLine({ mailbox, id, seq, user, device, time, content, index }: MessageRow): CborValue {
  return { mailbox, id, seq, user, device, time, expires: index?.expires ?? undefined, content };
}

/** What a line's content says of itself; undefined where it says nothing to people, or its author has taken it back. */
function readIndex(
  { content, mailbox, user, device, time }: Omit<Line, "expires">,
): ContentIndex | undefined {
  try {
    const decoded = decodeContent(content);
    if (decoded.kind === "status" || decoded.kind === "control") return undefined;
    return indexContent(content, decoded, { mailbox, from: { user, device }, time });
  } catch (error) {
    if (error instanceof ParleyError && error.kind !== "internal") return undefined;
    throw error;
  }
}
