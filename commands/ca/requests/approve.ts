import { merge, object } from "@optique/core/constructs";
import { message } from "@optique/core/message";
import { argument } from "@optique/core/primitives";
import { string } from "@optique/core/valueparser";
import { defineCommand } from "../../command.ts";
import { caFolderOptions, openCaLog } from "../ca_folder.ts";
import { requestRecord } from "./record.ts";

/** `parley ca requests approve`. */
export const caRequestsApprove = defineCommand({
  description:
    "Take the code from the applicant, not from the list: who has the same code has the key that will be " +
    "certified. The relay issues the certificate when the device asks for it next.",
  examples: [
    { line: "parley ca requests approve --dir ca K7QM-2XPD", does: "Approve the request with this code" },
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
    const request = ca.requests.decide(code, "approved");
    context.out.result(requestRecord(request), `approved ${request.user}/${request.device}`);
    return Promise.resolve();
  },
});
