/** The machine and the program that figures were made with. */
export interface Environment {
  /** The program, such as `parley 0.1.0`. */
  readonly program: string;
  /** The runtime, such as `deno 2.9.6`. */
  readonly runtime: string;
  /** Processor and system, such as `x86_64-unknown-linux-gnu`. */
  readonly platform: string;
  /** Processor cores that may be used. */
  readonly cores: number;
}

/** Describes where this runs. */
export function describeEnvironment(program: string): Environment {
  return {
    program,
    runtime: `deno ${Deno.version.deno}`,
    platform: Deno.build.target,
    cores: navigator.hardwareConcurrency,
  };
}
