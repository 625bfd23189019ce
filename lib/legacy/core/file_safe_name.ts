/** The longest name in bytes, which are its characters. */
export const MAX_FILE_SAFE_NAME_BYTES = 64;

/** Whether a name can be a part of a file's name on every system: 1 to 64 letters, digits, `_`, `.` and `-`. */
export function isFileSafeName(name: string): boolean {
  return name.length <= MAX_FILE_SAFE_NAME_BYTES && /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(name);
}
