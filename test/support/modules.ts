// What the modules of a folder import, export and name, read by TypeScript's own parser.
import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { filesBelow, resolveImport } from './suites.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

export interface Import {
  readonly specifier: string;
  /** The file behind it, from the root of the repository; empty for a library or a builtin. */
  readonly to: string;
  readonly typeOnly: boolean;
  /** As the exporter calls them; undefined where the module is taken as a whole. */
  readonly names: readonly string[] | undefined;
}

export interface Module {
  /** From the root of the repository. */
  readonly file: string;
  readonly imports: readonly Import[];
  readonly exports: readonly string[];
  readonly tree: ts.SourceFile;
}

/** Every TypeScript and JavaScript module below a folder, declaration files left out. */
export function modulesBelow(folder: string): Module[] {
  return ['.ts', '.mjs']
    .flatMap((ending) => filesBelow(folder, ending))
    .filter((file) => !file.endsWith('.d.ts') && !file.includes('node_modules'))
    .map(readModule);
}

function readModule(file: string): Module {
  const source = readFileSync(join(root, file), 'utf8');
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.ES2022, true);
  return { file, imports: importsIn(tree, join(root, file)), exports: exportsIn(tree), tree };
}

/** Every node of the tree, the root first. */
export function* nodesIn(node: ts.Node): Generator<ts.Node> {
  yield node;
  for (const child of node.getChildren()) yield* nodesIn(child);
}

type Found = Pick<Import, 'specifier' | 'typeOnly' | 'names'>;

function importsIn(tree: ts.SourceFile, path: string): Import[] {
  const found = [...nodesIn(tree)].flatMap((node): Found[] => {
    if (ts.isImportDeclaration(node)) return [imported(node)];
    if (ts.isExportDeclaration(node) && node.moduleSpecifier) return [reexported(node)];
    return called(node);
  });
  return found.map((one) => {
    const target = resolveImport(one.specifier, path);
    return { ...one, to: target === undefined ? '' : relative(root, target) };
  });
}

const textOf = (node: ts.Node | undefined): string =>
  node !== undefined && ts.isStringLiteralLike(node) ? node.text : '';

function imported({ importClause: clause, moduleSpecifier }: ts.ImportDeclaration): Found {
  const specifier = textOf(moduleSpecifier);
  if (clause === undefined) return { specifier, typeOnly: false, names: [] };
  const bindings = clause.namedBindings;
  if (bindings && ts.isNamespaceImport(bindings)) {
    return { specifier, typeOnly: isTypeOnly(clause), names: undefined };
  }
  const parts = bindings?.elements ?? [];
  const names = parts.map((part) => (part.propertyName ?? part.name).text);
  const types = parts.length > 0 && parts.every((part) => part.isTypeOnly) && !clause.name;
  return {
    specifier,
    typeOnly: isTypeOnly(clause) || types,
    names: clause.name ? [...names, 'default'] : names,
  };
}

const isTypeOnly = (clause: ts.ImportClause): boolean =>
  clause.phaseModifier === ts.SyntaxKind.TypeKeyword;

function reexported({ exportClause: clause, ...node }: ts.ExportDeclaration): Found {
  const specifier = textOf(node.moduleSpecifier);
  const names =
    clause && ts.isNamedExports(clause)
      ? clause.elements.map((part) => (part.propertyName ?? part.name).text)
      : undefined;
  return { specifier, typeOnly: node.isTypeOnly, names };
}

/** `import('x')` as a call and as a type. */
function called(node: ts.Node): Found[] {
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    return [{ specifier: textOf(node.arguments[0]), typeOnly: false, names: undefined }];
  }
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
    return [{ specifier: textOf(node.argument.literal), typeOnly: true, names: undefined }];
  }
  return [];
}

/** Names that a module declares and exports; what it passes on from others is theirs. */
function exportsIn(tree: ts.SourceFile): string[] {
  return tree.statements.flatMap((statement): string[] => {
    if (ts.isExportDeclaration(statement)) {
      const clause = statement.moduleSpecifier ? undefined : statement.exportClause;
      return clause && ts.isNamedExports(clause)
        ? clause.elements.map(({ name }) => name.text)
        : [];
    }
    const modifiers = ts.canHaveModifiers(statement) ? (ts.getModifiers(statement) ?? []) : [];
    if (!modifiers.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)) return [];
    if (ts.isVariableStatement(statement)) {
      return statement.declarationList.declarations.map(({ name }) => name.getText());
    }
    const { name } = statement as ts.DeclarationStatement;
    return name === undefined ? ['default'] : [name.getText()];
  });
}
