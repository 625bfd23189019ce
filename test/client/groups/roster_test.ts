import assert from "node:assert/strict";
import fc from "fast-check";
import {
  addUsers,
  assertMayChange,
  decodeRoster,
  encodeRoster,
  isSameRoster,
  removeUsers,
  type Roster,
} from "../../../lib/client/groups/roster.ts";
import { encodeCbor } from "../../../lib/bytes/mod.ts";
import { almost, decodeOrRefuse } from "../../support/hostile_bytes.ts";

const names = ["alice", "bob", "carol", "dave", "erin"];
const roster: fc.Arbitrary<Roster> = fc.record({
  users: fc.uniqueArray(fc.constantFrom(...names), { minLength: 1 }),
  picks: fc.infiniteStream(fc.boolean()),
}).map(({ users, picks }) => {
  const some = () => users.filter(() => picks.next().value);
  const admins = some();
  return { users, admins: admins.length > 0 ? admins : users.slice(0, 1), leaving: some() };
});

Deno.test("decodeRoster() gives back what encodeRoster() was given, and refuses damaged bytes with a typed error", () => {
  fc.assert(fc.property(roster, (one) => assert.deepEqual(decodeRoster(encodeRoster(one)), one)));
  fc.assert(fc.property(almost(roster.map(encodeRoster)), (bytes) => {
    decodeOrRefuse(() => decodeRoster(bytes));
  }));
});

Deno.test("decodeRoster() refuses a group without users or admins, strangers among admins, and names twice", () => {
  const good = { users: ["alice", "bob"], admins: ["alice"], leaving: ["bob"] };
  for (
    const wrong of [
      { ...good, users: [], admins: [], leaving: [] },
      { ...good, admins: [] },
      { ...good, admins: ["carol"] },
      { ...good, leaving: ["carol"] },
      { ...good, users: ["alice", "bob", "alice"] },
      { ...good, users: ["alice", "bob", "../x"] },
      { ...good, users: ["alice", "bob", 7] },
      { ...good, more: 1 },
      { users: good.users, admins: good.admins },
    ]
  ) assert.throws(() => decodeRoster(encodeCbor(wrong)), { code: "roster-invalid" }, JSON.stringify(wrong));
});

Deno.test("removeUsers() leaves an admin as long as there are users: the one who has been there longest", () => {
  const before = { users: ["bob", "alice", "carol"], admins: ["alice"], leaving: ["alice"] };
  assert.deepEqual(removeUsers(before, ["alice"]), { users: ["bob", "carol"], admins: ["bob"], leaving: [] });
  fc.assert(fc.property(roster, fc.subarray(names), (one, gone) => {
    const { users, admins } = removeUsers(one, gone);
    assert.deepEqual(users, one.users.filter((user) => !gone.includes(user)));
    assert.equal(admins.length === 0, users.length === 0);
    assert.ok(admins.every((user) => users.includes(user)));
  }));
});

Deno.test("assertMayChange() lets admins change everything, others leave and take out who leaves, and nothing else", () => {
  fc.assert(fc.property(roster, roster, fc.constantFrom(...names), (before, after, author) => {
    const allowed = attempt(before, after, author);
    if (isSameRoster(before, after) || before.admins.includes(author)) assert.ok(allowed);
    else if (allowed) {
      const gone = before.users.filter((user) => !after.users.includes(user));
      assert.ok(gone.every((user) => before.leaving.includes(user)));
      assert.ok(after.users.every((user) => before.users.includes(user)));
      assert.ok(after.leaving.every((user) => before.leaving.includes(user) || user === author));
      assert.ok(after.admins.every((user) => before.admins.includes(user)) || after.admins.length === 1);
    }
  }));
  const before = { users: ["alice", "bob", "carol"], admins: ["alice"], leaving: ["alice"] };
  assert.ok(attempt(before, removeUsers(before, ["alice"]), "carol"));
  assert.ok(attempt(before, { ...before, leaving: ["alice", "carol"] }, "carol"));
  const both = removeUsers(before, ["alice"]);
  assert.ok(attempt(before, { ...both, leaving: ["carol"] }, "carol"));
  assert.ok(!attempt(before, { ...before, leaving: ["alice", "bob"] }, "carol"));
  assert.ok(!attempt(before, { ...before, leaving: [] }, "carol"));
  assert.ok(!attempt(before, removeUsers(before, ["bob"]), "carol"));
  assert.ok(!attempt(before, addUsers(before, ["dave"]), "carol"));
  assert.ok(!attempt(before, { ...removeUsers(before, ["alice"]), admins: ["carol"] }, "carol"));
  assert.ok(!attempt(before, { ...before, leaving: ["alice", "dave"] }, "dave"));
});

function attempt(before: Roster, after: Roster, author: string): boolean {
  try {
    assertMayChange(before, after, author);
    return true;
  } catch (error) {
    assert.equal((error as { code: string }).code, "roster-forbidden");
    return false;
  }
}
