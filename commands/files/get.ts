import { merge, object } from "@optique/core/constructs";
import { message } from "@optique/core/message";
import { withDefault } from "@optique/core/modifiers";
import { option } from "@optique/core/primitives";
import { defineCommand } from "../command.ts";
import { passphraseOptions } from "../passphrase.ts";
import { path } from "../path_value.ts";
import { withClient } from "../with_client.ts";
import { idsArgument } from "./ids_argument.ts";
import { saveFiles } from "./save_files.ts";

/** `parley files get`. */
export const filesGet = defineCommand({
  description:
    "Each file is saved in the folder under its name made safe, with a number where that is taken; nothing is ever " +
    "written over. A folder arrives as a folder. What was broken off is gone on with. A file that was saved before is " +
    "fetched once more, as long as the relay has it.",
  examples: [
    { line: "parley files get 3fa9c2d1", does: "Save a file in the current folder" },
    { line: "parley files get 3fa9c2d1 77b0 --save downloads", does: "Save two files in a folder" },
  ],
  parser: merge(
    object({
      ids: idsArgument(message`Which file, as 'parley files list' shows it`, 1),
      save: withDefault(
        option("--save", path("DIR", "directory"), {
          description: message`Where to, the current folder where nothing is said`,
        }),
        ".",
      ),
    }),
    passphraseOptions,
  ),
  stopsItself: true,
  async execute({ ids, save, ...passphrase }, context) {
    await withClient("files", passphrase, context, async (client) => {
      const items = ids.map((id) => client.files.incoming.find(id));
      const failure = await saveFiles(client, items, context.resolve(save), context);
      if (failure !== undefined) throw failure;
    });
  },
});
