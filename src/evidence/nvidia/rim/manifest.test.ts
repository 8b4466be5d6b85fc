import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import '../../../shell/node.js';
import {
  type ManifestOptions,
  makeManifest,
  makeReferenceHouse,
} from '../../../../test/support/evidence/manifest-maker.js';
import { DURING, pinned } from '../../../../test/support/evidence/x509-maker.js';
import { reasonOf, reasonOfAsync } from '../../../../test/support/failure.js';
import { mutants, parseOrRefuse } from '../../../../test/support/mutation.js';
import { thorough } from '../../../../test/support/thoroughness.js';
import { toHex } from '../../../bytes/hex.js';
import { utf8 } from '../../../bytes/octets.js';
import type { ReasonCode } from '../../../reason.js';
import { checkManifest, parseManifest } from './manifest.js';

const house = makeReferenceHouse();
const roots = [pinned(house[3])];
const measurements = new Map([
  [1, ['ab'.repeat(48)]],
  [3, ['cd'.repeat(48), 'ef'.repeat(48)]],
]);
const made = (options: ManifestOptions = {}) => makeManifest(house, { measurements, ...options });
const replaced = (from: string | RegExp, to: string): ManifestOptions => ({
  changed: text => text.replace(from, to),
});

async function verdict(bytes: Uint8Array): Promise<void> {
  await checkManifest(parseManifest(bytes), roots, DURING);
}

