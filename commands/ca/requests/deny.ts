import { defineDecision } from "./decide.ts";

/** `parley ca requests deny`. */
export const caRequestsDeny = defineDecision("denied", {
  description: "The applicant is told so, and can ask again.",
  example: { line: "parley ca requests deny --dir ca K7QM-2XPD", does: "Deny the request with this code" },
});
