import { join } from "node:path";
import { V8_FLAGS } from "../../commands/bench/own_program.ts";
import { receiveTcp, sendTcp } from "../../lib/bench/tcp_copy.ts";
import { FileTransfers } from "../../lib/client/files/file_transfers.ts";
import type { FileDescriptor } from "../../lib/client/files/file_descriptor.ts";
import { writeAll } from "../../lib/client/files/write_all.ts";
import { SecretBytes, systemRandom } from "../../lib/crypto/mod.ts";
import { CellCipher, initCa, openCa } from "../../lib/store/mod.ts";
import { dial, type TlsIdentity } from "../../lib/transport/mod.ts";
import { fakeCommit, fakeWelcome, randomId } from "../support/mailbox_fixture.ts";
import { checkRelay, issueDevice, startTestRelay } from "../support/relay_fixture.ts";

/**
 * Files through a relay on this machine, each part a process of its own:
 *
 *     deno run -A test/bench/files.ts [MIB] [FOLDER]
 *
 * measures, one after the other: a plain TCP copy of a file (written to the disk at the end), the upload of the same file
 * and its download, and where `age` is on the path, `age -r` to a file, a TCP copy, `age -d`. Everything is written to
 * FOLDER, by default a temporary one; run it where the relay's folder would be.
 */
const MIB = 1024 * 1024;
const [role = "1024", ...rest] = Deno.args;
const roles: Record<string, (folder: string, ...args: string[]) => Promise<void>> = {
  "relay": runRelay,
  "send": send,
  "receive": receive,
  "tcp-send": tcpSend,
  "tcp-receive": tcpReceive,
};
await (roles[role] ?? measure)(
  rest[0] ?? await Deno.makeTempDir({ prefix: "parley-files-" }),
  ...rest.slice(1),
);

async function measure(folder: string): Promise<void> {
  const bytes = Number(role) * MIB;
  await Deno.mkdir(folder, { recursive: true });
  await makeFile(join(folder, "source"), bytes);
  const lines: Record<string, string>[] = [];
  const line = (what: string, ms: number, more = "") =>
    lines.push({ what, ms: ms.toFixed(0), "MB/s": (bytes / ms / 1000).toFixed(0), more });
  line("plain TCP copy, on the disk at the end", await tcpCopy(folder, "source", "copied"));
  await prepare(folder);
  const relay = start("relay", folder);
  const port = await firstLine(relay);
  const sent = await timed(() => part("send", folder, port));
  line("upload", sent.ms, sent.text);
  const received = await timed(() => part("receive", folder, port));
  line("download", received.ms, received.text);
  line("upload and download", sent.ms + received.ms);
  relay.kill("SIGTERM");
  await relay.output();
  await Deno.remove(join(folder, "relay"), { recursive: true });
  await Deno.remove(join(folder, "received"));
  await measureAge(folder, line);
  console.table(lines);
  await Deno.remove(folder, { recursive: true });
}

async function measureAge(folder: string, line: (what: string, ms: number) => void): Promise<void> {
  if (!(await new Deno.Command("sh", { args: ["-c", "command -v age"] }).output()).success) return;
  const shell = (script: string) =>
    timed(() => new Deno.Command("sh", { args: ["-ec", script], cwd: folder }).output());
  await shell("age-keygen -o key.txt 2>/dev/null; age-keygen -y key.txt > key.pub");
  const sealed = await shell("age -r $(cat key.pub) -o sealed.age source; sync sealed.age");
  line("age -r to a file", sealed.ms);
  const copied = await tcpCopy(folder, "sealed.age", "copied.age");
  line("plain TCP copy of it", copied);
  const opened = await shell("age -d -i key.txt -o opened copied.age; sync opened");
  line("age -d", opened.ms);
  line("age -r, copy, age -d", sealed.ms + copied + opened.ms);
}

async function makeFile(path: string, bytes: number): Promise<void> {
  using file = await Deno.open(path, { create: true, write: true, truncate: true });
  const block = systemRandom(MIB);
  for (let written = 0; written < bytes; written += MIB) {
    block[0]!++;
    writeAll(file, block.subarray(0, Math.min(MIB, bytes - written)));
  }
  await file.sync();
}

/** An authority, two devices, and who they are for the parts. */
async function prepare(folder: string): Promise<void> {
  await initCa(join(folder, "ca"), { name: "Bench CA" });
  using ca = openCa(join(folder, "ca"), {});
  for (const user of ["alice", "bob"]) {
    const identity = await issueDevice(ca.authority, { user, device: "laptop" });
    await Deno.writeTextFile(join(folder, `${user}.json`), JSON.stringify(identity));
  }
}

function start(role: string, ...args: string[]): Deno.ChildProcess {
  const config = new URL("../../deno.json", import.meta.url).pathname;
  const command = [
    "run",
    "-A",
    "--no-check",
    V8_FLAGS,
    "--config",
    config,
    new URL(import.meta.url).pathname,
    role,
    ...args,
  ];
  return new Deno.Command(Deno.execPath(), { args: command, stdout: "piped", stderr: "inherit" }).spawn();
}

async function part(role: string, ...args: string[]): Promise<string> {
  const { success, stdout } = await start(role, ...args).output();
  if (!success) throw new Error(`${role} failed`);
  return new TextDecoder().decode(stdout).trim();
}

