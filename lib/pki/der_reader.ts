import { decodeUtf8, Reader } from "../bytes/mod.ts";
import { DecodeError } from "../errors/mod.ts";
import { DerTag } from "./der_tag.ts";

/** One element of DER (X.690 §10): a tag and its content, as views of the input. */
export interface DerElement {
  /** The identifier octet. */
  tag: number;
  /** The content octets. */
  content: Uint8Array;
  /** Identifier, length and content octets. */
  der: Uint8Array;
  /** Where the content begins in the outermost input. */
  offset: number;
}

/**
 * Reads DER strictly: one-octet tags, definite lengths in their shortest form, integers in their
 * shortest form. Nothing recurses, so nesting cannot exhaust the stack.
 */
export class DerReader {
  readonly #bytes: Uint8Array;
  readonly #base: number;
  readonly #reader: Reader;

  /** Creates a reader over `bytes`, which lie at `base` in the outermost input. */
  constructor(bytes: Uint8Array, base = 0) {
    this.#bytes = bytes;
    this.#base = base;
    this.#reader = new Reader(bytes, base);
  }

  /** Whether everything was read. */
  get atEnd(): boolean {
    return this.#reader.remaining === 0;
  }

  /** The tag of the next element, or undefined at the end. */
  get nextTag(): number | undefined {
    return this.#bytes[this.#reader.offset - this.#base];
  }

  /** Reads the next element whatever its tag. */
  any(field: string): DerElement {
    const start = this.#reader.offset;
    const tag = this.#reader.u8(field);
    if ((tag & 0x1f) === 0x1f) throw malformed(field, "a tag of several octets", start);
    const length = this.#length(field);
    const offset = this.#reader.offset;
    const content = this.#reader.bytes(length, field);
    const der = this.#bytes.subarray(start - this.#base, offset + length - this.#base);
    return { tag, content, der, offset };
  }

  /** Reads an element that must have this tag. */
  element(tag: number, field: string): DerElement {
    const start = this.#reader.offset;
    const element = this.any(field);
    if (element.tag !== tag) throw malformed(field, `tag ${element.tag} where ${tag} belongs`, start);
    return element;
  }

  /** Reads an element only where the next one has this tag. */
  optional(tag: number, field: string): DerElement | undefined {
    return this.nextTag === tag ? this.element(tag, field) : undefined;
  }

  /** Enters a constructed element. */
  enter(tag: number, field: string): DerReader {
    const { content, offset } = this.element(tag, field);
    return new DerReader(content, offset);
  }

  /** Enters a SEQUENCE. */
  sequence(field: string): DerReader {
    return this.enter(DerTag.sequence, field);
  }

  /** Reads an INTEGER that is not negative; its octets without the sign octet. */
  unsigned(field: string): Uint8Array {
    const { content, offset } = this.element(DerTag.integer, field);
    const [first, second] = content;
    if (first === undefined || first >= 0x80) throw malformed(field, "not an unsigned integer", offset);
    if (first !== 0 || second === undefined) return content;
    if (second < 0x80) throw malformed(field, "an integer that is not in its shortest form", offset);
    return content.subarray(1);
  }

