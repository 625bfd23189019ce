import type { Cutter } from "./message_reader.ts";

/** Returns a cutter whose messages are what `map` makes of another's; it throws what either throws. */
export function mapCutter<From, To>(cutter: Cutter<From>, map: (message: From) => To): Cutter<To> {
  return (bytes, quiet) => {
    const cut = cutter(bytes, quiet);
    return cut && { message: map(cut.message), size: cut.size };
  };
}
