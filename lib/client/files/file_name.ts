import { encodeUtf8 } from "../../bytes/mod.ts";

/** Bytes of a name, which leaves room for a number in what file systems take: 255. */
const MAX_NAME_BYTES = 240;
/** Bytes of an extension that is kept where a name is shortened. */
const MAX_EXTENSION_BYTES = 32;
const FALLBACK = "file";

/**
 * Separators of paths, of drives and of streams, what looks like them, and what Windows does not take in names.
 */
const SEPARATORS =
  /[/\\:*?"<>|\u{0337}\u{0338}\u{20E5}\u{2044}\u{2215}\u{2216}\u{2236}\u{2571}\u{2572}\u{27CB}\u{27CD}\u{29F5}\u{29F8}\u{29F9}\u{2AFB}\u{2AFD}\u{A789}\u{FE55}\u{FE68}\u{FF0F}\u{FF1A}\u{FF3C}]/gu;
/** Control, format (bidirectional controls among them), private and unassigned characters; fillers that show nothing. */
const UNSEEN =
  /[\p{C}\p{Zl}\p{Zp}\u{034F}\u{115F}\u{1160}\u{17B4}\u{17B5}\u{180B}-\u{180F}\u{2800}\u{3164}\u{FFA0}]/gu;
/** Spaces that are none of the keyboard's. */
const SPACES = /\p{Zs}/gu;
/** Dots, and what looks like them, hide a file; a dash makes it an option of a command, a tilde a home folder. */
const HIDING = /^[.\u{2024}\u{FE52}\u{FF0E}\u{2025}\u{2026} ]+/u;
const OPTION = /^[-~\u{2010}-\u{2015}\u{2212}\u{FE58}\u{FE63}\u{FF0D}]+/u;
const TRAILING = /[. \u{2024}-\u{2026}\u{FE52}\u{FF0E}]+$/u;
/** Devices of Windows, with whatever extension. */
const DEVICES = /^(con|prn|aux|nul|conin\$|conout\$|clock\$|(com|lpt)[0-9¹²³])\s*(\.|$)/i;

/** How a name is made harmless. */
export interface SafeNameOptions {
  /** Whether the name may begin with a dot, as within a folder of its own. Default: no. */
  dotFiles?: boolean;
}

/**
 * Makes a name that was received one that can be given to a file in any folder on any system: never empty, `.` or
 * `..`, without separators, control characters and what looks like either, not hidden, not an option, no device,
 * 240 bytes at most. What is not wanted becomes `_`; the extension stays. Applied again it changes nothing.
 */
export function safeFileName(received: string, options: SafeNameOptions = {}): string {
  const flat = received.toWellFormed().normalize("NFC")
    .replace(SEPARATORS, "_")
    .replace(UNSEEN, "_")
    .replace(SPACES, " ");
  let name = guardEnds(flat, options);
  // What shortening leaves at the end, or as all that there is, may need guarding again.
  for (let before = ""; before !== name;) {
    before = name;
    name = guardEnds(shorten(name), options);
  }
  return name;
}

/** The `count`th name for a file whose first one is taken: `name (2).ext`. */
export function numberedFileName(name: string, count: number): string {
  if (count <= 1) return name;
  const [stem, extension] = splitExtension(name);
  return `${stem} (${count})${extension}`;
}

/**
 * The parts of a path within a received folder, each as safe as a name; names that begin with a dot stay, for they
 * are in a folder of their own. Undefined for a path that leads out of the folder, names nothing in it, or is too long.
 */
export function safeRelativePath(received: string): string[] | undefined {
  if (received.startsWith("/")) return undefined;
  const parts = received.split("/").filter((part) => part !== "" && part !== ".");
  if (parts.length === 0 || parts.length > MAX_DEPTH) return undefined;
  if (parts.some((part) => part.split("\\").includes(".."))) return undefined;
  const safe = parts.map((part) => safeFileName(part, { dotFiles: true }));
  return encodeUtf8(safe.join("/")).length > MAX_PATH_BYTES ? undefined : safe;
}

/** Folders within folders. */
const MAX_DEPTH = 64;
/** Systems take 4,096 bytes and less for a path, the folder's own included. */
const MAX_PATH_BYTES = 2_048;

function guardEnds(name: string, { dotFiles = false }: SafeNameOptions): string {
  let guarded = name.replace(TRAILING, "").trim();
  const hiding = HIDING.exec(guarded);
  if (hiding !== null) {
    const rest = guarded.slice(hiding[0].length);
    guarded = (dotFiles && hiding[0] === "." ? "." : "_") + rest;
  }
  guarded = guarded.replace(OPTION, "_");
  if (DEVICES.test(guarded)) guarded = `_${guarded}`;
  return guarded === "" || guarded === "." ? FALLBACK : guarded;
}

function shorten(name: string): string {
  if (encodeUtf8(name).length <= MAX_NAME_BYTES) return name;
  const [stem, extension] = splitExtension(name);
  const maxBytes = MAX_NAME_BYTES - encodeUtf8(extension).length;
  // No unit takes less than a byte: a long text need not be gone through.
  const beginning = stem.slice(0, maxBytes + 1).toWellFormed();
  const characters = Array.from(new Intl.Segmenter().segment(beginning), ({ segment }) => segment);
  return (truncate(characters, maxBytes) || truncate([...beginning], maxBytes)) + extension;
}

/** As many of the parts as there is room for. */
function truncate(parts: string[], maxBytes: number): string {
  let kept = "";
  let bytes = 0;
  for (const part of parts) {
    bytes += encodeUtf8(part).length;
    if (bytes > maxBytes) break;
    kept += part;
  }
  return kept;
}

function splitExtension(name: string): [stem: string, extension: string] {
  const match = /^(.*[^.])(\.[^. ]+)$/su.exec(name);
  if (match === null || encodeUtf8(match[2]!).length > MAX_EXTENSION_BYTES) return [name, ""];
  return [match[1]!, match[2]!];
}