  /** Reads an INTEGER between 0 and 2^31 - 1. */
  smallInteger(field: string): number {
    const octets = this.unsigned(field);
    const value = octets.reduce((sum, octet) => sum * 256 + octet, 0);
    if (value > 0x7fff_ffff) throw malformed(field, "an integer out of range", this.#reader.offset);
    return value;
  }

  /** Reads a BOOLEAN. */
  boolean(field: string): boolean {
    const { content, offset } = this.element(DerTag.boolean, field);
    if (content.length !== 1 || (content[0] !== 0 && content[0] !== 0xff)) {
      throw malformed(field, "not a boolean", offset);
    }
    return content[0] === 0xff;
  }

  /** Reads an OBJECT IDENTIFIER as dotted decimal. */
  oid(field: string): string {
    const { content, offset } = this.element(DerTag.oid, field);
    return decodeOid(content, field, offset);
  }

  /** Reads a BIT STRING; the number of unused bits stands beside the octets. */
  bits(field: string): { octets: Uint8Array; unusedBits: number } {
    const { content, offset } = this.element(DerTag.bitString, field);
    const unusedBits = content[0];
    const last = content.at(-1) ?? 0;
    if (unusedBits === undefined || unusedBits > 7 || (content.length === 1 && unusedBits > 0)) {
      throw malformed(field, "not a bit string", offset);
    }
    if ((last & ((1 << unusedBits) - 1)) !== 0 && content.length > 1) {
      throw malformed(field, "unused bits that are set", offset);
    }
    return { octets: content.subarray(1), unusedBits };
  }

  /** Reads a BIT STRING of whole octets. */
  bitOctets(field: string): Uint8Array {
    const { octets, unusedBits } = this.bits(field);
    if (unusedBits !== 0) throw malformed(field, "not a whole number of octets", this.#reader.offset);
    return octets;
  }

  /** Reads an OCTET STRING. */
  octets(field: string): Uint8Array {
    return this.element(DerTag.octetString, field).content;
  }

  /** Reads a UTCTime or GeneralizedTime in the forms of RFC 5280 §4.1.2.5. */
  time(field: string): Date {
    const { tag, content, offset } = this.any(field);
    const isUtc = tag === DerTag.utcTime;
    if (!isUtc && tag !== DerTag.generalizedTime) throw malformed(field, "not a time", offset);
    const text = decodeUtf8(content);
    if (!(isUtc ? /^\d{12}Z$/ : /^\d{14}Z$/).test(text)) throw malformed(field, "not a time", offset);
    const digits = isUtc ? (text < "50" ? "20" : "19") + text : text;
    const iso = digits.replace(/^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6.000Z");
    const time = new Date(iso);
    // 30 February or 24:00 would parse as another instant, or not at all.
    if (Number.isNaN(time.getTime()) || time.toISOString() !== iso) {
      throw malformed(field, "no such time", offset);
    }
    // RFC 5280 §4.1.2.5: through 2049 a UTCTime.
    if (!isUtc && text < "2050") throw malformed(field, "a year before 2050 with four digits", offset);
    return time;
  }

  /** Asserts that everything was read. */
  end(field: string): void {
    this.#reader.end(field);
  }

  /** Lengths of more than four octets cannot occur: no input of ours is that large. */
  #length(field: string): number {
    const start = this.#reader.offset;
    const first = this.#reader.u8(field);
    if (first < 0x80) return first;
    const count = first & 0x7f;
    if (count === 0 || count > 4) throw malformed(field, "a length that DER does not allow", start);
    let length = 0;
    for (let i = 0; i < count; i++) length = length * 256 + this.#reader.u8(field);
    if (length < 0x80 || length < 2 ** (8 * (count - 1))) {
      throw malformed(field, "a length that is not in its shortest form", start);
    }
    return length;
  }
}

function decodeOid(content: Uint8Array, field: string, offset: number): string {
  const arcs: number[] = [];
  let value = 0;
  for (const [index, octet] of content.entries()) {
    if (value === 0 && octet === 0x80) throw malformed(field, "an arc that is not minimal", offset + index);
    value = value * 128 + (octet & 0x7f);
    if (value > Number.MAX_SAFE_INTEGER) throw malformed(field, "an arc out of range", offset + index);
    if (octet < 0x80) {
      arcs.push(value);
      value = 0;
    }
  }
  const first = arcs[0];
  if (first === undefined || content.at(-1)! >= 0x80) throw malformed(field, "not an OID", offset);
  const root = Math.min(Math.floor(first / 40), 2);
  return [root, first - 40 * root, ...arcs.slice(1)].join(".");
}

function malformed(field: string, reason: string, offset: number): DecodeError {
  return new DecodeError("der-malformed", `cannot decode ${field}: ${reason}`, { offset, field });
}
