/** What parley is, in one line. */
export const BRIEF = "Private messaging that you run yourself: authority, relay and client in one program";
