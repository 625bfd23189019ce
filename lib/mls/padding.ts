import type { PaddingConfig } from "ts-mls/paddingConfig.js";
import { UsageError } from "../errors/mod.ts";

const SMALLEST_BUCKET_BYTES = 256;
/** Instead of 64 KiB: with header, sender data and tag, the message stays below what the relay takes. */
const LARGEST_BUCKET_BYTES = 63 * 1024;
/** An Ed25519 signature with its length: both suites have no other. */
const SIGNATURE_BYTES = 2 + 64;

/**
 * The bucket that `length` bytes are padded to: the next power of two from 256 on, and 64,512 as the last.
 *
 * @throws {UsageError} `message-too-long` above that
 */
export function padToBucket(length: number): number {
  if (length > LARGEST_BUCKET_BYTES) {
    throw new UsageError("message-too-long", `the message has ${length} bytes, which is too long to send`, {
      hint: "send it in parts",
    });
  }
  let bucket = SMALLEST_BUCKET_BYTES;
  while (bucket < length) bucket *= 2;
  return Math.min(bucket, LARGEST_BUCKET_BYTES);
}

/**
 * Pads what an application message encrypts (RFC 9420 §6.3.1: its data, its signature, zeros) to a bucket.
 *
 * @throws {UsageError} `message-too-long`
 */
export function paddingFor(applicationDataBytes: number): PaddingConfig {
  const length = varintBytes(applicationDataBytes) + applicationDataBytes + SIGNATURE_BYTES;
  return { kind: "padUntilLength", padUntilLength: padToBucket(length) };
}

/** RFC 9420 §2.1.2. */
function varintBytes(value: number): number {
  return value < 64 ? 1 : value < 16_384 ? 2 : 4;
}
