import { resolve } from "node:path";
import { AuthenticationError, NetworkError, ParleyError, UsageError } from "../../errors/mod.ts";
import type { ConnectOptions, ProfileConsole, ProfileEvent, SendOptions } from "../core/mod.ts";
import { CaChatClient } from "./client.ts";

const MENU =
  "1 - Enter Chat, 2 - List all users, 3 - List Files, 4 - Delete File, 5 - Change Directory, 0 - Quit";

/** Holds a session with the questions and the menu of the published client; the end of input quits. */
export async function connectCaChat(options: ConnectOptions): Promise<void> {
  const { console } = options;
  await using client = await CaChatClient.open({ ...options, show: (event) => console.show(event) });
  let leaving = false;
  const work = converse(client, options).then(() => {
    leaving = true;
    return client.quit();
  });
  work.catch(() => {}); // where the server has gone before, that is what is told
  await Promise.race([work, client.ended.catch((error) => leaving ? work : Promise.reject(error))]);
}

/**
 * Sends one text.
 *
 * @throws {UsageError} `recipient-required`, `user-required`, `unknown-user`, `message-too-long`
 * @throws {AuthenticationError} `login-refused`
 * @throws {NetworkError} `undelivered`
 */
export async function sendCaChat(options: SendOptions): Promise<void> {
  const { to, user, text, password, show } = options;
  if (to === undefined) throw new UsageError("recipient-required", "whom is the message for?");
  if (user === undefined) {
    throw new UsageError("user-required", "whose message is it?", { hint: "--as NAME says so" });
  }
  let failure: ProfileEvent | undefined;
  const watch = (event: ProfileEvent) => {
    if (event.type === "undelivered") failure = event;
    else show(event);
  };
  await using client = await CaChatClient.open({ ...options, show: watch });
  if (!await client.logIn(user, await password())) {
    throw new AuthenticationError("login-refused", "the server refuses this name and password");
  }
  await client.sendText(to, text);
  await client.quit();
  if (failure !== undefined) throw new NetworkError("undelivered", failure.text);
  show({ type: "sent", to, text: "sent" });
}

async function converse(client: CaChatClient, options: ConnectOptions): Promise<void> {
  const { console, folder } = options;
  if (!await logIn(client, options)) return;
  const menu = new Menu(client, console, folder);
  while (await console.ask("press RETURN to continue") !== undefined) {
    const command = await console.ask(`${MENU}\n>>> `);
    if (command === undefined || command.trim() === "0") return;
    try {
      await menu.choose(command.trim());
    } catch (error) {
      console.note(describe(error));
    }
  }
}

async function logIn(client: CaChatClient, { console, user: given }: ConnectOptions): Promise<boolean> {
  for (;;) {
    const user = given ?? await console.ask("Please enter your username:\n>>> ");
    const password = user && await console.askSecret("Please enter your password:\n>>> ");
    if (!user || password === undefined) return false;
    if (await client.logIn(user, password)) {
      console.show({ type: "logged-in", user, text: `Welcome ${user}` });
      return true;
    }
    console.note("the server refuses this name and password; the name may be taken, or in use");
  }
}

class Menu {
  readonly #client: CaChatClient;
  readonly #console: ProfileConsole;
  #directory: string;

  constructor(client: CaChatClient, console: ProfileConsole, directory: string) {
    this.#client = client;
    this.#console = console;
    this.#directory = directory;
  }

  async choose(command: string): Promise<void> {
    if (command === "1") return await this.#chat();
    if (command === "2") return this.#list("users", await this.#client.users());
    if (command === "3") return this.#list("files", this.#files());
    if (command === "4") return await this.#deleteFile();
    if (command === "5") return await this.#changeDirectory();
    this.#console.note("Invalid command. Please try again.");
  }

  async #chat(): Promise<void> {
    const user = (await this.#console.ask("Enter the user name\n>>> "))?.trim();
    if (!user) return;
    await this.#client.peer(user);
    this.#console.note("Enter 0 to quit the chat. Enter 1 to send a file.");
    for (;;) {
      const line = await this.#console.ask(">>> ");
      if (line === undefined || line === "0") return;
      if (line === "1") await this.#attempt(() => this.#sendFile(user));
      else if (line !== "") await this.#attempt(() => this.#client.sendText(user, line));
    }
  }

  async #sendFile(user: string): Promise<void> {
    const name = await this.#console.ask("Please enter the name of the file: ");
    const caption = name && await this.#console.ask("Please enter a caption: ");
    if (!name) return;
    await this.#client.sendFile(user, resolve(this.#directory, name), caption ?? "");
    this.#console.note("File sent successfully.");
  }

  async #deleteFile(): Promise<void> {
    const name = await this.#console.ask("Enter File Name: ");
    if (!name) return;
    const path = resolve(this.#directory, name);
    if (!Deno.statSync(path).isFile) throw new UsageError("not-a-file", `${name} is not a file`);
    Deno.removeSync(path);
    this.#console.show({ type: "deleted", path, text: `deleted ${name}` });
  }

  async #changeDirectory(): Promise<void> {
    const name = await this.#console.ask("Enter Directory: ");
    if (!name) return;
    const path = resolve(this.#directory, name);
    if (!Deno.statSync(path).isDirectory) throw new UsageError("not-a-folder", `${name} is not a folder`);
    this.#directory = path;
    this.#console.show({ type: "directory", path, text: path });
  }

  #files(): string[] {
    return [...Deno.readDirSync(this.#directory)].map(({ name }) => name).sort();
  }

  #list(what: "users" | "files", names: readonly string[]): void {
    this.#console.show({ type: what, [what]: names, text: names.join("\n") });
  }

  /** What goes wrong with one line does not end the chat. */
  async #attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#console.note(describe(error));
    }
  }
}

/** Says what went wrong where the session can go on; throws the error again where it cannot. */
function describe(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "no such file or folder";
  const harmless = error instanceof ParleyError &&
    (error.kind === "usage" || error.kind === "authentication");
  if (harmless) return error.message;
  throw error;
}
