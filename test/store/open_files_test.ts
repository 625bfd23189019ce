import assert from "node:assert/strict";
import { OpenFiles } from "../../lib/store/open_files.ts";

class Item {
  closed = false;
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  close(): Promise<void> {
    this.closed = true;
    return Promise.resolve();
  }
}

function keeper(max: number) {
  const opened: Item[] = [];
  const files = new OpenFiles<Item>(max, (name) => {
    const item = new Item(name);
    opened.push(item);
    return Promise.resolve(item);
  });
  const stillOpen = () => opened.filter(({ closed }) => !closed).map(({ name }) => name);
  return { files, opened, stillOpen };
}

Deno.test("OpenFiles opens once and closes what was not used for longest", async () => {
  const { files, opened, stillOpen } = keeper(2);
  for (const name of ["a", "b", "a", "c"]) await files.use(name, (item) => assert.equal(item.name, name));
  assert.deepEqual(opened.map(({ name }) => name), ["a", "b", "c"]);
  assert.deepEqual(stillOpen(), ["a", "c"]);
  await files.closeAll();
  assert.deepEqual(stillOpen(), []);
});

Deno.test("OpenFiles closes nothing that is in use", async () => {
  const { files, opened, stillOpen } = keeper(1);
  const { promise: goOn, resolve } = Promise.withResolvers<void>();
  const using = files.use("a", () => goOn);
  await files.use("b", () => {});
  const closing = files.close("a");
  assert.equal(opened[0]!.closed, false);
  assert.equal(files.has("a"), false);
  resolve();
  await Promise.all([using, closing]);
  assert.equal(opened[0]!.closed, true);
  assert.deepEqual(stillOpen(), []);
  await files.closeAll();
});

Deno.test("OpenFiles does not keep what failed to open", async () => {
  let attempts = 0;
  const files = new OpenFiles<Item>(2, (name) => {
    if (++attempts === 1) return Promise.reject(new Error("no"));
    return Promise.resolve(new Item(name));
  });
  await assert.rejects(files.use("a", () => {}), { message: "no" });
  await files.use("a", () => {});
  assert.equal(attempts, 2);
  await files.closeAll();
});

Deno.test("OpenFiles.closeIdle() leaves open what is in use", async () => {
  const { files, stillOpen } = keeper(3);
  const { promise: goOn, resolve } = Promise.withResolvers<void>();
  const using = files.use("a", () => goOn);
  await files.use("b", () => {});
  await files.closeIdle();
  assert.deepEqual(stillOpen(), ["a"]);
  resolve();
  await using;
  await files.closeIdle();
  assert.deepEqual(stillOpen(), []);
});

Deno.test("OpenFiles.closeAll() closes the others also where one fails", async () => {
  const { files, opened, stillOpen } = keeper(3);
  for (const name of ["a", "b", "c"]) await files.use(name, () => {});
  opened[0]!.close = () => Promise.reject(new Error("no"));
  await assert.rejects(files.closeAll(), { message: "no" });
  assert.deepEqual(stillOpen(), ["a"]);
});
