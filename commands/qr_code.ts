import { encode } from "uqr";

/** Modules of light around the code (ISO/IEC 18004 §9.1). */
const QUIET_ZONE = 4;

/**
 * Draws a text as a QR code with half blocks, two rows of modules in a line. Light modules are drawn and dark
 * ones left out, which is right on a dark terminal; cameras read it the other way round as well.
 */
export function drawQrCode(text: string): string {
  const { data } = encode(text, { ecc: "M", border: QUIET_ZONE });
  const lines: string[] = [];
  for (let row = 0; row < data.length; row += 2) {
    const [upper = [], lower] = [data[row], data[row + 1]];
    lines.push(upper.map((dark, column) => block(!dark, lower !== undefined && !lower[column])).join(""));
  }
  return lines.join("\n") + "\n";
}

function block(upper: boolean, lower: boolean): string {
  if (upper) return lower ? "█" : "▀";
  return lower ? "▄" : " ";
}