async function firstLine(process: Deno.ChildProcess): Promise<string> {
  const reader = process.stdout.getReader();
  const { value } = await reader.read();
  reader.releaseLock();
  return new TextDecoder().decode(value).trim();
}

async function timed<T>(work: () => Promise<T>): Promise<{ ms: number; text: T }> {
  const began = performance.now();
  const text = await work();
  return { ms: performance.now() - began, text };
}

async function runRelay(folder: string): Promise<void> {
  using ca = openCa(join(folder, "ca"), {});
  const relay = await startTestRelay(folder, ca);
  console.log(String(relay.address.port));
  await new Promise<void>((resolve) => Deno.addSignalListener("SIGTERM", resolve));
  await relay.close();
  console.error(`relay: ${usage()}`);
  Deno.exit(0);
}

async function transfers(folder: string, port: string, user: string): Promise<FileTransfers> {
  const identity = JSON.parse(await Deno.readTextFile(join(folder, `${user}.json`))) as TlsIdentity;
  using ca = openCa(join(folder, "ca"), {});
  const checkServer = checkRelay(ca.authority);
  return new FileTransfers({
    connect: async (signal) => {
      const connection = await dial({ host: "127.0.0.1", port: Number(port), identity, checkServer, signal });
      await connection.request("hello", { version: 1, agent: "bench" });
      return connection;
    },
    folder: join(folder, `${user}-uploads`),
    cipher: new CellCipher(new Uint8Array(32), systemRandom),
    random: systemRandom,
    clock: () => new Date(),
  });
}

async function send(folder: string, port: string): Promise<void> {
  const identity = JSON.parse(await Deno.readTextFile(join(folder, "alice.json"))) as TlsIdentity;
  using ca = openCa(join(folder, "ca"), {});
  const checkServer = checkRelay(ca.authority);
  const host = "127.0.0.1";
  const bob = JSON.parse(await Deno.readTextFile(join(folder, "bob.json"))) as TlsIdentity;
  const other = await dial({ host, port: Number(port), identity: bob, checkServer });
  await other.request("hello", { version: 1, agent: "bench" });
  const connection = await dial({ host, port: Number(port), identity, checkServer });
  await connection.request("hello", { version: 1, agent: "bench" });
  const mailbox = `group:${randomId().toHex()}`;
  const add = [{ user: "bob", device: "laptop" }];
  const commit = {
    mailbox,
    id: randomId(),
    commit: fakeCommit(mailbox, 0),
    add,
    remove: [],
    welcome: fakeWelcome(),
  };
  await connection.request("commit", commit);
  const files = await transfers(folder, port, "alice");
  const began = performance.now();
  const options = { name: "source", mediaType: "application/octet-stream" };
  const { file } = await files.upload(mailbox, { path: join(folder, "source") }, options);
  const ms = performance.now() - began;
  await Deno.writeTextFile(
    join(folder, "file.json"),
    JSON.stringify({
      ...file,
      blob: file.blob.toHex(),
      key: file.key.expose().toHex(),
      hash: file.hash.toHex(),
    }),
  );
  console.log(`transfer ${ms.toFixed(0)} ms, ${usage()}`);
  await Promise.all([files.close(), other.close(), connection.close()]);
}

async function receive(folder: string, port: string): Promise<void> {
  const { blob, key, hash, ...more } = JSON.parse(await Deno.readTextFile(join(folder, "file.json")));
  const [blobBytes, keyBytes, hashBytes] = [blob, key, hash].map((hex: string) => Uint8Array.fromHex(hex));
  const file: FileDescriptor = { ...more, blob: blobBytes, key: new SecretBytes(keyBytes!), hash: hashBytes };
  const files = await transfers(folder, port, "bob");
  const began = performance.now();
  const path = join(folder, "received");
  using target = await Deno.open(path, { create: true, read: true, write: true });
  await files.download(file, target, { path });
  console.log(`transfer ${(performance.now() - began).toFixed(0)} ms, ${usage()}`);
  await files.close();
}

async function tcpCopy(folder: string, from: string, to: string): Promise<number> {
  const receiver = start("tcp-receive", folder, to);
  const port = await firstLine(receiver);
  const { ms } = await timed(async () => {
    const [sent] = await Promise.all([start("tcp-send", folder, port, from).output(), receiver.output()]);
    if (!sent.success) throw new Error("copying failed");
  });
  if (to === "copied") await Deno.remove(join(folder, to));
  return ms;
}

async function tcpSend(folder: string, port: string, from: string): Promise<void> {
  await sendTcp(join(folder, from), Number(port));
}

async function tcpReceive(folder: string, to: string): Promise<void> {
  const { port, done } = await receiveTcp(join(folder, to));
  console.log(String(port));
  await done;
}

/** What the process has used. */
function usage(): string {
  const peak = Deno.readTextFileSync("/proc/self/status").match(/VmHWM:\s+(\d+)/)?.[1];
  const stat = Deno.readTextFileSync("/proc/self/stat").split(") ")[1]!.split(" ");
  return `CPU ${Number(stat[11]) / 100} + ${Number(stat[12]) / 100} s, peak ${
    (Number(peak) / 1024).toFixed(0)
  } MiB`;
}
