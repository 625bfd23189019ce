import type { TransferProgress } from "./transfer_types.ts";

/** How far the sending of files is. */
export interface FilesProgress extends TransferProgress {
  /** The file's name. */
  name: string;
  /** Its number, from 1. */
  number: number;
  /** How many there are. */
  count: number;
}

/** How to send files. */
export interface SendFilesOptions {
  /** Hears of each chunk. */
  onProgress?(progress: FilesProgress): void;
  /** Hears of links and devices in a folder, which are not sent. */
  onLeftOut?(path: string): void;
  /** Breaks it off; it can be gone on with. */
  signal?: AbortSignal;
}

/** What stands beside files in their message. */
export interface FilesMessage {
  /** The text beside them. */
  caption?: string;
  /** The message that they answer, by its line's id or the first digits of it. */
  replyTo?: string;
  /** How long they last from when they are all at the relay, in milliseconds. */
  expiresInMs?: number;
}

/** Files whose message is not in the outbox yet. */
export interface PendingFiles {
  /** Their id, 32 hexadecimal digits; their message will have it. */
  id: string;
  /** The conversation. */
  conversation: string;
  /** When it was begun. */
  time: Date;
  /** The text beside them. */
  caption: string;
  /** The files. */
  files: { name: string; size?: number; uploaded: boolean }[];
  /** Whether another process is at work on them. */
  busy: boolean;
  /** Whether they cannot be gone on with: what a stream gave was not kept before its process ended. */
  lost: boolean;
}
