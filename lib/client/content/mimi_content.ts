import type { SecretBytes } from "../../crypto/mod.ts";

/** A message's id (draft-ietf-mimi-content-09 §3.3): 0x01 for SHA-256, then 31 bytes of the hash. */
export type MessageId = Uint8Array;

/** When a message is to vanish (§4.1). */
export interface Expiration {
  /** Whether `time` counts from when the message is read, else from the start of 1970. */
  relative: boolean;
  /** Whole seconds, at most 2^32 - 1. */
  time: number;
}

/** A field that the draft does not know (§4.3). */
export interface MimiExtension {
  /** 1: the sender's URI, 2: the room's URI; negative integers and texts are for private use. */
  key: number | string;
  /** The value in CBOR, kept as it is. */
  value: Uint8Array;
}

/** What a part is meant for (§8.2.2). A value that is not here is to be treated like `render`. */
export const dispositions = {
  unspecified: 0,
  render: 1,
  reaction: 2,
  profile: 3,
  inline: 4,
  icon: 5,
  attachment: 6,
  session: 7,
  preview: 8,
} as const;

/** What every part has. */
export interface PartFields {
  /** One of {@link dispositions}, or another value up to 255. */
  disposition: number;
  /** Language tags (RFC 5646) with commas between them, or nothing. */
  language: string;
}

/** A part without content: what it replaces is deleted. */
export interface NullPart extends PartFields {
  /** Tells the parts apart. */
  cardinality: "null";
}

/** A part whose content stands in the message. */
export interface SinglePart extends PartFields {
  /** Tells the parts apart. */
  cardinality: "single";
  /** Its media type with parameters. */
  contentType: string;
  /** Its content. */
  content: Uint8Array;
}

/** A part whose content is elsewhere (§4.5). */
export interface ExternalPart extends PartFields {
  /** Tells the parts apart. */
  cardinality: "external";
  /** Its media type with parameters. */
  contentType: string;
  /** Where the content is. */
  url: string;
  /** Until when it is there, in seconds since 1970; 0: no end. */
  expires: number;
  /** The content's size in bytes; 0: not said. */
  size: number;
  /** AEAD algorithm by IANA's number; 0: not encrypted. */
  encAlg: number;
  /** The AEAD's key. */
  key: SecretBytes;
  /** The AEAD's nonce. */
  nonce: Uint8Array;
  /** The AEAD's additional data. */
  aad: Uint8Array;
  /** Hash algorithm by IANA's number for named information; 1: SHA-256. */
  hashAlg: number;
  /** The hash of the content. */
  contentHash: Uint8Array;
  /** A description for people. */
  description: string;
  /** A proposed file name. */
  filename: string;
}

/**
 * How the parts of a multipart belong together (§4.4): one of them counts, all of them or none, or each for
 * itself.
 */
export type PartSemantics = "chooseOne" | "singleUnit" | "processAll";

/** In the order of their values. */
export const partSemantics: readonly PartSemantics[] = ["chooseOne", "singleUnit", "processAll"];

/** Several parts. */
export interface MultiPart extends PartFields {
  /** Tells the parts apart. */
  cardinality: "multi";
  /** How they belong together. */
  partSemantics: PartSemantics;
  /** At least two. */
  parts: NestedPart[];
}

/** A body, or a part of one. */
export type NestedPart = NullPart | SinglePart | ExternalPart | MultiPart;

/** The cardinalities in the order of their values, with the number of fields that a part of each has. */
export const cardinalities = [["null", 3], ["single", 5], ["external", 15], ["multi", 5]] as const;

/** A message as the draft has it (§4.1). */
export interface MimiContent {
  /** 16 random bytes. */
  salt: Uint8Array;
  /** The message that this one edits or deletes: the id of its first version. */
  replaces: MessageId | null;
  /** What messages of one topic have in common; empty: no topic. */
  topicId: Uint8Array;
  /** When it is to vanish. */
  expires: Expiration | null;
  /** The message that this one answers. */
  inReplyTo: MessageId | null;
  /** Fields that the draft does not know. */
  extensions: MimiExtension[];
  /** The body. */
  nestedPart: NestedPart;
}

/** Bounds of a message, in bytes where nothing else is said. */
export const contentLimits = {
  /** The whole content: fits with signature and framing into the largest bucket of padding. */
  content: 61_440,
  /** §9.1. */
  topicId: 4_096,
  /** §9.1: parts in all, the body among them. */
  parts: 1_024,
  /** §6.3: levels of parts, and of extensions with their map as the first. */
  depth: 4,
  /** Extensions of one message. */
  extensions: 64,
  /** A part's language tags. */
  language: 255,
  /** A part's media type. */
  contentType: 255,
  /** Where an external part is. */
  url: 2_048,
  /** An external part's description. */
  description: 4_096,
  /** An external part's file name. */
  filename: 1_024,
  /** An AEAD's key. */
  key: 64,
  /** An AEAD's nonce. */
  nonce: 64,
  /** An AEAD's additional data. */
  aad: 1_024,
  /** A hash. */
  contentHash: 64,
} as const;

/** Length of a salt in bytes. */
export const SALT_BYTES = 16;
/** Length of a message id in bytes. */
export const MESSAGE_ID_BYTES = 32;
/** SHA-256 in IANA's registry of hash algorithms for named information. */
export const HASH_SHA256 = 1;
