import config from "../deno.json" with { type: "json" };

/** The version of parley. */
export const version: string = config.version;

/** What parley calls itself towards a relay. */
export const agent: string = `parley/${config.version}`;
