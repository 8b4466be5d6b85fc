import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { failureOf, reasonOf } from '../../../../test/support/failure.js';
import { utf8 } from '../../../bytes/octets.js';
import { canonicalXml, parseXml, type XmlElement } from './xml.js';

const parsed = (text: string) => parseXml(utf8(text));
const canonical = (text: string) => canonicalXml(parsed(text));
const childOf = (element: XmlElement, at = 0) =>
  element.children.filter(child => typeof child !== 'string')[at] as XmlElement;

describe('reading the part of XML that manifests have', () => {
  it('elements, attributes, namespaces and text as they stand there', () => {
    const root = parsed('<a xmlns="urn:a" xmlns:b="urn:b" b:x="1" x="2">\n <b:c/>\ttext</a>\n\n');
    expect(root).toMatchObject({ prefix: '', name: 'a', namespace: 'urn:a' });
    expect(root.attributes).toEqual([
      { prefix: 'b', name: 'x', namespace: 'urn:b', value: '1' },
      { prefix: '', name: 'x', namespace: '', value: '2' },
    ]);
    expect(childOf(root)).toMatchObject({ prefix: 'b', name: 'c', namespace: 'urn:b', children: [] });
    expect(root.children.at(-1)).toBe('\ttext');
  });

  it('a namespace counts until another takes its prefix', () => {
    const root = parsed('<p:a xmlns:p="urn:1"><p:b xmlns:p="urn:2"><p:c/></p:b><p:d/></p:a>');
    const inner = childOf(root);
    expect([root, inner, childOf(inner), childOf(root, 1)].map(({ namespace }) => namespace)).toEqual([
      'urn:1',
      'urn:2',
      'urn:2',
      'urn:1',
    ]);
  });

  it.each([
    ['a declaration', '<?xml version="1.0"?><a/>'],
    ['a document type', '<!DOCTYPE a><a/>'],
    ['an entity', '<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>'],
    ['a reference to a character', '<a>&#65;</a>'],
    ['a reference in an attribute', '<a x="&lt;"/>'],
    ['a comment', '<a><!-- x --></a>'],
    ['a comment before', '<!-- x --><a/>'],
    ['a comment behind', '<a/><!-- x -->'],
    ['an instruction', '<a><?x y?></a>'],
    ['CDATA', '<a><![CDATA[x]]></a>'],
    ['a right angle bracket in a text', '<a>x>y</a>'],
    ['other quotes', "<a x='1'/>"],
    ['a quotation mark in a value', '<a x="1"2"/>'],
    ['a line end in a value', '<a x="1\n"/>'],
    ['a tab in a value', '<a x="\t"/>'],
    ['a carriage return', '<a>\r\n</a>'],
    ['another line end', '<a>\u2028</a>'],
    ['a letter of other scripts', '<a>\u00e4</a>'],
    ['a control character', '<a>\0</a>'],
    ['two blanks in a tag', '<a  x="1"/>'],
    ['a blank at the end of a tag', '<a x="1" />'],
    ['a blank in an end tag', '<a></a >'],
    ['a blank before equals', '<a x ="1"/>'],
    ['a line in a tag', '<a\nx="1"/>'],
    ['no blank between attributes', '<a x="1"y="2"/>'],
    ['an attribute twice', '<a x="1" x="2"/>'],
    ['an attribute twice under two prefixes', '<a xmlns:p="u" xmlns:q="u" p:x="1" q:x="2"/>'],
    ['a namespace twice', '<a xmlns:p="u" xmlns:p="v"/>'],
    ['a namespace that is taken back', '<a xmlns="u"><b xmlns=""/></a>'],
    ['a prefix that is taken back', '<a xmlns:p="u"><b xmlns:p=""/></a>'],
    ['a reserved prefix', '<a xmlns:xml="u"/>'],
    ['a prefix that begins as the reserved', '<a xmlns:XMLa="u"/>'],
    ['an attribute of XML itself', '<a xml:space="preserve"/>'],
    ['an unknown prefix', '<p:a/>'],
    ['an unknown prefix of an attribute', '<a p:x="1"/>'],
    ['two colons', '<p:q:a xmlns:p="u"/>'],
    ['an end tag of another', '<a></b>'],
    ['an end tag of another prefix', '<p:a xmlns:p="u" xmlns:q="u"></q:a>'],
    ['no end', '<a><b></b>'],
    ['two roots', '<a/><b/>'],
    ['text before', ' <a/>'],
    ['text behind', '<a/> '],
    ['a byte order mark', '\ufeff<a/>'],
    ['nothing', ''],
    ['a long name', `<${'a'.repeat(65)}/>`],
    ['a long value', `<a x="${'a'.repeat(4097)}"/>`],
    ['many attributes', `<a ${Array.from({ length: 65 }, (_, at) => `a${at}="1"`).join(' ')}/>`],
    ['many elements', `<a>${'<b/>'.repeat(2000)}</a>`],
    ['deep elements', `${'<a>'.repeat(14)}${'</a>'.repeat(14)}`],
    ['much', `<a>${'x'.repeat(128 * 1024)}</a>`],
  ])('%s is refused', (_, text) => {
    expect(reasonOf(() => parsed(text))).toBe('nvidia/rim-malformed');
  });

  it('says where', () => {
    expect(failureOf(() => parsed('<a><b></a>')).detail).toBe('no </b> at 6');
  });

  it('bytes that are no UTF-8 are no text either', () => {
    expect(reasonOf(() => parseXml(Uint8Array.of(0x3c, 0x61, 0x2f, 0xff)))).toBe('nvidia/rim-malformed');
  });
});

