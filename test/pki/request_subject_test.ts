import assert from "node:assert/strict";
import fc from "fast-check";
import { createCertificateRequest, parseRequestSubject } from "../../lib/pki/mod.ts";
import { join } from "node:path";
import { fixtureKeys } from "./fixtures.ts";
import { inFolder } from "../support/in_folder.ts";
import { typedErrorOf } from "../support/mutate.ts";
import { opensslOk } from "../support/openssl.ts";

Deno.test("parseRequestSubject() tells devices, servers and attributes apart", () => {
  assert.deepEqual(parseRequestSubject("alice/laptop"), {
    attributes: [["CN", "alice/laptop"]],
    names: [{ type: "url", value: "parley:alice/laptop" }],
  });
  assert.deepEqual(parseRequestSubject("Relay.Example, 192.0.2.7,::1"), {
    attributes: [["CN", "relay.example"]],
    names: [
      { type: "dns", value: "relay.example" },
      { type: "ip", value: "192.0.2.7" },
      { type: "ip", value: "::1" },
    ],
  });
  assert.deepEqual(parseRequestSubject("cn=Example\\, Inc., O = a=b,C=CH"), {
    attributes: [["CN", "Example, Inc."], ["O", "a=b"], ["C", "CH"]],
    names: [],
  });
});

Deno.test("parseRequestSubject() refuses what is none of them", async () => {
  const refused = [
    "",
    "a/b/c",
    "Alice/laptop",
    "CN=",
    "X=y",
    "C=CHE",
    "CN=a\u0000",
    "=",
    `CN=${"x".repeat(65)}`,
  ];
  for (const text of refused) {
    const error = await typedErrorOf(() => parseRequestSubject(text));
    assert.equal(error?.kind, "usage", text);
  }
  fc.assert(fc.property(fc.string(), (text) => {
    try {
      parseRequestSubject(text);
    } catch (error) {
      assert.match((error as { code: string }).code, /^(subject|server-name)-malformed$/);
    }
  }));
});

Deno.test("createCertificateRequest() writes a subject and names that openssl reads", async () => {
  const keys = await fixtureKeys("good-p256.key");
  await inFolder(async (dir) => {
    const show = async (subject: string) => {
      await Deno.writeFile(
        join(dir, "csr"),
        await createCertificateRequest(keys, parseRequestSubject(subject)),
      );
      return await opensslOk(dir, "req", "-inform", "DER", "-in", "csr", "-noout", "-verify", "-text");
    };
    const server = await show("relay.example,192.0.2.7");
    assert.match(server, /verify OK/);
    assert.match(server, /DNS:relay\.example, IP Address:192\.0\.2\.7/);
    assert.match(await show("alice/laptop"), /URI:parley:alice\/laptop/);
    assert.match(
      await show("CN=#x,O=y,C=CH"),
      /Subject: CN = #x, O = y, C = CH|Subject: CN = "#x", O = y, C = CH/,
    );
  });
});
