import { DecodeError } from "../errors/mod.ts";

/**
 * Checks a byte string's length; every size error of this room reads the same.
 *
 * @throws {DecodeError} `size-invalid`
 */
export function assertSize(title: string, bytes: Uint8Array, expected: number): void {
  if (bytes.length === expected) return;
  throw new DecodeError("size-invalid", `${title}: expected ${expected} bytes, got ${bytes.length}`);
}
