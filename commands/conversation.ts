import { object } from "@optique/core/constructs";
import { message } from "@optique/core/message";
import { optional } from "@optique/core/modifiers";
import { argument, option } from "@optique/core/primitives";
import { string } from "@optique/core/valueparser";
import type { Client } from "../lib/client/mod.ts";
import { UsageError } from "../lib/errors/mod.ts";

/** How a conversation is named on a command line. */
export const conversationOptions = object({
  user: optional(
    argument(string({ metavar: "USER" }), { description: message`Whose conversation with you` }),
  ),
  group: optional(
    option("--group", string({ metavar: "NAME" }), { description: message`The group, by its name or id` }),
  ),
});

/** What was given of {@link conversationOptions}. */
export interface ConversationValues {
  /** The other user. */
  readonly user?: string;
  /** Or the group. */
  readonly group?: string;
}

/**
 * The conversation that is named; undefined where none is.
 *
 * @throws {UsageError} `name-malformed`, `group-unknown`, `group-ambiguous`, `options-conflict`
 */
export function namedConversation(client: Client, { user, group }: ConversationValues): string | undefined {
  if (group !== undefined && user !== undefined) {
    throw new UsageError("options-conflict", "name a user or a group, not both");
  }
  if (group !== undefined) return client.groups.resolve(group);
  return user === undefined ? undefined : client.conversationWith(user);
}

/**
 * The conversation that is named.
 *
 * @throws {UsageError} `conversation-missing` and what {@link namedConversation} throws
 */
export function requireConversation(client: Client, values: ConversationValues): string {
  const conversation = namedConversation(client, values);
  if (conversation !== undefined) return conversation;
  throw new UsageError("conversation-missing", "say whose conversation", {
    hint: "name a user, or a group with --group",
  });
}

/** Names a conversation for a person: the other user, or the group. */
export function describeConversation(client: Client, conversation: string): string {
  const users = conversation.startsWith("direct:") ? conversation.slice("direct:".length).split(",") : [];
  return users.find((user) => user !== client.self.user) ?? users[0] ?? client.groups.nameOf(conversation) ??
    conversation;
}
