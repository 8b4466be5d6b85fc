/** Finds what pure code may not touch: clocks, randomness, the environment, and anything that only one runtime has. */
import ts from 'typescript';

const FORBIDDEN = new Set([
  'Buffer',
  'EventSource',
  'WebSocket',
  'XMLHttpRequest',
  '__dirname',
  '__filename',
  'fetch',
  'global',
  'performance',
  'process',
  'require',
  'self',
  'setImmediate',
  'setInterval',
  'setTimeout',
  'window',
]);
/** Of these objects, only what is listed may be reached; the object itself may not be passed on. */
const RESTRICTED: Readonly<Record<string, (member: string) => boolean>> = {
  AbortSignal: member => member !== 'timeout',
  Date: member => member === 'parse' || member === 'UTC',
  Math: member => member !== 'random',
  crypto: member => member === 'subtle',
};
const FORBIDDEN_TYPES = new Set(['Buffer', 'NodeJS']);

/** The names of what is forbidden in a file, as they stand there. `checker` tells a global from a parameter of the same name. */
export function* forbiddenGlobals(file: ts.SourceFile, checker: ts.TypeChecker): Generator<string> {
  const isGlobal = (name: ts.Identifier): boolean => {
    const symbol = ts.isShorthandPropertyAssignment(name.parent)
      ? checker.getShorthandAssignmentValueSymbol(name.parent)
      : checker.getSymbolAtLocation(name);
    return (symbol?.declarations ?? []).length === 0;
  };

  function* visit(node: ts.Node): Generator<string> {
    if (ts.isTypeReferenceNode(node)) yield* visitTypeName(node.typeName);
    // `typeof fetch` as a type touches nothing.
    if (ts.isTypeQueryNode(node)) return;
    if (ts.isIdentifier(node) && isReference(node) && isGlobal(node)) yield* judge(node);
    const children: ts.Node[] = [];
    ts.forEachChild(node, child => void children.push(child));
    for (const child of children) yield* visit(child);
  }

  function* visitTypeName(name: ts.EntityName): Generator<string> {
    const leftmost = ts.isIdentifier(name) ? name : leftmostOf(name);
    if (FORBIDDEN_TYPES.has(leftmost.text) && isGlobal(leftmost)) yield leftmost.text;
  }

  function* judge(name: ts.Identifier): Generator<string> {
    // `globalThis.fetch` is `fetch`; `globalThis` in any other place could be anything.
    if (name.text === 'globalThis') {
      const member = memberOf(name);
      if (member === null) yield name.text;
      else yield* judgeName(member, name.parent);
    } else {
      yield* judgeName(name.text, name);
    }
  }

  function* judgeName(name: string, node: ts.Node): Generator<string> {
    if (FORBIDDEN.has(name)) yield name;
    const allows = Object.hasOwn(RESTRICTED, name) ? RESTRICTED[name] : undefined;
    if (allows === undefined) return;
    if (name === 'Date' && ts.isNewExpression(node.parent) && node.parent.expression === node) {
      if ((node.parent.arguments ?? []).length === 0) yield 'new Date()';
      return;
    }
    const member = memberOf(node);
    if (member === null) yield name;
    else if (!allows(member)) yield `${name}.${member}`;
  }

  yield* visit(file);
}

function leftmostOf(name: ts.QualifiedName): ts.Identifier {
  return ts.isIdentifier(name.left) ? name.left : leftmostOf(name.left);
}

/** The member that is reached on `node`, where it is named in the source. */
function memberOf(node: ts.Node): string | null {
  const parent = node.parent;
  if (ts.isPropertyAccessExpression(parent) && parent.expression === node) return parent.name.text;
  if (ts.isElementAccessExpression(parent) && parent.expression === node)
    return ts.isStringLiteralLike(parent.argumentExpression) ? parent.argumentExpression.text : null;
  return null;
}

/** Whether an identifier stands for a value, and is not merely the name of a member, a type or a declaration. */
function isReference(name: ts.Identifier): boolean {
  const parent = name.parent;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === name;
  if (ts.isTypeNode(parent) || ts.isQualifiedName(parent)) return false;
  if (ts.isBindingElement(parent)) return parent.initializer === name;
  if (ts.isPropertyAssignment(parent)) return parent.initializer === name;
  if (ts.isImportSpecifier(parent) || ts.isExportSpecifier(parent)) return false;
  if (ts.isShorthandPropertyAssignment(parent)) return true;
  const declared = (parent as { name?: ts.Node }).name === name;
  return !declared && !ts.isTypeParameterDeclaration(parent) && !ts.isMetaProperty(parent);
}
