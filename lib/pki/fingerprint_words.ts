import { digest } from "../crypto/mod.ts";

const VOWELS = "aeiouy";
const CONSONANTS = "bcdfghklmnprstvzx";

/**
 * A public key's fingerprint as words that can be read aloud: BubbleBabble of the SHA-256 of its
 * SubjectPublicKeyInfo, 17 words of five letters between two `x`.
 */
export function fingerprintWordsOf(spki: Uint8Array): string {
  return formatBubbleBabble(digest("SHA-256", spki));
}

/**
 * Formats bytes as pronounceable words with a checksum woven in: the BubbleBabble encoding (A. Huima, 2000), which
 * `ssh-keygen -B` prints too. Vowels and consonants alternate, so that a misheard letter is mostly no word.
 */
export function formatBubbleBabble(bytes: Uint8Array): string {
  let checksum = 1;
  let text = "x";
  for (let at = 0; at + 1 < bytes.length; at += 2) {
    const first = bytes[at]!, second = bytes[at + 1]!;
    text += syllable(first, checksum) + CONSONANTS[second >> 4]! + "-" + CONSONANTS[second & 15]!;
    checksum = (checksum * 5 + first * 7 + second) % 36;
  }
  const last = bytes.length % 2 === 1
    ? syllable(bytes.at(-1)!, checksum)
    : VOWELS[checksum % 6]! + CONSONANTS[16]! + VOWELS[Math.floor(checksum / 6)]!;
  return text + last + "x";
}

function syllable(byte: number, checksum: number): string {
  const first = VOWELS[((byte >> 6) + checksum) % 6]!;
  const last = VOWELS[((byte & 3) + Math.floor(checksum / 6)) % 6]!;
  return first + CONSONANTS[(byte >> 2) & 15]! + last;
}
