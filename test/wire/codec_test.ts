import assert from "node:assert/strict";
import fc from "fast-check";
import {
  decodePush,
  decodeRemoteError,
  decodeRequest,
  decodeResponse,
  encodePush,
  encodeRemoteError,
  encodeRequest,
  encodeResponse,
  type OperationName,
  type OperationRequest,
  type OperationResponse,
} from "../../lib/wire/mod.ts";
import { encodeCbor } from "../../lib/bytes/mod.ts";
import { replayCorpus } from "../support/corpus.ts";
import { almost, decodeOrRefuse } from "../support/hostile_bytes.ts";
import { messages, operationNames, push, remoteError } from "./messages.ts";

const fuzzRuns = { numRuns: 150 };

for (const op of operationNames) {
  const request: fc.Arbitrary<OperationRequest<OperationName>> = messages[op].request;
  const response: fc.Arbitrary<OperationResponse<OperationName>> = messages[op].response;

  Deno.test(`encodeRequest() and decodeRequest() round-trip ${op}`, () => {
    fc.assert(fc.property(request, (fields) => {
      const body = encodeRequest(op, fields as OperationRequest<typeof op>);
      const decoded = decodeRequest(body);
      assert.deepEqual(decoded, { op, fields: structuredClone(fields) });
      assert.deepEqual(encodeRequest(op, decoded.fields), body);
    }));
  });

  Deno.test(`encodeResponse() and decodeResponse() round-trip ${op}`, () => {
    fc.assert(fc.property(response, (fields) => {
      const body = encodeResponse(op, fields as OperationResponse<typeof op>);
      assert.deepEqual(encodeResponse(op, decodeResponse(op, body)), body);
    }));
  });

  Deno.test(`decodeRequest() and decodeResponse() refuse damaged bytes of ${op} with a typed error`, () => {
    const bodies = fc.oneof(
      request.map((fields) => encodeRequest(op, fields as OperationRequest<typeof op>)),
      response.map((fields) => encodeResponse(op, fields as OperationResponse<typeof op>)),
    );
    fc.assert(
      fc.property(almost(bodies), (body) => {
        const decoded = decodeOrRefuse(() => decodeRequest(body));
        if (decoded) assert.deepEqual(decodeRequest(encodeRequest(decoded.op, decoded.fields)), decoded);
        const answer = decodeOrRefuse(() => decodeResponse(op, body));
        if (answer) assert.deepEqual(decodeResponse(op, encodeResponse(op, answer)), answer);
      }),
      fuzzRuns,
    );
  });

  Deno.test(`decodeRequest() refuses ${op} with a field more`, () => {
    fc.assert(
      fc.property(request, (fields) => {
        const body = encodeCbor([op, { ...fields as Record<string, string>, surplus: 1 }]);
        assert.throws(() => decodeRequest(body), { code: "message-malformed" });
      }),
      { numRuns: 10 },
    );
  });
}

Deno.test("the tests cover every operation", () => {
  assert.equal(operationNames.length, 26);
});

Deno.test("encodePush() and decodePush() round-trip", () => {
  fc.assert(fc.property(push, (it) => {
    const body = encodePush(it);
    assert.deepEqual(encodePush(decodePush(body)), body);
  }));
});

Deno.test("encodeRemoteError() and decodeRemoteError() round-trip", () => {
  fc.assert(fc.property(remoteError, (it) => {
    const body = encodeRemoteError(it);
    assert.deepEqual(decodeRemoteError(body), structuredClone(it));
  }));
});

Deno.test("decodePush() and decodeRemoteError() refuse damaged bytes with a typed error", () => {
  const bodies = fc.oneof(push.map(encodePush), remoteError.map(encodeRemoteError), fc.uint8Array());
  fc.assert(
    fc.property(almost(bodies), (body) => {
      const decoded = decodeOrRefuse(() => decodePush(body));
      if (decoded) assert.deepEqual(decodePush(encodePush(decoded)), decoded);
      const error = decodeOrRefuse(() => decodeRemoteError(body));
      if (error) assert.deepEqual(decodeRemoteError(encodeRemoteError(error)), error);
    }),
    fuzzRuns,
  );
});

Deno.test("decodeRemoteError() refuses text that could control a terminal", () => {
  for (const message of ["\u001b[2J", "a\nb", "\u202egnp.exe", "\u0085"]) {
    const body = encodeCbor({ kind: "protocol", code: "x", message });
    assert.throws(() => decodeRemoteError(body), { code: "message-malformed" });
  }
});

Deno.test("decodeRequest() refuses every input of the corpus", () =>
  replayCorpus("request", 16, decodeRequest));

Deno.test("decodeResponse() and decodePush() refuse a time that no date can be: nothing could show it", () => {
  const entry = { seq: 1, id: new Uint8Array(16), kind: "message", from: { user: "bob", device: "one" } };
  const body = { body: new Uint8Array(1) };
  const encodedAt = (time: number) =>
    encodeCbor({ push: "entries", mailbox: "direct:alice,bob", entries: [{ ...entry, time, ...body }] });
  assert.equal(decodePush(encodedAt(8_640_000_000_000_000)).push, "entries");
  assert.throws(() => decodePush(encodedAt(8_640_000_000_000_001)), { code: "message-malformed" });
  const place = encodeCbor({ seq: 1, time: 8_640_000_000_000_001 });
  assert.throws(() => decodeResponse("append", place), { code: "message-malformed" });
});
