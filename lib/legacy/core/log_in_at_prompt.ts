import { AuthenticationError } from "../../errors/mod.ts";
import type { ConnectOptions } from "./profile.ts";

/** What {@link logInAtPrompt} asks and tells. */
export interface LoginPrompts {
  /** Asks for the name. */
  readonly user: string;
  /** Asks for the password. */
  readonly password: string;
  /** Tells that the server has refused them. */
  readonly refused: string;
}

/**
 * Asks for name and password until the server takes them, which `logIn` finds out. Undefined where the input ends
 * before it names anybody; where the server has refused, that is what is thrown.
 *
 * @throws {AuthenticationError} `login-refused`
 */
export async function logInAtPrompt(
  { console, user: given }: Pick<ConnectOptions, "console" | "user">,
  prompts: LoginPrompts,
  logIn: (user: string, password: string) => Promise<void>,
): Promise<string | undefined> {
  for (let refusal: AuthenticationError | undefined;;) {
    const user = given ?? await console.ask(prompts.user);
    const password = user && await console.askSecret(prompts.password);
    if (!user || password === undefined) {
      if (refusal !== undefined) throw refusal;
      return undefined;
    }
    try {
      await logIn(user, password);
      return user;
    } catch (error) {
      if (!(error instanceof AuthenticationError) || error.code !== "login-refused") throw error;
      refusal = error;
      console.note(prompts.refused);
    }
  }
}
