import type * as X509 from "@peculiar/x509";

/** The longest common name that X.520 allows. */
export const MAX_COMMON_NAME = 64;

/**
 * A name of one common name, cut to 64 characters. It is UTF-8 whatever it holds: the library would take a
 * plain string that begins with `#` for hexadecimal.
 */
export function createCommonName(x509: typeof X509, text: string): X509.Name {
  return new x509.Name([{ CN: [{ utf8String: [...text].slice(0, MAX_COMMON_NAME).join("") }] }]);
}
