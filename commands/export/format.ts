import type { HistoryLine } from "../../lib/client/mod.ts";
import { formatJsonLine } from "../json_line.ts";
import { messageRecord } from "../message_lines.ts";
import { htmlFormat } from "./html.ts";

/** What an export says of itself. */
export interface ExportFacts {
  /** The conversation. */
  readonly conversation: string;
  /** Its name for a person. */
  readonly title: string;
  /** Whose export it is. */
  readonly self: string;
  /** When it was made. */
  readonly exportedAt: Date;
}

/** How a conversation is written. */
export interface ExportFormat {
  /** What stands before the lines. */
  begin(facts: ExportFacts): string;
  /** One line. */
  line(line: HistoryLine): string;
  /** What stands after the lines. */
  end(): string;
}

/** Version of the JSON Lines that are written; a field may be added without another one. */
const VERSION = 1;

const jsonLinesFormat: ExportFormat = {
  begin: ({ conversation, self, exportedAt }) =>
    formatJsonLine({
      type: "export",
      version: VERSION,
      conversation,
      user: self,
      exportedAt: exportedAt.toISOString(),
    }),
  line: (line) => formatJsonLine(messageRecord(line)),
  end: () => "",
};

/** The formats by their names. */
export const formats: { readonly jsonl: ExportFormat; readonly html: ExportFormat } = {
  jsonl: jsonLinesFormat,
  html: htmlFormat,
};
