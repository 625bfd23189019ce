import assert from "node:assert/strict";

const decoder = new TextDecoder();

/** What openssl answered. */
export interface OpensslResult {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs the real openssl. */
export async function openssl(cwd: string, ...args: string[]): Promise<OpensslResult> {
  const command = new Deno.Command("openssl", { args, cwd, stdin: "null", stdout: "piped", stderr: "piped" });
  const { code, stdout, stderr } = await command.output();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/** Runs openssl and asserts that it succeeded. */
export async function opensslOk(cwd: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await openssl(cwd, ...args);
  assert.equal(code, 0, `openssl ${args.join(" ")}: ${stderr}`);
  return stdout + stderr;
}
