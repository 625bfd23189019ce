import { object } from "@optique/core/constructs";
import { message } from "@optique/core/message";
import { optional } from "@optique/core/modifiers";
import { option } from "@optique/core/primitives";
import type { BlobLimits } from "../../lib/store/mod.ts";
import { byteSize } from "../byte_size.ts";
import { duration } from "../ca/duration.ts";

/** How much room `parley serve` gives to files, and for how long. */
export const fileLimitOptions = object({
  filesTotal: optional(option("--files-total", byteSize(), {
    description: message`Room for files in all (default: 4T, and 512M stay free on the disk)`,
  })),
  filesPerUser: optional(option("--files-per-user", byteSize(), {
    description: message`Room for the files of one user (default: 256G)`,
  })),
  filesKeep: optional(option("--files-keep", duration(), {
    description: message`How long a file waits for who has not fetched it (default: 30d)`,
  })),
});

/** What was chosen. */
export interface FileLimitValues {
  /** Bytes in all. */
  filesTotal: number | undefined;
  /** Bytes of one user. */
  filesPerUser: number | undefined;
  /** Milliseconds. */
  filesKeep: number | undefined;
}

/** The bounds of the relay's store of files that were chosen. */
export function fileLimits({ filesTotal, filesPerUser, filesKeep }: FileLimitValues): Partial<BlobLimits> {
  return {
    ...(filesTotal !== undefined && { maxBytes: filesTotal }),
    ...(filesPerUser !== undefined && { maxBytesPerUser: filesPerUser }),
    ...(filesKeep !== undefined && { retentionMs: filesKeep }),
  };
}
