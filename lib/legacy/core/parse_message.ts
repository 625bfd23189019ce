import * as v from "valibot";
import { DecodeError } from "../../errors/mod.ts";

/** Changes what was parsed, from the inside out; see `JSON.parse`. */
export type Reviver = (key: string, value: unknown, context?: { readonly source?: string }) => unknown;

/**
 * Parses a message in JSON that has to fit a schema.
 *
 * @throws {DecodeError} `message-malformed`, and what the reviver throws of this kind
 */
export function parseMessage<Schema extends v.GenericSchema>(
  schema: Schema,
  json: string,
  reviver?: Reviver,
): v.InferOutput<Schema> {
  const result = v.safeParse(schema, parseJson(json, reviver));
  if (result.success) return result.output;
  const field = v.getDotPath(result.issues[0]);
  const what = field === null ? "the message is malformed" : `the message is malformed: ${field}`;
  throw new DecodeError("message-malformed", what, field === null ? {} : { field });
}

function parseJson(json: string, reviver: Reviver | undefined): unknown {
  try {
    return JSON.parse(json, reviver);
  } catch (error) {
    if (error instanceof DecodeError) throw error;
    // The parser's message repeats what it has read, which may be secret.
    throw new DecodeError("message-malformed", "the message is no JSON");
  }
}
