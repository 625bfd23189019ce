import { NetworkError, ParleyError, UsageError } from "../errors/mod.ts";
import { agentSocket, hasAgentFolder } from "./agent_folder.ts";
import { AgentKeys } from "./agent_keys.ts";
import {
  type AgentAnswer,
  type AgentRequest,
  decodeAgentRequest,
  encodeAgentMessage,
  readAgentMessage,
  writeAgentMessage,
} from "./agent_message.ts";

/** How to start an agent. */
export interface StartAgentOptions {
  /** The folder of its socket, made with mode 0700 where there is none. */
  folder: string;
  /** How long a key is kept that nobody asks for, in milliseconds. */
  idleMs: number;
  /** The time in milliseconds. */
  now: () => number;
}

/** An agent at work. */
export interface Agent {
  /** Its socket. */
  readonly socket: string;
  /** Wipes all keys and ends. */
  close(): Promise<void>;
}

const MAX_CONNECTIONS = 64;
/** A connection is for a question or two. */
const CONNECTION_LIFETIME_MS = 5_000;
const SWEEP_MS = 1_000;
/** Paths of sockets are short: `sun_path` of Linux has 108 bytes, of macOS 104. */
const MAX_SOCKET_PATH_BYTES = 100;

/**
 * Starts an agent on a Unix socket of mode 0600 in a folder of mode 0700: who reaches it is the same user. Keys
 * are in memory only.
 *
 * @throws {UsageError} `agent-running`, `agent-path-long`
 * @throws {StorageError} `agent-folder-open`
 */
export async function startAgent({ folder, idleMs, now }: StartAgentOptions): Promise<Agent> {
  const socket = agentSocket(folder);
  if (new TextEncoder().encode(socket).length > MAX_SOCKET_PATH_BYTES) {
    throw new UsageError("agent-path-long", `the path of the agent's socket is too long: ${socket}`, {
      hint: "set XDG_RUNTIME_DIR to a folder with a shorter path",
    });
  }
  Deno.mkdirSync(folder, { recursive: true, mode: 0o700 });
  hasAgentFolder(folder);
  await removeStale(socket);
  const listener = Deno.listen({ transport: "unix", path: socket });
  Deno.chmodSync(socket, 0o600);
  return new AgentServer(socket, listener, new AgentKeys(idleMs, now));
}

class AgentServer implements Agent {
  readonly socket: string;
  readonly #listener: Deno.UnixListener;
  readonly #keys: AgentKeys;
  /** What ends each connection. */
  readonly #ends = new Set<() => void>();
  readonly #sweep: ReturnType<typeof setInterval>;
  readonly #accepting: Promise<void>;

  constructor(socket: string, listener: Deno.UnixListener, keys: AgentKeys) {
    this.socket = socket;
    this.#listener = listener;
    this.#keys = keys;
    this.#sweep = setInterval(() => keys.forgetIdle(), SWEEP_MS);
    this.#accepting = this.#accept();
  }

  async close(): Promise<void> {
    clearInterval(this.#sweep);
    this.#keys.forget();
    this.#listener.close();
    for (const end of this.#ends) end();
    await this.#accepting;
    try {
      Deno.removeSync(this.socket);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }

  async #accept(): Promise<void> {
    const serving = new Set<Promise<void>>();
    for await (const connection of this.#listener) {
      if (serving.size >= MAX_CONNECTIONS) {
        connection.close();
        continue;
      }
      const one: Promise<void> = this.#serve(connection).finally(() => serving.delete(one));
      serving.add(one);
    }
    await Promise.all(serving);
  }

  /** Answers the questions of one connection; the first one that is malformed is its last. */
  async #serve(connection: Deno.UnixConn): Promise<void> {
    const end = () => {
      if (this.#ends.delete(end)) connection.close();
    };
    this.#ends.add(end);
    const timer = setTimeout(end, CONNECTION_LIFETIME_MS);
    try {
      while (await this.#answerOne(connection));
      await hangUp(connection);
    } catch (error) {
      if (this.#ends.has(end) && !isConnectionLost(error)) throw error;
    } finally {
      clearTimeout(timer);
      end();
    }
  }

  async #answerOne(connection: Deno.Conn): Promise<boolean> {
    let answer: AgentAnswer;
    let body: Uint8Array | undefined;
    try {
      body = await readAgentMessage(connection);
      if (body === undefined) return false;
      answer = this.#answer(decodeAgentRequest(body));
    } catch (error) {
      if (!(error instanceof ParleyError)) throw error;
      answer = { error: { code: error.code, message: error.message } };
    } finally {
      body?.fill(0);
    }
    await writeAgentMessage(connection, encodeAgentMessage(answer));
    return answer.error === undefined;
  }

  #answer(request: AgentRequest): AgentAnswer {
    switch (request.op) {
      case "get": {
        const secrets = this.#keys.get(request.key);
        return secrets === undefined ? {} : { secrets };
      }
      case "put":
        this.#keys.put(request.key, request.secrets);
        return {};
      case "forget":
        return { forgotten: this.#keys.forget(request.key) };
      case "status":
        return { keys: this.#keys.list() };
    }
  }
}

/** Reads what is still on its way: a socket that is closed before loses the answer, too. */
async function hangUp(connection: Deno.UnixConn): Promise<void> {
  await connection.closeWrite();
  const rest = new Uint8Array(4_096);
  while (await connection.read(rest) !== null) rest.fill(0);
}

/** A socket that nobody listens at was left behind by an agent that died. */
async function removeStale(socket: string): Promise<void> {
  try {
    (await Deno.connect({ transport: "unix", path: socket })).close();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    if (!(error instanceof Deno.errors.ConnectionRefused)) {
      throw new NetworkError("agent-failed", `cannot use the agent's socket ${socket}`, { cause: error });
    }
    return Deno.removeSync(socket);
  }
  throw new UsageError("agent-running", "an agent runs already", {
    hint: "'parley agent status' shows what it keeps",
  });
}

function isConnectionLost(error: unknown): boolean {
  return error instanceof Deno.errors.BrokenPipe || error instanceof Deno.errors.ConnectionReset ||
    error instanceof Deno.errors.BadResource || error instanceof Deno.errors.Interrupted;
}
