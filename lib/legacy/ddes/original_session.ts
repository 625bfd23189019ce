import { decodeUtf8, encodeUtf8, equalBytesConstantTime } from "../../bytes/mod.ts";
import type { RandomSource } from "../../crypto/mod.ts";
import { ProtocolError } from "../../errors/mod.ts";
import { admitDhGroup, DES_BYTES, type DhGroup, DhKeyPair, type RawConnection } from "../core/mod.ts";
import {
  type DhParameters,
  formatDhParameters,
  formatDhPublicKey,
  parseDhParameters,
  parseDhPublicKey,
  pemCutter,
} from "./dh_pem.ts";
import {
  cutConfirmation,
  cutRequest,
  encodeConfirmation,
  encodeReply,
  encodeRequest,
  type OriginalRequest,
  replyCutter,
} from "./original_messages.ts";
import { type ClientSession, type Received, serverGone, type ServerSession } from "./session.ts";
import { Suite } from "./suite.ts";

/** The server has sent its group and waits for the client's key. */
export class AwaitingClientKey {
  readonly #keys: DhKeyPair;

  /** Begins with the server's key pair of this session. */
  constructor(keys: DhKeyPair) {
    this.#keys = keys;
  }

  /** What the client is sent first. */
  get greeting(): Uint8Array {
    return encodeUtf8(formatDhParameters(this.#keys.group));
  }

  /**
   * Takes the client's key; returns the keys of the session and what the client is sent, a write each.
   *
   * @throws {ProtocolError} `dh-value-refused`, `dh-group-mismatch`
   * @throws {DecodeError} `pem-malformed`, `der-malformed`
   */
  receive(clientKeyPem: string): { suite: Suite; answers: readonly Uint8Array[] } {
    const suite = agree(this.#keys, clientKeyPem);
    const { group, publicValue } = this.#keys;
    const ownKey = encodeUtf8(formatDhPublicKey(group, publicValue));
    return { suite, answers: [ownKey, ...encodeConfirmation(suite)] };
  }
}

/** Accepts a client in the original dialect; undefined where it goes. */
export async function acceptOriginal(
  connection: RawConnection,
  group: DhGroup,
  random: RandomSource,
): Promise<ServerSession | undefined> {
  const awaiting = new AwaitingClientKey(DhKeyPair.generate(group, random));
  connection.writer.write(awaiting.greeting);
  const pem = await connection.reader.read(pemCutter("PUBLIC KEY"));
  if (pem === undefined) return undefined;
  const { suite, answers } = awaiting.receive(pem);
  for (const answer of answers) connection.writer.write(answer);
  return new OriginalServerSession(connection, suite);
}

class OriginalServerSession implements ServerSession {
  readonly #connection: RawConnection;
  readonly #suite: Suite;

  constructor(connection: RawConnection, suite: Suite) {
    this.#connection = connection;
    this.#suite = suite;
  }

  async read(): Promise<Received | undefined> {
    const request = await this.#connection.reader.read(cutRequest);
    return request && this.#open(request);
  }

  take(): Received | undefined {
    const request = this.#connection.reader.take(cutRequest);
    return request && this.#open(request);
  }

  /** An original client has one request under way at a time, so that its answers cannot coalesce. */
  reply(sum: string): void {
    this.#connection.writer.write(encodeReply(this.#suite, sum), 0);
  }

  bye(): void {} // the original says nothing

  #open({ sealed, sessionId, signed, mac }: OriginalRequest): Received {
    if (sessionId !== this.#suite.sessionId) return { type: "refused", reason: "the session id is wrong" };
    if (!this.#suite.verify(signed, mac)) return { type: "discarded", reason: "its HMAC is wrong" };
    if (sealed.length === 0 || sealed.length % DES_BYTES !== 0) {
      return { type: "discarded", reason: "it is malformed" };
    }
    return { type: "text", text: decodeUtf8(this.#suite.decrypt(sealed)).trimEnd() };
  }
}

/** Connects to a server in the original dialect. */
export async function connectOriginal(
  connection: RawConnection,
  random: RandomSource,
): Promise<ClientSession> {
  const { reader, writer } = connection;
  const parameters = parseDhParameters(await reader.read(pemCutter("DH PARAMETERS")) ?? gone());
  const group = await admitDhGroup(parameters.modulus, parameters.generator);
  const keys = DhKeyPair.generate(group, random);
  writer.write(encodeUtf8(formatDhPublicKey(group, keys.publicValue)));
  const suite = agree(keys, await reader.read(pemCutter("PUBLIC KEY")) ?? gone());
  const sealedId = await reader.read(cutConfirmation) ?? gone();
  if (!equalBytesConstantTime(suite.decryptOnce(sealedId), encodeUtf8(suite.sessionId))) {
    throw new ProtocolError("keys-not-established", "the server has other keys than this client");
  }
  return new OriginalClientSession(connection, suite);
}

class OriginalClientSession implements ClientSession {
  readonly #connection: RawConnection;
  readonly #suite: Suite;

  constructor(connection: RawConnection, suite: Suite) {
    this.#connection = connection;
    this.#suite = suite;
  }

  add(number: string): void {
    this.#connection.writer.write(encodeRequest(this.#suite, number));
  }

  async sum(): Promise<string> {
    this.#connection.writer.write(encodeRequest(this.#suite, "sum"));
    return await this.#connection.reader.read(replyCutter(this.#suite)) ?? gone();
  }

  async exit(): Promise<void> {
    this.#connection.writer.write(encodeRequest(this.#suite, "exit"));
    await this.#connection.writer.flushed();
  }
}

function agree(keys: DhKeyPair, peerKeyPem: string): Suite {
  const peer = parseDhPublicKey(peerKeyPem);
  assertSameGroup(keys.group, peer);
  return new Suite(keys.computeSecret(peer.value));
}

function assertSameGroup(group: DhGroup, { modulus, generator }: DhParameters): void {
  if (modulus === group.modulus && generator === group.generator) return;
  throw new ProtocolError("dh-group-mismatch", "the peer's key belongs to another Diffie-Hellman group");
}

function gone(): never {
  throw serverGone();
}
