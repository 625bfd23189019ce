import * as v from "valibot";
import { DecodeError } from "../../errors/mod.ts";

/** Changes what was parsed, from the inside out; see `JSON.parse`. */
export type Reviver = (key: string, value: unknown, context?: { readonly source?: string }) => unknown;

/** A schema of the validation library, as far as it shows at this door: what it makes of a value. */
export interface Schema<Output> {
  /** See the Standard Schema specification; only the types are looked at. */
  readonly "~standard": { readonly types?: { readonly output: Output } | undefined };
}

/**
 * Parses a message in JSON that has to fit a schema.
 *
 * @throws {DecodeError} `message-malformed`, and what the reviver throws of this kind
 */
export function parseMessage<Output>(schema: Schema<Output>, json: string, reviver?: Reviver): Output {
  return parseSchema(schema, parseJson(json, reviver));
}

/**
 * Checks that a value fits a schema; what the schema makes of it.
 *
 * @throws {DecodeError} `message-malformed`
 */
export function parseSchema<Output>(schema: Schema<Output>, value: unknown): Output {
  const result = v.safeParse(schema as v.GenericSchema<unknown, Output>, value);
  if (result.success) return result.output;
  const field = v.getDotPath(result.issues[0]);
  const what = field === null ? "the message is malformed" : `the message is malformed: ${field}`;
  throw new DecodeError("message-malformed", what, field === null ? {} : { field });
}

/**
 * Parses JSON.
 *
 * @throws {DecodeError} `message-malformed`, and what the reviver throws of this kind
 */
export function parseJson(json: string, reviver?: Reviver): unknown {
  try {
    return JSON.parse(json, reviver);
  } catch (error) {
    if (error instanceof DecodeError) throw error;
    // The parser's message repeats what it has read, which may be secret.
    throw new DecodeError("message-malformed", "the message is no JSON");
  }
}
