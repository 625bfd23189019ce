import assert from "node:assert/strict";

Deno.test("the library that encodes certificates is not loaded by what only reads, verifies or makes keys", async () => {
  // In a process of its own: here other tests have loaded it. It cannot be loaded without its polyfill of Reflect.
  const script = `
    const pki = await import("./lib/pki/mod.ts");
    const { fixture, fixtureKeys } = await import("./test/pki/fixtures.ts");
    const { privateKey } = await pki.generateKeyPair("ed25519");
    await pki.exportPrivateKey(privateKey);
    const root = fixture("root-ed25519.crt"), crl = fixture("root-ed25519.crl");
    const now = new Date("2027-01-01");
    await pki.verifyChain({ roots: [root], chain: [fixture("good-ed25519.crt")], crls: [crl], usage: "device", now });
    pki.inspectCertificate(root);
    console.log("getMetadata" in Reflect);
    await pki.createCertificateRequest(await fixtureKeys("bad.key"), "x");
    console.log("getMetadata" in Reflect);`;
  const cwd = new URL("../..", import.meta.url).pathname;
  const command = new Deno.Command(Deno.execPath(), { args: ["eval", script], cwd });
  const { stdout, stderr } = await command.output();
  assert.equal(new TextDecoder().decode(stdout), "false\ntrue\n", new TextDecoder().decode(stderr));
});
