/** Reads the known answers of a classic system. */
export function readVectors<T>(name: string): T {
  return JSON.parse(Deno.readTextFileSync(new URL(`../../vectors/legacy/${name}.json`, import.meta.url)));
}
