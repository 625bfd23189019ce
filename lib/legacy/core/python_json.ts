import { formatFloat } from "./python_float.ts";

/**
 * Formats a value as Python's `json.dumps` does where every number is a float: a space behind each comma and colon,
 * what is not ASCII escaped.
 */
export function formatPythonJson(value: unknown): string {
  if (typeof value === "string") return formatString(value);
  if (typeof value === "number") return formatFloat(value);
  if (Array.isArray(value)) return `[${value.map(formatPythonJson).join(", ")}]`;
  let members = "";
  for (const name in value as object) {
    const member = formatPythonJson((value as Record<string, unknown>)[name]);
    members += `${members && ", "}${formatString(name)}: ${member}`;
  }
  return `{${members}}`;
}

function formatString(value: string): string {
  const json = JSON.stringify(value);
  return /^[\x20-\x7e]*$/.test(json) ? json : json.replace(/[\u007f-\uffff]/g, escape);
}

function escape(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
