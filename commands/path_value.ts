import type { NonEmptyString } from "@optique/core/nonempty";
import type { Suggestion } from "@optique/core/parser";
import { string, type ValueParser } from "@optique/core/valueparser";

/** Parses a path; the shell completes it from the files, or only the folders, that there are. */
export function path(metavar: NonEmptyString, type: "file" | "directory"): ValueParser<"sync", string> {
  return {
    ...string({ metavar }),
    *suggest(prefix: string): Iterable<Suggestion> {
      yield { kind: "file", pattern: prefix, type, includeHidden: false };
    },
  };
}
