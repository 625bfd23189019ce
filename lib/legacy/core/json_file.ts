import { StorageError } from "../../errors/mod.ts";
import { parseMessage, type Schema } from "./parse_message.ts";
import { readTextFile } from "./read_text_file.ts";
import { replaceFile } from "./replace_file.ts";

/**
 * Reads a file that holds a value in JSON; undefined where there is none.
 *
 * @throws {StorageError} `file-malformed`
 */
export function readJsonFile<Value>(path: string, schema: Schema<Value>): Value | undefined {
  const text = readTextFile(path);
  try {
    return text === undefined ? undefined : parseMessage(schema, text);
  } catch (cause) {
    throw new StorageError("file-malformed", `cannot make sense of ${path}`, {
      hint: "a file of another program cannot be taken over: move it away",
      cause,
    });
  }
}

/**
 * Writes a value as JSON into a file that only its owner may read.
 *
 * @throws {StorageError} `file-unwritable`
 */
export function writeJsonFile(path: string, value: unknown): void {
  replaceFile(path, JSON.stringify(value, null, 4) + "\n", 0o600);
}
