import { SecretBytes } from "../crypto/mod.ts";
import { UsageError } from "../errors/mod.ts";
import type { Secrets } from "./agent_message.ts";

const MAX_KEYS = 200;

/** What an agent keeps, each until nobody has asked for it for a while. */
export class AgentKeys {
  readonly #idleMs: number;
  readonly #now: () => number;
  readonly #kept = new Map<string, { secrets: Map<string, SecretBytes>; deadline: number }>();

  /** Keeps what is not asked for at most `idleMs`; `now` is the time in milliseconds. */
  constructor(idleMs: number, now: () => number) {
    this.#idleMs = idleMs;
    this.#now = now;
  }

  /**
   * Keeps copies of secrets, in place of what was kept under this key.
   *
   * @throws {UsageError} `agent-full`
   */
  put(key: string, secrets: Secrets): void {
    this.forget(key);
    if (this.#kept.size >= MAX_KEYS) throw new UsageError("agent-full", "the agent keeps too many keys");
    const copies = new Map(
      Object.entries(secrets).map(([name, bytes]) => [name, new SecretBytes(new Uint8Array(bytes))]),
    );
    this.#kept.set(key, { secrets: copies, deadline: this.#now() + this.#idleMs });
  }

  /** What is kept under a key, which from now on it is for the whole time again. */
  get(key: string): Secrets | undefined {
    this.forgetIdle();
    const kept = this.#kept.get(key);
    if (kept === undefined) return undefined;
    kept.deadline = this.#now() + this.#idleMs;
    return Object.fromEntries([...kept.secrets].map(([name, secret]) => [name, secret.expose()]));
  }

  /** Wipes what is kept under a key, or everything; says how many keys that were. */
  forget(key?: string): number {
    const keys = key === undefined ? [...this.#kept.keys()] : [key];
    return keys.filter((one) => this.#wipe(one)).length;
  }

  /** Wipes what nobody has asked for for too long. */
  forgetIdle(): void {
    const now = this.#now();
    for (const [key, { deadline }] of this.#kept) if (deadline <= now) this.#wipe(key);
  }

  /** What is kept, and in how many milliseconds it is forgotten where nobody asks for it. */
  list(): { key: string; forgottenInMs: number }[] {
    this.forgetIdle();
    const now = this.#now();
    return [...this.#kept].map(([key, { deadline }]) => ({ key, forgottenInMs: deadline - now }));
  }

  #wipe(key: string): boolean {
    for (const secret of this.#kept.get(key)?.secrets.values() ?? []) secret.wipe();
    return this.#kept.delete(key);
  }
}
