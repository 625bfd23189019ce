import { UsageError } from "../../lib/errors/mod.ts";
import { type Profile, PROFILE_NAMES, profiles } from "../../lib/legacy/mod.ts";
import { closest } from "../closest.ts";
import type { Command } from "../command.ts";

/** The commands that speak a classic system with `--profile NAME`. */
export type ProfileVerb = "serve" | "connect" | "send" | "keygen" | "ca issue";

/**
 * Loads a command for a classic system; each system has its own help.
 *
 * @throws {UsageError} profile-unknown, profile-verb-unsupported
 */
export async function loadProfileCommand(verb: ProfileVerb, name: string): Promise<Command<unknown>> {
  const profile = await loadProfile(name);
  switch (verb) {
    case "serve":
      return (await import("./serve_profile.ts")).serveProfile(profile);
    case "connect":
      return (await import("./connect_profile.ts")).connectProfile(profile);
    case "send":
      if (profile.send === undefined) throw unsupported(verb, profile);
      return (await import("./send_profile.ts")).sendProfile(profile, profile.send);
    case "keygen":
      if (profile.makeKeys === undefined) throw unsupported(verb, profile);
      return (await import("./make_profile_keys.ts")).makeProfileKeys(profile, profile.makeKeys);
    case "ca issue":
      if (profile.makeKeys === undefined || !profile.certified) throw unsupported(verb, profile);
      return (await import("./make_profile_keys.ts")).issueProfileKeys(profile, profile.makeKeys);
  }
}

async function loadProfile(name: string): Promise<Profile> {
  const load = profiles[name];
  if (load !== undefined) return await load();
  const near = closest(name, PROFILE_NAMES);
  throw new UsageError("profile-unknown", `there is no profile ${JSON.stringify(name)}`, {
    hint: near === undefined ? `one of ${PROFILE_NAMES.join(", ")}` : `did you mean ${near}?`,
  });
}

function unsupported(verb: ProfileVerb, { name }: Profile): UsageError {
  return new UsageError("profile-verb-unsupported", `parley ${verb} has nothing to do for ${name}`);
}
