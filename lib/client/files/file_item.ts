import { encodeHex, encodeUtf8 } from "../../bytes/mod.ts";
import { digest } from "../../crypto/mod.ts";
import type { FilePlace, FileState, MessageRow } from "../../store/mod.ts";
import type { FileReference } from "../content/mod.ts";
import { readContent } from "../received_message.ts";
import { FOLDER_TYPE } from "./file_content.ts";

/** A file that a message names. */
export interface FileItem {
  /** Its id on this and every other device, 32 hexadecimal digits. */
  id: string;
  /** Who sent it. */
  from: string;
  /** From which device. */
  device: string;
  /** The conversation. */
  conversation: string;
  /** The message's id. */
  message: string;
  /** When it was sent. */
  time: Date;
  /** Whether this user sent it. */
  outgoing: boolean;
  /** Its name as the sender gave it: neither fit to be a file's name nor to be printed. */
  name: string;
  /** Its size in bytes; of a folder that of the stream. */
  size: number;
  /** Its media type as the sender gave it. */
  mediaType: string;
  /** Whether it is a folder. */
  folder: boolean;
  /** What has become of it; `available`: nothing yet. */
  state: FileState | "available";
  /** Where it was saved. */
  path?: string;
  /** Whether whoever is to hear that it was saved has heard it; see `IncomingFiles.markAnnounced`. */
  announced: boolean;
}

/** A file with what is needed to fetch it. */
export interface FoundFile {
  /** What an application sees. */
  item: FileItem;
  /** Where it stands. */
  place: FilePlace;
  /** What the message says of it. */
  reference: FileReference;
}

/** The files that a message names; none where it was taken back. */
export function filesOfMessage(row: MessageRow): Omit<FoundFile, "item">[] {
  const content = readContent(row);
  if (content?.kind !== "files") return [];
  const { mailbox, id } = row;
  return content.files.map((reference, part) => ({ place: { mailbox, id, part }, reference }));
}

/** Puts together what is known of a file. */
export function toFileItem(
  { user, device, time, outgoing }: MessageRow,
  { place, reference }: Omit<FoundFile, "item">,
  known: Pick<FileItem, "state" | "path" | "announced">,
): FileItem {
  const { name, size, contentType: mediaType } = reference;
  return {
    ...{ id: fileId(place), from: user, device, conversation: place.mailbox, message: encodeHex(place.id) },
    ...{ time: new Date(time), outgoing, name, size, mediaType, folder: mediaType === FOLDER_TYPE },
    ...known,
  };
}

/** A file's id. Not the blob's: whoever knows that one could give another file the same. */
export function fileId({ mailbox, id, part }: FilePlace): string {
  return encodeHex(digest("SHA-256", encodeUtf8(`file|${mailbox}|${encodeHex(id)}|${part}`)).subarray(0, 16));
}
