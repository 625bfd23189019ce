import type { ProfileConsole, ProfileEvent } from "../../../lib/legacy/mod.ts";
import { until } from "./environment.ts";

/** A person at a classic system's client who types what the test says. */
export class ScriptedConsole implements ProfileConsole {
  readonly events: ProfileEvent[] = [];
  readonly notes: string[] = [];
  readonly prompts: string[] = [];
  readonly #lines: string[] = [];
  readonly #waiting = new Set<() => void>();
  #ended = false;

  /** Types lines at once. */
  constructor(...lines: string[]) {
    this.type(...lines);
  }

  type(...lines: string[]): void {
    this.#lines.push(...lines);
    this.#wake();
  }

  /** Ends the input. */
  end(): void {
    this.#ended = true;
    this.#wake();
  }

  async ask(prompt: string): Promise<string | undefined> {
    this.prompts.push(prompt);
    await until(this.#waiting, () => this.#lines.length > 0 || this.#ended || undefined);
    return this.#lines.shift();
  }

  askSecret(prompt: string): Promise<string | undefined> {
    return this.ask(prompt);
  }

  show(event: ProfileEvent): void {
    this.events.push(event);
    this.#wake();
  }

  note(text: string): void {
    this.notes.push(text);
    this.#wake();
  }

  /** Waits for an event of this type, the `count`th. */
  shown(type: string, count = 1): Promise<ProfileEvent> {
    return until(this.#waiting, () => this.events.filter((event) => event.type === type).at(count - 1));
  }

  /** Waits for a note that contains this text. */
  noted(text: string): Promise<string> {
    return until(this.#waiting, () => this.notes.find((note) => note.includes(text)));
  }

  #wake(): void {
    for (const check of [...this.#waiting]) check();
  }
}
