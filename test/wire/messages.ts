import fc from "fast-check";
import type { Entry, OperationName, OperationRequest, OperationResponse, Push } from "../../lib/wire/mod.ts";
import type { ErrorKind } from "../../lib/errors/mod.ts";
import { BLOB_RECORD_BYTES, directMailbox, type RemoteError } from "../../lib/wire/mod.ts";
import { MAX_TIME } from "../../lib/wire/entry.ts";

const count = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const time = fc.nat({ max: MAX_TIME });
const bytes = (minLength = 1, maxLength = 80) =>
  fc.uint8Array({ minLength, maxLength }).map((it) => it.slice());
const name = fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,31}$/);
const device = fc.record({ user: name, device: name });
const mailbox = fc.oneof(
  device.map(({ user, device }) => `device:${user}/${device}`),
  fc.tuple(name, name).map(([a, b]) => directMailbox(a, b)),
  fc.stringMatching(/^group:[0-9a-f]{32}$/),
);
const id = bytes(16, 16);
const text = fc.string({ maxLength: 20, unit: "binary" });
const place = fc.record({ seq: count, time });
const certificates = fc.array(bytes(), { minLength: 1, maxLength: 4 });
const nothing = fc.constant({});

const entry: fc.Arbitrary<Entry> = fc.record({
  seq: count,
  id,
  kind: fc.constantFrom("message", "commit", "welcome", "expired"),
  from: device,
  time,
  body: bytes(0),
  conversation: fc.record({ mailbox, seq: count }),
}, { requiredKeys: ["seq", "id", "kind", "from", "time", "body"] });

