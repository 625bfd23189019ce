import { encodeUtf8, Writer } from "../../lib/bytes/mod.ts";
import { SqliteMailboxStore, type SqliteMailboxStoreOptions } from "../../lib/store/mod.ts";
import type { DeviceRef } from "../../lib/wire/mod.ts";

const MLS10 = 1, PRIVATE_MESSAGE = 2, WELCOME = 3, APPLICATION = 1, COMMIT = 3;

/** Opens a store in a folder, with quotas out of the way unless given. */
export function openStore(
  folder: string,
  options: Partial<SqliteMailboxStoreOptions> = {},
): SqliteMailboxStore {
  const limits = { maxEntries: 1e9, maxBytes: 1e12, ...options.limits };
  const onError = (error: unknown) => {
    throw error;
  };
  return SqliteMailboxStore.open({
    path: `${folder}/mailboxes.db`,
    clock: Date.now,
    onError,
    ...options,
    limits,
  });
}

/** 16 random bytes. */
export function randomId(): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(16));
}

/** What a relay sees of an MLS application message, with a body of so many bytes or this text. */
export function fakeMessage(
  mailbox: string,
  epoch: number,
  body: number | string = "x",
): Uint8Array<ArrayBuffer> {
  return fakePrivateMessage(mailbox, epoch, APPLICATION, body);
}

/** What a relay sees of an MLS commit. */
export function fakeCommit(
  mailbox: string,
  epoch: number,
  body: number | string = "x",
): Uint8Array<ArrayBuffer> {
  return fakePrivateMessage(mailbox, epoch, COMMIT, body);
}

/** What a relay sees of an MLS welcome. */
export function fakeWelcome(body = "welcome"): Uint8Array<ArrayBuffer> {
  return new Writer().u16(MLS10).u16(WELCOME).bytes(encodeUtf8(body)).finish();
}

function fakePrivateMessage(mailbox: string, epoch: number, contentType: number, body: number | string) {
  const groupId = encodeUtf8(mailbox);
  return new Writer()
    .u16(MLS10)
    .u16(PRIVATE_MESSAGE)
    .varint(groupId.length)
    .bytes(groupId)
    .u64(BigInt(epoch))
    .u8(contentType)
    .bytes(typeof body === "number" ? new Uint8Array(body) : encodeUtf8(body))
    .finish();
}

/** Creates a group of a device and others that are registered, and returns its mailbox; its epoch is 1. */
export async function createConversation(
  store: SqliteMailboxStore,
  author: DeviceRef,
  others: DeviceRef[] = [],
): Promise<string> {
  const mailbox = `group:${randomId().toHex()}`;
  await store.commit({
    mailbox,
    from: author,
    id: randomId(),
    commit: fakeCommit(mailbox, 0),
    add: others,
    remove: [],
    ...(others.length > 0 ? { welcome: fakeWelcome() } : {}),
  });
  return mailbox;
}

/** A store in a folder of its own; both go with the scope. */
export interface TestStore extends AsyncDisposable {
  store: SqliteMailboxStore;
  folder: string;
  /** The store's clock; may be set. */
  clock: { now: number };
  /** Closes and opens the store again. */
  reopen(): Promise<void>;
}

/** Opens a store in a new folder. */
export async function openTestStore(options: Partial<SqliteMailboxStoreOptions> = {}): Promise<TestStore> {
  const folder = await Deno.makeTempDir({ prefix: "parley-store-" });
  const clock = { now: 1_000_000 };
  const open = () => openStore(folder, { clock: () => clock.now, ...options });
  const test: TestStore = {
    store: open(),
    folder,
    clock,
    async reopen() {
      await test.store.close();
      test.store = open();
    },
    async [Symbol.asyncDispose]() {
      await test.store.close();
      await Deno.remove(folder, { recursive: true });
    },
  };
  return test;
}

/** A device; its key's fingerprint in tests is `key of USER/DEVICE`. */
export function ref(name: string): DeviceRef {
  const [user = "", device = ""] = name.split("/");
  return { user, device };
}

/** Registers devices under the keys that tests give them. */
export async function register(store: SqliteMailboxStore, ...names: string[]): Promise<DeviceRef[]> {
  await Promise.all(names.map((name) => store.registerDevice(ref(name), `key of ${name}`)));
  return names.map(ref);
}
