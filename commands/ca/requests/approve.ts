import { defineDecision } from "./decide.ts";

/** `parley ca requests approve`. */
export const caRequestsApprove = defineDecision("approved", {
  description:
    "Take the code from the applicant, not from the list: who has the same code has the key that will be " +
    "certified. The relay issues the certificate when the device asks for it next.",
  example: {
    line: "parley ca requests approve --dir ca K7QM-2XPD",
    does: "Approve the request with this code",
  },
});