/** Requests and answers of every operation. */
export const messages: {
  [N in OperationName]: {
    request: fc.Arbitrary<OperationRequest<N>>;
    response: fc.Arbitrary<OperationResponse<N>>;
  };
} = {
  "hello": {
    request: fc.record({ version: count, agent: text, crlNumber: count }, {
      requiredKeys: ["version", "agent"],
    }),
    response: fc.record({
      version: count,
      agent: text,
      time,
      device,
      authorities: certificates,
      crl: bytes(),
      keyPackages: count,
      expired: fc.boolean(),
    }, { requiredKeys: ["version", "agent", "time", "authorities"] }),
  },
  "enroll-begin": {
    request: fc.oneof(
      fc.record({ csr: bytes(), user: name, device: name }),
      fc.record({ csr: bytes(), token: bytes(16, 64), user: name, device: name }),
      fc.record({ csr: bytes(), password: bytes(), user: name, device: name }),
    ),
    response: fc.record({
      enrollment: id,
      proof: fc.constantFrom("signature", "decryption"),
      challenge: bytes(32, 80),
    }),
  },
  "enroll-finish": {
    request: fc.record({ enrollment: id, proof: bytes() }),
    response: fc.oneof(fc.record({ certificates }), fc.record({ request: id })),
  },
  "enroll-collect": {
    request: fc.record({ request: id }),
    response: fc.record({ certificates }, { requiredKeys: [] }),
  },
  "renew": { request: nothing, response: fc.record({ certificates }) },
  "publish-key-packages": {
    request: fc.record({ packages: fc.array(bytes()), lastResort: bytes(), replace: fc.boolean() }, {
      requiredKeys: ["packages"],
    }),
    response: fc.record({ keyPackages: count }),
  },
  "take-key-packages": {
    request: fc.record({ devices: fc.array(device) }),
    response: fc.record({ packages: fc.array(fc.record({ device, keyPackage: bytes() })) }),
  },
  "devices": {
    request: fc.record({ users: fc.array(name) }, { requiredKeys: [] }),
    response: fc.record({ devices: fc.array(fc.record({ user: name, device: name, online: fc.boolean() })) }),
  },
  "mailboxes": {
    request: fc.record({ after: mailbox }, { requiredKeys: [] }),
    response: fc.record({ mailboxes: fc.array(fc.record({ mailbox, head: count })), more: fc.boolean() }),
  },
  "sync": {
    request: fc.record({ mailbox, after: count, limit: fc.integer({ min: 1, max: 1_000 }) }),
    response: fc.record({ entries: fc.array(entry, { maxLength: 5 }), head: count, floor: count }),
  },
  "append": {
    request: fc.oneof(
      { weight: 9, arbitrary: fc.record({ mailbox, id, message: bytes() }) },
      fc.record({ mailbox, id, message: bytes(), expires: fc.integer({ min: 1, max: 31_622_400 }) }),
    ),
    response: place,
  },
  "commit": {
    request: fc.record({
      mailbox,
      id,
      commit: bytes(),
      welcome: bytes(),
      add: fc.array(device, { maxLength: 3 }),
      remove: fc.array(device, { maxLength: 3 }),
      groupInfo: bytes(),
    }, { requiredKeys: ["mailbox", "id", "commit", "add", "remove"] }),
    response: place,
  },
  "group-info": {
    request: fc.record({ mailbox }),
    response: fc.record({ groupInfo: bytes() }, { requiredKeys: [] }),
  },
  "put-group-info": { request: fc.record({ mailbox, groupInfo: bytes() }), response: nothing },
  "ack": { request: fc.record({ mailbox, seq: count }), response: nothing },
  "watch": { request: nothing, response: nothing },
  "blob-begin": {
    request: fc.record({
      blob: bytes(32, 32),
      mailbox,
      records: fc.integer({ min: 1, max: 0xffff_ffff }),
      lastRecordBytes: fc.integer({ min: 5, max: BLOB_RECORD_BYTES }),
    }),
    response: fc.record({ stored: count, finished: fc.boolean() }),
  },
  "blob-put": {
    request: fc.record({ blob: bytes(32, 32), index: count, record: bytes(5) }),
    response: fc.record({ stored: count }),
  },
  "blob-finish": {
    request: fc.record({ blob: bytes(32, 32), seq: count }, { requiredKeys: ["blob"] }),
    response: nothing,
  },
  "blob-get": {
    request: fc.record({ blob: bytes(32, 32), index: count }),
    response: fc.record({ record: bytes(5) }),
  },
  "blob-done": { request: fc.record({ blob: bytes(32, 32) }), response: nothing },
  "blob-delete": { request: fc.record({ blob: bytes(32, 32) }), response: nothing },
  "receipt": {
    request: fc.record({ mailbox, ids: fc.array(id, { minLength: 1, maxLength: 3 }) }),
    response: fc.record({ statement: bytes(), signature: bytes(64, 64), certificates }),
  },
  "link-device": {
    request: fc.record({
      device: name,
      relay: fc.string({ minLength: 1, maxLength: 20, unit: "binary" }),
      tokenHash: bytes(32, 32),
      expiresAt: count,
      signature: bytes(),
    }),
    response: nothing,
  },
  "revoke-device": { request: fc.record({ device: name }), response: fc.record({ revokedAt: time }) },
  "certificates": {
    request: fc.record({ users: fc.array(name, { minLength: 1, maxLength: 16 }) }),
    response: fc.record({
      devices: fc.array(fc.record({
        user: name,
        device: name,
        certificate: bytes(),
        online: fc.boolean(),
        lastSeen: time,
      }, { requiredKeys: ["user", "device", "certificate", "online"] })),
    }),
  },
};

/** The names of all operations. */
export const operationNames = Object.keys(messages) as OperationName[];

/** What a relay sends unasked. */
export const push: fc.Arbitrary<Push> = fc.oneof(
  fc.record({
    push: fc.constant("entries" as const),
    mailbox,
    entries: fc.array(entry, { minLength: 1, maxLength: 5 }),
  }),
  fc.constant({ push: "lagged" as const }),
  fc.record({ push: fc.constant("crl" as const), crl: bytes() }),
  fc.constant({ push: "devices-changed" as const }),
);

const kinds: ErrorKind[] = [
  "usage",
  "decode",
  "protocol",
  "authentication",
  "storage",
  "network",
  "timeout",
  "internal",
];
const printable = fc.string({ maxLength: 100 });

/** An error as it travels. */
export const remoteError: fc.Arbitrary<RemoteError> = fc.record({
  kind: fc.constantFrom(...kinds),
  code: fc.stringMatching(/^[a-z0-9-]{1,64}$/),
  message: printable,
  hint: printable,
}, { requiredKeys: ["kind", "code", "message"] });
