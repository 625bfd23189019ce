import { UsageError } from "../errors/mod.ts";
import { subtle, toBufferSource } from "./subtle.ts";

/** Cost of {@link deriveKeyFromPassword}. */
export interface PasswordCost {
  /** Memory in KiB; at least 8 per lane, at most 1 GiB. 65,536 (64 MiB) by default. */
  memoryKiB?: number;
  /** Passes over the memory, 1 to 64; 3 by default. */
  passes?: number;
  /** Lanes, 1 to 16; 1 by default. */
  parallelism?: number;
}

/**
 * Derives a key of 32 bytes from a password with Argon2id (RFC 9106). The default cost is the RFC's
 * second recommendation (§4) with one lane, about 0.2 s. The limits keep a cost that was read from a
 * file from taking the machine.
 *
 * @throws {UsageError} `password-cost-invalid`, or `password-salt-short` for a salt under 8 bytes
 */
export async function deriveKeyFromPassword(
  password: Uint8Array,
  salt: Uint8Array,
  cost: PasswordCost = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const { memoryKiB = 65_536, passes = 3, parallelism = 1 } = cost;
  assertWithin("parallelism", parallelism, 1, 16);
  assertWithin("passes", passes, 1, 64);
  assertWithin("memoryKiB", memoryKiB, 8 * parallelism, 1_048_576);
  if (salt.length < 8) {
    throw new UsageError(
      "password-salt-short",
      `password salt: expected 8 bytes or more, got ${salt.length}`,
    );
  }
  const key = await subtle.importKey("raw-secret", toBufferSource(password), "Argon2id", false, [
    "deriveBits",
  ]);
  const nonce = toBufferSource(salt);
  const params = { name: "Argon2id", memory: memoryKiB, passes, parallelism, nonce } as const;
  return new Uint8Array(await subtle.deriveBits(params, key, 256));
}

function assertWithin(name: string, value: number, min: number, max: number): void {
  if (Number.isInteger(value) && value >= min && value <= max) return;
  throw new UsageError("password-cost-invalid", `${name}: expected ${min} to ${max}, got ${value}`);
}
