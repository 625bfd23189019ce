const BLOCK_BYTES = 512;

/** A file of an archive. */
export interface ArchivedFile {
  /** Its name, at most 100 characters of ASCII. */
  name: string;
  /** Its content. */
  content: Uint8Array<ArrayBuffer>;
  /** Whether it can be run. */
  executable?: boolean;
}

/** Encodes files as a gzipped tar archive (POSIX.1-1988 ustar) in which nothing depends on when or by whom it is made. */
export async function encodeArchive(files: readonly ArchivedFile[]): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array<ArrayBuffer>[] = files.flatMap((file) => [
    encodeHeader(file),
    file.content,
    new Uint8Array(-file.content.length & (BLOCK_BYTES - 1)),
  ]);
  const tar = new Blob([...parts, new Uint8Array(2 * BLOCK_BYTES)]).stream();
  return await new Response(tar.pipeThrough(new CompressionStream("gzip"))).bytes();
}

function encodeHeader({ name, content, executable = false }: ArchivedFile): Uint8Array<ArrayBuffer> {
  if (!/^[\x21-\x7e]{1,100}$/.test(name)) throw new RangeError(`cannot archive a file named ${name}`);
  const header = new Uint8Array(BLOCK_BYTES);
  const put = (at: number, text: string) => void header.set(new TextEncoder().encode(text), at);
  put(0, name);
  put(100, octal(executable ? 0o755 : 0o644, 7));
  put(108, octal(0, 7)); // owner
  put(116, octal(0, 7)); // group
  put(124, octal(content.length, 11));
  put(136, octal(0, 11)); // time
  put(148, " ".repeat(8)); // the checksum counts as spaces
  put(156, "0"); // a regular file
  put(257, "ustar\x0000");
  put(148, octal(header.reduce((sum, byte) => sum + byte, 0), 6) + "\0 ");
  return header;
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, "0");
}
