import { SecretBytes } from "../../crypto/mod.ts";
import { BLOB_ID_BYTES } from "../../wire/mod.ts";
import type { ClientCore } from "../client_core.ts";
import { encodeFiles } from "../content/mod.ts";
import { expireIn } from "../delivery/find_referable.ts";
import type { BatchPlan } from "./file_batch.ts";
import { toFileReference } from "./file_content.ts";
import { FILE_HASH_BYTES, FILE_KEY_BYTES, type FileDescriptor } from "./file_descriptor.ts";
import { MAX_FILE_BYTES } from "./file_layout.ts";

/**
 * Encodes the message that names the files of a batch. If it does not last, its time begins now.
 *
 * @throws {UsageError} what `encodeFiles` and `expireIn` throw
 */
export function encodeBatchMessage(
  { caption, inReplyTo, expiresInMs }: BatchPlan,
  files: FileDescriptor[],
  { random, clock }: Pick<ClientCore, "random" | "clock">,
): Uint8Array {
  const expires = expireIn(expiresInMs, clock());
  return encodeFiles(files.map(toFileReference), random, { caption, inReplyTo, expires });
}

/**
 * Encodes the message with as many bytes as it will have, before anything is uploaded for it.
 *
 * @throws {UsageError} what {@link encodeBatchMessage} throws
 */
export function assertBatchFits(plan: BatchPlan, core: Pick<ClientCore, "random" | "clock">): void {
  const key = new SecretBytes(new Uint8Array(FILE_KEY_BYTES));
  const files = plan.files.map(({ name, mediaType }) => ({
    ...{ blob: new Uint8Array(BLOB_ID_BYTES), key, size: MAX_FILE_BYTES },
    ...{ hash: new Uint8Array(FILE_HASH_BYTES), name, mediaType },
  }));
  encodeBatchMessage(plan, files, core);
}
