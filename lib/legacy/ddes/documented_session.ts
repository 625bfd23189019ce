import { encodeUtf8, equalBytesConstantTime } from "../../bytes/mod.ts";
import type { RandomSource } from "../../crypto/mod.ts";
import { ProtocolError } from "../../errors/mod.ts";
import {
  dhGroup14,
  DhKeyPair,
  frameCutter,
  frameCutterWith,
  type RawConnection,
  readFromServer,
  type SealedChannel,
} from "../core/mod.ts";
import { AwaitingProof, encodeKeyStep, MAX_BODY_BYTES, Opcode, TOKEN_BYTES } from "./messages.ts";
import { type ClientSession, GONE_HINT, type Received, type ServerSession } from "./session.ts";
import { decodeText } from "./suite.ts";

const cut = frameCutter(MAX_BODY_BYTES);

/** Accepts a client in the documented dialect; undefined where it goes. */
export async function acceptDocumented(
  { reader, writer }: RawConnection,
  random: RandomSource,
): Promise<ServerSession | undefined> {
  const keys = DhKeyPair.generate(dhGroup14(), random);
  writer.write(encodeKeyStep(keys.publicValue));
  const value = await reader.read(cut);
  if (value === undefined) return undefined;
  const awaitingProof = new AwaitingProof(keys, "server", value);
  writer.write(awaitingProof.proof);
  const proof = await reader.read(cut);
  if (proof === undefined) return undefined;
  const channel = awaitingProof.receive(proof);
  const token = random(TOKEN_BYTES);
  writer.write(channel.seal(Opcode.sessionToken, token));
  return {
    cut: frameCutterWith(MAX_BODY_BYTES, (body) => receive(channel, token, body)),
    reply: (sum) => writer.write(channel.seal(Opcode.aggregate, encodeUtf8(sum))),
    bye: () => writer.write(channel.seal(Opcode.disconnect)),
  };
}

function receive(channel: SealedChannel, ownToken: Uint8Array, body: Uint8Array): Received {
  const message = channel.open(body);
  if (typeof message === "string") return { type: "discarded", reason: message };
  const { opcode, content } = message;
  if (!equalBytesConstantTime(content.subarray(0, TOKEN_BYTES), ownToken)) {
    return { type: "refused", reason: "the session token is wrong" };
  }
  if (opcode === Opcode.data) return { type: "text", text: decodeText(content.subarray(TOKEN_BYTES)) };
  if (opcode === Opcode.aggregate) return { type: "text", text: "sum" };
  if (opcode === Opcode.disconnect) return { type: "text", text: "exit" };
  return { type: "refused", reason: `opcode ${opcode} does not belong here` };
}

/** Connects to a server in the documented dialect. */
export async function connectDocumented(
  connection: RawConnection,
  random: RandomSource,
): Promise<ClientSession> {
  const { writer } = connection;
  const next = () => readFromServer(connection, cut, GONE_HINT);
  const keys = DhKeyPair.generate(dhGroup14(), random);
  const awaitingProof = new AwaitingProof(keys, "client", await next());
  writer.write(encodeKeyStep(keys.publicValue));
  const channel = awaitingProof.receive(await next());
  writer.write(awaitingProof.proof);
  const token = openAnswer(channel, await next(), Opcode.sessionToken);
  const ask = async (opcode: Opcode) => {
    writer.write(channel.seal(opcode, token));
    return openAnswer(channel, await next(), opcode);
  };
  return {
    add: (number) => writer.write(channel.seal(Opcode.data, token, encodeUtf8(number))),
    sum: async () => decodeText(await ask(Opcode.aggregate)),
    exit: async () => void await ask(Opcode.disconnect),
  };
}

function openAnswer(channel: SealedChannel, body: Uint8Array, expected: Opcode): Uint8Array {
  const message = channel.open(body);
  if (typeof message === "string") {
    throw new ProtocolError("reply-tampered", `the server's answer is refused: ${message}`);
  }
  if (message.opcode === expected) return message.content;
  throw new ProtocolError("reply-unexpected", `the server answers with opcode ${message.opcode}`);
}
