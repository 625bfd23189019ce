import type { ClientStore, LineRange, SearchableLine, SearchSpan } from "../../store/mod.ts";
import { addSearchBlocks, BLOCK_LINES } from "./add_search_blocks.ts";
import { searchableText } from "./searchable_text.ts";

/** Lines that are opened at once where there is no block. So many of the newest stay without one. */
const PAGE = 256;

/**
 * Finds the lines of a conversation that hold a folded text by themselves, newest first: their positions. Of a range
 * with `since` some that were sent before are among them. Whoever goes on to lines that stand in no block has them
 * put into blocks, so that they need not be opened one by one again.
 */
export async function* findPositions(
  store: ClientStore,
  { mailbox, since, before = Number.MAX_SAFE_INTEGER }: LineRange,
  wanted: string,
): AsyncIterable<number> {
  const oldest = since === undefined ? Number.MIN_SAFE_INTEGER : store.search.firstSince(mailbox, since);
  if (oldest === undefined) return;
  const span = { mailbox, after: oldest - 1, before };
  const vanishing = findOpened((rest) => store.search.vanishing(rest, PAGE), span, wanted);
  let next = vanishing.next();
  for await (const position of findLasting(store, span, wanted)) {
    for (; !next.done && next.value > position; next = vanishing.next()) yield next.value;
    yield position;
  }
  for (; !next.done; next = vanishing.next()) yield next.value;
}

/** Goes through the blocks and the gaps between them. */
async function* findLasting(store: ClientStore, span: SearchSpan, wanted: string): AsyncIterable<number> {
  const { search } = store;
  for (let before = span.before, isNewest = true;; isNewest = false) {
    const block = search.blockBelow(span.mailbox, before);
    const after = Math.max(span.after, block?.last ?? span.after);
    yield* findInGap(store, { ...span, after, before }, wanted, isNewest);
    if (block === undefined || block.last <= span.after) return;
    for (const position of search.find(block, wanted)) if (position < before) yield position;
    before = block.first;
  }
}

/** Opens lines that stand in no block, and puts them into blocks unless they are few and new. */
async function* findInGap(
  store: ClientStore,
  { mailbox, after, before }: SearchSpan,
  wanted: string,
  isNewest: boolean,
): AsyncIterable<number> {
  const { search } = store;
  const open = (span: SearchSpan) => search.lasting(span, PAGE);
  let rest: SearchSpan = { mailbox, after, before };
  if (isNewest) {
    const page = findInLines(open(rest), wanted);
    yield* page.found;
    rest = { ...rest, before: page.oldest ?? after };
  }
  for (let wantedLines = isNewest ? BLOCK_LINES : 1; search.hasLasting(rest, wantedLines); wantedLines = 1) {
    const added = await addSearchBlocks(store, rest, wanted);
    if (added === undefined) break;
    yield* added.found;
    rest = { ...rest, before: added.oldest };
  }
  yield* findOpened(open, rest, wanted);
}

/** Opens lines one page after the other. */
function* findOpened(
  open: (span: SearchSpan) => Iterable<SearchableLine>,
  span: SearchSpan,
  wanted: string,
): Generator<number, undefined> {
  for (let before: number | undefined = span.before; before !== undefined;) {
    const page = findInLines(open({ ...span, before }), wanted);
    yield* page.found;
    before = page.oldest;
  }
}

function findInLines(
  lines: Iterable<SearchableLine>,
  wanted: string,
): { found: number[]; oldest: number | undefined } {
  const found: number[] = [];
  let oldest: number | undefined;
  for (const { position, content } of lines) {
    if (searchableText({ content })?.includes(wanted)) found.push(position);
    oldest = position;
  }
  return { found, oldest };
}
