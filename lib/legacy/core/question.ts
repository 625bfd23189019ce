import { TimeoutError } from "../../errors/mod.ts";

const ANSWER_MS = 10_000;

/** What a client has asked its server: one question at a time, which the first message that it wants answers. */
export class Question<Message> {
  #asked: { wants: (message: Message) => boolean; resolve: (message: Message) => void } | undefined;

  /**
   * Asks and waits for the answer. `ended` rejects when there can be none; the hint says what its lack may mean.
   *
   * @throws {TimeoutError} `no-answer` after 10 seconds
   */
  async ask<Answer extends Message>(
    send: () => void,
    wants: (message: Message) => message is Answer,
    ended: Promise<never>,
    hint?: string,
  ): Promise<Answer> {
    const answer = new Promise<Message>((resolve) => this.#asked = { wants, resolve });
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      const error = new TimeoutError("no-answer", "the server does not answer", { ...(hint && { hint }) });
      timer = setTimeout(() => reject(error), ANSWER_MS);
    });
    try {
      send();
      return await Promise.race([answer, ended, late]) as Answer;
    } finally {
      clearTimeout(timer);
      this.#asked = undefined;
    }
  }

  /** Takes a message for the answer where one of its kind is awaited. */
  answer(message: Message): void {
    if (this.#asked?.wants(message)) this.#asked.resolve(message);
  }
}
