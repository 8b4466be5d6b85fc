/** What a file imports, in every way in which TypeScript can: statements, re-exports, `import()` as a value and as a type. */
import { posix } from 'node:path';
import ts from 'typescript';
import { isShell, ROOMS, room, type SourcePath, shellOf } from './rooms.js';

export interface Import {
  /** As it stands in the source. Null for an `import()` whose argument is computed. */
  readonly specifier: string | null;
  /** The names that are imported, or `*`. */
  readonly names: string;
}

export function importsOf(file: ts.SourceFile): Import[] {
  const found: Import[] = [];
  const add = (specifier: ts.Node | undefined, names: string) =>
    found.push({ specifier: specifier && ts.isStringLiteralLike(specifier) ? specifier.text : null, names });
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, importedNames(node.importClause));
    else if (ts.isExportDeclaration(node) && node.moduleSpecifier)
      add(node.moduleSpecifier, node.exportClause?.getText(file) ?? '*');
    else if (ts.isImportEqualsDeclaration(node) && ts.isExternalModuleReference(node.moduleReference))
      add(node.moduleReference.expression, node.name.text);
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      add(node.arguments[0], 'import()');
    else if (ts.isImportTypeNode(node))
      add(ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined, 'import()');
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

function importedNames(clause: ts.ImportClause | undefined): string {
  const bindings = clause?.namedBindings;
  const named =
    bindings && ts.isNamedImports(bindings) ? bindings.elements.map(({ name }) => name.text) : ['*'];
  return [...(clause?.name ? [clause.name.text] : []), ...(bindings ? named : [])].join(', ') || '*';
}

/** The file below `src/` that a relative import names; null for a package. Starts with `../` where it leaves `src/`. */
export function targetOf(from: SourcePath, specifier: string): SourcePath | null {
  if (!specifier.startsWith('.')) return null;
  return posix.join(posix.dirname(from), specifier).replace(/\.js$/, '.ts');
}

/** Why `from` may not import `target`, or null where it may. */
export function whyNot(from: SourcePath, target: SourcePath): string | null {
  if (target.startsWith('../')) return 'an import that leaves src/';
  if (room(target) < 0) return `an import of a room that is not on the list: ${target}`;
  if (room(target) > room(from)) return `an import of the lower room ${ROOMS[room(target)]}`;
  if (!isShell(from) || !isShell(target)) return null;
  const [here, there] = [shellOf(from), shellOf(target)];
  if (there === null || here === there || here === 'cli') return null;
  return `an import of another shell: ${there}`;
}

/** Why pure code may not depend on a package, or null where it may. */
export function whyNotPackage(specifier: string): string | null {
  if (specifier.startsWith('node:') || specifier.startsWith('#')) return `an import of ${specifier}`;
  if (specifier.startsWith('@noble/') || specifier === 'valibot' || specifier.startsWith('valibot/'))
    return null;
  return `a dependency on ${specifier}`;
}
