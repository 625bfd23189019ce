import type { BodyContent, Content } from "./content.ts";

/** Says in a few words what a message is. The text is the sender's: whoever prints it makes it printable. */
export function describeContent(content: Content): string {
  switch (content.kind) {
    case "edit":
      return `[edited] ${describeBody(content.content)}`;
    case "delete":
      return content.isReaction ? "[a reaction was taken back]" : "[a message was deleted]";
    case "status":
      return `[status of ${content.statuses.length} messages]`;
    case "control":
      return `[${content.type}]`;
    default:
      return describeBody(content);
  }
}

function describeBody(content: BodyContent): string {
  const unknown = (content.unknown ?? []).map(({ contentType }) => `[content of type ${contentType}]`);
  return [...describeKnown(content), ...unknown].join(" ") || "[nothing]";
}

function describeKnown(content: BodyContent): string[] {
  switch (content.kind) {
    case "text":
      return [content.text];
    case "reaction":
      return content.reactions.map((reaction) => `[reaction ${reaction}]`);
    case "files": {
      const files = content.files.map(({ name }) => `[file ${name}]`);
      return content.caption === undefined ? files : [...files, content.caption];
    }
    case "other":
      return [];
  }
}
