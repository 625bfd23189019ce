import { connect as connectTcp } from "node:net";
import { connect, type TLSSocket } from "node:tls";
import {
  type ClientConnection,
  dial,
  type DialOptions,
  listen,
  type Listener,
  type ListenOptions,
  type RelayConnection,
  type RequestHandler,
  type TlsIdentity,
} from "../../lib/transport/mod.ts";
import { ReadGate } from "../../lib/transport/read_gate.ts";
import { ProtocolError } from "../../lib/errors/mod.ts";
import {
  decodeRemoteError,
  type Frame,
  FrameDecoder,
  type OperationName,
  type OperationRequest,
  type OperationResponse,
} from "../../lib/wire/mod.ts";
import { makeTestCa, type TestCa } from "../support/certificates.ts";

/** A CA with the identities of a relay and a device, made once for all tests of this room. */
export interface TestNetwork {
  ca: TestCa;
  relay: TlsIdentity;
  alice: TlsIdentity;
}

let made: Promise<TestNetwork> | undefined;

/** The identities of the tests. */
export function testNetwork(): Promise<TestNetwork> {
  return made ??= makeTestCa().then(async (ca) => ({
    ca,
    relay: await ca.server(["localhost", "127.0.0.1"]),
    alice: await ca.device("alice", "laptop"),
  }));
}

/** Handlers by operation; every other operation is refused. */
export type Answers = {
  [N in OperationName]?: (
    fields: OperationRequest<N>,
  ) => Promise<OperationResponse<N>> | OperationResponse<N>;
};

/** A handler of requests from handlers by operation. */
export function answering(answers: Answers): RequestHandler {
  return (op, fields) => {
    const answer = answers[op];
    if (answer === undefined) throw new ProtocolError("not-supported", `${op} is not part of this test`);
    return answer(fields);
  };
}

/** Answers `sync` with the number that it asks for, and `hello` and `ack` with what is right. */
export const echo: Answers = {
  "hello": () => ({ version: 1, agent: "test", time: 0, authorities: [new Uint8Array([1])] }),
  "sync": ({ after }) => ({ entries: [], head: after, floor: 0 }),
  "ack": () => ({}),
};

/** A mailbox that exists in no store. */
export const MAILBOX = "device:alice/laptop";

/** Asks `echo` to give a number back. */
export async function askEcho(connection: ClientConnection, number: number): Promise<number> {
  return (await connection.request("sync", { mailbox: MAILBOX, after: number, limit: 1 })).head;
}

/** A listener on 127.0.0.1 and what it saw. */
export interface TestRelay extends AsyncDisposable {
  listener: Listener;
  port: number;
  connections: RelayConnection[];
  internalErrors: unknown[];
  /** The connection with this index, as soon as it is there. */
  connection(index: number): Promise<RelayConnection>;
}

/** Starts a listener that answers with `answers`. */
export async function startRelay(
  answers: Answers = echo,
  options: Partial<ListenOptions> = {},
): Promise<TestRelay> {
  const { ca, relay } = await testNetwork();
  const connections: RelayConnection[] = [];
  const internalErrors: unknown[] = [];
  const waiting: (() => void)[] = [];
  const listener = await listen({
    hostname: "127.0.0.1",
    port: 0,
    identity: relay,
    clientAuthorities: ca.authoritiesPem,
    checkClient: ca.check("client"),
    onConnection(connection) {
      connection.handle(answering(answers));
      connections.push(connection);
      waiting.splice(0).forEach((resolve) => resolve());
    },
    onInternalError: (error) => internalErrors.push(error),
    ...options,
  });
  return {
    listener,
    port: listener.address.port,
    connections,
    internalErrors,
    async connection(index) {
      while (connections.length <= index) await new Promise<void>((resolve) => waiting.push(resolve));
      return connections[index]!;
    },
    [Symbol.asyncDispose]: () => listener.close(),
  };
}

/** A client's connection that closes with its scope. */
export type TestClient = ClientConnection & AsyncDisposable;

/** Connects to a test relay, as alice unless told otherwise. */
export async function connectTo(
  relay: { port: number },
  options: Partial<DialOptions> = {},
): Promise<TestClient> {
  const { ca, alice } = await testNetwork();
  const connection = await dial({
    host: "127.0.0.1",
    port: relay.port,
    identity: alice,
    checkServer: ca.check("server"),
    ...options,
  });
  return Object.assign(connection, { [Symbol.asyncDispose]: () => connection.close() });
}

/** A TLS client that sends whatever bytes it likes. */
export interface RawClient {
  socket: TLSSocket;
  /** Whether it reads. */
  gate: ReadGate;
  /** Every frame received until the relay closed the connection; rejects never. */
  frames: Promise<Frame[]>;
  /** The first `count` frames, as soon as they are there. */
  received(count: number): Promise<Frame[]>;
}

/** Connects without the transport room, as alice unless told otherwise. */
export async function connectRaw(
  relay: { port: number },
  identity?: TlsIdentity | null,
  more: { ALPNProtocols?: string[]; maxVersion?: "TLSv1.2" } = {},
): Promise<RawClient> {
  const { alice } = await testNetwork();
  const shown = identity === null ? undefined : identity ?? alice;
  const tcp = connectTcp(relay.port, "127.0.0.1");
  const socket = connect({
    socket: tcp,
    key: shown?.keyPem,
    cert: shown?.certificatesPem,
    rejectUnauthorized: false,
    ALPNProtocols: ["parley/1"],
    ...more,
  });
  await new Promise<void>((resolve, reject) => socket.once("secureConnect", resolve).once("error", reject));
  const decoder = new FrameDecoder(64 * 1024 * 1024);
  const frames: Frame[] = [];
  const waiting = new Set<{ count: number; resolve: () => void }>();
  socket.on("data", (chunk: Uint8Array) => {
    frames.push(...decoder.push(new Uint8Array(chunk)));
    for (const waiter of waiting) if (frames.length >= waiter.count) waiter.resolve();
  });
  socket.on("error", () => socket.destroy());
  return {
    socket,
    gate: new ReadGate(socket, tcp),
    frames: new Promise((resolve) => socket.once("close", () => resolve(frames))),
    async received(count) {
      if (frames.length < count) await new Promise<void>((resolve) => waiting.add({ count, resolve }));
      return frames.slice(0, count);
    },
  };
}

/** The code of the goodbye that a raw client got, if it got one. */
export async function goodbyeCode(client: RawClient): Promise<string | undefined> {
  const goodbye = (await client.frames).find((frame) => frame.type === "goodbye");
  return goodbye && decodeRemoteError(goodbye.body).code;
}
