import { resolve } from "node:path";
import { AuthenticationError, NetworkError, UsageError } from "../../errors/mod.ts";
import {
  addressedMessage,
  type ConnectOptions,
  type ProfileConsole,
  type ProfileEvent,
  promptLoop,
  type SendOptions,
} from "../core/mod.ts";
import { type CaChatClient, withCaChat } from "./client.ts";

const MENU =
  "1 - Enter Chat, 2 - List all users, 3 - List Files, 4 - Delete File, 5 - Change Directory, 0 - Quit";
/** What the user can do something about: the session goes on. */
const CORRECTABLE = ["certificate-refused"];

/**
 * Holds a session with the questions and the menu of the published client; the end of input quits.
 *
 * @throws {NetworkError} `connect-failed`, `server-gone`
 * @throws {AuthenticationError} `login-refused`, `authority-changed`
 */
export async function connectCaChat(options: ConnectOptions): Promise<void> {
  const { console, folder } = options;
  await withCaChat({ ...options, show: (event) => console.show(event) }, async (client) => {
    if (!await logIn(client, options)) return;
    const menu = new Menu(client, console, folder);
    const settings = { before: "press RETURN to continue", prompt: `${MENU}\n>>> `, leave: "0" };
    await promptLoop(console, { ...settings, correctable: CORRECTABLE }, (line) => menu.choose(line.trim()));
  });
}

/**
 * Sends one text.
 *
 * @throws {UsageError} `recipient-required`, `user-required`, `unknown-user`, `message-too-long`
 * @throws {AuthenticationError} `login-refused`
 * @throws {NetworkError} `undelivered`
 */
export async function sendCaChat(options: SendOptions): Promise<void> {
  const { text, password, show } = options;
  const { to, user } = addressedMessage(options);
  let failure: ProfileEvent | undefined;
  const watch = (event: ProfileEvent) => {
    if (event.type === "undelivered") failure = event;
    else show(event);
  };
  await withCaChat({ ...options, show: watch }, async (client) => {
    if (!await client.logIn(user, await password())) {
      throw loginRefused();
    }
    await client.sendText(to, text);
  });
  if (failure !== undefined) throw new NetworkError("undelivered", failure.text);
  show({ type: "sent", to, text: "sent" });
}

/** False where the input ends before it names anybody; where the server has refused, that is what is told. */
async function logIn(client: CaChatClient, { console, user: given }: ConnectOptions): Promise<boolean> {
  for (let refused = false;; refused = true) {
    const user = given ?? await console.ask("Please enter your username:\n>>> ");
    const password = user && await console.askSecret("Please enter your password:\n>>> ");
    if (!user || password === undefined) {
      if (refused) throw loginRefused();
      return false;
    }
    if (await client.logIn(user, password)) {
      console.show({ type: "logged-in", user, text: `Welcome ${user}` });
      return true;
    }
    console.note("the server refuses this name and password; the name may be taken, or in use");
  }
}

function loginRefused(): AuthenticationError {
  return new AuthenticationError("login-refused", "the server refuses this name and password");
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
    if (command === "1") await this.#chat();
    else if (command === "2") this.#list("users", await this.#client.users());
    else if (command === "3") this.#list("files", this.#files());
    else if (command === "4") await this.#deleteFile();
    else if (command === "5") await this.#changeDirectory();
    else this.#console.note("Invalid command. Please try again.");
  }

  async #chat(): Promise<void> {
    const user = (await this.#console.ask("Enter the user name\n>>> "))?.trim();
    if (!user) return;
    await this.#client.peer(user);
    this.#console.note("Enter 0 to quit the chat. Enter 1 to send a file.");
    const settings = { prompt: ">>> ", leave: "0", correctable: CORRECTABLE };
    await promptLoop(this.#console, settings, async (line) => {
      if (line === "1") await this.#sendFile(user);
      else if (line !== "") await this.#client.sendText(user, line);
    });
  }

  async #sendFile(user: string): Promise<void> {
    const name = await this.#console.ask("Please enter the name of the file: ");
    const caption = name && await this.#console.ask("Please enter a caption: ");
    if (!name) return;
    await this.#client.sendFile(user, this.#find(name, "file"), caption ?? "");
    this.#console.note("File sent successfully.");
  }

  async #deleteFile(): Promise<void> {
    const name = await this.#console.ask("Enter File Name: ");
    if (!name) return;
    const path = this.#find(name, "file");
    Deno.removeSync(path);
    this.#console.show({ type: "deleted", path, text: `deleted ${name}` });
  }

  async #changeDirectory(): Promise<void> {
    const name = await this.#console.ask("Enter Directory: ");
    if (!name) return;
    this.#directory = this.#find(name, "folder");
    this.#console.show({ type: "directory", path: this.#directory, text: this.#directory });
  }

  #files(): string[] {
    return [...Deno.readDirSync(this.#find(".", "folder"))].map(({ name }) => name).sort();
  }

  /** The path of what is there under this name. */
  #find(name: string, kind: "file" | "folder"): string {
    const path = resolve(this.#directory, name);
    try {
      const { isFile } = Deno.statSync(path);
      if (isFile === (kind === "file")) return path;
    } catch (cause) {
      throw new UsageError("no-such-file", `no such file or folder, or it cannot be read: ${name}`, {
        cause,
      });
    }
    throw new UsageError(`not-a-${kind}`, `${name} is not a ${kind}`);
  }

  #list(what: "users" | "files", names: readonly string[]): void {
    this.#console.show({ type: what, [what]: names, text: names.join("\n") });
  }
}
