import assert from "node:assert/strict";
import { Inbox } from "../../../lib/legacy/core/mod.ts";
import { inFolder } from "../../support/in_folder.ts";

const bodies = (inbox: Inbox, user: string) => inbox.waiting(user).map(({ body }) => body);

Deno.test("Inbox keeps what waits over a restart", () =>
  inFolder((dir) => {
    const path = `${dir}/inbox.jsonl`;
    {
      using inbox = Inbox.open(path);
      for (const body of ["one", "two", "three"]) inbox.put("alice", body);
      inbox.put("bob", "für bob\n");
      inbox.remove("alice", inbox.waiting("alice")[0]!.id);
      assert.deepEqual(bodies(inbox, "alice"), ["two", "three"]);
    }
    {
      using inbox = Inbox.open(path);
      assert.deepEqual(bodies(inbox, "alice"), ["two", "three"]);
      assert.deepEqual(bodies(inbox, "bob"), ["für bob\n"]);
      inbox.remove("alice", inbox.waiting("alice").at(-1)!.id);
      inbox.put("alice", "four");
    }
    using inbox = Inbox.open(path);
    assert.deepEqual(bodies(inbox, "alice"), ["four"]);
    assert.equal(
      Deno.readTextFileSync(path).split("\n").length,
      3,
      "what was taken is no longer in the journal",
    );
  }));

Deno.test("Inbox drops a line that a crash cut short, and nothing else", () =>
  inFolder((dir) => {
    const path = `${dir}/inbox.jsonl`;
    {
      using inbox = Inbox.open(path);
      inbox.put("alice", "whole");
      inbox.put("alice", "cut");
    }
    const journal = Deno.readTextFileSync(path);
    for (let length = journal.indexOf("\n") + 1; length < journal.length; length++) {
      Deno.writeTextFileSync(path, journal.slice(0, length));
      using inbox = Inbox.open(path);
      assert.deepEqual(bodies(inbox, "alice"), ["whole"]);
    }
  }));

Deno.test("Inbox refuses more than its bounds, and a journal that is none", () =>
  inFolder((dir) => {
    const path = `${dir}/inbox.jsonl`;
    using inbox = Inbox.open(path, { maxMessagesPerUser: 2, maxUsers: 1 });
    inbox.put("alice", "1");
    inbox.put("alice", "2");
    assert.throws(() => inbox.put("alice", "3"), { code: "inbox-full" });
    assert.throws(() => inbox.put("bob", "1"), { code: "inbox-full" });
    Deno.writeTextFileSync(`${dir}/other`, "not a journal\n");
    assert.throws(() => Inbox.open(`${dir}/other`), { code: "inbox-unusable" });
  }));
