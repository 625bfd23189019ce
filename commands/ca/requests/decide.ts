import { merge, object } from "@optique/core/constructs";
import { message } from "@optique/core/message";
import { argument } from "@optique/core/primitives";
import { string } from "@optique/core/valueparser";
import { type Command, defineCommand } from "../../command.ts";
import { caFolderOptions, openCaLog } from "../ca_folder.ts";
import { requestRecord } from "./record.ts";

/** Declares the command that gives the operator's word on a request. */
export function defineDecision(
  decision: "approved" | "denied",
  { description, example }: { description: string; example: Command<unknown>["examples"][0] },
): Command<{ dir: string | undefined; code: string }> {
  return defineCommand({
    description,
    examples: [example],
    parser: merge(
      caFolderOptions,
      object({
        code: argument(string({ metavar: "CODE" }), {
          description: message`The code that the applicant shows`,
        }),
      }),
    ),
    execute({ code, dir }, context) {
      using ca = openCaLog({ dir }, context);
      const request = ca.requests.decide(code, decision);
      context.out.result(requestRecord(request), `${decision} ${request.user}/${request.device}`);
      return Promise.resolve();
    },
  });
}
