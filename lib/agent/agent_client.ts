import { NetworkError, ProtocolError } from "../errors/mod.ts";
import { agentSocket, hasAgentFolder } from "./agent_folder.ts";
import {
  type AgentAnswer,
  type AgentRequest,
  decodeAgentAnswer,
  encodeAgentMessage,
  readAgentMessage,
  type Secrets,
  writeAgentMessage,
} from "./agent_message.ts";

/** What an agent keeps. */
export type AgentStatus = { key: string; forgottenInMs: number }[];

const TIMEOUT_MS = 3_000;

/**
 * Asks the agent of this user, where one runs.
 *
 * Every method throws a StorageError `agent-folder-open`, a NetworkError `agent-failed` where the agent does not
 * answer, and a ProtocolError `agent-refused` where it refuses.
 */
export class AgentClient {
  readonly #folder: string;

  /** Asks at the socket in a folder. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** What is kept under a key; undefined where nothing is, or no agent runs. */
  async get(key: string): Promise<Secrets | undefined> {
    return (await this.#ask({ op: "get", key }))?.secrets;
  }

  /** Has secrets kept; does nothing where no agent runs. */
  async put(key: string, secrets: Secrets): Promise<void> {
    await this.#ask({ op: "put", key, secrets });
  }

  /** Has a key forgotten, or all of them; says how many were, undefined where no agent runs. */
  async forget(key?: string): Promise<number | undefined> {
    return (await this.#ask({ op: "forget", key }))?.forgotten;
  }

  /** What is kept; undefined where no agent runs. */
  async status(): Promise<AgentStatus | undefined> {
    return (await this.#ask({ op: "status" }))?.keys;
  }

  async #ask(request: AgentRequest): Promise<AgentAnswer | undefined> {
    const connection = await this.#connect();
    if (connection === undefined) return undefined;
    let isOpen = true;
    const end = () => {
      if (isOpen) connection.close();
      isOpen = false;
    };
    const timer = setTimeout(end, TIMEOUT_MS);
    try {
      await writeAgentMessage(connection, encodeAgentMessage(request));
      const body = await readAgentMessage(connection);
      if (body === undefined) throw new NetworkError("agent-failed", "the agent has hung up");
      return accepted(decodeAgentAnswer(body));
    } catch (cause) {
      if (isOpen) throw cause;
      throw new NetworkError("agent-failed", "the agent does not answer", { cause });
    } finally {
      clearTimeout(timer);
      end();
    }
  }

  async #connect(): Promise<Deno.Conn | undefined> {
    if (!hasAgentFolder(this.#folder)) return undefined;
    try {
      return await Deno.connect({ transport: "unix", path: agentSocket(this.#folder) });
    } catch (error) {
      if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.ConnectionRefused) {
        return undefined;
      }
      throw new NetworkError("agent-failed", "the agent's socket cannot be used", { cause: error });
    }
  }
}

function accepted(answer: AgentAnswer): AgentAnswer {
  if (answer.error === undefined) return answer;
  throw new ProtocolError("agent-refused", `the agent refuses: ${answer.error.message}`);
}
