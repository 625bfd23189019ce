import type { Profile } from "./core/profile.ts";

/** The classic systems that parley speaks, one line each. Nothing of a profile is loaded before it is asked for. */
export const profiles: Readonly<Record<string, () => Promise<Profile>>> = {
  "keyparts": async () => (await import("./keyparts/mod.ts")).keyparts,
  "ca-chat": async () => (await import("./ca_chat/mod.ts")).caChat,
  "ddes": async () => (await import("./ddes/mod.ts")).ddes,
  "dh-aes": async () => (await import("./dh_aes/mod.ts")).dhAes,
  "elgamal": async () => (await import("./elgamal/mod.ts")).elgamal,
};

/** The names of the classic systems. */
export const PROFILE_NAMES: readonly string[] = Object.keys(profiles);
