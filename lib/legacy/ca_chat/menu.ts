import { NetworkError } from "../../errors/mod.ts";
import {
  addressedMessage,
  type ConnectOptions,
  logInAtPrompt,
  type ProfileConsole,
  type ProfileEvent,
  promptLoop,
  type SendOptions,
  WorkingFolder,
} from "../core/mod.ts";
import { type CaChatClient, withCaChat } from "./client.ts";

const LOGIN = {
  user: "Please enter your username:\n>>> ",
  password: "Please enter your password:\n>>> ",
  refused: "the server refuses this name and password; the name may be taken, or in use",
};
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
    const user = await logInAtPrompt(options, LOGIN, (user, password) => client.logIn(user, password));
    if (user === undefined) return;
    console.show({ type: "logged-in", user, text: `Welcome ${user}` });
    const menu = new Menu(client, console, new WorkingFolder(folder));
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
    await client.logIn(user, await password());
    await client.sendText(to, text);
  });
  if (failure !== undefined) throw new NetworkError("undelivered", failure.text);
  show({ type: "sent", to, text: "sent" });
}

class Menu {
  readonly #client: CaChatClient;
  readonly #console: ProfileConsole;
  readonly #folder: WorkingFolder;

  constructor(client: CaChatClient, console: ProfileConsole, folder: WorkingFolder) {
    this.#client = client;
    this.#console = console;
    this.#folder = folder;
  }

  async choose(command: string): Promise<void> {
    if (command === "1") await this.#chat();
    else if (command === "2") this.#list("users", await this.#client.users());
    else if (command === "3") this.#list("files", this.#folder.names());
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
    await this.#client.sendFile(user, this.#folder.file(name), caption ?? "");
    this.#console.note("File sent successfully.");
  }

  async #deleteFile(): Promise<void> {
    const name = await this.#console.ask("Enter File Name: ");
    if (!name) return;
    this.#console.show({ type: "deleted", path: this.#folder.remove(name), text: `deleted ${name}` });
  }

  async #changeDirectory(): Promise<void> {
    const name = await this.#console.ask("Enter Directory: ");
    if (!name) return;
    const path = this.#folder.change(name);
    this.#console.show({ type: "directory", path, text: path });
  }

  #list(what: "users" | "files", names: readonly string[]): void {
    this.#console.show({ type: what, [what]: names, text: names.join("\n") });
  }
}
