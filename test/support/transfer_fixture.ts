import { FileTransfers } from "../../lib/client/files/file_transfers.ts";
import { CellCipher } from "../../lib/store/mod.ts";
import { systemRandom } from "../../lib/crypto/mod.ts";
import type { CertificateAuthority } from "../../lib/pki/mod.ts";
import {
  type ClientConnection,
  dial,
  type RequestOptions,
  type TlsIdentity,
} from "../../lib/transport/mod.ts";
import type { OperationName, OperationRequest, OperationResponse } from "../../lib/wire/mod.ts";
import { checkRelay } from "./relay_fixture.ts";

/** Changes what a relay answers, or what it is asked. */
export type Tamper = <N extends OperationName>(
  op: N,
  fields: OperationRequest<N>,
  ask: (fields: OperationRequest<N>) => Promise<OperationResponse<N>>,
) => Promise<OperationResponse<N>>;

/** How transfers in a test reach the relay. */
export interface TransferFixture {
  authority: CertificateAuthority;
  identity: TlsIdentity;
  /** Asked for each connection; the relay may have moved. */
  port: () => number;
  /** For the uploads. */
  folder: string;
  tamper?: Tamper;
}

/** Transfers of one device with a relay on 127.0.0.1. */
export function openTransfers({ authority, identity, port, folder, tamper }: TransferFixture): FileTransfers {
  const checkServer = checkRelay(authority);
  return new FileTransfers({
    connect: async (signal) => {
      const connection = await dial({ host: "127.0.0.1", port: port(), identity, checkServer, signal });
      await connection.request("hello", { version: 1, agent: "test" });
      return tamper === undefined ? connection : new TamperedConnection(connection, tamper);
    },
    folder,
    cipher: new CellCipher(new Uint8Array(32), systemRandom),
    random: systemRandom,
    clock: () => new Date(),
  });
}

/** A connection to a relay that does as the test says; the real relay is behind it. */
class TamperedConnection implements ClientConnection {
  readonly #real: ClientConnection;
  readonly #tamper: Tamper;

  constructor(real: ClientConnection, tamper: Tamper) {
    this.#real = real;
    this.#tamper = tamper;
  }

  get peer() {
    return this.#real.peer;
  }

  get peerChain() {
    return this.#real.peerChain;
  }

  get remoteAddress() {
    return this.#real.remoteAddress;
  }

  get closed() {
    return this.#real.closed;
  }

  request<N extends OperationName>(
    op: N,
    fields: OperationRequest<N>,
    options?: RequestOptions,
  ): Promise<OperationResponse<N>> {
    return this.#tamper(op, fields, (changed) => this.#real.request(op, changed, options));
  }

  onPush(...args: Parameters<ClientConnection["onPush"]>): void {
    this.#real.onPush(...args);
  }

  verifyPeer(
    ...args: Parameters<ClientConnection["verifyPeer"]>
  ): ReturnType<ClientConnection["verifyPeer"]> {
    return this.#real.verifyPeer(...args);
  }

  close(...args: Parameters<ClientConnection["close"]>): Promise<void> {
    return this.#real.close(...args);
  }
}

/** Random bytes, the same ones for the same seed. */
export function content(bytes: number, seed = 1): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(Math.ceil(bytes / 4));
  let state = seed;
  for (let i = 0; i < words.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[i] = state;
  }
  return new Uint8Array(words.buffer).subarray(0, bytes);
}

/** Reads a folder's file into memory, as what a transfer has left of it. */
export async function download(
  transfers: FileTransfers,
  file: Parameters<FileTransfers["download"]>[0],
  path: string,
): Promise<Uint8Array> {
  {
    using target = await Deno.open(path, { create: true, read: true, write: true });
    await transfers.download(file, target, { path });
  }
  return await Deno.readFile(path);
}
