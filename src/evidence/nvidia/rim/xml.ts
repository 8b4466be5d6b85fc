/**
 * The part of XML that NVIDIA's reference manifests are written in, and nothing else: elements, attributes and namespaces in printable ASCII.
 * Everything that has made verifiers of signed XML read another document than was signed is refused where it begins: declarations,
 * document types, entities and character references, comments, processing instructions, CDATA, other quotes, other white space in tags.
 * What is left has one canonical form, which is written here by its own rules. `docs/decisions/0011-signed-xml-by-hand.md` says why.
 */
import { Failure } from '../../../reason.js';

export interface XmlElement {
  readonly prefix: string;
  readonly name: string;
  /** What the prefix stands for; empty for none. */
  readonly namespace: string;
  readonly attributes: readonly XmlAttribute[];
  /** Namespaces that are declared on this very element, by prefix. */
  readonly declarations: ReadonlyMap<string, string>;
  /** Namespaces that count here, by prefix, those of the elements around included. */
  readonly scope: ReadonlyMap<string, string>;
  readonly children: readonly (XmlElement | string)[];
}

export interface XmlAttribute {
  readonly prefix: string;
  readonly name: string;
  /** Empty for an attribute without a prefix: those are in no namespace. */
  readonly namespace: string;
  readonly value: string;
}

/** Genuine manifests have some 25 KB, 80 elements, 14 attributes on one of them, 8 elements within one another. */
const MAX_BYTES = 128 * 1024;
const MAX_ELEMENTS = 2000;
const MAX_ATTRIBUTES = 64;
const MAX_DEPTH = 12;

const NAME = /(?:([A-Za-z_][A-Za-z0-9_.-]{0,63}):)?([A-Za-z_][A-Za-z0-9_.-]{0,63})/y;
/** What stands for itself in a canonical attribute: no ampersand, angle bracket, quotation mark or white space but the blank. */
const VALUE = /="([ !#-%'-;=?-~]{0,4096})"/y;
/** What stands for itself in a canonical text. A right angle bracket does not, nor a carriage return. */
const TEXT = /[\n\t !-%'-;=?-~]+/y;

/** The root element; white space may follow it, in lines. Throws `nvidia/rim-malformed`. */
export function parseXml(bytes: Uint8Array): XmlElement {
  if (bytes.length > MAX_BYTES) throw malformed(`${bytes.length} bytes`);
  let text = '';
  for (let at = 0; at < bytes.length; at += 4096)
    text += String.fromCharCode(...bytes.subarray(at, at + 4096));
  return new Parser(text).document();
}

class Parser {
  readonly #text: string;
  #at = 0;
  #elements = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): XmlElement {
    const root = this.#element(new Map(), 0);
    if (!/^\n*$/.test(this.#text.slice(this.#at))) throw malformed('something behind the root element');
    return root;
  }

  #element(around: ReadonlyMap<string, string>, depth: number): XmlElement {
    if (++this.#elements > MAX_ELEMENTS || depth > MAX_DEPTH) throw malformed('too many elements');
    this.#expect('<');
    const [prefix, name] = this.#name();
    const declarations = new Map<string, string>();
    const plain: [prefix: string, name: string, value: string][] = [];
    while (this.#text[this.#at] === ' ') {
      this.#at++;
      const [attributePrefix, attribute] = this.#name();
      const value = this.#match(VALUE, 'an attribute')[1] as string;
      if (plain.length + declarations.size === MAX_ATTRIBUTES) throw malformed('too many attributes');
      const declared =
        attributePrefix === 'xmlns' ? attribute : attributePrefix === '' && attribute === 'xmlns' ? '' : null;
      if (declared === null) plain.push([attributePrefix, attribute, value]);
      else if (value === '' || declarations.has(declared) || /^xml/i.test(declared))
        throw malformed('a namespace that is declared in another way');
      else declarations.set(declared, value);
    }
    const scope = declarations.size === 0 ? around : new Map([...around, ...declarations]);
    const attributes = plain.map(([own, attribute, value]) => ({
      prefix: own,
      name: attribute,
      namespace: own === '' ? '' : namespaceOf(own, scope),
      value,
    }));
    if (new Set(attributes.map(expandedName)).size < attributes.length) throw malformed('an attribute twice');
    const namespace = prefix === '' ? (scope.get('') ?? '') : namespaceOf(prefix, scope);
    const element = { prefix, name, namespace, attributes, declarations, scope };
    if (this.#text.startsWith('/>', this.#at)) {
      this.#at += 2;
      return { ...element, children: [] };
    }
    this.#expect('>');
    const children: (XmlElement | string)[] = [];
    while (!this.#text.startsWith('</', this.#at))
      children.push(
        this.#text[this.#at] === '<' ? this.#element(scope, depth + 1) : this.#match(TEXT, 'a text')[0],
      );
    this.#expect(`</${qualified(prefix, name)}>`);
    return { ...element, children };
  }

  #name(): [prefix: string, name: string] {
    const [, prefix = '', name] = this.#match(NAME, 'a name');
    return [prefix, name as string];
  }

  #match(pattern: RegExp, what: string): RegExpExecArray {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found === null) throw malformed(`no ${what} at ${this.#at}`);
    this.#at = pattern.lastIndex;
    return found;
  }

  #expect(text: string): void {
    if (!this.#text.startsWith(text, this.#at)) throw malformed(`no ${text} at ${this.#at}`);
    this.#at += text.length;
  }
}

/**
 * Canonical XML 1.1 (W3C, §2.3) of an element, in ASCII, with or without an element in it. Inclusive: what an element that is written alone
 * inherits from those around it is written with it. White space and the like need no rule, because what would need one is not read.
 */
export function canonicalXml(element: XmlElement, without: XmlElement | null = null): string {
  return written(element, new Map(), without);
}

function written(
  element: XmlElement,
  rendered: ReadonlyMap<string, string>,
  without: XmlElement | null,
): string {
  const { prefix, name, scope, attributes, children } = element;
  const fresh = [...scope].filter(([key, value]) => rendered.get(key) !== value).sort(byFirst);
  const sorted = [...attributes].sort((a, b) => order(a.namespace, b.namespace) || order(a.name, b.name));
  const tag = qualified(prefix, name);
  let text = `<${tag}`;
  for (const [key, value] of fresh) text += key === '' ? ` xmlns="${value}"` : ` xmlns:${key}="${value}"`;
  for (const attribute of sorted)
    text += ` ${qualified(attribute.prefix, attribute.name)}="${attribute.value}"`;
  text += '>';
  const inner = fresh.length === 0 ? rendered : scope;
  for (const child of children)
    if (typeof child === 'string') text += child;
    else if (child !== without) text += written(child, inner, without);
  return `${text}</${tag}>`;
}

function byFirst([a]: readonly [string, string], [b]: readonly [string, string]): number {
  return order(a, b);
}

/** By code points, which are code units in ASCII. */
function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function qualified(prefix: string, name: string): string {
  return prefix === '' ? name : `${prefix}:${name}`;
}

function expandedName({ namespace, name }: XmlAttribute): string {
  return `${namespace} ${name}`;
}

function namespaceOf(prefix: string, scope: ReadonlyMap<string, string>): string {
  const namespace = scope.get(prefix);
  if (namespace === undefined) throw malformed(`a prefix that stands for nothing (${prefix})`);
  return namespace;
}

export function malformed(detail: string): Failure {
  return new Failure('nvidia/rim-malformed', { detail });
}
