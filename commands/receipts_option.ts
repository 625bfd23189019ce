import { object } from "@optique/core/constructs";
import { message } from "@optique/core/message";
import { withDefault } from "@optique/core/modifiers";
import { option } from "@optique/core/primitives";
import { choice } from "@optique/core/valueparser";

/** `--receipts`, for commands that receive. */
export const receiptsOption = object({
  receipts: withDefault(
    option("--receipts", choice(["none", "delivered", "read"], { metavar: "WHICH" }), {
      description: message`What others are told of their messages`,
    }),
    "read" as const,
  ),
});
