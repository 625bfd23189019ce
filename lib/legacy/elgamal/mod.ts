/**
 * elgamal: end-to-end keys from Diffie-Hellman that is signed with ElGamal, over Socket.IO.
 *
 * @module
 */
import type { Profile } from "../core/mod.ts";

/** The profile. */
export const elgamal: Profile = {
  name: "elgamal",
  title: "end-to-end keys from Diffie-Hellman values signed with ElGamal, over Socket.IO",
  defaultPorts: [5000],
  files: [],
  commands: [
    "a message to everybody else, once the keys are agreed",
    "exit: leaves",
  ],
  settings: { spelling: "deff or diff: which of the two published spellings to speak; both are understood" },
  weaknesses: [
    {
      weak: "in the original dialect the groups have 10 bits: every key is found by trying all 1,020",
      instead: "documented: 2048 bits; parley itself: a hybrid of X25519 and ML-KEM-768",
    },
    {
      weak:
        "nobody vouches for the ElGamal keys: a server that hands out its own reads and changes everything",
      instead: "signature keys stand in certificates of your own authority",
    },
    {
      weak:
        "CFB and CBC come without a MAC: whoever alters the ciphertext alters the text, unnoticed under CFB",
      instead: "authenticated encryption of every message",
    },
    {
      weak: "messages can be repeated, left out and put in another order, since nothing numbers them",
      instead: "every message has a number and a key of its own, used once",
    },
    {
      weak:
        "SHA-1 under the signatures, in the original dialect cut to 9 bits, and one key for the whole session",
      instead: "Ed25519 over SHA-512, and a ratchet per message",
    },
  ],
  addressed: false,
  certified: false,
  serve: async (options) => (await import("./server.ts")).serveElgamal(options),
  connect: async (options) => (await import("./client.ts")).connectElgamal(options),
  send: async (options) => (await import("./client.ts")).sendElgamal(options),
};
