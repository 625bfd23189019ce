import { StorageError } from "../../errors/mod.ts";
import type { ClientStore, SearchSpan, SearchText } from "../../store/mod.ts";
import { searchableText } from "./searchable_text.ts";

/** Lines of one block at most. */
export const BLOCK_LINES = 512;
/** How long the texts of one block get together, in UTF-16 units, before it is closed. */
const BLOCK_UNITS = 1 << 17;
/** What one transaction puts into blocks at most: whoever else writes waits for it. */
const TRANSACTION_LINES = 8 * BLOCK_LINES;
const TRANSACTION_BYTES = 1 << 22;

/** What was found on the way. */
export interface AddedBlocks {
  /** The positions of lines that hold the text, newest first. */
  found: number[];
  /** The position of the oldest line that is in a block now. */
  oldest: number;
}

/**
 * Puts the newest lasting lines of a span that holds no block into blocks, in a transaction of its own, and finds
 * those that hold a folded text. Undefined where that cannot be: somebody else has done so meanwhile, or
 * the database cannot be written to.
 */
export async function addSearchBlocks(
  store: ClientStore,
  span: SearchSpan,
  wanted: string,
): Promise<AddedBlocks | undefined> {
  try {
    return await store.transaction(() => addBlocks(store, span, wanted));
  } catch (error) {
    // What is on disk can be searched without blocks, also where the disk is full or another process will not let go.
    if (error instanceof StorageError) return undefined;
    throw error;
  }
}

function addBlocks(
  { search }: ClientStore,
  span: SearchSpan,
  wanted: string,
): AddedBlocks | undefined {
  const { mailbox, after, before } = span;
  if ((search.blockBelow(mailbox, before)?.last ?? after) > after) return undefined;
  const found: number[] = [];
  let block: SearchText[] = [], units = 0, bytes = 0, oldest = before;
  for (const { position, content } of search.lasting(span, TRANSACTION_LINES)) {
    const text = searchableText({ content }) ?? "";
    if (text.includes(wanted)) found.push(position);
    block.push({ position, text });
    units += text.length;
    bytes += content.length;
    oldest = position;
    if (block.length < BLOCK_LINES && units < BLOCK_UNITS) continue;
    search.addBlock(mailbox, block);
    block = [];
    units = 0;
    if (bytes >= TRANSACTION_BYTES) break;
  }
  if (block.length > 0) search.addBlock(mailbox, block);
  return { found, oldest };
}
