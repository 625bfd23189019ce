import { defineCommand } from "../../command.ts";
import { formatMinute } from "../../format_time.ts";
import { printable } from "../../printable.ts";
import { caFolderOptions, openCaLog } from "../ca_folder.ts";
import { requestRecord } from "./record.ts";

/** `parley ca requests list`. */
export const caRequestsList = defineCommand({
  description:
    "One request a line, oldest first: code, USER/DEVICE that it asks for, the address that it came from, when. " +
    "Anyone can ask for any name: approve one only if the applicant has told you the same code.",
  examples: [
    { line: "parley ca requests list --dir ca", does: "List the requests that wait for approval" },
  ],
  parser: caFolderOptions,
  execute(values, context) {
    using ca = openCaLog(values, context);
    for (const request of ca.requests.list()) {
      const { code, user, device, address, requestedAt } = request;
      context.out.result(
        requestRecord(request),
        `${code}  ${user}/${device}  from ${printable(address)}  ${formatMinute(requestedAt)}`,
      );
    }
    return Promise.resolve();
  },
});
