import { DecodeError } from "../errors/mod.ts";
import { DerReader } from "./der_reader.ts";
import { DerTag } from "./der_tag.ts";

const ATTRIBUTES: Record<string, string> = {
  "2.5.4.3": "CN",
  "2.5.4.6": "C",
  "2.5.4.7": "L",
  "2.5.4.8": "ST",
  "2.5.4.10": "O",
  "2.5.4.11": "OU",
};
const TEXT_TAGS: readonly number[] = [DerTag.utf8String, DerTag.printableString, DerTag.ia5String];

/**
 * Formats a Name for people, first attribute first, in the manner of RFC 4514: `CN=Example CA, O=Example`.
 * Values may hold any character, control characters included; escape before showing.
 *
 * @throws {DecodeError} `cert-malformed`
 */
export function formatDistinguishedName(der: Uint8Array): string {
  try {
    const parts: string[] = [];
    const name = new DerReader(der).sequence("name");
    while (!name.atEnd) {
      const set = name.enter(DerTag.set, "name");
      while (!set.atEnd) parts.push(readAttribute(set.sequence("name")));
    }
    return parts.join(", ");
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause;
    throw new DecodeError("cert-malformed", "cannot decode name", { cause });
  }
}

function readAttribute(reader: DerReader): string {
  const oid = reader.oid("name");
  const { tag, content } = reader.any("name");
  reader.end("name");
  const value = TEXT_TAGS.includes(tag) ? new TextDecoder().decode(content) : `#${content.toHex()}`;
  return `${ATTRIBUTES[oid] ?? oid}=${value.replace(/[\\,+"<>;=]/g, "\\$&")}`;
}
