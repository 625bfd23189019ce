/** Reads a JSON file of test vectors below `test/vectors/`; `T` is trusted to be its shape. */
export function loadVectors<T>(path: string): T {
  return JSON.parse(Deno.readTextFileSync(new URL(path, import.meta.url)));
}

/** A file of Wycheproof. */
export interface WycheproofFile<Group, Case> {
  numberOfTests: number;
  testGroups: (Group & { tests: (Case & WycheproofCase)[] })[];
}

/** What every case of Wycheproof has. */
export interface WycheproofCase {
  tcId: number;
  comment: string;
  flags: string[];
  result: "valid" | "invalid" | "acceptable";
}
