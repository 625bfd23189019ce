import assert from "node:assert/strict";
import jsQR from "jsqr";
import { run } from "../../main.ts";
import { drawQrCode } from "../../commands/qr_code.ts";
import { initCa } from "../../lib/store/mod.ts";
import { FakeIo } from "../support/fake_io.ts";
import { inFolder } from "../support/in_folder.ts";

const MODULE_PIXELS = 4;

/** Reads a drawing as a camera would: each half of a character is a module. */
function scan(drawing: string): string | undefined {
  const lines = drawing.trimEnd().split("\n");
  const columns = Math.max(...lines.map((line) => line.length));
  const width = columns * MODULE_PIXELS, height = lines.length * 2 * MODULE_PIXELS;
  const pixels = new Uint8ClampedArray(width * height * 4);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const row = Math.floor(y / MODULE_PIXELS);
      const character = lines[row >> 1]![Math.floor(x / MODULE_PIXELS)] ?? " ";
      const light = (row % 2 === 0 ? "█▀" : "█▄").includes(character);
      pixels.set([light ? 255 : 0, light ? 255 : 0, light ? 255 : 0, 255], (y * width + x) * 4);
    }
  }
  const decode = jsQR as unknown as typeof jsQR.default;
  return decode(pixels, width, height)?.data;
}

Deno.test("drawQrCode() draws what an independent decoder reads", () => {
  const invite = `parley://relay.example.org:7443/alice?ca=${"A".repeat(43)}&t=${"b".repeat(22)}`;
  for (const text of [invite, "x", "ümläut ".repeat(20)]) assert.equal(scan(drawQrCode(text)), text);
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
      assert.equal(scan(drawing.join("\n")), url);
    }
    assert.equal((await invite(false)).text.split("\n").length, 2);
    assert.equal((await invite(true, "--json")).text.split("\n").length, 2);
    assert.equal((await invite(true, "--json", "--qr")).code, 2);
  }));
