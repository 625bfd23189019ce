import { mlsExporter } from "ts-mls";
import type { MlsContext } from "./context.ts";
import type { GroupEpoch } from "./group_epoch.ts";
import { withMlsErrors } from "./mls_error.ts";

/** Derives a secret that all members of an epoch share and nobody else has (RFC 9420 §8.5). */
export function exportSecret(
  { suite }: MlsContext,
  { parts }: GroupEpoch,
  options: { label: string; context: Uint8Array; length: number },
): Promise<Uint8Array> {
  const { label, context, length } = options;
  return withMlsErrors(() => mlsExporter(parts.keySchedule.exporterSecret, label, context, length, suite));
}
