/** See `parts.ts`. */
export type ProfileParts = typeof import("./parts.ts");

/** Loads what the profiles are made of, for those who measure them. */
export async function importParts(): Promise<ProfileParts> {
  return await import("./parts.ts");
}
