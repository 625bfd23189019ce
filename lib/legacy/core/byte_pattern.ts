/** Whether the bytes begin with these. */
export function startsWith(bytes: Uint8Array, literal: Uint8Array): boolean {
  return bytes.length >= literal.length && agree(bytes, literal, literal.length);
}

/** Whether the bytes are all that has arrived of `literal` and the rest may still come. */
export function mayBecome(bytes: Uint8Array, literal: Uint8Array, quiet: boolean): boolean {
  return !quiet && bytes.length < literal.length && agree(bytes, literal, bytes.length);
}

/** Where `literal` stands in the bytes, at `from` or behind it; -1 where it does not. */
export function indexOfBytes(bytes: Uint8Array, literal: Uint8Array, from = 0): number {
  const last = bytes.length - literal.length;
  for (let at = from; at <= last; at++) {
    at = bytes.indexOf(literal[0]!, at);
    if (at < 0 || at > last) return -1;
    if (agree(bytes.subarray(at), literal, literal.length)) return at;
  }
  return -1;
}

/** Whether these are digits of a hexadecimal number in small letters. */
export function isHexDigits(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte >= 0x30 && byte <= 0x66 && (byte <= 0x39 || byte >= 0x61));
}

/** The bytes as text of as many characters, whatever they are. */
export function toLatin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

function agree(a: Uint8Array, b: Uint8Array, length: number): boolean {
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return false;
  return true;
}
