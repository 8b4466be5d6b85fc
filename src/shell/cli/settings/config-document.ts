/**
 * A configuration file as YAML 1.2, of which JSON is a part, with the place of everything in it: who made a mistake is shown where. Aliases, tags
 * and merge keys are refused: what a file says should stand in it.
 */
import { isAlias, isNode, isPair, isScalar, LineCounter, parseDocument, visit } from 'yaml';
import { UsageError } from '../exit-code.js';

export type ConfigPath = readonly (string | number)[];

export interface ConfigDocument {
  readonly value: unknown;
  /** `file:line:column` of what stands at a path, or of the nearest that is there; of a member's name where `ofName`. */
  place(path: ConfigPath, ofName?: boolean): string;
}

/** Throws a usage error for what is not one YAML document of plain values. */
export function parseConfig(file: string, text: string): ConfigDocument {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, uniqueKeys: true, version: '1.2', merge: false });
  const at = (offset: number) => {
    const { line, col } = lineCounter.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  const [fault] = [...document.errors, ...document.warnings];
  if (fault !== undefined) {
    const [what = ''] = fault.message.split(/ at line \d+/);
    throw new UsageError(`${at(fault.pos[0])}: ${what.replace(QUOTING, '$1')}.`);
  }
  visit(document, {
    Node: (_, node) => {
      const isTagged = 'tag' in node && node.tag !== undefined && !STANDARD.test(node.tag);
      if (isAlias(node) || isTagged || ('anchor' in node && node.anchor !== undefined))
        throw new UsageError(
          `${at(node.range?.[0] ?? 0)}: anchors, aliases and tags are not read here. Write the value out.`,
        );
    },
    Pair: (_, { key }) => {
      if (!isScalar(key) || typeof key.value !== 'string')
        throw new UsageError(
          `${at(isNode(key) ? (key.range?.[0] ?? 0) : 0)}: a name must be text. Put it in quotes.`,
        );
    },
  });
  return {
    value: document.toJS(),
    place: (path, ofName = false) => at(offsetOf(document, path, ofName)),
  };
}

const STANDARD = /^tag:yaml\.org,2002:(?:map|seq|str|int|float|bool|null)$/;
/** Faults of which the parser quotes what was written. */
const QUOTING = /^(Block scalar header includes extra characters|Unknown directive)\b.*$/s;

function offsetOf(document: ReturnType<typeof parseDocument>, path: ConfigPath, ofName: boolean): number {
  for (let length = path.length; length > 0; length--) {
    const isWhole = length === path.length;
    if (isWhole && ofName) {
      const parent = length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
      const items = typeof parent === 'object' && parent !== null && 'items' in parent ? parent.items : [];
      const name = (items as unknown[]).find(
        item => isPair(item) && isScalar(item.key) && item.key.value === path.at(-1),
      );
      if (isPair(name) && isNode(name.key)) return name.key.range?.[0] ?? 0;
    }
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node)) return node.range?.[0] ?? 0;
  }
  return 0;
}
