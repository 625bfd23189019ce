import { UsageError } from "../errors/mod.ts";
import { MAX_COMMON_NAME } from "./common_name.ts";
import { formatIdentityUri, isName } from "./identity.ts";
import { parseServerName } from "./server_name.ts";

/** A name that a certificate is asked for. */
export interface RequestedName {
  /** A DNS name, an IP address, or a URI. */
  type: "dns" | "ip" | "url";
  /** The name. */
  value: string;
}

/** Whom a certificate request is about. */
export interface RequestSubject {
  /** The attributes of the subject's Name, first one first: `["CN", "Example"]`. */
  attributes: [type: string, value: string][];
  /** What stands in subjectAltName. */
  names: RequestedName[];
}

const ATTRIBUTES = ["CN", "O", "OU", "L", "ST", "C"];

/**
 * Parses a subject that someone typed, in one of three forms:
 *
 * - `USER/DEVICE`: a device; it becomes the common name and the URI `parley:USER/DEVICE`
 * - `NAME,…`: DNS names and IP addresses of a server; the first becomes the common name too
 * - `CN=…,O=…`: attributes as RFC 4514 writes them, the first one first; no subjectAltName
 *
 * @throws {UsageError} `subject-malformed`, `server-name-malformed`
 */
export function parseRequestSubject(text: string): RequestSubject {
  const [user = "", device = "", ...more] = text.split("/");
  if (isName(user) && isName(device) && more.length === 0) {
    const names = [{ type: "url" as const, value: formatIdentityUri({ user, device }) }];
    return { attributes: [["CN", text]], names };
  }
  if (text.includes("=")) return { attributes: splitUnescaped(text).map(parseAttribute), names: [] };
  const names = text.split(",").map((name) => parseServerName(name.trim()));
  return {
    attributes: [["CN", names[0]!.text.slice(0, MAX_COMMON_NAME)]],
    names: names.map(({ type, text }) => ({ type, value: text })),
  };
}

/** Splits at commas that no backslash stands before. */
function splitUnescaped(text: string): string[] {
  return text.match(/(?:\\.|[^\\,])+/gs) ?? [];
}

function parseAttribute(text: string): [string, string] {
  const [, type = "", escaped = ""] = /^\s*([A-Za-z]+)\s*=\s*(.*?)\s*$/s.exec(text) ?? [];
  const name = type.toUpperCase();
  const value = escaped.replace(/\\(.)/gs, "$1");
  const isSized = name === "C"
    ? /^[A-Za-z]{2}$/.test(value)
    : value !== "" && value.length <= MAX_COMMON_NAME;
  // deno-lint-ignore no-control-regex
  if (ATTRIBUTES.includes(name) && isSized && !/[\u0000-\u001f\u007f-\u009f]/.test(value)) {
    return [name, value];
  }
  throw new UsageError("subject-malformed", `not a subject: ${JSON.stringify(text.slice(0, 80))}`, {
    hint: "expected USER/DEVICE, DNS names and addresses, or attributes such as CN=Example,O=Example,C=CH",
  });
}
