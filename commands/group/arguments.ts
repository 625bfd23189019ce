import type { Message } from "@optique/core/message";
import { message } from "@optique/core/message";
import { multiple } from "@optique/core/modifiers";
import { argument } from "@optique/core/primitives";
import { string } from "@optique/core/valueparser";

/** The name or the id of a group. */
export const groupArgument = argument(string({ metavar: "GROUP" }), {
  description: message`The group, by its name or id`,
});

/** One user or more. */
export function usersArgument(description: Message, min = 1) {
  return multiple(argument(string({ metavar: "USER" }), { description }), {
    min,
    errors: { tooFew: message`USER is missing` },
  });
}
