import * as v from "valibot";
import { blobOperations } from "./blob_operations.ts";
import { deviceOperations } from "./device_operations.ts";
import { bytesSchema, countSchema, entryIdSchema, entrySchema, timeSchema } from "./entry.ts";
import { groupOperations } from "./group_operations.ts";
import { limits } from "./limits.ts";
import { deviceRefSchema, mailboxSchema, nameSchema } from "./names.ts";
import type { OperationName, Operations, Push } from "./operation_types.ts";

const certificateSchema = bytesSchema(limits.maxCertificateBytes, 1);
const certificatesSchema = v.pipe(v.array(certificateSchema), v.minLength(1), v.maxLength(4));
const crlSchema = bytesSchema(limits.maxCrlBytes, 1);
const keyPackageSchema = bytesSchema(limits.maxKeyPackageBytes, 1);
const textSchema = v.pipe(v.string(), v.maxLength(200));
const devicesSchema = v.pipe(v.array(deviceRefSchema), v.maxLength(limits.maxDevices));
const enrollmentSchema = bytesSchema(16, 16);
/** An entry of a receipt takes up to 16, 9, 9 and 32 bytes and their heads. */
const MAX_STATEMENT_BYTES = 256 + limits.maxReceiptEntries * 80;
const ED25519_SIGNATURE_BYTES = 64;
const nothingSchema = v.strictObject({});
const placeSchema = v.strictObject({ seq: countSchema, time: timeSchema });

/** How a request is checked. */
export interface OperationSchema<N extends OperationName> {
  /** Whether a connection without a client certificate may ask it. */
  anonymous: boolean;
  /** The request's fields. */
  request: v.GenericSchema<unknown, Operations[N]["request"]>;
  /** The answer's fields. */
  response: v.GenericSchema<unknown, Operations[N]["response"]>;
}

