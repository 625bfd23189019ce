import type { Entry, Push } from "../wire/mod.ts";
import type { Membership } from "./mailbox_state.ts";
import type { NewEntries } from "./mailbox_store.ts";
import { OpenSegment } from "./open_segment.ts";

/** What one mailbox got in one transaction, in order: messages in segments, and other entries one by one. */
export class MailboxAppends implements NewEntries {
  readonly mailbox: string;
  readonly members: ReadonlyMap<string, Membership>;
  /** To be added to while the transaction is open. */
  readonly parts: (OpenSegment | Entry)[] = [];
  #pushes: Push[] | undefined;

  /** Creates an empty list. */
  constructor(mailbox: string, members: ReadonlyMap<string, Membership>) {
    this.mailbox = mailbox;
    this.members = members;
  }

  get first(): number {
    const part = this.parts[0];
    return part instanceof OpenSegment ? part.first : part?.seq ?? 0;
  }

  get last(): number {
    const part = this.parts.at(-1);
    return part instanceof OpenSegment ? part.last : part?.seq ?? 0;
  }

  get bytes(): number {
    let bytes = 0;
    for (const part of this.parts) bytes += part instanceof OpenSegment ? part.bytes : part.body.length;
    return bytes;
  }

  get entries(): Entry[] {
    return this.parts.flatMap((part) =>
      part instanceof OpenSegment ? entriesOf(part.push(this.mailbox)) : part
    );
  }

  get pushes(): Push[] | undefined {
    if (this.#pushes !== undefined) return this.#pushes;
    const pushes: Push[] = [];
    for (const part of this.parts) {
      if (!(part instanceof OpenSegment)) return undefined;
      pushes.push(part.push(this.mailbox));
    }
    return this.#pushes = pushes;
  }
}

function entriesOf(push: Push): Entry[] {
  return push.push === "entries" ? push.entries : [];
}
