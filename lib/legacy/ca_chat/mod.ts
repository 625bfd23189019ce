/**
 * ca-chat: accounts, a certificate authority with a challenge, encrypted and signed messages, files.
 *
 * @module
 */
import type { Profile } from "../core/mod.ts";

/** The profile. */
export const caChat: Profile = {
  name: "ca-chat",
  title: "accounts and a certificate authority; messages and files signed and encrypted for the recipient",
  defaultPorts: [12000],
  files: [
    "database/users.json: the accounts, at the server",
    "ca_private_key.pem, ca_public_key.pem: the authority, at the server; clients keep its public key",
    "keys.json: the user's keys, private ones encrypted under the password",
    "NAME_certificate.pem: certificates, written by client and server, which may share a folder",
    "NAME_received_files/: what the user has been sent",
  ],
  commands: [
    "user name and password",
    "RETURN, then 1 chat (then a user; then messages, 1 for a file and 0 to end), 2 users, 3 files, 4 delete a file, 5 change directory, 0 quit",
  ],
  weaknesses: [
    {
      weak: "the password goes to the server in clear, and so do names, captions, file names and sizes",
      instead:
        "TLS 1.3 around everything, names of files inside the encryption, certificates instead of passwords",
    },
    {
      weak:
        "the message is encrypted to one RSA key for years: whoever learns it reads all that was ever sent",
      instead: "a key per message and forward secrecy, under a post-quantum hybrid",
    },
    {
      weak:
        "CBC is not authenticated, only the text under it is signed; who it is for and when it was sent is not, so that a signed message can be sent on or replayed",
      instead: "authenticated encryption that binds sender, group and place in the order",
    },
    {
      weak:
        "certificates name nobody as their issuer, cannot be revoked, and the authority is trusted at first sight",
      instead:
        "chains to your own authority, whose fingerprint comes with the invite, and revocation within a second",
    },
    {
      weak: "private keys rest under one round of MD5 of the password",
      instead: "PBKDF2 with 600,000 rounds, or Argon2id",
    },
    {
      weak: "in the original dialect a certificate is issued to whoever asks, without a challenge",
      instead:
        "documented: the applicant has to decrypt 32 random bytes; parley itself: a challenge over the TLS session",
    },
  ],
  addressed: true,
  certified: false,
  serve: async (options) => (await import("./server.ts")).serveCaChat(options),
  connect: async (options) => (await import("./menu.ts")).connectCaChat(options),
  send: async (options) => (await import("./menu.ts")).sendCaChat(options),
  makeKeys: async () => (await import("./files.ts")).makeAuthorityKeys(),
};
