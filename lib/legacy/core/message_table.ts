import * as v from "valibot";
import { DecodeError } from "../../errors/mod.ts";
import { parseJson, parseSchema, type Schema } from "./parse_message.ts";

/** The messages of one direction: the members of each, besides the one that names its type, by that name. */
export type MessageTable = Readonly<Record<string, Readonly<Record<string, Schema<unknown>>>>>;

/** What a schema makes of a value. */
export type OutputOf<Member> = Member extends Schema<infer Output> ? Output : never;

/** The members of a message; one that may be undefined may be absent. */
export type MembersOf<Members> =
  & {
    [Name in keyof Members as undefined extends OutputOf<Members[Name]> ? never : Name]: OutputOf<
      Members[Name]
    >;
  }
  & {
    [Name in keyof Members as undefined extends OutputOf<Members[Name]> ? Name : never]?: OutputOf<
      Members[Name]
    >;
  };

/** A message of a table, told by its `type` or what else names it. */
export type MessageIn<Table extends MessageTable, Key extends string = "type"> = {
  [Type in keyof Table & string]: { [key in Key]: Type } & MembersOf<Table[Type]>;
}[keyof Table & string];

/** What comes of a message whose type is in no table. */
export interface UnknownMessage {
  /** What it is. */
  readonly type: "unknown";
}

/**
 * Returns the parser of messages in JSON that a table describes: an object whose `type` says which members it has.
 * A type that is not in the table becomes `unknown`. The parser throws {@link DecodeError} `message-malformed`.
 */
export function messageParser<const Table extends MessageTable>(
  table: Table,
): (json: string) => MessageIn<Table> | UnknownMessage {
  const parse = parserOf(table, "type");
  return (json) => parse(json) ?? { type: "unknown" };
}

/**
 * Returns the parser of messages in JSON that a table describes: an object whose member `key` says which others it
 * has. The parser throws {@link DecodeError} `message-malformed` for a type that is not in the table, too.
 */
export function strictMessageParser<const Table extends MessageTable, const Key extends string>(
  table: Table,
  key: Key,
): (json: string) => MessageIn<Table, Key> {
  const parse = parserOf(table, key);
  return (json) => {
    const message = parse(json);
    if (message !== undefined) return message;
    throw new DecodeError("message-malformed", "the message is of an unknown type", { field: key });
  };
}

function parserOf<Table extends MessageTable, Key extends string>(table: Table, key: Key) {
  const schemas = new Map(
    Object.entries(table).map((
      [type, members],
    ) => [type, v.object({ [key]: v.literal(type), ...members as v.ObjectEntries })]),
  );
  return (json: string): MessageIn<Table, Key> | undefined => {
    const value = parseJson(json);
    const type = typeof value === "object" && value !== null
      ? (value as Record<string, unknown>)[key]
      : undefined;
    if (typeof type !== "string") throw new DecodeError("message-malformed", "the message has no type");
    const schema = schemas.get(type);
    return schema && parseSchema(schema, value) as unknown as MessageIn<Table, Key>;
  };
}
