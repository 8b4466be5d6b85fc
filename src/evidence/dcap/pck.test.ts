import { describe, expect, it } from 'vitest';
import { COMPONENTS, makePck, sgxExtension, sgxMember } from '../../../test/support/evidence/dcap.js';
import { failureOf } from '../../../test/support/failure.js';
import { describeGenuine, genuine } from '../../../test/support/vectors.js';
import { DER } from '../../bytes/der.js';
import { element, integer, octetString } from '../../bytes/der-writer.js';
import { toHex } from '../../bytes/hex.js';
import { parseCertificate } from '../x509/certificate.js';
import { pckChainOf } from './chains.js';
import { platformOf } from './pck.js';
import { parseQuote } from './quote.js';

const platform = (sgx: Uint8Array | null) => platformOf(parseCertificate(makePck({ sgx }).certificate));

describe("a processor's certificate", () => {
  it('says which platform it is, and its security versions', () => {
    expect(platform(sgxExtension({ fmspc: Uint8Array.of(1, 2, 3, 4, 5, 6), pceSvn: 0x1234 }))).toEqual({
      fmspc: Uint8Array.of(1, 2, 3, 4, 5, 6),
      pceId: new Uint8Array(2),
      ppid: new Uint8Array(16).fill(0x11),
      components: COMPONENTS,
      cpuSvn: Uint8Array.from(COMPONENTS),
      pceSvn: 0x1234,
      platformInstanceId: new Uint8Array(16).fill(0x66),
    });
  });

  it('of the Processor CA has no platform instance', () => {
    expect(platform(sgxExtension({ members: members => members.slice(0, 5) })).platformInstanceId).toBeNull();
  });

  const without = (at: number) => (members: Uint8Array[]) => members.filter((_, i) => i !== at);
  const instead = (at: number, member: Uint8Array) => (members: Uint8Array[]) =>
    members.map((own, i) => (i === at ? member : own));
  it.each<[string, Uint8Array | null]>([
    ['no such extension', null],
    ['nothing', new Uint8Array()],
    ['something else', octetString(new Uint8Array(4))],
    ['no PPID', sgxExtension({ members: without(0) })],
    ['no TCB', sgxExtension({ members: without(1) })],
    ['no PCEID', sgxExtension({ members: without(2) })],
    ['no FMSPC', sgxExtension({ members: without(3) })],
    ['a member twice', sgxExtension({ members: members => [...members, ...members.slice(3, 4)] })],
    [
      'a member of another extension',
      sgxExtension({ members: instead(4, element(DER.sequence, Uint8Array.of(6, 2, 42, 3), integer(1))) }),
    ],
    [
      'a member of one part',
      sgxExtension({ members: instead(4, element(DER.sequence, Uint8Array.of(6, 2, 42, 3))) }),
    ],
    [
      'a member of three parts',
      sgxExtension({
        members: instead(0, element(DER.sequence, Uint8Array.of(6, 2, 42, 3), integer(1), integer(1))),
      }),
    ],
    ['an FMSPC of seven octets', sgxExtension({ fmspc: new Uint8Array(7) })],
    ['an FMSPC that is a number', sgxExtension({ members: instead(3, sgxMember('4', integer(1))) })],
    [
      'a platform instance of 15 octets',
      sgxExtension({ members: instead(5, sgxMember('6', octetString(new Uint8Array(15)))) }),
    ],
    ['a component over 255', sgxExtension({ components: COMPONENTS.map((svn, i) => (i === 3 ? 256 : svn)) })],
    ['a PCE over 65,535', sgxExtension({ pceSvn: 0x10000 })],
    ['15 components', sgxExtension({ tcbMembers: without(15) })],
    ['no PCESVN', sgxExtension({ tcbMembers: without(16) })],
    ['no CPUSVN', sgxExtension({ tcbMembers: without(17) })],
    ['a component twice', sgxExtension({ tcbMembers: members => [...members, ...members.slice(0, 1)] })],
  ])('is refused with %s', (_what, sgx) => {
    expect(failureOf(() => platform(sgx)).code).toBe('quote/pck-malformed');
  });
});

describeGenuine('genuine certificates', () => {
  it.each([
    ['tdx_quote', 'b0c06f000000', 11, '03030202040100050000000000000000', true],
    ['tdx_quote_outdated', '90c06f000000', 13, '03030202040100030000000000000000', true],
    ['sgx_quote', '00a067110000', 13, null, false],
  ] as const)('%s', (name, fmspc, pceSvn, cpuSvn, isPlatform) => {
    const own = platformOf(pckChainOf(parseQuote(genuine(`tdx/${name}`))).leaf);
    expect(toHex(own.fmspc)).toBe(fmspc);
    expect(own.pceSvn).toBe(pceSvn);
    expect(own.cpuSvn).toEqual(Uint8Array.from(own.components));
    if (cpuSvn !== null) expect(toHex(own.cpuSvn)).toBe(cpuSvn);
    expect(own.platformInstanceId !== null).toBe(isPlatform);
  });
});
