import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import { formatPem } from "../../lib/bytes/mod.ts";
import { describePkiDocument, parsePkiDocuments, type PkiDocumentKind } from "../../lib/pki/mod.ts";
import { certsFolder, fixture } from "./fixtures.ts";
import { inFolder } from "../support/in_folder.ts";
import { decodeOrRefuse } from "../support/hostile_bytes.ts";
import { mutationsOf, typedErrorOf } from "../support/mutate.ts";
import { opensslOk } from "../support/openssl.ts";

/** Has openssl write one document of every kind in DER. */
async function withDocuments(
  work: (documents: [PkiDocumentKind, Uint8Array][]) => Promise<void>,
): Promise<void> {
  await inFolder(async (dir) => {
    await Deno.writeTextFile(join(dir, "pass"), "x");
    const der = ["-outform", "DER", "-out"];
    const rsa = ["-in", `${certsFolder}good-rsa.key`];
    const steps: [PkiDocumentKind, string[]][] = [
      ["certificate", ["x509", "-in", `${certsFolder}good-rsa.crt`, ...der, "certificate"]],
      ["request", [
        "req",
        "-new",
        "-key",
        `${certsFolder}good-p256.key`,
        "-subj",
        "/CN=x",
        ...der,
        "request",
      ]],
      ["crl", ["crl", "-in", `${certsFolder}root-ed25519.crl`, ...der, "crl"]],
      ["private-key", ["pkcs8", "-topk8", "-nocrypt", ...rsa, ...der, "private-key"]],
      ["encrypted-private-key", [
        "pkcs8",
        "-topk8",
        "-passout",
        "file:pass",
        ...rsa,
        ...der,
        "encrypted-private-key",
      ]],
      ["public-key", ["pkey", ...rsa, "-pubout", ...der, "public-key"]],
      ["rsa-private-key", ["rsa", ...rsa, "-traditional", ...der, "rsa-private-key"]],
      ["ec-private-key", ["ec", "-in", `${certsFolder}good-p256.key`, ...der, "ec-private-key"]],
    ];
    const documents: [PkiDocumentKind, Uint8Array][] = [];
    for (const [kind, args] of steps) {
      await opensslOk(dir, ...args);
      documents.push([kind, await Deno.readFile(join(dir, kind))]);
    }
    await work(documents);
  });
}

Deno.test("parsePkiDocuments() and describePkiDocument() know whatever openssl writes, by its shape", async () => {
  await withDocuments(async (documents) => {
    for (const [kind, der] of documents) {
      const [found, ...more] = parsePkiDocuments(der);
      assert.deepEqual([found!.kind, found!.der, more.length], [kind, der, 0]);
      const facts = await describePkiDocument(found!);
      const type = kind.endsWith("-key") ? (kind.startsWith("encrypted") ? "encrypted-key" : "key") : kind;
      assert.equal(facts.type, type);
      if (facts.type === "key") assert.equal(facts.half, kind === "public-key" ? "public" : "private");
      if (facts.type === "request") assert.deepEqual([facts.subject, facts.isSigned], ["CN=x", true]);
    }
    const text = "a line before\n" + formatPem("CERTIFICATE", documents[0]![1]) +
      formatPem("X509 CRL", documents[2]![1]);
    const kinds = parsePkiDocuments(new TextEncoder().encode(text)).map(({ kind }) => kind);
    assert.deepEqual(kinds, ["certificate", "crl"]);
  });
});

Deno.test("describePkiDocument() shows no secret of a private key", async () => {
  await withDocuments(async (documents) => {
    for (const [kind, der] of documents.filter(([kind]) => kind.includes("private"))) {
      const shown = JSON.stringify(await describePkiDocument({ kind, der: new Uint8Array(der) }));
      const tail = der.subarray(-24);
      assert(!shown.includes(tail.toHex()) && !shown.includes(tail.toBase64({ omitPadding: true })), kind);
    }
  });
});

Deno.test("describePkiDocument() tells a request that another key has signed", async () => {
  await withDocuments(async (documents) => {
    const der = new Uint8Array(documents[1]![1]);
    der[der.length - 1]! ^= 1;
    const facts = await describePkiDocument({ kind: "request", der });
    assert(facts.type === "request" && !facts.isSigned);
  });
});

Deno.test("parsePkiDocuments() refuses other things", () => {
  const pfx = Uint8Array.fromHex("3007020103" + "30020500");
  const bytes = [
    [pfx, /openssl pkcs12/],
    [Uint8Array.fromHex("3000"), /another structure/],
    [Uint8Array.fromHex("30800000"), /no DER/],
    [Uint8Array.fromHex("ff"), /neither PEM nor DER/],
    [new TextEncoder().encode(formatPem("PGP MESSAGE", pfx)), /PGP MESSAGE/],
  ] as const;
  for (const [input, message] of bytes) {
    assert.throws(() => parsePkiDocuments(input), { code: "document-unknown", message });
  }
  assert.throws(() => parsePkiDocuments(new TextEncoder().encode("0 hello")), { code: "pem-malformed" });
});

Deno.test("parsePkiDocuments() and describePkiDocument() throw only typed errors, whatever the octets", async () => {
  fc.assert(fc.property(fc.uint8Array(), (bytes) => {
    decodeOrRefuse(() => parsePkiDocuments(Uint8Array.of(0x30, ...bytes)));
    decodeOrRefuse(() => parsePkiDocuments(bytes));
  }));
  const inputs = [fixture("good-rsa.crt"), fixture("root-ed25519.crl")];
  await withDocuments(async (documents) => {
    for (const der of [...inputs, ...documents.map(([, der]) => der)]) {
      await fc.assert(
        fc.asyncProperty(mutationsOf(der), async (changed) => {
          const error = await typedErrorOf(async () => {
            for (const document of parsePkiDocuments(changed)) await describePkiDocument(document);
          });
          if (error !== undefined) assert.equal(error.kind, "decode", error.message);
        }),
        { numRuns: 60 },
      );
    }
  });
});
