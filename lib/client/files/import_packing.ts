/** What turns a folder into a stream and back. */
export type FolderPacking =
  & Pick<typeof import("./pack_folder.ts"), "packFolder">
  & Pick<typeof import("./unpack_folder.ts"), "unpackFolder">;

/** Loads what turns a folder into a stream and back. */
export async function importPacking(): Promise<FolderPacking> {
  const [{ packFolder }, { unpackFolder }] = await Promise.all([
    import("./pack_folder.ts"),
    import("./unpack_folder.ts"),
  ]);
  return { packFolder, unpackFolder };
}
