/**
 * The one error type of parley and its kinds, sorted by whose fault an error is.
 *
 * @module
 */
export {
  AuthenticationError,
  DecodeError,
  type ErrorKind,
  InternalError,
  NetworkError,
  ParleyError,
  type ParleyErrorOptions,
  ProtocolError,
  StorageError,
  TimeoutError,
  toParleyError,
  UsageError,
} from "./parley_error.ts";
