import { UsageError } from "../../errors/mod.ts";
import { defineDhGroup, type DhGroup, dhGroup14, type Dialect } from "../core/mod.ts";

/** The two spellings in which Diffie-Hellman values travel: the event, and the field of its JSON. */
export const SPELLINGS = {
  /** The one that is described. */
  deff: { event: "DEFF_HELLMAN_PK", field: "deff_public_key" },
  /** The one that was published last. */
  diff: { event: "DIFF_HELLMAN_PK", field: "diff_public_key" },
} as const;

/** One of the two. */
export type Spelling = keyof typeof SPELLINGS;

/** The groups of a session. */
export interface Parameters {
  /** For the ElGamal signatures. */
  readonly signing: DhGroup;
  /** For Diffie-Hellman. */
  readonly exchange: DhGroup;
}

const TOY_MODULUS = 1021n;
/** Of the orders that divide 1,020 these leave next to nothing to guess; 1 to 2.4 honest values of 100 have one. */
const TOY_REFUSED_ORDER = 5;

/** The groups of a dialect; each spelling of the original has generators of its own. */
export function parametersOf(dialect: Dialect, spelling: Spelling): Parameters {
  if (dialect === "documented") return { signing: dhGroup14(), exchange: dhGroup14() };
  const [signing, exchange] = spelling === "deff" ? [2n, 2n] : [30n, 22n];
  return {
    signing: defineDhGroup(TOY_MODULUS, signing, TOY_REFUSED_ORDER),
    exchange: defineDhGroup(TOY_MODULUS, exchange, TOY_REFUSED_ORDER),
  };
}

/**
 * Parses the `spelling` setting; undefined where there is none.
 *
 * @throws {UsageError} `spelling-malformed`
 */
export function parseSpelling(setting: string | undefined): Spelling | undefined {
  if (setting === undefined || setting === "deff" || setting === "diff") return setting;
  throw new UsageError("spelling-malformed", `expected spelling=deff or spelling=diff, got ${setting}`);
}
