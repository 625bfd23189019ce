import { basename } from "node:path";
import { type CborValue, decodeCbor, encodeCbor } from "../../bytes/mod.ts";
import { UsageError } from "../../errors/mod.ts";
import { FOLDER_TYPE } from "./file_content.ts";

/** Something to be sent: a file or folder, or what a stream gives under a name. */
export type FileToSend = { path: string; name?: string } | {
  stream: AsyncIterable<Uint8Array>;
  name: string;
};

/** What is kept of something to be sent, so that another process can go on with it. */
export interface PlannedFile {
  /** A `stream` can be read once only. */
  kind: "file" | "folder" | "stream";
  /** Where it is; empty for a stream. */
  path: string;
  /** The name that the receivers get. */
  name: string;
  /** Such as `application/octet-stream`. */
  mediaType: string;
}

/** What one message will name. */
export interface BatchPlan {
  /** The text beside the files; may be empty. */
  caption: string;
  /** The files, in the order of the message. */
  files: PlannedFile[];
  /** The id of the message that it answers, if it answers one. */
  inReplyTo?: Uint8Array;
  /** How long it lasts from when it is in the outbox, in milliseconds; absent where it stays. */
  expiresInMs?: number;
}

const FILE_TYPE = "application/octet-stream";
/** Bytes that a sender gives of a name; whoever receives it shortens it further. */
const MAX_NAME_BYTES = 255;

/**
 * Looks at what is to be sent. A path must be absolute, for another process may go on with it.
 *
 * @throws {UsageError} `file-not-found`, `file-not-regular`, `file-name-too-long`
 */
export function planFile(source: FileToSend): PlannedFile {
  if ("stream" in source) return named({ kind: "stream", path: "", name: source.name, mediaType: FILE_TYPE });
  const { path, name = basename(path) || "folder" } = source;
  const { isFile, isDirectory } = look(path);
  if (isFile) return named({ kind: "file", path, name, mediaType: FILE_TYPE });
  if (isDirectory) return named({ kind: "folder", path, name, mediaType: FOLDER_TYPE });
  throw new UsageError("file-not-regular", `${path} is neither a file nor a folder`, {
    hint: "send what it gives through standard input: --file - --name NAME",
  });
}

/** Encodes a plan; two plans are the same where their bytes are. */
export function encodeBatchPlan(plan: BatchPlan): Uint8Array {
  return encodeCbor({ ...plan } as unknown as CborValue);
}

/** Decodes a plan of one's own. */
export function decodeBatchPlan(bytes: Uint8Array): BatchPlan {
  return decodeCbor(bytes) as unknown as BatchPlan;
}

function look(path: string): Deno.FileInfo {
  try {
    return Deno.statSync(path);
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    throw new UsageError("file-not-found", `there is no file or folder ${path}`, { cause });
  }
}

function named(file: PlannedFile): PlannedFile {
  if (new TextEncoder().encode(file.name).length > MAX_NAME_BYTES) {
    throw new UsageError("file-name-too-long", `a file's name has at most ${MAX_NAME_BYTES} bytes`);
  }
  return file;
}
