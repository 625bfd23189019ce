import type { Cutter } from "./message_reader.ts";
import type { RawConnection } from "./raw_connection.ts";

/**
 * Hands over each message of a peer until the peer ends or `take` returns false. A burst is taken in one turn, so that
 * its answers go out as one write; a promise that `take` returns is awaited, and so is a peer that does not take its
 * answers.
 *
 * @throws {DecodeError} `message-too-large`, `truncated`, and what the cutter and `take` throw
 */
export async function eachMessage<M>(
  { reader, writer }: RawConnection,
  cutter: Cutter<M>,
  take: (message: M) => void | false | Promise<void>,
): Promise<void> {
  for (;;) {
    const message = reader.take(cutter) ?? await reader.read(cutter);
    if (message === undefined) return;
    const taken = take(message);
    if (taken === false) return;
    if (taken !== undefined) await taken;
    if (writer.full) await writer.whenWritable();
  }
}
