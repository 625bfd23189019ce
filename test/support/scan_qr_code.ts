import jsQR from "jsqr";

const MODULE_PIXELS = 4;

/** Reads a drawing as a camera would: each half of a character is a module. */
export function scanQrCode(drawing: string): string | undefined {
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
