import { concatBytes, encodeUtf8 } from "../bytes/mod.ts";
import { DerTag } from "./der_tag.ts";

/** Encodes one element of DER (X.690 §10) from its tag and the parts of its content. */
export function derElement(tag: number, ...content: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const length = content.reduce((sum, part) => sum + part.length, 0);
  return concatBytes(Uint8Array.of(tag, ...lengthOctets(length)), ...content);
}

/** Encodes a SEQUENCE of encoded elements. */
export function derSequence(...elements: Uint8Array[]): Uint8Array<ArrayBuffer> {
  return derElement(DerTag.sequence, ...elements);
}

/** Encodes an INTEGER from the octets of an unsigned number of any length. */
export function derUnsigned(octets: Uint8Array): Uint8Array<ArrayBuffer> {
  const first = octets.findIndex((octet) => octet !== 0);
  const significant = first < 0 ? Uint8Array.of(0) : octets.subarray(first);
  const sign = significant[0]! >= 0x80 ? Uint8Array.of(0) : new Uint8Array(0);
  return derElement(DerTag.integer, sign, significant);
}

/** Encodes an INTEGER between 0 and 2^53 - 1. */
export function derInteger(value: number): Uint8Array<ArrayBuffer> {
  return derUnsigned(Uint8Array.fromHex(value.toString(16).padStart(16, "0")));
}

/** Encodes an OBJECT IDENTIFIER from dotted decimal. */
export function derOid(oid: string): Uint8Array<ArrayBuffer> {
  const [first = 0, second = 0, ...rest] = oid.split(".").map(Number);
  const octets = [40 * first + second, ...rest].flatMap((arc) => {
    const septets = [arc % 128];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) {
      septets.unshift(0x80 | left % 128);
    }
    return septets;
  });
  return derElement(DerTag.oid, Uint8Array.from(octets));
}

/** Encodes an OCTET STRING. */
export function derOctets(octets: Uint8Array): Uint8Array<ArrayBuffer> {
  return derElement(DerTag.octetString, octets);
}

/** Encodes a BIT STRING of whole octets. */
export function derBits(octets: Uint8Array): Uint8Array<ArrayBuffer> {
  return derElement(DerTag.bitString, Uint8Array.of(0), octets);
}

/** Encodes a time as RFC 5280 §4.1.2.5 asks: UTCTime until 2049, then GeneralizedTime; whole seconds. */
export function derTime(time: Date): Uint8Array<ArrayBuffer> {
  const digits = time.toISOString().replace(/\.\d+Z$/, "Z").replace(/[-:T]/g, "");
  const year = time.getUTCFullYear();
  return year >= 1950 && year < 2050
    ? derElement(DerTag.utcTime, encodeUtf8(digits.slice(2)))
    : derElement(DerTag.generalizedTime, encodeUtf8(digits));
}

function lengthOctets(length: number): number[] {
  if (length < 0x80) return [length];
  const octets: number[] = [];
  for (let left = length; left > 0; left = Math.floor(left / 256)) octets.unshift(left % 256);
  return [0x80 | octets.length, ...octets];
}
