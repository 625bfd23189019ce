import type * as X509 from "@peculiar/x509";

/**
 * Loads the library that encodes certificates and requests. It takes 50 ms, so it is reached from here
 * only, and only where something is issued or requested: reading and verifying does without it.
 */
export async function loadX509(): Promise<typeof X509> {
  // The library's dependency container needs this polyfill to be there first.
  await import("reflect-metadata");
  return await import("@peculiar/x509");
}
