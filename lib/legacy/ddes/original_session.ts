import { encodeUtf8, equalBytesConstantTime } from "../../bytes/mod.ts";
import type { RandomSource } from "../../crypto/mod.ts";
import { ProtocolError } from "../../errors/mod.ts";
import {
  admitDhGroup,
  computeSecretFromPem,
  type DhGroup,
  DhKeyPair,
  formatDhParameters,
  formatDhPublicKey,
  parseDhParameters,
  pemCutter,
  type RawConnection,
  readFromServer,
} from "../core/mod.ts";
import {
  cutConfirmation,
  encodeConfirmation,
  encodeReply,
  encodeRequest,
  replyCutter,
  requestCutter,
} from "./original_messages.ts";
import { type ClientSession, GONE_HINT, type ServerSession } from "./session.ts";
import { Suite } from "./suite.ts";

/** Accepts a client in the original dialect; undefined where it goes. */
export async function acceptOriginal(
  { reader, writer }: RawConnection,
  group: DhGroup,
  random: RandomSource,
): Promise<ServerSession | undefined> {
  const keys = DhKeyPair.generate(group, random);
  writer.write(encodeUtf8(formatDhParameters(group)));
  const pem = await reader.read(pemCutter("PUBLIC KEY"));
  if (pem === undefined) return undefined;
  const suite = new Suite(computeSecretFromPem(keys, pem));
  writer.write(encodeUtf8(formatDhPublicKey(group, keys.publicValue)));
  for (const part of encodeConfirmation(suite)) writer.write(part);
  return {
    cut: requestCutter(suite),
    // An original client has one request under way at a time, so that its answers cannot coalesce.
    reply: (sum) => writer.write(encodeReply(suite, sum), 0),
    bye() {}, // the original says nothing
  };
}

/** Connects to a server in the original dialect. */
export async function connectOriginal(
  connection: RawConnection,
  random: RandomSource,
): Promise<ClientSession> {
  const { writer } = connection;
  const parametersPem = await readFromServer(connection, pemCutter("DH PARAMETERS"), GONE_HINT);
  const { modulus, generator } = parseDhParameters(parametersPem);
  const keys = DhKeyPair.generate(await admitDhGroup(modulus, generator), random);
  writer.write(encodeUtf8(formatDhPublicKey(keys.group, keys.publicValue)));
  const serverPem = await readFromServer(connection, pemCutter("PUBLIC KEY"), GONE_HINT);
  const suite = new Suite(computeSecretFromPem(keys, serverPem));
  const sealedId = await readFromServer(connection, cutConfirmation, GONE_HINT);
  if (!equalBytesConstantTime(sealedId, suite.sealSessionId())) {
    throw new ProtocolError("keys-not-established", "the server has other keys than this client");
  }
  const send = (text: string) => writer.write(encodeRequest(suite, text));
  return {
    add: send,
    sum() {
      send("sum");
      return readFromServer(connection, replyCutter(suite), GONE_HINT);
    },
    exit() {
      send("exit");
      return writer.flushed();
    },
  };
}
