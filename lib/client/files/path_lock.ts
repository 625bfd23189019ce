/**
 * Opens a file for this process alone; undefined where another one has it. It must be a regular file that is there under
 * this name: no link, and not one that whoever had it before has removed since. Made where there is none, with mode
 * 0600.
 *
 * @throws {Deno.errors.InvalidData} where something else stands there, and what else the system says
 */
export function openLocked(path: string, options: Deno.OpenOptions): Deno.FsFile | undefined {
  for (;;) {
    const file = openPlain(path, options);
    try {
      if (!file.tryLockSync(true)) {
        file.close();
        return undefined;
      }
      if (isUnder(path, file)) return file;
    } catch (error) {
      file.close();
      throw error;
    }
    // Whoever had it has removed it since it was opened here.
    file.close();
  }
}

/** What stands there may be a pipe, which would be waited for, or a link. */
function openPlain(path: string, options: Deno.OpenOptions): Deno.FsFile {
  for (;;) {
    try {
      if (Deno.lstatSync(path).isFile) return Deno.openSync(path, { ...options, create: false });
      throw new Deno.errors.InvalidData(`not a regular file: ${path}`);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    try {
      return Deno.openSync(path, { ...options, createNew: true, mode: 0o600 });
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    }
  }
}

/** Whether what is open stands under a name, not through a link. */
function isUnder(path: string, file: Deno.FsFile): boolean {
  try {
    const there = Deno.lstatSync(path);
    return there.isFile && isSameFile(there, file.statSync());
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Whether two looks were at one file. */
export function isSameFile(one: Deno.FileInfo, other: Deno.FileInfo): boolean {
  return one.dev === other.dev && one.ino === other.ino;
}
