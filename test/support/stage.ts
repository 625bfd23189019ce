import assert from "node:assert/strict";
import { parley, parleyJson, Running } from "./parley.ts";

/**
 * A CA, a relay and users, each with real processes, in a temporary folder of their own. Dispose of it to
 * stop the relay and remove the folder.
 */
export class Stage implements AsyncDisposable {
  /** The folder. */
  readonly folder: string;
  /** Where the relay listens, `127.0.0.1:PORT`. */
  address = "127.0.0.1:0";
  #relay: Running | undefined;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Makes a CA and starts a relay; with user names, enrols a device `one` for each. */
  static async open(...users: string[]): Promise<Stage> {
    const stage = new Stage(await Deno.makeTempDir({ prefix: "parley-" }));
    try {
      await stage.run("ca", "init", "--dir", stage.ca, "--name", "Stage CA", "--no-passphrase");
      await stage.startRelay();
      await Promise.all(users.map((user) => stage.enrol(user)));
      return stage;
    } catch (error) {
      await stage[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** The CA's folder. */
  get ca(): string {
    return `${this.folder}/ca`;
  }

  /** The relay's folder. */
  get data(): string {
    return `${this.folder}/relay`;
  }

  /** The relay's process. */
  get relay(): Running {
    assert.ok(this.#relay !== undefined, "the relay does not run");
    return this.#relay;
  }

  /** A user's data folder. */
  home(user: string): string {
    return `${this.folder}/homes/${user}`;
  }

  /** Starts the relay, after the first time on the same port. */
  async startRelay(): Promise<void> {
    const args = ["serve", "--ca", this.ca, "--listen", this.address, "--data", this.data];
    this.#relay = new Running(args, `${this.folder}/homes/relay`);
    const line = await this.#relay.line((one) => one.includes("listening on"));
    this.address = /listening on (\S+)/.exec(line)![1]!;
  }

  /** Stops the relay with a signal and waits for its end; returns what it wrote to standard error. */
  async stopRelay(signal: Deno.Signal = "SIGTERM"): Promise<string> {
    const relay = this.relay;
    this.#relay = undefined;
    relay.kill(signal);
    return (await relay.ended()).stderr;
  }

  /** Makes an invite. */
  async invite(user: string): Promise<string> {
    const [made] = await parleyJson(
      ["ca", "invite", "--dir", this.ca, "--relay", this.address, user],
      this.folder,
    );
    return String(made!.invite);
  }

  /** Enrols a device. Its data folder is named after the user, and after the device where it is not `one`. */
  async enrol(user: string, device = "one"): Promise<string> {
    const home = this.home(device === "one" ? user : `${user}-${device}`);
    await parleyJson(["enroll", await this.invite(user), "--device", device, "--no-passphrase"], home);
    return home;
  }

  /** Runs parley in the stage's folder; it has to succeed. */
  async run(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await parley(args, this.folder);
    assert.equal(code, 0, `parley ${args.join(" ")}: ${stderr}`);
    return stdout;
  }

  /** Sends as a user and returns what was printed. */
  async send(user: string, to: string, text: string): Promise<Record<string, unknown>> {
    const [sent] = await parleyJson(["send", to, text], this.home(user));
    return sent!;
  }

  /** Drains a user's inbox. */
  inbox(user: string): Promise<Record<string, unknown>[]> {
    return parleyJson(["inbox"], this.home(user));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#relay?.[Symbol.asyncDispose]();
    await Deno.remove(this.folder, { recursive: true });
  }
}