/** Every request of the protocol, checked field by field; `operation_types.ts` says what they mean. */
export const operations: { [N in OperationName]: OperationSchema<N> } = {
  "hello": {
    anonymous: true,
    request: v.strictObject({
      version: countSchema,
      agent: textSchema,
      crlNumber: v.optional(countSchema),
    }),
    response: v.strictObject({
      version: countSchema,
      agent: textSchema,
      time: timeSchema,
      device: v.optional(deviceRefSchema),
      authorities: certificatesSchema,
      crl: v.optional(crlSchema),
      keyPackages: v.optional(countSchema),
      expired: v.optional(v.boolean()),
    }),
  },
  "enroll-begin": {
    anonymous: true,
    request: v.pipe(
      v.strictObject({
        csr: certificateSchema,
        token: v.optional(bytesSchema(64, 16)),
        password: v.optional(bytesSchema(1024, 1)),
        user: nameSchema,
        device: nameSchema,
      }),
      v.check(({ token, password }) => token === undefined || password === undefined, "one right at most"),
    ),
    response: v.strictObject({
      enrollment: enrollmentSchema,
      proof: v.picklist(["signature", "decryption"]),
      challenge: bytesSchema(1024, 32),
    }),
  },
  "enroll-finish": {
    anonymous: true,
    request: v.strictObject({ enrollment: enrollmentSchema, proof: bytesSchema(1024, 1) }),
    response: v.union([
      v.strictObject({ certificates: certificatesSchema }),
      v.strictObject({ request: enrollmentSchema }),
    ]),
  },
  "enroll-collect": {
    anonymous: true,
    request: v.strictObject({ request: enrollmentSchema }),
    response: v.strictObject({ certificates: v.optional(certificatesSchema) }),
  },
  "renew": {
    anonymous: false,
    request: nothingSchema,
    response: v.strictObject({ certificates: certificatesSchema }),
  },
  "publish-key-packages": {
    anonymous: false,
    request: v.strictObject({
      packages: v.pipe(v.array(keyPackageSchema), v.maxLength(limits.maxKeyPackages)),
      lastResort: v.optional(keyPackageSchema),
      replace: v.optional(v.boolean()),
    }),
    response: v.strictObject({ keyPackages: countSchema }),
  },
  "take-key-packages": {
    anonymous: false,
    request: v.strictObject({ devices: v.pipe(devicesSchema, v.maxLength(limits.maxKeyPackages)) }),
    response: v.strictObject({
      packages: v.pipe(
        v.array(v.strictObject({ device: deviceRefSchema, keyPackage: keyPackageSchema })),
        v.maxLength(limits.maxKeyPackages),
      ),
    }),
  },
  "devices": {
    anonymous: false,
    request: v.strictObject({
      users: v.optional(v.pipe(v.array(nameSchema), v.maxLength(limits.maxDevices))),
    }),
    response: v.strictObject({
      devices: v.pipe(
        v.array(v.strictObject({ user: nameSchema, device: nameSchema, online: v.boolean() })),
        v.maxLength(limits.maxDevices),
      ),
    }),
  },
  "mailboxes": {
    anonymous: false,
    request: v.strictObject({ after: v.optional(mailboxSchema) }),
    response: v.strictObject({
      mailboxes: v.pipe(
        v.array(v.strictObject({ mailbox: mailboxSchema, head: countSchema })),
        v.maxLength(limits.maxMailboxes),
      ),
      more: v.boolean(),
    }),
  },
  "sync": {
    anonymous: false,
    request: v.strictObject({
      mailbox: mailboxSchema,
      after: countSchema,
      limit: v.pipe(countSchema, v.minValue(1), v.maxValue(limits.maxSyncEntries)),
    }),
    response: v.strictObject({
      entries: v.pipe(v.array(entrySchema), v.maxLength(limits.maxSyncEntries)),
      head: countSchema,
      floor: countSchema,
      acked: v.optional(countSchema),
    }),
  },
  "append": {
    anonymous: false,
    request: v.strictObject({
      mailbox: mailboxSchema,
      id: entryIdSchema,
      message: bytesSchema(limits.maxMessageBytes, 1),
      expires: v.optional(v.pipe(countSchema, v.minValue(1), v.maxValue(limits.maxExpirySeconds))),
    }),
    response: placeSchema,
  },
  "commit": {
    anonymous: false,
    request: v.strictObject({
      mailbox: mailboxSchema,
      id: entryIdSchema,
      commit: bytesSchema(limits.maxCommitBytes, 1),
      welcome: v.optional(bytesSchema(limits.maxWelcomeBytes, 1)),
      add: devicesSchema,
      remove: devicesSchema,
      groupInfo: v.optional(bytesSchema(limits.maxAttachedGroupInfoBytes, 1)),
    }),
    response: placeSchema,
  },
  "ack": {
    anonymous: false,
    request: v.strictObject({ mailbox: mailboxSchema, seq: countSchema }),
    response: nothingSchema,
  },
  "watch": { anonymous: false, request: nothingSchema, response: nothingSchema },
  "receipt": {
    anonymous: false,
    request: v.strictObject({
      mailbox: mailboxSchema,
      ids: v.pipe(v.array(entryIdSchema), v.minLength(1), v.maxLength(limits.maxReceiptEntries)),
    }),
    response: v.strictObject({
      statement: bytesSchema(MAX_STATEMENT_BYTES, 1),
      signature: bytesSchema(ED25519_SIGNATURE_BYTES, ED25519_SIGNATURE_BYTES),
      certificates: certificatesSchema,
    }),
  },
  ...blobOperations,
  ...deviceOperations,
  ...groupOperations,
};

/** What a relay sends unasked. */
export const pushSchema: v.GenericSchema<unknown, Push> = v.variant("push", [
  v.strictObject({
    push: v.literal("entries"),
    mailbox: mailboxSchema,
    entries: v.pipe(v.array(entrySchema), v.minLength(1), v.maxLength(limits.maxSyncEntries)),
  }),
  v.strictObject({ push: v.literal("lagged") }),
  v.strictObject({ push: v.literal("crl"), crl: crlSchema }),
  v.strictObject({ push: v.literal("devices-changed") }),
  v.strictObject({ push: v.literal("group-info"), mailbox: mailboxSchema, wanted: v.boolean() }),
]);

/** Whether a connection without a client certificate may ask this. */
export function isAnonymousOperation(name: OperationName): boolean {
  return operations[name].anonymous;
}