/** Source: Canonical XML 1.1 §2.3, §2.4, §3; each result written by hand. */
describe('the canonical form', () => {
  it.each([
    ['empty elements have an end tag', '<a><b/></a>', '<a><b></b></a>'],
    ['white space in text stays', '<a>\n\t <b> x </b>\n</a>', '<a>\n\t <b> x </b>\n</a>'],
    ['what is behind the root goes', '<a/>\n\n', '<a></a>'],
    ['attributes in order of their names', '<a c="1" b="2" B="3"/>', '<a B="3" b="2" c="1"></a>'],
    [
      'attributes in order of their namespaces, those without one first',
      '<a xmlns:y="urn:1" xmlns:x="urn:2" x:a="1" y:b="2" c="3"/>',
      '<a xmlns:x="urn:2" xmlns:y="urn:1" c="3" y:b="2" x:a="1"></a>',
    ],
    [
      'namespaces before attributes, in order of their prefixes, that without one first',
      '<a b="1" xmlns:d="urn:d" xmlns="urn:a" xmlns:c="urn:c"/>',
      '<a xmlns="urn:a" xmlns:c="urn:c" xmlns:d="urn:d" b="1"></a>',
    ],
    [
      'a namespace is written where it begins to count, and not again',
      '<a xmlns:p="urn:1"><p:b xmlns:p="urn:1"/><p:c xmlns:p="urn:2"><p:d/></p:c></a>',
      '<a xmlns:p="urn:1"><p:b></p:b><p:c xmlns:p="urn:2"><p:d></p:d></p:c></a>',
    ],
    [
      'a namespace that nothing uses is written',
      '<a><b xmlns:p="urn:1"/></a>',
      '<a><b xmlns:p="urn:1"></b></a>',
    ],
  ])('%s', (_, text, expected) => {
    expect(canonical(text)).toBe(expected);
  });

  it('of an element alone has the namespaces that count there', () => {
    const root = parsed('<a xmlns="urn:a" xmlns:p="urn:p"><p:b x="1"><c/></p:b></a>');
    expect(canonicalXml(childOf(root))).toBe('<p:b xmlns="urn:a" xmlns:p="urn:p" x="1"><c></c></p:b>');
  });

  it('leaves out an element, and nothing around it', () => {
    const root = parsed('<a> <b>x</b>\n<b>y</b></a>');
    expect(canonicalXml(root, childOf(root))).toBe('<a> \n<b>y</b></a>');
  });

  const name = fc.constantFrom('a', 'b', 'p:c', 'q:d');
  const tree: fc.Arbitrary<string> = fc
    .letrec<{ element: string }>(tie => ({
      element: fc
        .tuple(
          name,
          fc.uniqueArray(fc.constantFrom('x="1"', 'p:y="2"', 'q:z="3"', 'xmlns:p="urn:3"', 'xmlns="urn:4"')),
          fc.array(fc.oneof({ depthSize: 'small' }, fc.constantFrom('', ' \n', 'text'), tie('element')), {
            maxLength: 3,
          }),
        )
        .map(([tag, attributes, inner]) => `<${[tag, ...attributes].join(' ')}>${inner.join('')}</${tag}>`),
    }))
    .element.map(inner => `<r xmlns:p="urn:1" xmlns:q="urn:2">${inner}</r>`);

  it('is its own canonical form, and no two documents have it that say different things', () => {
    fc.assert(
      fc.property(tree, text => {
        const once = canonical(text);
        expect(canonical(once)).toBe(once);
        expect(meaning(parsed(once))).toEqual(meaning(parsed(text)));
      }),
    );
  });
});

/** What a document says: names and namespaces, and not in which order attributes stand or how an empty element is written. */
function meaning({ namespace, name, attributes, children }: XmlElement): unknown {
  const own = attributes
    .map(attribute => `${attribute.namespace} ${attribute.name} ${attribute.value}`)
    .sort();
  const inner = children.map(child => (typeof child === 'string' ? child : meaning(child)));
  return { namespace, name, own, inner };
}
