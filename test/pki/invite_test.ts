import assert from "node:assert/strict";
import fc from "fast-check";
import { formatInvite, type Invite, parseInvite } from "../../lib/pki/mod.ts";
import { mutationsOf, typedErrorOf } from "../support/mutate.ts";

const name = fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,31}$/);
const host = fc.oneof(fc.constantFrom("localhost", "relay.example.org", "::1", "2001:db8::7"), fc.ipV4());
const bytes = (minLength: number, maxLength: number) =>
  fc.uint8Array({ minLength, maxLength }).map((one) => new Uint8Array(one));
const plain = { noNullPrototype: true };
const invite: fc.Arbitrary<Invite> = fc.record({
  relay: fc.record({ host, port: fc.integer({ min: 1, max: 65_535 }) }, plain),
  user: name,
  device: name,
  rootHash: bytes(32, 32),
  token: bytes(16, 64),
}, { ...plain, requiredKeys: ["relay", "user", "rootHash", "token"] });

const sample = formatInvite({
  relay: { host: "::1", port: 7443 },
  user: "alice",
  rootHash: new Uint8Array(32).fill(1),
  token: new Uint8Array(16).fill(2),
});

Deno.test("formatInvite() writes the documented URL", () => {
  assert.equal(
    sample,
    "parley://[::1]:7443/alice?ca=AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE&t=AgICAgICAgICAgICAgICAg",
  );
  const forDevice = formatInvite({ ...parseInvite(sample), device: "phone" });
  assert.equal(forDevice, sample.replace("alice", "alice/phone"));
  assert.equal(new URL(sample).searchParams.get("t"), "AgICAgICAgICAgICAgICAg");
});

Deno.test("parseInvite() returns what formatInvite() was given", () => {
  fc.assert(fc.property(invite, (one) => assert.deepEqual(parseInvite(formatInvite(one)), one)));
});

Deno.test("parseInvite() refuses every other spelling", () => {
  const bad = [
    "",
    sample.toUpperCase(),
    ` ${sample}`,
    `${sample}\n`,
    `${sample}&x=1`,
    `${sample}#x`,
    `${sample}=`,
    sample.replace("parley:", "https:"),
    sample.replace("[::1]", "[0::1]"),
    sample.replace("[::1]", "::1"),
    sample.replace("7443", "07443"),
    sample.replace("7443", "70000"),
    sample.replace("alice", "Alice"),
    sample.replace("alice", "alice/X"),
    sample.replace("alice", "alice/"),
    sample.replace("alice", "alice/x/y"),
    sample.replace("ca=AQEB", "ca=AQE"),
    sample.replace("&t=", "&t=AgIC$"),
    // The last character of a token has bits that carry nothing: they must be zero.
    sample.replace(/g$/, "h"),
    sample.replace(/&t=.*/, "&t=AgICAgICAgICAgICAgI"),
    sample.replace("?", `?${"x".repeat(600)}`),
  ];
  for (const text of bad) {
    assert.throws(() => parseInvite(text), { name: "DecodeError", code: "invite-malformed" }, text);
  }
});

Deno.test("parseInvite() accepts of mutated invites only canonical ones, and never shows the token", async () => {
  const mutated = mutationsOf(new TextEncoder().encode(sample)).map((one) => new TextDecoder().decode(one));
  await fc.assert(
    fc.asyncProperty(mutated, async (text) => {
      const error = await typedErrorOf(() => assert.equal(formatInvite(parseInvite(text)), text));
      if (error !== undefined) {
        assert.equal(error.code, "invite-malformed");
        assert.doesNotMatch(`${error.message}${error.hint}`, /AgICAgIC/);
      }
    }),
    { numRuns: 500 },
  );
});
