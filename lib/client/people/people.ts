import { AuthenticationError, ProtocolError, UsageError } from "../../errors/mod.ts";
import { parseName } from "../../pki/mod.ts";
import { directUsers } from "../../wire/mod.ts";
import type { ClientCore } from "../client_core.ts";
import type { SyncedRecords } from "../devices/synced_records.ts";
import { gatherDevices, type VerifiedDevice } from "./device_keys.ts";
import { decodeMark, deviceFingerprint, encodeMark, keysNotIn, type Mark } from "./mark.ts";
import { deriveSafetyNumber } from "./safety_number.ts";

/**
 * How far this user trusts another one's devices. `changed`: there are devices that came after the comparison;
 * `accepted`: they were accepted without comparing.
 */
export type VerificationState = "unverified" | "verified" | "changed" | "accepted";

/** What two people compare, and what was said of it before. */
export interface Verification {
  /** The other user. */
  user: string;
  /** 60 digits, the same on both sides. */
  safetyNumber: string;
  /** What was said before, of the devices as they are now. */
  state: VerificationState;
  /** Both users' devices, by name. */
  devices: ComparedDevice[];
  /** Devices that were there when something was said and are not there any more. */
  gone: string[];
}

/** A device whose key is part of a safety number. */
export interface ComparedDevice extends VerifiedDevice {
  /** The fingerprint of its key. */
  fingerprint: string;
  /** Whether it came after what was said last. */
  isNew: boolean;
}

/** The trust between people: safety numbers, marks of what was compared, changes that were accepted. */
export class People {
  readonly #core: ClientCore;
  readonly #records: SyncedRecords;

  /** Works for one device. */
  constructor(core: ClientCore, records: SyncedRecords) {
    this.#core = core;
    this.#records = records;
  }

  /**
   * The safety number with another user, of both users' devices as they are now.
   *
   * @throws {UsageError} `name-malformed`, `verify-self`
   * @throws {ProtocolError} `unknown-user`
   * @throws {AuthenticationError} where the relay lists what the authority has not issued
   * @throws {NetworkError} `not-connected`
   */
  verification(name: string): Promise<Verification> {
    const { self, link, synchronizer } = this.#core;
    const user = parseName(name, "user");
    if (user === self.user) {
      throw new UsageError("verify-self", "a safety number is about two users", {
        hint: "'parley devices list' shows your own devices",
      });
    }
    return this.#core.serially(async () => {
      const connection = link.require();
      // Members that the relay does not list are found in the groups as they are now.
      await synchronizer.catchUp(connection);
      const devices = await gatherDevices(this.#core, [self.user, user], connection);
      if (!devices.some((one) => one.user === user)) throw unknownUser(user);
      return this.#describe(user, devices);
    });
  }

  /** Notes that the safety number was compared, of the devices that it was made of. */
  confirm(verification: Verification): Promise<void> {
    return this.#say(verification, "verified");
  }

  /**
   * Compares what the other side has read out or shown, and notes where it is right.
   *
   * @param code the digits; white space between them does not count
   * @throws {UsageError} `safety-number-malformed`
   * @throws {AuthenticationError} `safety-number-wrong`
   */
  async compare(verification: Verification, code: string): Promise<void> {
    const digits = code.replace(/\s/g, "");
    if (!/^[0-9]{60}$/.test(digits)) {
      throw new UsageError("safety-number-malformed", "not a safety number: expected 60 digits");
    }
    if (digits !== verification.safetyNumber) {
      throw new AuthenticationError("safety-number-wrong", "the safety numbers are not the same", {
        hint: "make sure that both are new, and ask which devices the other side sees with 'parley verify'",
      });
    }
    await this.confirm(verification);
  }

  /** Accepts devices that came after the comparison without comparing; returns them. */
  async acceptChange(user: string): Promise<ComparedDevice[]> {
    if (this.#mark(user).state === "none") return [];
    const verification = await this.verification(user);
    if (verification.state !== "changed") return [];
    await this.#say(verification, "accepted");
    return verification.devices.filter(({ isNew }) => isNew);
  }

  /** Accepts devices that came after the comparison with any user of a conversation; returns them. */
  async acceptChanges(mailbox: string): Promise<ComparedDevice[]> {
    const { self, store: { groups } } = this.#core;
    const users = directUsers(mailbox) ?? groups.members(mailbox).map(({ user }) => user);
    const accepted: ComparedDevice[] = [];
    for (const user of new Set(users)) {
      if (user !== self.user) accepted.push(...await this.acceptChange(user));
    }
    return accepted;
  }

  /** Takes back what was said of a user. */
  forget(user: string): Promise<void> {
    return this.#put(parseName(user, "user"), { state: "none", keys: [] });
  }

  /** What was said of a user, of the devices that are members of conversations here. */
  stateOf(user: string): VerificationState {
    const mark = this.#mark(user);
    if (mark.state === "none") return "unverified";
    const { groups } = this.#core.store;
    const members = groups.conversations().flatMap((mailbox) => groups.members(mailbox))
      .filter((one) => one.user === user)
      .map(({ device, signatureKey: key }) => ({ device, key }));
    return keysNotIn(mark, members).length > 0 ? "changed" : mark.state;
  }

  #describe(user: string, devices: VerifiedDevice[]): Verification {
    const { self } = this.#core;
    const theirs = devices.filter((one) => one.user === user);
    const keysOf = (name: string) => devices.filter((one) => one.user === name).map(({ key }) => key);
    const mark = this.#mark(user);
    const added = mark.state === "none" ? [] : keysNotIn(mark, theirs);
    const now: Mark = { state: "none", keys: theirs };
    return {
      user,
      safetyNumber: deriveSafetyNumber(
        { user: self.user, keys: keysOf(self.user) },
        { user, keys: keysOf(user) },
      ),
      state: added.length > 0 ? "changed" : mark.state === "none" ? "unverified" : mark.state,
      devices: devices.map((one) => ({
        ...one,
        fingerprint: deviceFingerprint(one.key),
        isNew: added.includes(one),
      })),
      gone: mark.state === "none" ? [] : keysNotIn(now, mark.keys).map(({ device }) => device),
    };
  }

  #say({ user, devices }: Verification, state: Mark["state"]): Promise<void> {
    const keys = devices.filter((one) => one.user === user).map(({ device, key }) => ({ device, key }));
    return this.#put(user, { state, keys });
  }

  async #put(user: string, mark: Mark): Promise<void> {
    await this.#core.store.transaction(() => this.#records.put("mark", user, encodeMark(mark)));
    await this.#records.deliver();
  }

  #mark(user: string): Mark {
    const row = this.#core.store.synced.get("mark", user);
    return row === undefined ? { state: "none", keys: [] } : decodeMark(row.value);
  }
}

function unknownUser(user: string): ProtocolError {
  return new ProtocolError("unknown-user", `${user} has no enrolled device`, {
    hint: `check the name, or invite with 'parley ca invite ${user}'`,
  });
}
