import { merge, object } from "@optique/core/constructs";
import { message } from "@optique/core/message";
import { argument } from "@optique/core/primitives";
import { string } from "@optique/core/valueparser";
import { defineCommand } from "../../command.ts";
import { caFolderOptions, openCaLog } from "../ca_folder.ts";
import { requestRecord } from "./record.ts";

/** `parley ca requests deny`. */
export const caRequestsDeny = defineCommand({
  description: "The applicant is told so, and can ask again.",
  examples: [
    { line: "parley ca requests deny --dir ca K7QM-2XPD", does: "Deny the request with this code" },
  ],
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
    const request = ca.requests.decide(code, "denied");
    context.out.result(requestRecord(request), `denied ${request.user}/${request.device}`);
    return Promise.resolve();
  },
});
