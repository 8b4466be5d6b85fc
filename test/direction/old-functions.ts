/**
 * Functions that are assigned to a property where they are written: V8 makes them among what is old, where each keeps all that it reaches until the next full
 * collection. Source: docs/decisions/0018-what-is-young-stays-young.md.
 */
import ts from 'typescript';

/** Where every request of a gateway, a log or a mirror passes through. */
const HOT = /^shell\/(?:gateway|http|vault|log|submission|mirror)\/|^(?:exchange|receipt|economy)\//;

/** `file:line` of each; `files`: the text of each source by its path. */
export function oldFunctions(files: ReadonlyMap<string, string>): string[] {
  return [...files].flatMap(([path, text]) => {
    if (!HOT.test(path)) return [];
    const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
    const found: string[] = [];
    const look = (node: ts.Node): void => {
      if (isAssignedFunction(node)) {
        const { line } = source.getLineAndCharacterOfPosition(node.getStart());
        found.push(`src/${path}:${line + 1}`);
      }
      ts.forEachChild(node, look);
    };
    look(source);
    return found;
  });
}

function isAssignedFunction(node: ts.Node): boolean {
  if (!ts.isBinaryExpression(node) || node.operatorToken.kind !== ts.SyntaxKind.EqualsToken) return false;
  const { left, right } = node;
  const isProperty = ts.isPropertyAccessExpression(left) || ts.isElementAccessExpression(left);
  return isProperty && (ts.isArrowFunction(right) || ts.isFunctionExpression(right));
}
