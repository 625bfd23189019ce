/** Counts connections by remote address. */
export class AddressCounter {
  readonly #counts = new Map<string, number>();
  #total = 0;

  /** Connections from all addresses. */
  get total(): number {
    return this.#total;
  }

  /** Connections that count against the same bound as one from `address`. */
  count(address: string): number {
    return this.#counts.get(network(address)) ?? 0;
  }

  /** Counts one more. */
  add(address: string): void {
    this.#total++;
    this.#counts.set(network(address), this.count(address) + 1);
  }

  /** Counts one less. */
  remove(address: string): void {
    this.#total--;
    const left = this.count(address) - 1;
    if (left > 0) this.#counts.set(network(address), left);
    else this.#counts.delete(network(address));
  }
}

/** One household has 2^64 IPv6 addresses, so they count by their first 64 bits; an IPv4 address counts alone. */
function network(address: string): string {
  const mapped = address.match(/^::ffff:(\d+\.\d+\.\d+\.\d+)$/i);
  if (mapped !== null) return mapped[1]!;
  if (!address.includes(":")) return address;
  const [head = "", tail] = address.split("%")[0]!.split("::");
  const first = head === "" ? [] : head.split(":");
  const last = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? 0 : 8 - first.length - last.length;
  return [...first, ...Array<string>(zeros).fill("0"), ...last].slice(0, 4).join(":");
}
