import { type Message, message } from "@optique/core/message";
import { multiple } from "@optique/core/modifiers";
import { argument } from "@optique/core/primitives";
import { string } from "@optique/core/valueparser";

/** The files that a command is about, by their ids: `min` of them at least, which is none or one. */
export function idsArgument(description: Message, min: 0 | 1) {
  const errors = { tooFew: message`ID is missing` };
  return multiple(argument(string({ metavar: "ID" }), { description }), { min, errors });
}
