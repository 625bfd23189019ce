/**
 * keyparts: three clients agree on a key through a server that checks their signatures.
 *
 * @module
 */
import type { Profile } from "../core/mod.ts";

/** The profile. */
export const keyparts: Profile = {
  name: "keyparts",
  title: "three clients agree on a key through a server that checks their signatures",
  defaultPorts: [9996, 9997, 9998],
  files: [
    "ID_cert.pem: the certificates of server, client1, client2, client3, read by the server",
    "ID_private.key: the RSA key of a client, read by that client",
  ],
  commands: ["a message to both others", "exit: leaves"],
  settings: { peers: "ID,ID: who takes part besides oneself, else two of client1, client2 and client3" },
  weaknesses: [
    {
      weak:
        "the hash under a message has no key, so that it shows accidents and not forgery, and CBC lets bits be flipped",
      instead: "authenticated encryption, and every message is bound to its sender's certificate",
    },
    {
      weak: "the server hands out the public keys unsigned: it can put its own in their place and read along",
      instead: "keys come in certificates of your own authority that every device verifies",
    },
    {
      weak:
        "nobody proves who sent a part of the key, and a login signs the same text each time, so that it can be replayed",
      instead: "TLS 1.3 with certificates at both ends, and signed commits for every change of a group",
    },
    {
      weak: "one key for the whole session: whoever learns it, or an RSA key later, reads everything",
      instead: "a ratchet per message and forward secrecy, under a post-quantum hybrid",
    },
  ],
  addressed: false,
  certified: true,
  serve: async (options) => (await import("./server.ts")).serveKeyparts(options),
  connect: async (options) => (await import("./client.ts")).connectKeyparts(options),
  send: async (options) => (await import("./client.ts")).sendKeyparts(options),
  makeKeys: async (options) => (await import("./files.ts")).makeKeypartsKeys(options),
};
