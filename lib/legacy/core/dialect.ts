/** The two ways in which a classic system is spoken. The first is the default. */
export const DIALECTS = ["documented", "original"] as const;

/**
 * `original` is byte for byte what the published program speaks; `documented` is what its description
 * promises where the program fell short.
 */
export type Dialect = typeof DIALECTS[number];
