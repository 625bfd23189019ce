import { ParleyError } from "../../errors/mod.ts";
import type { ProfileEvent } from "./profile.ts";
import { Sequence } from "./sequence.ts";

/** What arrives at a client, opened and shown in order; what cannot be opened is told as `discarded`. */
export class Arrivals {
  readonly #show: (event: ProfileEvent) => void;
  readonly #opening = new Sequence();

  /** Shows what comes of it. */
  constructor(show: (event: ProfileEvent) => void) {
    this.#show = show;
  }

  /** Opens what has arrived when all before it is shown, and shows it. */
  add(open: () => ProfileEvent | Promise<ProfileEvent>): void {
    this.#opening.run(async () => this.#show(await open())).catch((error) => {
      if (!(error instanceof ParleyError)) throw error;
      const { code, message } = error;
      this.#show({ type: "discarded", code, text: `a message is discarded: ${message}` });
    });
  }

  /** Resolves when all that has arrived until now is shown. */
  shown(): Promise<void> {
    return this.#opening.run(() => {});
  }
}
