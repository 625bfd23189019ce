import { encodeHex } from "../bytes/mod.ts";
import { systemRandom } from "../crypto/mod.ts";
import { exportPrivateKey, formatCertificates, generateKeyPair } from "../pki/mod.ts";
import { type CaFolder, initCa, openCa } from "../store/mod.ts";
import { type ChainCheck, type ClientConnection, dial, type TlsIdentity } from "../transport/mod.ts";
import { type DeviceRef, PROTOCOL_VERSION } from "../wire/mod.ts";
import { opaqueCommit, opaqueWelcome } from "./opaque_mls.ts";
import { PartProcess } from "./part.ts";
import type { ProcessUsage, RelayStarted } from "./relay_part.ts";
import { createServerCheck } from "./server_check.ts";

/** A device with its certificate. */
export interface StagedDevice extends DeviceRef {
  /** What it shows. */
  readonly identity: TlsIdentity;
}

/** An authority and a relay in a process of its own, with everything in a temporary folder. */
export class RelayStage implements AsyncDisposable {
  /** The port on 127.0.0.1. */
  readonly port: number;
  /** The folder that goes with it. */
  readonly folder: string;
  /** The authority. */
  readonly ca: CaFolder;
  readonly #relay: PartProcess;

  private constructor(folder: string, ca: CaFolder, relay: PartProcess, port: number) {
    this.folder = folder;
    this.ca = ca;
    this.#relay = relay;
    this.port = port;
  }

  /** Makes an authority and starts a relay. */
  static async open(program: readonly string[]): Promise<RelayStage> {
    const folder = await Deno.makeTempDir({ prefix: "parley-bench-" });
    await using cleanup = new AsyncDisposableStack();
    cleanup.defer(() => Deno.remove(folder, { recursive: true }));
    await initCa(`${folder}/ca`, { name: "parley bench" });
    const ca = cleanup.adopt(openCa(`${folder}/ca`), (ca) => ca.close());
    const relay = cleanup.use(new PartProcess(program, "relay"));
    const { port } = await relay.ask<RelayStarted>({ ca: `${folder}/ca`, data: `${folder}/relay` });
    cleanup.move();
    return new RelayStage(folder, ca, relay, port);
  }

  /** The authority's root in PEM. */
  get rootPem(): string {
    return formatCertificates([this.ca.authority.root]);
  }

  /** Checks the relay's certificate, as every client does. */
  get checkServer(): ChainCheck {
    return createServerCheck(this.ca.authority.root);
  }

  /** Issues a certificate. */
  async device(user: string, device: string): Promise<StagedDevice> {
    const keys = await generateKeyPair("ed25519");
    const { certificate } = await this.ca.authority.issueDevice({ user, device, spki: keys.spki });
    const certificatesPem = formatCertificates([certificate]);
    return { user, device, identity: { keyPem: await exportPrivateKey(keys.privateKey), certificatesPem } };
  }

  /** Connects without saying anything. */
  connect({ identity }: StagedDevice): Promise<ClientConnection> {
    return dial({ host: "127.0.0.1", port: this.port, identity, checkServer: this.checkServer });
  }

  /** Connects and says hello, which makes the device known to the relay. */
  async greet(device: StagedDevice): Promise<ClientConnection> {
    const connection = await this.connect(device);
    await connection.request("hello", { version: PROTOCOL_VERSION, agent: "parley-bench" });
    return connection;
  }

  /** Creates a conversation whose epoch is 1. All of them must be known to the relay. */
  async createConversation(author: ClientConnection, members: readonly DeviceRef[]): Promise<string> {
    const mailbox = `group:${encodeHex(systemRandom(16))}`;
    await author.request("commit", {
      mailbox,
      id: systemRandom(16),
      commit: opaqueCommit(mailbox, 0),
      add: members.map(({ user, device }) => ({ user, device })),
      remove: [],
      ...(members.length > 0 && { welcome: opaqueWelcome() }),
    });
    return mailbox;
  }

  /** What the relay's process has used until now. */
  usage(): Promise<ProcessUsage> {
    return this.#relay.ask<ProcessUsage>({});
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#relay[Symbol.asyncDispose]();
    this.ca.close();
    await Deno.remove(this.folder, { recursive: true });
  }
}
