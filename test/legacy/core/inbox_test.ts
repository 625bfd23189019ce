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

Deno.test("Inbox refuses more than fits in all, until something is taken", () =>
  inFolder((dir) => {
    using inbox = Inbox.open(`${dir}/inbox.jsonl`, { maxSize: 10 });
    inbox.put("alice", "123456");
    assert.throws(() => inbox.put("bob", "12345"), { code: "inbox-full" });
    inbox.remove("alice", inbox.waiting("alice")[0]!.id);
    inbox.put("bob", "12345");
  }));

Deno.test("Inbox keeps its journal short while messages come and go", () =>
  inFolder((dir) => {
    const path = `${dir}/inbox.jsonl`;
    const body = "x".repeat(100_000);
    {
      using inbox = Inbox.open(path);
      inbox.put("zoe", "stays");
      for (let i = 0; i < 30; i++) {
        inbox.put("alice", body);
        inbox.remove("alice", inbox.waiting("alice")[0]!.id);
        assert(Deno.statSync(path).size < 1_300_000);
      }
      inbox.put("alice", "last");
    }
    using inbox = Inbox.open(path);
    assert.deepEqual([bodies(inbox, "zoe"), bodies(inbox, "alice")], [["stays"], ["last"]]);
  }));

Deno.test("Inbox puts nothing behind half a line that a full disk has left", () =>
  inFolder((dir) => {
    const path = `${dir}/inbox.jsonl`;
    const { writeSync } = Deno.FsFile.prototype;
    {
      using inbox = Inbox.open(path);
      inbox.put("alice", "before");
      let writes = 0;
      Deno.FsFile.prototype.writeSync = function (bytes) {
        if (writes++ > 0) throw new Error("no space left on device");
        return writeSync.call(this, bytes.subarray(0, 20));
      };
      try {
        assert.throws(() => inbox.put("alice", "lost"), { code: "inbox-unusable" });
      } finally {
        Deno.FsFile.prototype.writeSync = writeSync;
      }
      inbox.put("alice", "after");
      assert.deepEqual(bodies(inbox, "alice"), ["before", "after"]);
    }
    using inbox = Inbox.open(path);
    assert.deepEqual(bodies(inbox, "alice"), ["before", "after"]);
  }));
