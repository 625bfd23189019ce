import { join } from "node:path";
import { merge, object } from "@optique/core/constructs";
import { message } from "@optique/core/message";
import { optional } from "@optique/core/modifiers";
import { option } from "@optique/core/primitives";
import { string } from "@optique/core/valueparser";
import type { CertificateIssuer, KeyFile, Profile } from "../../lib/legacy/mod.ts";
import { type CaFolder, refuseExistingFiles, writeFileAtomically } from "../../lib/store/mod.ts";
import { caFolderOptions, openCaFolder } from "../ca/ca_folder.ts";
import { type Command, type CommandContext, defineCommand } from "../command.ts";
import { passphraseOptions } from "../passphrase.ts";
import { path } from "../path_value.ts";
import { printable } from "../printable.ts";
import { profileOption } from "./profile_options.ts";

/** `parley keygen --profile NAME`: keys alone. */
export function makeProfileKeys(profile: Profile, makeKeys: MakeKeys): Command<unknown> {
  return defineCommand({
    description: describeKeys(profile),
    examples: [{
      line: `parley keygen --profile ${profile.name}`,
      does: "Make the keys in the current folder",
    }],
    parser: keyFileOptions(profile),
    async execute(values, context) {
      write(await makeKeys({ names: namesOf(values) }), values, context);
    },
  });
}

/** `parley ca issue --profile NAME`: keys and certificates of an authority of parley. */
export function issueProfileKeys(profile: Profile, makeKeys: MakeKeys): Command<unknown> {
  return defineCommand({
    description: describeKeys(profile),
    examples: [{
      line: `parley ca issue --profile ${profile.name} --dir ca`,
      does: "Make keys and certificates in the current folder",
    }],
    parser: merge(keyFileOptions(profile), caFolderOptions, passphraseOptions),
    async execute({ profile: _, out, names, force, ...values }, context) {
      using ca = openCaFolder(values, context);
      const files = await makeKeys({ names: namesOf({ names }), issuer: issuerOf(ca) });
      write(files, { out, force }, context);
    },
  });
}

type MakeKeys = NonNullable<Profile["makeKeys"]>;

function describeKeys({ files }: Profile): string {
  return `RSA-2048, the private key as the traditional PEM (RSA PRIVATE KEY). The files of this system: ${
    files.join("; ")
  }.`;
}

function keyFileOptions(profile: Profile) {
  return object({
    profile: profileOption(profile),
    out: optional(option("--out", path("DIR", "directory"), {
      description: message`The folder that they are written to (default: the current one)`,
    })),
    names: optional(option("--names", string({ metavar: "NAME,…" }), {
      description: message`Whose keys (default: all that its description has)`,
    })),
    force: option("--force", { description: message`Replace files that exist` }),
  });
}

function namesOf({ names }: { readonly names: string | undefined }): readonly string[] {
  return names === undefined ? [] : names.split(",").map((name) => name.trim());
}

function issuerOf(ca: CaFolder): CertificateIssuer {
  return {
    async issue(name, spki) {
      return (await ca.authority.issueServer({ names: [name], spki: new Uint8Array(spki) })).certificate;
    },
  };
}

/** All are there or none was written: an existing file is refused before the first. */
function write(
  files: readonly KeyFile[],
  { out, force }: { readonly out: string | undefined; readonly force: boolean },
  context: CommandContext,
): void {
  const folder = context.resolve(out ?? ".");
  const paths = files.map(({ name }) => join(folder, name));
  if (!force) refuseExistingFiles(paths);
  for (const [index, { text, secret }] of files.entries()) {
    const path = paths[index]!;
    writeFileAtomically(path, text, { mode: secret ? 0o600 : 0o644, force });
    context.out.result({ type: "file", path, secret }, printable(path));
  }
}
