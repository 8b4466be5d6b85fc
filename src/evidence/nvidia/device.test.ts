import { describe, expect, it } from 'vitest';
import { makeDevice } from '../../../test/support/evidence/nvidia.js';
import { makeCertificate, testKeys } from '../../../test/support/evidence/x509-maker.js';
import { type Certificate, parseCertificate } from '../x509/certificate.js';
import { deviceOf } from './device.js';

const keys = testKeys('P-384');
const named = (subject: string): Certificate =>
  parseCertificate(makeCertificate({ subject, keys, serial: 0xab }).certificate);

describe('which device a chain is of', () => {
  it.each([
    ['GH100 A01 GSP BROM', 'GH100', 'hopper'],
    ['GB100 A01 GSP BROM', 'GB100', 'blackwell'],
    ['GB102 B01 GSP BROM', 'GB102', 'blackwell'],
    ['GB202 A01 GSP BROM', 'GB202', 'blackwell'],
    ['LS_10 A01 FSP BROM', 'LS10', 'nvswitch'],
    ['GA100 A01 GSP BROM', 'GA100', null],
    ['AD102 A01 GSP BROM', 'AD102', null],
    ['GR100 A01 GSP BROM', 'GR100', null],
    ['LS20 A01 FSP BROM', 'LS20', null],
    ['GH100', null, null],
    ['gh100 A01', null, null],
    ['XGH100 A01', null, null],
    ['NVIDIA GH100 Identity', null, null],
    ['', null, null],
    [' GH100 A01', null, null],
    ['GH100\nA01', null, null],
    ['GH1000000 A01', null, null],
  ])('%j is %s of %s', (model, chip, architecture) => {
    const device = deviceOf([named('leaf'), named(model)]);
    expect(device).toMatchObject({ model, chip, architecture, firmwareIds: [], debug: null });
  });

  it('is said by the second certificate: the first is the device’s own', () => {
    expect(deviceOf([named('GH100 A01 GSP BROM'), named('LS_10 A01 FSP BROM')])).toMatchObject({
      architecture: 'nvswitch',
      ueid: 'ab',
    });
  });

  it('is not known without certificates', () => {
    const unknown = { model: null, chip: null, architecture: null, ueid: '', firmwareIds: [], debug: null };
    expect(deviceOf([])).toEqual(unknown);
    expect(deviceOf([named('GH100 A01 GSP BROM')])).toMatchObject({ model: null, architecture: null });
  });

  it('has the firmware of its first certificate, in either form', () => {
    for (const [device, count] of [
      ['hopper', 1],
      ['nvswitch', 1],
      ['blackwell', 2],
    ] as const) {
      const chain = makeDevice({ device }).chain.map(({ certificate }) => parseCertificate(certificate));
      const { firmwareIds } = deviceOf(chain);
      expect(firmwareIds).toHaveLength(count);
      expect(firmwareIds[0]).toEqual(new Uint8Array(48).fill(0x5a));
    }
  });
});
