import { formatJsonLine } from "../json_line.ts";
import { messageRecord } from "../message_lines.ts";
import type { ExportFormat } from "./format.ts";
import { htmlFormat } from "./html.ts";

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
