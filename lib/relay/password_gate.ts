import { ProtocolError } from "../errors/mod.ts";
import type { UserAccounts } from "../pki/mod.ts";
import { RateLimiter } from "./rate_limiter.ts";
import type { RelayLimits } from "./relay_limits.ts";

/**
 * Checks passwords with bounds: a rate for each name, known or not, and one check at a time, for each takes
 * 64 MiB and a fifth of a second. What an attempt is told depends on nothing else than whether it was right.
 */
export class PasswordGate {
  readonly #users: UserAccounts;
  readonly #limiter: RateLimiter;
  readonly #maxWaiting: number;
  #waiting = 0;
  #last: Promise<unknown> = Promise.resolve();

  /** Guards the users' passwords. */
  constructor(users: UserAccounts, limits: RelayLimits, now: () => number) {
    const { passwordsPerSecond: perSecond, passwordBurst: burst, maxWaitingPasswords } = limits;
    this.#users = users;
    this.#limiter = new RateLimiter({ perSecond, burst }, now);
    this.#maxWaiting = maxWaitingPasswords;
  }

  /**
   * Checks a password.
   *
   * @throws {AuthenticationError} `credentials-wrong`
   * @throws {ProtocolError} `rate-limited`
   */
  async verify(user: string, password: Uint8Array): Promise<void> {
    if (!this.#limiter.take(user) || this.#waiting >= this.#maxWaiting) {
      throw new ProtocolError("rate-limited", "too many passwords were tried", {
        hint: "try again in some minutes",
      });
    }
    this.#waiting++;
    const check = this.#last.then(() => this.#users.verify(user, password));
    this.#last = check.catch(() => {}); // whoever asked hears of it
    await check.finally(() => this.#waiting--);
  }
}
