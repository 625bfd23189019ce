import { concatBytes } from "../lib/bytes/mod.ts";
import { UsageError } from "../lib/errors/mod.ts";
import type { InputStream } from "./io.ts";

/**
 * Reads an input to its end; `hint` says what to do where it is too large.
 *
 * @throws {UsageError} input-too-large at more than `maxBytes`
 */
export async function readAll(input: InputStream, maxBytes: number, hint?: string): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of input.chunks()) {
    size += chunk.length;
    if (size > maxBytes) {
      throw new UsageError("input-too-large", `the input is larger than ${maxBytes} bytes`, { hint });
    }
    parts.push(chunk);
  }
  return concatBytes(...parts);
}

/**
 * Reads the lines of an input as they arrive, without their line ends (LF or CR LF). A last line without
 * an end counts; bytes that are not UTF-8 become U+FFFD.
 *
 * @throws {UsageError} line-too-long at more than `maxLineChars` UTF-16 units in a line
 */
export async function* readLines(input: InputStream, maxLineChars: number): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of input.chunks()) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop()!;
    for (const line of lines) yield bounded(withoutReturn(line), maxLineChars);
    bounded(rest, maxLineChars);
  }
  rest += decoder.decode();
  if (rest !== "") yield bounded(withoutReturn(rest), maxLineChars);
}

function withoutReturn(line: string): string {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}

function bounded(line: string, maxChars: number): string {
  if (line.length <= maxChars) return line;
  throw new UsageError("line-too-long", `a line is longer than ${maxChars} characters`);
}
