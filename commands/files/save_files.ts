import type { Client, FileItem } from "../../lib/client/mod.ts";
import { ParleyError } from "../../lib/errors/mod.ts";
import type { CommandContext } from "../command.ts";
import { printable } from "../printable.ts";
import { describeFile, fileLine, fileRecord } from "./file_lines.ts";
import { TransferBar } from "./transfer_progress.ts";

/** With these the next file may do better. */
const PASSED_OVER: readonly string[] = ["authentication", "decode", "protocol"];

/**
 * Saves files in a folder one after the other, and prints each when it is there. What is wrong with one does not keep
 * the others; it is said, and the first such error returned.
 *
 * @throws {ParleyError} where nothing more can be saved: no relay, no room
 * @throws the reason of the context's signal
 */
export async function saveFiles(
  client: Client,
  items: FileItem[],
  folder: string,
  context: CommandContext,
): Promise<ParleyError | undefined> {
  let failure: ParleyError | undefined;
  for (const [index, item] of items.entries()) {
    try {
      await saveFile(client, item, { folder, number: index + 1, count: items.length }, context);
    } catch (error) {
      if (context.signal.aborted) {
        context.out.note(
          `stopped: what has arrived of ${printable(item.name)} is kept, and gone on with next time`,
        );
      }
      if (!(error instanceof ParleyError) || !isPassedOver(error)) throw error;
      tellFailure(item, error, context);
      if (error.code !== "file-busy") failure ??= error;
    }
  }
  return failure;
}

async function saveFile(
  client: Client,
  item: FileItem,
  { folder, number, count }: { folder: string; number: number; count: number },
  context: CommandContext,
): Promise<void> {
  const { out, signal } = context;
  using bar = new TransferBar(context);
  const { item: saved, leftOut } = await client.files.incoming.save(item, folder, {
    signal,
    onProgress: (progress) => bar.show({ ...progress, name: item.name, number, count }),
  });
  bar.clear();
  out.result(fileRecord(client, saved), fileLine(client, saved));
  await client.files.incoming.markAnnounced(saved);
  if (leftOut > 0) out.note(`${leftOut} links or devices in ${printable(item.name)} were left out`);
  // It is on the disk here; that the relay hears it now, makes room there.
  await client.files.tellRelay();
}

function isPassedOver({ kind, code }: ParleyError): boolean {
  return PASSED_OVER.includes(kind) || ["file-busy", "blob-damaged", "disk-full"].includes(code);
}

function tellFailure(item: FileItem, { code, message }: ParleyError, { out, io }: CommandContext): void {
  const { id, from, name, size } = item;
  const text = `${describeFile(item)} from ${printable(from)} was not saved: ${printable(message)}`;
  if (out.json) out.result({ type: "file-failed", id, from, name, size, code, message }, text);
  else io.stderr.write(`parley: ${text}\n`);
}
