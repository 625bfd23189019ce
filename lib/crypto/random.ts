/** Returns `length` fresh random bytes. Passed as an argument so that tests can replay a vector. */
export type RandomSource = (length: number) => Uint8Array<ArrayBuffer>;

/** The operating system's generator, by way of WebCrypto. */
export const systemRandom: RandomSource = (length: number): Uint8Array<ArrayBuffer> => {
  const bytes = new Uint8Array(length);
  // getRandomValues refuses more than 65,536 bytes a call.
  for (let offset = 0; offset < length; offset += 65_536) {
    crypto.getRandomValues(bytes.subarray(offset, offset + 65_536));
  }
  return bytes;
};
