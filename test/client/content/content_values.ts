import fc from "fast-check";
import type { MimiContent, MimiExtension, NestedPart } from "../../../lib/client/content/mod.ts";
import { type CborValue, encodeCbor } from "../../../lib/bytes/mod.ts";
import { SecretBytes } from "../../../lib/crypto/mod.ts";

/** Objects as literals are. */
const record = <T>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record(fields, { noNullPrototype: true });
const bytes = (size: { maxLength: number; minLength?: number }) => fc.uint8Array(size);
const text = fc.string({ unit: "grapheme", maxLength: 20 });
const disposition = fc.oneof(fc.nat(8), fc.nat(255));
const language = fc.constantFrom("", "en", "fr,de-CH");
const contentType = fc.constantFrom(
  "text/plain;charset=utf-8",
  "text/markdown;variant=GFM-MIMI",
  "text/html",
  "image/png",
  "",
);

/** A message's id with the number of its hash function. */
export const messageId: fc.Arbitrary<Uint8Array> = bytes({ minLength: 32, maxLength: 32 }).map((id) => {
  id[0] = 1;
  return id;
});

const extension: fc.Arbitrary<MimiExtension> = record({
  key: fc.oneof(fc.maxSafeInteger(), text.filter((key) => key !== "")),
  value: fc.oneof(
    fc.maxSafeInteger().filter((value) => value >= -(2 ** 31)),
    text,
    fc.constant<CborValue>([[1, [2]]]),
  )
    .map((value: CborValue) => encodeCbor(value)),
});

const leaf: fc.Arbitrary<NestedPart> = fc.oneof(
  record({ cardinality: fc.constant("null" as const), disposition, language }),
  record({
    cardinality: fc.constant("single" as const),
    disposition,
    language,
    contentType,
    content: text.map((one) => new TextEncoder().encode(one)),
  }),
  record({
    cardinality: fc.constant("external" as const),
    disposition,
    language,
    contentType,
    url: text,
    expires: fc.nat(2 ** 31 - 1),
    size: fc.maxSafeNat(),
    encAlg: fc.nat(0xffff),
    key: bytes({ maxLength: 64 }).map((key) => new SecretBytes(key)),
    nonce: bytes({ maxLength: 12 }),
    aad: bytes({ maxLength: 30 }),
    hashAlg: fc.nat(255),
    contentHash: bytes({ maxLength: 64 }),
    description: text,
    filename: text,
  }),
);

function part(levels: number): fc.Arbitrary<NestedPart> {
  if (levels === 1) return leaf;
  const multi = record({
    cardinality: fc.constant("multi" as const),
    disposition,
    language,
    partSemantics: fc.constantFrom("chooseOne" as const, "singleUnit" as const, "processAll" as const),
    parts: fc.array(part(levels - 1), { minLength: 2, maxLength: 4 }),
  });
  return fc.oneof(leaf, multi);
}

/** Any message within the bounds. */
export const mimiContent: fc.Arbitrary<MimiContent> = record({
  salt: bytes({ minLength: 16, maxLength: 16 }),
  replaces: fc.option(messageId),
  topicId: bytes({ maxLength: 40 }),
  expires: fc.option(record({ relative: fc.boolean(), time: fc.nat(2 ** 31 - 1) })),
  inReplyTo: fc.option(messageId),
  extensions: fc.uniqueArray(extension, { maxLength: 5, selector: ({ key }) => key }),
  nestedPart: part(4),
});
