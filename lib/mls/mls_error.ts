import { CodecError, CryptoError, CryptoVerificationError, ValidationError } from "ts-mls/mlsError.js";
import {
  AuthenticationError,
  DecodeError,
  InternalError,
  ParleyError,
  ProtocolError,
} from "../errors/mod.ts";

/**
 * Runs an operation of ts-mls and gives its errors our kinds: what a peer can cause becomes a decode,
 * protocol or authentication error, the rest is a bug.
 */
export async function withMlsErrors<T>(operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    throw toParleyError(error);
  }
}

function toParleyError(error: unknown): ParleyError {
  if (error instanceof ParleyError) return error;
  if (error instanceof CryptoVerificationError || error instanceof CryptoError) {
    return new AuthenticationError("mls-verification-failed", "cannot decrypt or verify the MLS message", {
      cause: error,
    });
  }
  if (error instanceof ValidationError) {
    return new ProtocolError("mls-invalid", "the MLS message is not valid in this group", { cause: error });
  }
  if (error instanceof CodecError || error instanceof RangeError) {
    return new DecodeError("mls-malformed", "cannot decode MLS message", { cause: error });
  }
  const message = error instanceof Error ? error.message : String(error);
  return new InternalError(`MLS failed: ${message}`, { cause: error });
}
