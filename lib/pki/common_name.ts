import type * as X509 from "@peculiar/x509";

/** The longest common name that X.520 allows. */
export const MAX_COMMON_NAME = 64;

/**
 * A name of one common name, cut to 64 characters. It is UTF-8 whatever it holds: the library would take a
 * plain string that begins with `#` for hexadecimal.
 */
export function createCommonName(x509: typeof X509, text: string): X509.Name {
  return createName(x509, [["CN", text]]);
}

/** A name of several attributes, each value cut to 64 characters; a country is a PrintableString (X.520). */
export function createName(x509: typeof X509, attributes: [type: string, value: string][]): X509.Name {
  return new x509.Name(attributes.map(([type, value]) => {
    const text = [...value].slice(0, MAX_COMMON_NAME).join("");
    return { [type]: [type === "C" ? { printableString: text } : { utf8String: text }] };
  }));
}
