/** Something to be said in a conversation. Ids are those of lines of the history, or their first digits. */
export type Draft =
  /** A text, as an answer to a line where `replyTo` names one. */
  | { type: "text"; text: string; replyTo?: string; expiresInMs?: number }
  /** Another text for a message of one's own. */
  | { type: "edit"; target: string; text: string }
  /** Takes a message of one's own back, or one's own reaction. */
  | { type: "delete"; target: string }
  /** A reaction to a message, mostly an emoji. */
  | { type: "reaction"; target: string; reaction: string };
