import { resolve } from "node:path";
import { UsageError } from "../../errors/mod.ts";

/** The folder that a user works in, as the file menus of classic clients show it. */
export class WorkingFolder {
  #path: string;

  /** Starts in this folder. */
  constructor(path: string) {
    this.#path = path;
  }

  /** The names of all that is in it, sorted. */
  names(): string[] {
    return [...Deno.readDirSync(this.#find(".", "folder"))].map(({ name }) => name).sort();
  }

  /**
   * The path of a file.
   *
   * @throws {UsageError} `no-such-file`, `not-a-file`
   */
  file(name: string): string {
    return this.#find(name, "file");
  }

  /**
   * Deletes a file; returns its path.
   *
   * @throws {UsageError} `no-such-file`, `not-a-file`
   */
  remove(name: string): string {
    const path = this.#find(name, "file");
    Deno.removeSync(path);
    return path;
  }

  /**
   * Goes to another folder; returns its path.
   *
   * @throws {UsageError} `no-such-file`, `not-a-folder`
   */
  change(name: string): string {
    return this.#path = this.#find(name, "folder");
  }

  #find(name: string, kind: "file" | "folder"): string {
    const path = resolve(this.#path, name);
    try {
      const { isFile } = Deno.statSync(path);
      if (isFile === (kind === "file")) return path;
    } catch (cause) {
      throw new UsageError("no-such-file", `no such file or folder, or it cannot be read: ${name}`, {
        cause,
      });
    }
    throw new UsageError(`not-a-${kind}`, `${name} is not a ${kind}`);
  }
}
