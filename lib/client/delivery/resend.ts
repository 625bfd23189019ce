import { type CborValue, encodeCbor } from "../../bytes/mod.ts";
import { aes256Gcm, createHpke, createXWing, hkdfSha512, type Hpke } from "../../crypto/mod.ts";
import { ProtocolError } from "../../errors/mod.ts";
import type { ClientStore, MessageRow } from "../../store/mod.ts";
import { type DeviceRef, formatDeviceRef } from "../../wire/mod.ts";
import type { ClientCore } from "../client_core.ts";
import { contentLimits, decodeContent } from "../content/mod.ts";
import type { ControlMessage } from "../controls.ts";
import { addMessage } from "../history/add_message.ts";
import { isVisible } from "../history/index_content.ts";
import { audienceOf } from "./audience.ts";
import { readAnswer, readRequest, type ResendAnswer } from "./resend_messages.ts";

/** Messages asked for in one request. */
const MAX_IDS = 100;
/** What an answer adds to a content; the very longest ones have no room for it. */
const ANSWER_BYTES = 2_048;
const REQUEST = "resend-request", ANSWER = "resend";

/**
 * Asks for messages that could not be read, and sends one's own again to who asks: encrypted to a key of that
 * request, so that only the device which asked can read them, and no member that came to the group later.
 */
export class Resend {
  readonly #core: ClientCore;
  #hpke: Hpke | undefined;

  /** Asks and answers as one device. */
  constructor(core: ClientCore) {
    this.#core = core;
    core.controls.on(REQUEST, (message) => this.#answer(message));
    core.controls.on(ANSWER, (message) => this.#accept(message));
  }

  /** Puts requests for what is wanted into the outbox, in the conversations that this device is in. */
  async enqueueRequests(): Promise<void> {
    const { store } = this.#core;
    for (const mailbox of store.resends.dueMailboxes()) {
      if (store.groups.epochNumber(mailbox) === undefined) continue;
      if (store.mailboxes.get(mailbox).state !== "active") continue;
      await store.transaction(() => this.#request(mailbox));
    }
  }

  async #request(mailbox: string): Promise<void> {
    const { store, controls } = this.#core;
    const ids = store.resends.due(mailbox, MAX_IDS);
    if (ids.length === 0) return;
    const { kem } = this.#suite();
    const { publicKey, privateKey } = await kem.generateKeyPair();
    const secret = kem.exportPrivateKey(privateKey);
    for (const id of ids) store.resends.setAsked(mailbox, id, secret);
    secret.fill(0);
    controls.enqueue(mailbox, REQUEST, { ids, key: kem.exportPublicKey(publicKey) });
  }

  /** Sends what this device sent before, to who was a member then. Inside a transaction. */
  async #answer({ mailbox, from, body }: ControlMessage): Promise<void> {
    const { ids, key } = readRequest(body, MAX_IDS);
    const { store, controls } = this.#core;
    const since = memberSince(store, mailbox, from);
    const rows = ids.flatMap((id) => store.messages.get(mailbox, id) ?? []).filter((row) =>
      this.#isOwn(row) && since !== undefined && row.seq !== null && since <= row.seq &&
      // Once only: nobody can have this device send without end.
      store.resends.setSent(mailbox, row.id, from)
    );
    if (rows.length === 0) return;
    const publicKey = await this.#suite().kem.importPublicKey(key);
    for (const { id, content } of rows) {
      const sealed = await this.#suite().seal(publicKey, {
        info: infoOf(mailbox, id, from),
        plaintext: content,
      });
      controls.enqueue(mailbox, ANSWER, { to: { ...from }, id, ...sealed });
    }
  }

  #isOwn({ kind, user, device, index, content }: MessageRow): boolean {
    const { self } = this.#core;
    const isThere = kind === "message" && index?.what !== "deleted" && index?.what !== "withdrawn";
    return isThere && content.length + ANSWER_BYTES <= contentLimits.content && user === self.user &&
      device === self.device;
  }

  /** Puts what was sent again in the place of the line that says it could not be read. Inside a transaction. */
  async #accept({ mailbox, from, body }: ControlMessage): Promise<void> {
    const { store, self, clock } = this.#core;
    const answer = readAnswer(body);
    if (formatDeviceRef(answer.to) !== formatDeviceRef(self)) return;
    const line = store.messages.get(mailbox, answer.id);
    const key = store.resends.key(mailbox, answer.id);
    if (line === undefined || line.kind !== "undecryptable" || key === undefined) return;
    // Whose it was is the relay's word there; this is the sender's own.
    if (line.user !== from.user || line.device !== from.device) {
      throw new ProtocolError("resend-foreign", "a message was sent again by another device than its own");
    }
    const content = await this.#open(mailbox, answer, key);
    const decoded = decodeContent(content);
    if (!isVisible(decoded)) throw new ProtocolError("resend-unfit", "what was sent again is no message");
    store.messages.delete(mailbox, answer.id);
    store.resends.delete(mailbox, answer.id);
    const { id, seq, user, device, time } = line;
    const outgoing = user === self.user;
    const audience = audienceOf(store, mailbox, user);
    const message = { id, mailbox, seq, user, device, time, outgoing, shown: false, content, decoded };
    const wantsReceipt = !outgoing && audience !== undefined;
    addMessage(store, { ...message, audience, wantsReceipt }, clock().getTime());
  }

  async #open(mailbox: string, { id, enc, ciphertext }: ResendAnswer, key: Uint8Array): Promise<Uint8Array> {
    const hpke = this.#suite();
    const privateKey = await hpke.kem.importPrivateKey(key);
    return await hpke.open(privateKey, { info: infoOf(mailbox, id, this.#core.self), enc, ciphertext });
  }

  #suite(): Hpke {
    return this.#hpke ??= createHpke({
      kem: createXWing(this.#core.random),
      kdf: hkdfSha512,
      aead: aes256Gcm,
    });
  }
}

/** The entry from which on a device has been a member; undefined where it is none. */
function memberSince(store: ClientStore, mailbox: string, { user, device }: DeviceRef): number | undefined {
  return store.groups.members(mailbox).find((one) => one.user === user && one.device === device)?.since;
}

/** Binds an answer to its message and to who asked. */
function infoOf(mailbox: string, id: Uint8Array, to: DeviceRef): Uint8Array {
  return encodeCbor(["parley resend v1", mailbox, id, formatDeviceRef(to)] as CborValue);
}
