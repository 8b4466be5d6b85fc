/** Checks that the data flows one way: see "The rooms" in the architecture. Pure code is checked for what it touches as well. */
import ts from 'typescript';
import { forbiddenGlobals } from './globals.js';
import { importsOf, targetOf, whyNot, whyNotPackage } from './imports.js';
import { isShell, room, type SourcePath } from './rooms.js';

export interface Violation {
  /** Below `src/`. */
  readonly file: SourcePath;
  /** The names that are imported, or the global that is used. */
  readonly symbol: string;
  readonly why: string;
}

/** Every violation in the sources of `src/`, given by their paths below it. */
export function check(sources: ReadonlyMap<SourcePath, string>): Violation[] {
  const files = new Map(
    [...sources].map(([path, text]) => [
      path,
      ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true, ts.ScriptKind.TS),
    ]),
  );
  // Shells may touch every global, so that nobody has to know what is one there.
  const checker = programOf(new Map([...files].filter(([path]) => !isShell(path)))).getTypeChecker();
  const violations: Violation[] = [];
  const graph = new Map<SourcePath, SourcePath[]>();
  for (const [path, file] of files) {
    const report = (symbol: string, why: string) => violations.push({ file: path, symbol, why });
    if (room(path) < 0) report(path, 'a file in a room that is not on the list');
    const targets: SourcePath[] = [];
    for (const { specifier, names } of importsOf(file)) {
      const target = specifier === null ? null : targetOf(path, specifier);
      if (target !== null) targets.push(target);
      const why = target === null ? packageReason(path, specifier) : whyNot(path, target);
      if (why !== null) report(names, why);
    }
    graph.set(path, targets);
    if (!isShell(path))
      for (const symbol of forbiddenGlobals(file, checker)) report(symbol, 'not for pure code');
  }
  for (const cycle of cycles(graph))
    violations.push({ file: cycle[0] as string, symbol: cycle.join(' -> '), why: 'an import cycle' });
  return violations;
}

function packageReason(path: SourcePath, specifier: string | null): string | null {
  if (isShell(path)) return null;
  return specifier === null ? 'an import() of what is not written there' : whyNotPackage(specifier);
}

/** Without libraries and without resolving imports: then every name that is not declared in its own file is a global. */
function programOf(files: ReadonlyMap<SourcePath, ts.SourceFile>): ts.Program {
  const options: ts.CompilerOptions = {
    noLib: true,
    noResolve: true,
    types: [],
    target: ts.ScriptTarget.ES2023,
  };
  return ts.createProgram([...files.keys()], options, {
    getSourceFile: path => files.get(path),
    fileExists: path => files.has(path),
    readFile: path => files.get(path)?.text,
    getDefaultLibFileName: () => 'none.d.ts',
    getCurrentDirectory: () => '',
    getCanonicalFileName: path => path,
    useCaseSensitiveFileNames: () => true,
    getNewLine: () => '\n',
    writeFile: () => undefined,
  });
}

/** One cycle for each import that closes one, found depth first; each starts and ends with the same file. */
function cycles(graph: ReadonlyMap<SourcePath, readonly SourcePath[]>): SourcePath[][] {
  const found: SourcePath[][] = [];
  const done = new Set<SourcePath>();
  const trail: SourcePath[] = [];
  const visit = (path: SourcePath): void => {
    const at = trail.indexOf(path);
    if (at >= 0) {
      found.push([...trail.slice(at), path]);
      return;
    }
    if (done.has(path)) return;
    trail.push(path);
    for (const target of graph.get(path) ?? []) visit(target);
    trail.pop();
    done.add(path);
  };
  for (const path of graph.keys()) visit(path);
  return found;
}
