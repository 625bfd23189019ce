/** Media types of texts (draft-ietf-mimi-content-09 §7.1). */
export const PLAIN_TYPE = "text/plain;charset=utf-8", MARKDOWN_TYPE = "text/markdown;variant=GFM-MIMI";

const CHARSET = /;charset="?([^;"]*)"?/;

/** The name of a kind of control content. */
const CONTROL_NAME = "[a-z0-9](?:[a-z0-9.-]{0,62}[a-z0-9])?";
const CONTROL_NAME_PATTERN = new RegExp(`^${CONTROL_NAME}$`);
const CONTROL_TYPE_PATTERN = new RegExp(`^application/vnd\\.parley\\.(${CONTROL_NAME})\\+cbor$`);

/**
 * Which kind of text a media type is (RFC 2045 §5.1), or undefined for everything else. Markdown of any
 * variant may be shown as plain text; a character set other than UTF-8 is not understood.
 */
export function textFormat(contentType: string): "plain" | "markdown" | undefined {
  const type = contentType.toLowerCase().replaceAll(/\s/g, "");
  const charset = CHARSET.exec(type)?.[1] ?? "utf-8";
  if (charset !== "utf-8" && charset !== "us-ascii") return undefined;
  const [essence] = type.split(";");
  return essence === "text/plain" ? "plain" : essence === "text/markdown" ? "markdown" : undefined;
}

/** Formats the media type of control content, or returns undefined for a name that cannot be. */
export function formatControlType(name: string): string | undefined {
  return CONTROL_NAME_PATTERN.test(name) ? `application/vnd.parley.${name}+cbor` : undefined;
}

/** The name of control content by its media type, or undefined for every other type. */
export function parseControlType(contentType: string): string | undefined {
  return CONTROL_TYPE_PATTERN.exec(contentType)?.[1];
}
