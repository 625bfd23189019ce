import * as v from "valibot";
import { bytesSchema } from "./entry.ts";
import type { GroupOperations } from "./group_operation_types.ts";
import { limits } from "./limits.ts";
import { mailboxSchema } from "./names.ts";

/** How a request about groups is checked. */
export interface GroupOperationSchema<N extends keyof GroupOperations> {
  /** They all need a client certificate. */
  anonymous: false;
  /** The request's fields. */
  request: v.GenericSchema<unknown, GroupOperations[N]["request"]>;
  /** The answer's fields. */
  response: v.GenericSchema<unknown, GroupOperations[N]["response"]>;
}

const groupInfoSchema = bytesSchema(limits.maxGroupInfoBytes, 1);

/** The requests about groups, checked field by field; `group_operation_types.ts` says what they mean. */
export const groupOperations: { [N in keyof GroupOperations]: GroupOperationSchema<N> } = {
  "group-info": {
    anonymous: false,
    request: v.strictObject({ mailbox: mailboxSchema }),
    response: v.strictObject({ groupInfo: v.optional(groupInfoSchema) }),
  },
  "put-group-info": {
    anonymous: false,
    request: v.strictObject({ mailbox: mailboxSchema, groupInfo: groupInfoSchema }),
    response: v.strictObject({}),
  },
};
