/**
 * ddes: Diffie-Hellman, double DES and HMAC; the server keeps the sum of the numbers that it is sent.
 *
 * @module
 */
import type { Profile } from "../core/mod.ts";

/** The profile. */
export const ddes: Profile = {
  name: "ddes",
  title: "numbers under double DES with keys from Diffie-Hellman; the server keeps their sum",
  defaultPorts: [8081],
  files: [],
  commands: ["a number: is added", "sum: shows the sum", "exit: leaves"],
  weaknesses: [
    {
      weak: "double DES falls to a meet in the middle: 2^57 steps and a table, not 2^112",
      instead: "AES-256-GCM and ChaCha20-Poly1305 inside MLS, X-Wing for the keys",
    },
    {
      weak: "ECB shows which blocks are equal, and blocks of 64 bits collide soon",
      instead: "every message has a key of its own, used once, with authenticated encryption",
    },
    {
      weak: "Diffie-Hellman is not authenticated: whoever sits in between reads and changes everything",
      instead: "both ends show certificates of your own authority before a byte is exchanged",
    },
    {
      weak: "the HMAC has the second DES key, 56 bits that one known message and a search give away",
      instead: "keys for separate purposes are derived separately, 256 bits each",
    },
    {
      weak:
        "in the original dialect the group has 512 bits, and the session id, sent in clear, serves for all messages, so that a replay is taken",
      instead:
        "documented: 2048 bits, a token under encryption and a counter; parley itself: a post-quantum hybrid and a ratchet",
    },
  ],
  addressed: false,
  certified: false,
  serve: async (options) => (await import("./server.ts")).serveDdes(options),
  connect: async (options) => (await import("./client.ts")).connectDdes(options),
  send: async (options) => (await import("./client.ts")).sendDdes(options),
};