describe('a reference manifest', () => {
  it('is read, and its signature is over the canonical form that the tests write by hand', async () => {
    const manifest = parseManifest(made());
    await checkManifest(manifest, roots, DURING);
    expect(manifest).toMatchObject({ product: 'GH100', version: '550.90.07', tagId: 'ab'.repeat(48) });
    expect(manifest.chain).toHaveLength(4);
    expect([...manifest.measurements].map(([index, values]) => [index, values.map(toHex)])).toEqual([
      ...measurements,
    ]);
  });

  it('says the same in other words of XML, and is signed the same', async () => {
    const sent = new TextDecoder().decode(made());
    const other = sent
      .replace(
        '<ns0:Entity name="Test Corporation" role="softwareCreator tagCreator"/>',
        '<ns0:Entity role="softwareCreator tagCreator" name="Test Corporation"></ns0:Entity>',
      )
      .replace(/\n$/, '\n\n\n');
    expect(other).not.toBe(sent);
    await verdict(utf8(other));
  });

  it.each<[string, ManifestOptions, ReasonCode]>([
    [
      'changed',
      { tampered: text => text.replace('edition="GPU"', 'edition="gpu"') },
      'nvidia/rim-digest-mismatch',
    ],
    [
      'with a measurement switched off',
      { tampered: text => text.replace('"True"', '"False"') },
      'nvidia/rim-digest-mismatch',
    ],
    [
      'with another blank between elements',
      { tampered: text => text.replace('\n    <ns0:Meta', '\n     <ns0:Meta') },
      'nvidia/rim-digest-mismatch',
    ],
    [
      'whose digest is of something else',
      { digest: Buffer.alloc(48).toString('base64') },
      'nvidia/rim-digest-mismatch',
    ],
    ['signed with another key', { keys: house[1].keys }, 'nvidia/rim-signature-invalid'],
    [
      'with a changed reference',
      {
        tampered: text =>
          text
            .replace('<ds:SignatureValue>', '<ds:SignatureValue>')
            .replace(/(<ds:SignatureValue>.{8})./, '$1A'),
      },
      'nvidia/rim-signature-invalid',
    ],
    [
      'without its root',
      { chain: house.slice(0, 3).map(({ certificate }) => certificate) },
      'certificate/root-unknown',
    ],
    [
      'with certificates in another order',
      { chain: [house[0], house[2], house[1], house[3]].map(({ certificate }) => certificate) },
      'certificate/issuer-mismatch',
    ],
    [
      'signed by an authority',
      { signer: house[1], chain: house.slice(1).map(({ certificate }) => certificate) },
      'nvidia/signer-unfit',
    ],
  ])('%s is refused', async (_, options, code) => {
    expect(await reasonOfAsync(() => verdict(made(options)))).toBe(code);
  });

  it.each<[string, ManifestOptions]>([
    ['a patch of another', replaced('patch="false"', 'patch="true"')],
    ['a supplement of another', replaced('supplemental="false"', 'supplemental="true"')],
    ['one of another namespace', replaced(/xmlns(:ns0)?="http:..standards[^"]*"/g, 'xmlns$1="urn:x"')],
    ['one without a version', replaced(/colloquialVersion="[^"]*" /, '')],
    ['one without a product', replaced(/ product="[^"]*"/, '')],
    ['a measurement that is neither on nor off', replaced('active="True"', 'active="true"')],
    ['a measurement twice', replaced('index="5"', 'index="6"')],
    ['a measurement of no index', replaced('index="5"', 'index="05"')],
    ['a measurement of an index too high', replaced('index="5"', 'index="255"')],
    ['a measurement of another size', replaced(/size="48"/, 'size="47"')],
    ['a measurement of fewer alternatives than it has', replaced('alternatives="2"', 'alternatives="1"')],
    ['a measurement of more alternatives than it has', replaced('alternatives="2"', 'alternatives="3"')],
    ['a measurement of no alternatives', replaced(/alternatives="1" ns2:Hash0="(00)+"/, 'alternatives="0"')],
    ['a digest that is none', replaced('Hash0="00', 'Hash0="0g')],
    ['a digest of another length', replaced('Hash0="00', 'Hash0="')],
    ['a digest under another name', replaced('ns2:Hash0', 'ns2:Hash7')],
    ['a resource of another type', replaced('type="Measurement"', 'type="File"')],
    ['another element in the payload', replaced('<ns0:Resource', '<ns0:Other')],
    ['text in the payload', replaced('\n    </ns0:Payload>', 'x\n    </ns0:Payload>')],
    ['text among the elements', replaced('\n    <ns0:Meta', 'x\n    <ns0:Meta')],
    ['a surplus element', replaced('<ns0:Entity', '<ns0:Link/><ns0:Entity')],
    [
      'an element in a measurement',
      { tampered: text => text.replace('size="48"/>', 'size="48"><ns0:Resource/></ns0:Resource>') },
    ],
    [
      'a signature that is canonicalised in another way',
      replaced('2006/12/xml-c14n11', '2001/10/xml-exc-c14n#'),
    ],
    ['a signature in another algorithm', replaced('#ecdsa-sha384', '#hmac-sha1')],
    ['a digest in another algorithm, as sent', replaced('more#sha384"', 'more#sha1"')],
    ['a transform that is another', replaced('#enveloped-signature', '#base64')],
    ['a reference to a part', replaced('URI=""', 'URI="#x"')],
    ['a reference without an address', replaced(' URI=""', '')],
    ['a reference with a type', replaced('URI=""', 'URI="" Type="x"')],
    ['two references', { tampered: text => text.replace(/(<ds:Reference .*<\/ds:Reference>)/, '$1$1') }],
    [
      'a third transform',
      { tampered: text => text.replace('</ds:Transforms>', '<ds:Transform Algorithm="x"/></ds:Transforms>') },
    ],
    [
      'a parameter of a method',
      { tampered: text => text.replace(/(ecdsa-sha384")\/>/, '$1>1</ds:SignatureMethod>') },
    ],
    [
      'a second attribute of a method',
      { tampered: text => text.replace('ecdsa-sha384"', 'ecdsa-sha384" x="1"') },
    ],
    [
      'a signature of another length',
      { tampered: text => text.replace(/<ds:SignatureValue>..../, '<ds:SignatureValue>') },
    ],
    [
      'a signature that is no base64',
      { tampered: text => text.replace(/<ds:SignatureValue>./, '<ds:SignatureValue>*') },
    ],
    ['a digest of another length in the signature', { digest: Buffer.alloc(47).toString('base64') }],
    ['no certificate', { chain: [] }],
    ['eleven certificates', { chain: new Array(11).fill(house[0].certificate) }],
    [
      'a key that is named in another way',
      { tampered: text => text.replace('<ds:X509Data>', '<ds:KeyName>x</ds:KeyName><ds:X509Data>') },
    ],
    ['a second signature', { tampered: text => text.replace(/(<ds:Signature .*<\/ds:Signature>)/s, '$1$1') }],
    [
      'an object in the signature',
      { tampered: text => text.replace('</ds:Signature>', '<ds:Object/></ds:Signature>') },
    ],
    [
      'a signature around the rest',
      { tampered: text => text.replace('<ns0:Entity', '<ds:Signature xmlns:ds="u"/><ns0:Entity') },
    ],
  ])('%s is no manifest', (_, options) => {
    const bytes = made(options);
    expect(reasonOf(() => parseManifest(bytes))).toBe('nvidia/rim-malformed');
  });

  it('a certificate in it that is none is refused', () => {
    const bytes = made({ chain: [Uint8Array.of(0x30, 0)] });
    expect(reasonOf(() => parseManifest(bytes))).toBe('certificate/malformed');
  });
});

describe('whatever is changed in a manifest', () => {
  const bytes = made();
  const CODES = ['nvidia/rim-malformed', 'certificate/malformed'] as const;

  it('no flipped bit leaves it signed', async () => {
    for (let at = 0; at < bytes.length; at += thorough(1, 197)) {
      const changed = bytes.slice();
      changed[at] = (changed[at] as number) ^ (1 << (at % 7));
      const manifest = parseOrRefuse(() => parseManifest(changed), CODES);
      if (manifest === undefined) continue;
      expect(await reasonOfAsync(() => checkManifest(manifest, roots, DURING)), `byte ${at}`).toMatch(
        /^(nvidia|certificate)\//,
      );
    }
  });

  it('it is read or refused', () => {
    fc.assert(
      fc.property(mutants([bytes]), mutant => {
        parseOrRefuse(() => parseManifest(mutant), CODES);
      }),
      { numRuns: thorough(3000, 50) },
    );
  });
});
