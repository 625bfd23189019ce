import { createHash } from "node:crypto";
import { basename } from "node:path";
import config from "../deno.json" with { type: "json" };
import { type ArchivedFile, encodeArchive } from "./archive.ts";
import { runtimeFlags } from "./bundle_program.ts";

const RUNTIME_NAME = "deno";
/** What the program never fetches or looks for, wherever it is started. */
const CLOSED_WORLD = ["--no-config", "--no-lock", "--no-remote", "--no-npm", "--cached-only"];
const PLATFORMS: Record<string, string> = { linux: "Linux", darwin: "Darwin" };
const MACHINES: Record<string, Record<string, string>> = {
  linux: { x86_64: "x86_64", aarch64: "aarch64" },
  darwin: { x86_64: "x86_64", aarch64: "arm64" },
};

/**
 * Writes one executable for this platform: a POSIX shell header, and behind it the gzipped archive of the Deno
 * that runs this and of the bundled program in `folder`.
 */
export async function writeSelfExtracting(path: string, folder: string): Promise<void> {
  const platform = platformName();
  const archive = await encodeArchive(await readFiles(folder));
  const sum = createHash("sha256").update(archive).digest("hex");
  const header = new TextEncoder().encode(formatHeader(platform, sum, archive.length));
  await Deno.writeFile(`${path}.part`, new Blob([header, archive]).stream(), { mode: 0o755 });
  await Deno.rename(`${path}.part`, path);
}

/** What `uname -sm` says here. */
function platformName(): string {
  const { os, arch } = Deno.build;
  const system = PLATFORMS[os], machine = MACHINES[os]?.[arch];
  if (system === undefined || machine === undefined) {
    throw new Error(`a self-extracting executable needs a POSIX shell, which ${os} on ${arch} has not`);
  }
  return `${system} ${machine}`;
}

async function readFiles(folder: string): Promise<ArchivedFile[]> {
  const runtime = await Deno.readFile(Deno.execPath());
  const files: ArchivedFile[] = [{ name: RUNTIME_NAME, content: runtime, executable: true }];
  const names = (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();
  for (const name of names) files.push({ name, content: await Deno.readFile(`${folder}/${name}`) });
  return files;
}

/**
 * The header. Files are moved into place one by one, each by an atomic rename, and the mark that all are there
 * last: whoever starts at the same time does the same with the same files, and whoever dies leaves no mark.
 */
function formatHeader(platform: string, sum: string, size: number): string {
  const flags = [...runtimeFlags, ...CLOSED_WORLD].map(quote).join(" ");
  return `#!/bin/sh
# parley ${config.version} for ${platform} in one file: this script and, after its last line, a gzipped tar archive
# with Deno ${Deno.version.deno} and the program. The first start unpacks it into the cache folder; what lies
# there may be deleted at any time.
set -eu
sum=${sum}
fail() {
  printf 'parley: error: %s\\nparley: hint: %s\\n' "$1" "$2" >&2
  exit 5
}
case \${XDG_CACHE_HOME:-} in
  /*) cache=$XDG_CACHE_HOME/parley ;;
  *) cache=\${HOME:+$HOME/.cache/parley} ;;
esac
[ -n "$cache" ] || fail "there is no place to unpack to: HOME is not set" "set XDG_CACHE_HOME to a folder of yours"
dir=$cache/$sum
digest() {
  if command -v sha256sum; then sha256sum
  elif command -v shasum; then shasum -a 256
  elif command -v openssl; then openssl dgst -sha256 -r
  fi | tail -n 1 | cut -d " " -f 1
}
unpack() (
  umask 077
  [ "$(uname -sm)" = ${
    quote(platform)
  } ] || fail "this file is for ${platform}, not for $(uname -sm)" "take the one for this system"
  [ "$(tail -c ${size} "$1" | digest)" = "$sum" ] || fail "$1 is damaged, or sha256sum is missing" "fetch it again"
  mkdir -p "$dir" || fail "cannot make the folder $dir" "set XDG_CACHE_HOME to a folder of yours"
  new=$(mktemp -d "$dir/.unpacking.XXXXXX") || fail "cannot write to $dir" "look at its owner and mode"
  trap 'rm -rf "$new"' EXIT
  trap 'exit 130' HUP INT TERM
  tail -c ${size} "$1" | gzip -dc | tar -xf - -C "$new" || fail "cannot unpack into $dir" "is the disk full?"
  : > "$new/complete"
  sync
  for file in "$new"/*.js "$new/${RUNTIME_NAME}" "$new/complete"; do
    mv -f "$file" "$dir/" || fail "cannot write to $dir" "look at its owner and mode"
  done
)
[ -e "$dir/complete" ] || unpack "$0"
[ -O "$dir/complete" ] || fail "$dir belongs to another user" "set XDG_CACHE_HOME to a folder of yours"
export DENO_DIR="$dir/state" DENO_NO_UPDATE_CHECK=1
for word in "$@"; do
  # A benchmark starts relay and load generator as processes of their own; nothing else may start any.
  [ "$word" != bench ] || exec "$dir/${RUNTIME_NAME}" run ${flags} --allow-run="$dir/${RUNTIME_NAME}" "$dir/main.js" "$@"
done
exec "$dir/${RUNTIME_NAME}" run ${flags} "$dir/main.js" "$@"
`;
}

function quote(text: string): string {
  return /^[\w=,.:/-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Writes `PATH.sha256` the way that `sha256sum -c` reads it. */
export async function writeSum(path: string): Promise<void> {
  const hash = createHash("sha256").update(await Deno.readFile(path)).digest("hex");
  await Deno.writeTextFile(`${path}.sha256`, `${hash}  ${basename(path)}\n`);
}
