/**
 * Who is at a server, by name. A name belongs to whoever took it first until that one leaves: a second login
 * under it is refused and changes nothing for the first.
 */
export class Roster<Member> {
  readonly #members = new Map<string, Member>();

  /** How many are here. */
  get size(): number {
    return this.#members.size;
  }

  /** Takes a name; false where somebody has it. */
  join(name: string, member: Member): boolean {
    if (this.#members.has(name)) return false;
    this.#members.set(name, member);
    return true;
  }

  /** Gives a name back; only its holder can. */
  leave(name: string, member: Member): boolean {
    if (this.#members.get(name) !== member) return false;
    return this.#members.delete(name);
  }

  /** Who has this name. */
  find(name: string): Member | undefined {
    return this.#members.get(name);
  }

  /** The names, in the order in which they were taken. */
  names(): string[] {
    return [...this.#members.keys()];
  }

  /** All members but one; all without an argument. */
  *others(member?: Member): Generator<Member> {
    for (const one of this.#members.values()) if (one !== member) yield one;
  }
}
