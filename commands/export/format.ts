import type { HistoryLine } from "../../lib/client/mod.ts";

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
