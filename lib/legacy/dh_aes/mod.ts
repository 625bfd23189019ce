/**
 * dh-aes: Diffie-Hellman in group 14, AES-256-GCM, and inboxes for users who are away.
 *
 * @module
 */
import type { Profile } from "../core/mod.ts";

/** The profile. */
export const dhAes: Profile = {
  name: "dh-aes",
  title: "messages under AES-256-GCM with keys from Diffie-Hellman, and inboxes for users who are away",
  defaultPorts: [5555],
  files: ["inbox.jsonl: the messages that wait for users who are away, in clear, kept by the server"],
  commands: [
    "the user's name, asked for first",
    "send: asks for the recipient and the message; send NAME TEXT: sends at once",
    "list: shows who is here",
    "quit: leaves",
  ],
  weaknesses: [
    {
      weak: "Diffie-Hellman is not authenticated: whoever sits in between reads and changes everything",
      instead: "both ends show certificates of your own authority before a byte is exchanged",
    },
    {
      weak: "a name is whatever the client says: who comes first has it, and gets the mail that waits for it",
      instead: "the name stands in the certificate of the device, which proves that it holds the key",
    },
    {
      weak: "the server decrypts every message and keeps those that wait in clear",
      instead: "messages are encrypted from device to device with MLS, and the relay can read none",
    },
    {
      weak: "a frame that is repeated, left out or sent back is taken, since nothing numbers it",
      instead: "every message has a number and a key of its own, used once",
    },
    {
      weak: "one key for the whole session, and nothing that withstands a quantum computer",
      instead: "a ratchet per message under a hybrid of X25519 and ML-KEM-768",
    },
  ],
  addressed: true,
  certified: false,
  serve: async (options) => (await import("./server.ts")).serveDhAes(options),
  connect: async (options) => (await import("./menu.ts")).connectDhAes(options),
  send: async (options) => (await import("./menu.ts")).sendDhAes(options),
};
