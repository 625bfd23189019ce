/** Where a relay writes what happens. A logger of LogTape is one: `{name}` in a message stands for a property. */
export interface RelayLog {
  /** Notes what is as it should be. */
  info(message: string, properties?: Record<string, unknown>): void;
  /** Notes what went wrong. */
  error(message: string, properties?: Record<string, unknown>): void;
}
