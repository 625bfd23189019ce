import { closest } from "../closest.ts";
import type { ChatChange } from "./session.ts";

/** What a typed line asks for. */
export type ChatAction =
  | { readonly type: "send"; readonly text: string }
  | { readonly type: "message"; readonly to: string; readonly text: string }
  | { readonly type: "change"; readonly change: ChatChange }
  | { readonly type: "file"; readonly path: string }
  | { readonly type: "save"; readonly id: string; readonly folder: string }
  | { readonly type: "list" }
  | { readonly type: "help" }
  | { readonly type: "quit" }
  | { readonly type: "nothing" }
  | { readonly type: "mistake"; readonly explanation: string };

/** What `/help` prints. */
export const CHAT_HELP = [
  "/msg USER TEXT     sends a text to someone else",
  "/reply [#ID] TEXT  answers the newest message, or the one with that id",
  "/react [#ID] EMOJI reacts to it",
  "/edit [#ID] TEXT   gives your newest message, or that one, another text",
  "/delete [#ID]      takes it back",
  "/file PATH         sends a file or a folder",
  "/save ID [DIR]     saves a file that has come, in this folder or in DIR",
  "/list              shows who is online",
  "/help              shows this",
  "/quit              leaves (so does Ctrl-D)",
  "//text             sends a line that begins with a slash",
];

const COMMANDS = [
  "/msg",
  "/reply",
  "/react",
  "/edit",
  "/delete",
  "/file",
  "/save",
  "/list",
  "/help",
  "/quit",
];

/** Parses a typed line. An empty line asks for nothing. */
export function parseChatLine(line: string): ChatAction {
  if (line.trim() === "") return { type: "nothing" };
  if (line.startsWith("//")) return { type: "send", text: line.slice(1) };
  if (!line.startsWith("/")) return { type: "send", text: line };
  const [, command = "", argument = ""] = /^(\S+)\s*(.*)$/s.exec(line) ?? [];
  switch (command) {
    case "/msg":
      return parseMessage(argument);
    case "/reply":
    case "/react":
    case "/edit":
    case "/delete":
      return parseChange(command.slice(1) as ChatChange["type"], argument);
    case "/file":
      return argument.trim() === "" ? mistake("write /file PATH") : { type: "file", path: argument.trim() };
    case "/save":
      return parseSave(argument);
    case "/list":
    case "/help":
    case "/quit":
      if (argument.trim() !== "") return mistake(`${command} takes nothing after it`);
      return { type: command.slice(1) as "list" | "help" | "quit" };
    default:
      return unknown(command);
  }
}

function parseMessage(argument: string): ChatAction {
  const [, to, text] = /^(\S+)\s+(\S.*)$/s.exec(argument) ?? [];
  if (to === undefined || text === undefined) return mistake("write /msg USER TEXT");
  return { type: "message", to, text };
}

function parseChange(type: ChatChange["type"], argument: string): ChatAction {
  const [, id, text = ""] = /^(?:#([0-9a-f]+)(?:\s+|$))?(.*)$/s.exec(argument) ?? [];
  const named = id === undefined ? {} : { id };
  if (type === "delete") {
    return text === ""
      ? { type: "change", change: { type, ...named } }
      : mistake("write /delete, or /delete #ID");
  }
  if (text.trim() === "") return mistake(`write /${type} ${type === "react" ? "EMOJI" : "TEXT"}`);
  return { type: "change", change: { type, ...named, text } };
}

function parseSave(argument: string): ChatAction {
  const [, id, folder = "."] = /^([0-9a-f]{4,32})(?:\s+(\S.*?))?\s*$/is.exec(argument) ?? [];
  return id === undefined ? mistake("write /save ID, or /save ID DIR") : { type: "save", id, folder };
}

function unknown(command: string): ChatAction {
  const near = closest(command, COMMANDS);
  const advice = near === undefined ? "/help lists the commands" : `did you mean ${near}?`;
  return mistake(
    `there is no ${command}: ${advice} (a line that begins with a slash is sent as /${command})`,
  );
}

function mistake(explanation: string): ChatAction {
  return { type: "mistake", explanation };
}
