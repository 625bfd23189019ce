import { object } from "@optique/core/constructs";
import { message } from "@optique/core/message";
import { optional } from "@optique/core/modifiers";
import { option } from "@optique/core/primitives";
import { string } from "@optique/core/valueparser";
import { duration } from "../ca/duration.ts";

const ID = { metavar: "ID" } as const;

/** What a message may be besides a text of its own. */
export const draftOptions = object({
  replyTo: optional(
    option("--reply-to", string(ID), { description: message`The message that this one answers` }),
  ),
  edit: optional(
    option("--edit", string(ID), { description: message`Give this message of yours another text` }),
  ),
  delete: optional(option("--delete", string(ID), {
    description: message`Take this message or reaction of yours back`,
  })),
  react: optional(option("--react", string(ID), {
    description: message`React to this message with TEXT, mostly an emoji`,
  })),
  expires: optional(option("--expires", duration(), {
    description: message`Let it vanish everywhere after this time, such as 1h`,
  })),
});
