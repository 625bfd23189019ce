import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";

interface TcpHandle {
  readStart(): void;
  readStop(): void;
}

/**
 * Stops and resumes reading of a TLS socket down to the kernel, so that the peer's TCP window closes. Pausing
 * the TLS socket is not enough: Deno 2.9.6 goes on reading and decrypting, and keeps all of it in memory
 * (300 MB of a client's flood, measured). Only the handle of the TCP socket below stops.
 */
export class ReadGate {
  readonly #tls: TLSSocket;
  readonly #tcp: { _handle?: TcpHandle | null };
  #open = true;

  /** Creates a gate for a TLS socket over a TCP socket. It is open as long as nothing else is said. */
  constructor(tls: TLSSocket, tcp: Socket) {
    this.#tls = tls;
    this.#tcp = tcp as unknown as { _handle?: TcpHandle | null };
  }

  /** Whether bytes are read. */
  get open(): boolean {
    return this.#open;
  }

  /** Opens or closes the gate. */
  set open(open: boolean) {
    if (open === this.#open) return;
    this.#open = open;
    if (open) {
      this.#tcp._handle?.readStart();
      this.#tls.resume();
    } else {
      this.#tcp._handle?.readStop();
      this.#tls.pause();
    }
  }
}
