/**
 * The agent: keeps keys that were unlocked in memory for a while, and gives them to other processes of the same
 * user over a Unix socket.
 *
 * @module
 */
export { AgentClient, type AgentStatus } from "./agent_client.ts";
export { agentFolder } from "./agent_folder.ts";
export { type Agent, startAgent, type StartAgentOptions } from "./start_agent.ts";
export type { Secrets } from "./agent_message.ts";
