import * as v from "valibot";
import type { DeviceOperations } from "./device_operation_types.ts";
import { bytesSchema, countSchema, timeSchema } from "./entry.ts";
import { limits } from "./limits.ts";
import { nameSchema } from "./names.ts";

/** Users in one request for certificates: those of one conversation of two, and some more. */
const MAX_USERS = 16;

/** How a request about devices is checked. */
export interface DeviceOperationSchema<N extends keyof DeviceOperations> {
  /** They all need a client certificate. */
  anonymous: false;
  /** The request's fields. */
  request: v.GenericSchema<unknown, DeviceOperations[N]["request"]>;
  /** The answer's fields. */
  response: v.GenericSchema<unknown, DeviceOperations[N]["response"]>;
}

/** The requests about devices, checked field by field; `device_operation_types.ts` says what they mean. */
export const deviceOperations: { [N in keyof DeviceOperations]: DeviceOperationSchema<N> } = {
  "link-device": {
    anonymous: false,
    request: v.strictObject({
      device: nameSchema,
      relay: v.pipe(v.string(), v.minLength(1), v.maxLength(300)),
      tokenHash: bytesSchema(32, 32),
      expiresAt: countSchema,
      signature: bytesSchema(512, 1),
    }),
    response: v.strictObject({}),
  },
  "revoke-device": {
    anonymous: false,
    request: v.strictObject({ device: nameSchema }),
    response: v.strictObject({ revokedAt: timeSchema }),
  },
  "certificates": {
    anonymous: false,
    request: v.strictObject({
      users: v.pipe(v.array(nameSchema), v.minLength(1), v.maxLength(MAX_USERS)),
    }),
    response: v.strictObject({
      devices: v.pipe(
        v.array(v.strictObject({
          user: nameSchema,
          device: nameSchema,
          certificate: bytesSchema(limits.maxCertificateBytes, 1),
          online: v.boolean(),
          lastSeen: v.optional(timeSchema),
        })),
        v.maxLength(limits.maxDevices),
      ),
    }),
  },
};
