import { type Client, type ReceivedMessage, restoreBackup } from "../../../lib/client/mod.ts";
import { NetworkError, ParleyError } from "../../../lib/errors/mod.ts";
import { type DeviceRef, formatDeviceRef } from "../../../lib/wire/mod.ts";
import { openInsides } from "../../client/groups/group_world.ts";
import type { World } from "../world.ts";

/** A line that a device has shown. */
export type ShownLine = Pick<ReceivedMessage, "type" | "conversation" | "id" | "text" | "group">;

/** What a device has shown from when it was made, or restored, until it was restored again. */
export interface Life {
  shown: ShownLine[];
  /** Entries that it has in its history, whether shown or not. */
  known: Set<string>;
  /** What it has taken for sending, id to conversation. */
  queued: Map<string, string>;
}

const PASSPHRASE = new TextEncoder().encode("passphrase");
/** The cheapest that is allowed: it is not Argon2id that is tested. */
const COST = { memoryKiB: 8, passes: 1, parallelism: 1 };

/** A device of a scenario: at work now and then like a person's command, or connected all the time. */
export class Player {
  readonly ref: DeviceRef;
  readonly lives: Life[] = [newLife()];
  readonly #world: World;
  #connected: { client: Client; stop: AbortController; ended: Promise<void> } | undefined;
  #copies = 0;
  #saved: { kind: "backup" | "folder"; path: string } | undefined;

  constructor(world: World, ref: DeviceRef) {
    this.#world = world;
    this.ref = ref;
  }

  get name(): string {
    return formatDeviceRef(this.ref);
  }

  get life(): Life {
    return this.lives.at(-1)!;
  }

  get isConnected(): boolean {
    return this.#connected !== undefined;
  }

  get savedAs(): "backup" | "folder" | undefined {
    return this.#saved?.kind;
  }

  /** Does something on a client that is connected and has caught up; for a device that stays connected on that one. */
  async online<T>(work: (client: Client) => Promise<T> | T): Promise<T> {
    const connected = this.#connected;
    if (connected !== undefined) {
      await connected.client.connect();
      const result = await work(connected.client);
      await this.#show(connected.client);
      return result;
    }
    return await this.offline(async (client) => {
      await client.connect();
      await client.catchUp();
      const result = await work(client);
      await this.#show(client);
      return result;
    });
  }

  /** Does something on a client that is not connected, unless the device is. */
  async offline<T>(work: (client: Client) => Promise<T> | T): Promise<T> {
    if (this.#connected !== undefined) return await work(this.#connected.client);
    const client = await this.#world.client(this.ref);
    try {
      return await work(client);
    } finally {
      await this.#world.close(client);
    }
  }

  /** Stays connected from now on. */
  async stay(): Promise<void> {
    if (this.#connected !== undefined) return;
    const client = await this.#world.client(this.ref);
    const stop = new AbortController();
    const online = Promise.withResolvers<void>();
    const onState = (state: string) => state === "online" && online.resolve();
    const ended = client.run(stop.signal, {
      onState,
      onTrouble: (error) => this.#world.warnings.push(error),
    });
    ended.catch(online.reject);
    this.#connected = { client, stop, ended };
    await online.promise;
  }

  /** Does not stay connected any more. */
  async go(): Promise<void> {
    const connected = this.#connected;
    if (connected === undefined) return;
    this.#connected = undefined;
    await this.#show(connected.client);
    connected.stop.abort();
    await connected.ended;
    await this.#world.close(connected.client);
  }

  /**
   * Begins something and dies in the midst of it, after so many milliseconds: nothing more reaches the relay, and
   * nothing that it sends is taken.
   */
  async die(work: (client: Client) => Promise<unknown>, afterMs: number): Promise<void> {
    const connected = this.#connected;
    this.#connected = undefined;
    const client = connected?.client ?? await this.#world.client(this.ref);
    let isDead = false;
    const timer = setTimeout(() => {
      isDead = true;
      connected?.stop.abort();
      client.disconnect(new NetworkError("crashed", "the device has died"));
    }, afterMs);
    try {
      await client.connect();
      if (connected === undefined) await client.catchUp();
      await work(client);
    } catch (error) {
      if (!isDead) throw error;
    } finally {
      clearTimeout(timer);
      client.disconnect(new NetworkError("crashed", "the device has died"));
      connected?.stop.abort();
      await connected?.ended;
      await this.#world.close(client);
    }
  }

  /** Where another copy of the device has its place, it is this one that goes on; says whether there was one. */
  async acceptDuplicates(): Promise<boolean> {
    const duplicated = await this.#duplicated();
    if (duplicated.length === 0) return false;
    await this.online(async (client) => {
      for (const mailbox of duplicated) {
        await client.groups.rejoin(mailbox).catch((error) => {
          if (!(error instanceof ParleyError) || error.code !== "not-a-member") throw error;
        });
      }
    });
    return true;
  }

  async #duplicated(): Promise<string[]> {
    await using insides = await openInsides(this.#world, this.ref);
    return insides.store.mailboxes.inState("duplicated");
  }

  /** Shows what was not shown yet. */
  async #show(client: Client): Promise<void> {
    for (let lines = client.history.unread(); lines.length > 0; lines = client.history.unread()) {
      await client.history.markShown(lines);
      this.life.shown.push(
        ...lines.map(({ type, conversation, id, text, group }) => ({ type, conversation, id, text, group })),
      );
    }
  }

  /** Keeps a copy of the device: a backup as people make one, or of the folder as it is. */
  async save(kind: "backup" | "folder"): Promise<void> {
    const path = `${this.#world.relay.folder}/copies/${this.name.replace("/", "-")}-${++this.#copies}`;
    await Deno.mkdir(path, { recursive: true });
    if (kind === "backup") {
      const options = { passphrase: PASSPHRASE, cost: COST };
      await this.offline((client) => client.backups.write(`${path}/backup`, options));
    } else {
      await this.go();
      await copyFolder(this.#world.folderOf(this.ref), path);
    }
    this.#saved = { kind, path };
  }

  /** Goes back to the copy. What it knew until now has to be known again only where somebody can still tell it. */
  async restore(): Promise<void> {
    const saved = this.#saved;
    if (saved === undefined) return;
    await this.offline((client) => this.#learn(client));
    await this.go();
    const folder = this.#world.folderOf(this.ref);
    await Deno.remove(folder, { recursive: true });
    if (saved.kind === "folder") await copyFolder(saved.path, folder);
    else {
      const passphrase = () => Promise.resolve(PASSPHRASE);
      await restoreBackup({
        home: this.#world.home,
        path: `${saved.path}/backup`,
        passphrase,
        holder: "test",
      });
    }
    this.lives.push(newLife());
  }

  /** Notes what stands in the history. */
  async learn(): Promise<void> {
    await this.offline((client) => this.#learn(client));
  }

  #learn(client: Client): void {
    for (let position = Number.MIN_SAFE_INTEGER;;) {
      const lines = client.history.after(position);
      if (lines.length === 0) return;
      for (const { id, type } of lines) if (type === "message") this.life.known.add(id);
      position = lines.at(-1)!.position;
    }
  }
}

function newLife(): Life {
  return { shown: [], known: new Set(), queued: new Map() };
}

async function copyFolder(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name, isFile } of Deno.readDir(from)) {
    if (isFile) await Deno.copyFile(`${from}/${name}`, `${to}/${name}`);
  }
}
