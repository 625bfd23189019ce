import assert from "node:assert/strict";
import { run } from "../../main.ts";
import { drawQrCode } from "../../commands/qr_code.ts";
import { initCa } from "../../lib/store/mod.ts";
import { FakeIo } from "../support/fake_io.ts";
import { inFolder } from "../support/in_folder.ts";
import { scanQrCode } from "../support/scan_qr_code.ts";

Deno.test("drawQrCode() draws what an independent decoder reads", () => {
  const invite = `parley://relay.example.org:7443/alice?ca=${"A".repeat(43)}&t=${"b".repeat(22)}`;
  for (const text of [invite, "x", "ümläut ".repeat(20)]) assert.equal(scanQrCode(drawQrCode(text)), text);
});

Deno.test("parley ca invite draws the invite at a terminal and with --qr, and not for programs", () =>
  inFolder(async (dir) => {
    await initCa(`${dir}/ca`, { name: "Test CA" });
    const invite = async (terminal: boolean, ...more: string[]) => {
      const io = new FakeIo({ terminal, cwd: dir });
      const code = await run(
        ["ca", "invite", "--dir", "ca", "--relay", "127.0.0.1:7443", "alice", ...more],
        io,
      );
      return { code, text: io.stdout.text };
    };
    for (const { text } of [await invite(true), await invite(false, "--qr")]) {
      const [url = "", ...drawing] = text.split("\n");
      assert.equal(scanQrCode(drawing.join("\n")), url);
    }
    assert.equal((await invite(false)).text.split("\n").length, 2);
    assert.equal((await invite(true, "--json")).text.split("\n").length, 2);
    assert.equal((await invite(true, "--json", "--qr")).code, 2);
  }));
