import type { Cutter } from "./message_reader.ts";
import { Question } from "./question.ts";
import type { RawConnection } from "./raw_connection.ts";
import { Sequence } from "./sequence.ts";
import { readFromServer } from "./server_connection.ts";

/** The message of a union whose member `Key` has this value. */
export type MessageNamed<Message, Key extends string, Type> = Extract<
  Message,
  { readonly [key in Key]: Type }
>;

/** What to do with messages, by what names their type. */
export type MessageHandlers<Message extends Readonly<Record<Key, string>>, Key extends string> = {
  readonly [Type in Message[Key]]?: (message: MessageNamed<Message, Key, Type>) => void | Promise<void>;
};

/** How a {@link ServerDialogue} goes. */
export interface ServerDialogueOptions<Message extends Readonly<Record<Key, string>>, Key extends string> {
  /** The member of a message that names its type. */
  readonly key: Key;
  /** Finds the next message and decodes it. */
  readonly cutter: Cutter<Message>;
  /** What arrives without having been asked for, by type; a promise is awaited before the next is read. */
  readonly on: MessageHandlers<Message, Key>;
  /** What it may mean that the server ends the connection. */
  readonly goneHint: string;
  /** What it may mean that the server does not answer. */
  readonly silentHint?: string;
}

/** A client's dialogue with its server: questions and their answers, and between them what arrives unasked. */
export class ServerDialogue<Message extends Readonly<Record<Key, string>>, Key extends string = "type"> {
  /** Rejects when the connection has ended, or with what a handler or the cutter has thrown. */
  readonly ended: Promise<never>;
  readonly #connection: RawConnection;
  readonly #options: ServerDialogueOptions<Message, Key>;
  readonly #question = new Question<Message>();
  readonly #asking = new Sequence();

  /** Reads until the connection ends. */
  constructor(connection: RawConnection, options: ServerDialogueOptions<Message, Key>) {
    this.#connection = connection;
    this.#options = options;
    this.ended = this.#receive();
    this.ended.catch(() => {}); // told by whoever waits for it; nobody does after the end
  }

  /**
   * Asks when the question before has its answer, and waits for one of these types. Its handler has seen it then.
   *
   * @throws {NetworkError} `server-gone`
   * @throws {TimeoutError} `no-answer`
   */
  ask<Type extends Message[Key]>(
    types: readonly Type[],
    ...question: readonly Uint8Array[]
  ): Promise<MessageNamed<Message, Key, Type>> {
    const { key, silentHint } = this.#options;
    const wants = (answer: Message): answer is MessageNamed<Message, Key, Type> =>
      (types as readonly string[]).includes(answer[key]);
    const send = () => this.write(...question);
    return this.#asking.run(() => this.#question.ask(send, wants, this.ended, silentHint));
  }

  /** Writes what needs no answer. */
  write(...messages: readonly Uint8Array[]): void {
    for (const message of messages) this.#connection.writer.write(message);
  }

  /** Writes and waits until the server keeps up. */
  async send(...messages: readonly Uint8Array[]): Promise<void> {
    this.write(...messages);
    await this.#connection.writer.whenWritable();
  }

  async #receive(): Promise<never> {
    const { cutter, goneHint, key, on } = this.#options;
    for (;;) {
      const message = await readFromServer(this.#connection, cutter, goneHint);
      const handle = on[message[key]] as ((message: Message) => void | Promise<void>) | undefined;
      const handled = handle?.(message);
      if (handled !== undefined) await handled;
      this.#question.answer(message);
    }
  }
}
