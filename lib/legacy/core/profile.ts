import type { RandomSource } from "../../crypto/mod.ts";
import type { Dialect } from "./dialect.ts";

/** Something that is weak in a classic system, as data: printed at start, in help and in docs/PROFILES.md. */
export interface Weakness {
  /** What is weak and what follows from it, a clause without full stop. */
  readonly weak: string;
  /** What parley without a profile does instead, a clause without full stop. */
  readonly instead: string;
}

/** A classic system that parley speaks. Its module must be cheap to load: heavy parts by `import()`. */
export interface Profile {
  /** The name as it is typed after `--profile`. */
  readonly name: string;
  /** What the system is, one line without full stop. */
  readonly title: string;
  /** What is weak in it. */
  readonly weaknesses: readonly Weakness[];
  /** The ports of its description; more than one where `--ports` is taken. */
  readonly defaultPorts: readonly number[];
  /** The files that it reads and writes in its folder, a clause each. */
  readonly files: readonly string[];
  /** What its own client asks for and its menu, as `parley connect` reads them, a clause each. */
  readonly commands: readonly string[];
  /** Its own settings, which `--set NAME=VALUE` gives: by its name, the value and behind a colon what it means. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Whether its keys need certificates, which an authority of parley can issue. */
  readonly certified: boolean;
  /** Starts the server. Resolves when it listens. */
  serve(options: ServeOptions): Promise<ProfileServer>;
  /** Holds an interactive session until its own `exit`, the end of input, or the server ends it. */
  connect(options: ConnectOptions): Promise<void>;
  /** Whether a message names its recipient; else it goes to the server or to all. */
  readonly addressed: boolean;
  /** Sends one text and returns when the server has it. Absent where the system sends no messages. */
  send?(options: SendOptions): Promise<void>;
  /** Makes the keys that it needs under the names that it expects. Absent where it needs none beforehand. */
  makeKeys?(options: MakeKeysOptions): Promise<readonly KeyFile[]>;
}

/** What every part of a profile gets from outside. */
export interface ProfileEnvironment {
  /** Which of its dialects is spoken. */
  readonly dialect: Dialect;
  /** The folder of its files, absolute. */
  readonly folder: string;
  /** The time in milliseconds since 1970. */
  readonly now: () => number;
  /** Where keys and nonces come from. */
  readonly random: RandomSource;
  /** The profile's own `--set NAME=VALUE` options. */
  readonly settings: Readonly<Record<string, string>>;
}

/** How to serve. The address has been admitted by `assertListenAddress`. */
export interface ServeOptions extends ProfileEnvironment {
  /** Name or address to bind. */
  readonly hostname: string;
  /** Ports to bind, as many as `defaultPorts`, or one; 0 for any. */
  readonly ports: readonly number[];
  /** Gets what happens, for the operator. */
  readonly log: (event: ProfileEvent) => void;
}

/** A server that runs. */
export interface ProfileServer {
  /** Where it listens, in the order of the ports. */
  readonly addresses: readonly { readonly hostname: string; readonly port: number }[];
  /** Stops accepting, ends every session and waits until all are over. */
  close(): Promise<void>;
}

/** How to connect. */
export interface ConnectOptions extends ProfileEnvironment {
  /** Name or address of the server. */
  readonly hostname: string;
  /** Port of the server; undefined for the one of the description. */
  readonly port: number | undefined;
  /** The user's name at the server where it was given beforehand. */
  readonly user: string | undefined;
  /** The person or the script at this end. */
  readonly console: ProfileConsole;
  /** Aborted when the session has to end. */
  readonly signal: AbortSignal;
}

/** How to send one message. */
export interface SendOptions extends Omit<ConnectOptions, "console"> {
  /** Whom to send to; given where the profile is `addressed`. */
  readonly to: string | undefined;
  /** What to send. */
  readonly text: string;
  /** Gives the user's password where the system wants one. */
  readonly password: () => Promise<string>;
  /** Gets what happens. */
  readonly show: (event: ProfileEvent) => void;
}

/** What keys to make. */
export interface MakeKeysOptions {
  /** Whose keys; the profile's own names where empty. */
  readonly names: readonly string[];
  /** Signs certificates; absent where keys alone are wanted. */
  readonly issuer?: CertificateIssuer;
}

/** A key or a certificate, to be written by whoever asked for it. */
export interface KeyFile {
  /** The name that the system expects. */
  readonly name: string;
  /** PEM. */
  readonly text: string;
  /** Whether only its owner may read it. */
  readonly secret: boolean;
}

/** An authority that puts a name and an RSA key into a certificate. */
export interface CertificateIssuer {
  /** Returns the certificate as DER. */
  issue(name: string, spki: Uint8Array): Promise<Uint8Array>;
}

/**
 * Something that happened. With `--json` it is shown as an object, else as `text`. What a peer wrote may stand
 * in it: whoever shows it makes it harmless to the terminal first.
 */
export interface ProfileEvent {
  /** What kind of event, in kebab-case. */
  readonly type: string;
  /** The event in words, a clause without full stop; empty where only `--json` shows it. */
  readonly text: string;
  /** Further members of the object. */
  readonly [name: string]: string | number | boolean | readonly string[];
}

/** The person or the script that holds a session. */
export interface ProfileConsole {
  /** Asks for a line; undefined at the end of input. One question at a time. */
  ask(prompt: string): Promise<string | undefined>;
  /** Asks for a line that is not echoed at a terminal; undefined at the end of input. */
  askSecret(prompt: string): Promise<string | undefined>;
  /** Shows a result. */
  show(event: ProfileEvent): void;
  /** Tells what is no result. */
  note(text: string): void;
}
