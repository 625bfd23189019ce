/** An import or re-export of a source file. */
export interface SourceImport {
  /** What is imported, as it is written. */
  specifier: string;
  /** Whether only types are imported. */
  typeOnly: boolean;
  /** Whether it is an `import()`. */
  dynamic: boolean;
}

/** What the architecture's rules look at of a source file. */
export interface SourceFile {
  /** The path from the repository's root, with slashes. */
  path: string;
  /** Everything that the file imports. */
  imports: SourceImport[];
  /** Globals that the file uses: `fetch`, and with one property `Deno.exit`, `Date.now`; `new Date()`. */
  globals: string[];
}

type Node = Deno.lint.Node;

/** Reads a source file with Deno's own parser. */
export function parseSource(path: string, source: string): SourceFile {
  const file: SourceFile = { path, imports: [], globals: [] };
  const add = (source: Node | null | undefined, typeOnly: boolean, dynamic = false) => {
    if (source === null || source === undefined) return;
    const literal = source.type === "Literal" && typeof source.value === "string" ? source.value : undefined;
    file.imports.push({ specifier: literal ?? "(computed)", typeOnly, dynamic });
  };
  const plugin: Deno.lint.Plugin = {
    name: "architecture",
    rules: {
      read: {
        create: () => ({
          ImportDeclaration: (node) => add(node.source, node.importKind === "type" || importsTypesOnly(node)),
          ExportNamedDeclaration: (node) => add(node.source, node.exportKind === "type"),
          ExportAllDeclaration: (node) => add(node.source, node.exportKind === "type"),
          ImportExpression: (node) => add(node.source, false, true),
          MemberExpression(node) {
            if (node.object.type !== "Identifier") return;
            const { property } = node;
            const name = property.type === "Identifier" && !node.computed ? property.name : "(computed)";
            file.globals.push(`${node.object.name}.${name}`);
          },
          NewExpression(node) {
            if (node.callee.type !== "Identifier") return;
            const isPresent = node.callee.name === "Date" && node.arguments.length === 0;
            file.globals.push(isPresent ? "new Date()" : node.callee.name);
          },
          CallExpression(node) {
            if (node.callee.type === "Identifier") file.globals.push(node.callee.name);
          },
          Identifier(node) {
            if (node.name === "Deno") file.globals.push("Deno");
          },
        }),
      },
    },
  };
  Deno.lint.runPlugin(plugin, path.split("/").at(-1)!, source);
  return file;
}

function importsTypesOnly(node: Deno.lint.ImportDeclaration): boolean {
  return node.specifiers.length > 0 &&
    node.specifiers.every((one) => one.type === "ImportSpecifier" && one.importKind === "type");
}
