const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?$/i;

/** Parses a decimal number, spaces around it allowed; undefined where the text is none or is not finite. */
export function parseDecimal(text: string): number | undefined {
  const trimmed = text.trim();
  const value = Number(trimmed);
  return DECIMAL.test(trimmed) && Number.isFinite(value) ? value : undefined;
}

/**
 * Formats a number the way of Python's `repr`: `12.5`, `100.0`, `1e+16`, `1e-05`. The digits are the fewest that
 * read back as the same number; JavaScript finds the same, but draws the line to exponents elsewhere.
 */
export function formatFloat(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "nan" : value < 0 ? "-inf" : "inf";
  const [mantissa = "", exponentText = ""] = value.toExponential().split("e");
  const exponent = Number(exponentText);
  if (exponent >= -4 && exponent < 16) {
    const digits = mantissa.replace(/[-.]/g, "").length;
    return value.toFixed(Math.max(digits - 1 - exponent, 1));
  }
  const size = String(Math.abs(exponent)).padStart(2, "0");
  return `${mantissa}e${exponent < 0 ? "-" : "+"}${size}`;
}
