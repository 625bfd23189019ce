import config from "../deno.json" with { type: "json" };

/** What parley calls itself towards a relay. */
export const agent: string = `parley/${config.version}`;
