import { encodeUtf8, equalBytesConstantTime } from "../../bytes/mod.ts";
import type { RandomSource } from "../../crypto/mod.ts";
import { AuthenticationError, ProtocolError } from "../../errors/mod.ts";
import { dhGroup14, DhKeyPair, type RawConnection } from "../core/mod.ts";
import {
  cutMessage,
  decodeKeyStep,
  decodeText,
  type DhValues,
  encodeKeyStep,
  messageCutter,
  Opcode,
  SealedChannel,
  signKeyProof,
  TOKEN_BYTES,
  verifyKeyProof,
} from "./messages.ts";
import { type ClientSession, type Received, serverGone, type ServerSession } from "./session.ts";
import { MAC_BYTES, Suite } from "./suite.ts";

/** The server has sent its public value and waits for the client's. */
export class AwaitingClientValue {
  readonly #keys: DhKeyPair;

  /** Begins with the server's key pair of this session. */
  constructor(keys: DhKeyPair) {
    this.#keys = keys;
  }

  /** What the client is sent first. */
  get greeting(): Uint8Array {
    return encodeKeyStep(this.#keys.publicValue);
  }

  /** Takes the client's public value; the client is sent the server's proof. */
  receive(body: Uint8Array): { next: AwaitingClientProof; answer: Uint8Array } {
    const client = decodeKeyStep(body, this.#keys.group.bytes);
    const suite = new Suite(this.#keys.computeSecret(client));
    const values = { server: this.#keys.publicValue, client };
    const answer = encodeKeyStep(signKeyProof(suite, "server", values));
    return { next: new AwaitingClientProof(suite, values), answer };
  }
}

/** The server has shown that it has the keys and waits for the client to do so. */
export class AwaitingClientProof {
  readonly #suite: Suite;
  readonly #values: DhValues;

  /** Is made by the state before. */
  constructor(suite: Suite, values: DhValues) {
    this.#suite = suite;
    this.#values = values;
  }

  /**
   * Takes the client's proof; returns the channel of the session.
   *
   * @throws {AuthenticationError} `key-proof-wrong`
   */
  receive(body: Uint8Array): SealedChannel {
    assertKeyProof(this.#suite, "client", this.#values, body);
    return new SealedChannel(this.#suite, "server");
  }
}

/** Accepts a client in the documented dialect; undefined where it goes. */
export async function acceptDocumented(
  connection: RawConnection,
  random: RandomSource,
): Promise<ServerSession | undefined> {
  const { reader, writer } = connection;
  const awaitingValue = new AwaitingClientValue(DhKeyPair.generate(dhGroup14(), random));
  writer.write(awaitingValue.greeting);
  const value = await reader.read(cutMessage);
  if (value === undefined) return undefined;
  const { next: awaitingProof, answer } = awaitingValue.receive(value);
  writer.write(answer);
  const proof = await reader.read(cutMessage);
  if (proof === undefined) return undefined;
  const channel = awaitingProof.receive(proof);
  const token = random(TOKEN_BYTES);
  writer.write(channel.seal(Opcode.sessionToken, token));
  return new DocumentedServerSession(connection, channel, token);
}

class DocumentedServerSession implements ServerSession {
  readonly #connection: RawConnection;
  readonly #channel: SealedChannel;
  readonly #token: Uint8Array;
  readonly #cutter = messageCutter((body) => this.#open(body));

  constructor(connection: RawConnection, channel: SealedChannel, token: Uint8Array) {
    this.#connection = connection;
    this.#channel = channel;
    this.#token = token;
  }

  read(): Promise<Received | undefined> {
    return this.#connection.reader.read(this.#cutter);
  }

  take(): Received | undefined {
    return this.#connection.reader.take(this.#cutter);
  }

  reply(sum: string): void {
    this.#connection.writer.write(this.#channel.seal(Opcode.aggregate, encodeUtf8(sum)));
  }

  bye(): void {
    this.#connection.writer.write(this.#channel.seal(Opcode.disconnect));
  }

  #open(body: Uint8Array): Received {
    const message = this.#channel.open(body);
    if (typeof message === "string") return { type: "discarded", reason: message };
    const token = message.content.subarray(0, TOKEN_BYTES), text = message.content.subarray(TOKEN_BYTES);
    if (!equalBytesConstantTime(token, this.#token)) {
      return { type: "refused", reason: "the session token is wrong" };
    }
    switch (message.opcode) {
      case Opcode.data:
        return { type: "text", text: decodeText(text) };
      case Opcode.aggregate:
        return { type: "text", text: "sum" };
      case Opcode.disconnect:
        return { type: "text", text: "exit" };
      default:
        return { type: "refused", reason: `opcode ${message.opcode} does not belong here` };
    }
  }
}

/** Connects to a server in the documented dialect. */
export async function connectDocumented(
  connection: RawConnection,
  random: RandomSource,
): Promise<ClientSession> {
  const { reader, writer } = connection;
  const keys = DhKeyPair.generate(dhGroup14(), random);
  const server = decodeKeyStep(await reader.read(cutMessage) ?? gone(), keys.group.bytes);
  const suite = new Suite(keys.computeSecret(server));
  const values = { server, client: keys.publicValue };
  writer.write(encodeKeyStep(keys.publicValue));
  assertKeyProof(suite, "server", values, await reader.read(cutMessage) ?? gone());
  writer.write(encodeKeyStep(signKeyProof(suite, "client", values)));
  const channel = new SealedChannel(suite, "client");
  const { content } = openFromServer(channel, await reader.read(cutMessage) ?? gone(), Opcode.sessionToken);
  return new DocumentedClientSession(connection, channel, content);
}

class DocumentedClientSession implements ClientSession {
  readonly #connection: RawConnection;
  readonly #channel: SealedChannel;
  readonly #token: Uint8Array;

  constructor(connection: RawConnection, channel: SealedChannel, token: Uint8Array) {
    this.#connection = connection;
    this.#channel = channel;
    this.#token = token;
  }

  add(number: string): void {
    this.#connection.writer.write(this.#channel.seal(Opcode.data, this.#token, encodeUtf8(number)));
  }

  async sum(): Promise<string> {
    return decodeText((await this.#ask(Opcode.aggregate)).content);
  }

  async exit(): Promise<void> {
    await this.#ask(Opcode.disconnect);
  }

  async #ask(opcode: Opcode) {
    this.#connection.writer.write(this.#channel.seal(opcode, this.#token));
    return openFromServer(this.#channel, await this.#connection.reader.read(cutMessage) ?? gone(), opcode);
  }
}

function openFromServer(channel: SealedChannel, body: Uint8Array, expected: Opcode) {
  const message = channel.open(body);
  if (typeof message === "string") {
    throw new ProtocolError("reply-tampered", `the server's answer is refused: ${message}`);
  }
  if (message.opcode === Opcode.disconnect && expected !== Opcode.disconnect) throw serverGone();
  if (message.opcode === expected) return message;
  throw new ProtocolError("reply-unexpected", `the server answers with opcode ${message.opcode}`);
}

function assertKeyProof(suite: Suite, role: "client" | "server", values: DhValues, body: Uint8Array): void {
  if (verifyKeyProof(suite, role, values, decodeKeyStep(body, MAC_BYTES))) return;
  throw new AuthenticationError("key-proof-wrong", `the ${role} does not have the keys`);
}

function gone(): never {
  throw serverGone();
}
