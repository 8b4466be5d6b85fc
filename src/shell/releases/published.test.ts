import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import '../node.js';
import { Failure } from '../../reason.js';
import { publicRoot } from './public-root.js';
import { type ReleaseTrust, verifyRelease } from './verify-release.js';

const published = (name: string) =>
  new Uint8Array(readFileSync(new URL(`../../../test/releases/${name}`, import.meta.url)));
const ANY = { predicateType: null, measured: [], subject: null, builder: null, source: null };

const ROUTER = published('confidential-model-router-0.0.38.sigstore.json');
const workflows = 'https://github.com/tinfoilsh/confidential-model-router/.github/workflows';
const GITHUB: ReleaseTrust = {
  by: 'sigstore',
  bytes: await publicRoot(),
  issuer: 'https://token.actions.githubusercontent.com',
  identity: `${workflows}/build.yml@refs/tags/*`,
};

describe('a release that Tinfoil has published', () => {
  it('is verified to the root of the public instance', async () => {
    const release = await verifyRelease(ROUTER, GITHUB, ANY);
    expect(release.signer.identity).toBe(`${workflows}/build.yml@refs/tags/v0.0.38`);
    expect(release.what).toEqual({
      kind: 'software',
      measurements: [
        '09ef32acf90fcfeb6206d1a46c13145cef736ebbb83f18eaff680b686232031546ff5fd39c44599699ee8734cbbeb519',
        'a7ed1bcbe696222ecf956f2c78a3b29fcc8ca24831a4751b58f5858d537fbf29666e7949e8402599c96f41a80f7fe253',
        'ddce36c7bebf841b3a4ff0c8c2df63869f102b74904063efc24244bf5b983b44e87f610c73f963bd3e859014903508c3',
      ],
    });
  });

  it('is nobody else’s', async () => {
    const identity = GITHUB.identity.replace('model-router', 'other-router');
    await expect(verifyRelease(ROUTER, { ...GITHUB, identity }, ANY)).rejects.toMatchObject({
      code: 'sigstore/identity-refused',
    });
  });

  it('with any of its bytes changed says the same, or nothing: no exception but a failure', {
    timeout: 120_000,
  }, async () => {
    const genuine = await verifyRelease(ROUTER, GITHUB, ANY);
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: ROUTER.length - 1 }),
        fc.integer({ min: 1, max: 255 }),
        async (at, difference) => {
          const changed = ROUTER.slice();
          changed[at] = (changed[at] ?? 0) ^ difference;
          try {
            const { bundle: _, ...rest } = await verifyRelease(changed, GITHUB, ANY);
            expect(genuine).toMatchObject(rest);
          } catch (error) {
            expect(error).toBeInstanceOf(Failure);
          }
        },
      ),
      { numRuns: 150 },
    );
  });
});

describe('models that the first implementation of OpenSSF Model Signing has signed', () => {
  it('by a key', async () => {
    const trust = { by: 'key', bytes: published('oms-key.pem') } as const;
    const { what } = await verifyRelease(published('oms-1.1.0-elliptic-key.sigstore.json'), trust, ANY);
    expect(what).toMatchObject({
      kind: 'model',
      model: { digest: '92745110b1ab4368471cbe31664e10174e954b113a3df333db860317b2c6dec4', files: 2 },
    });
  });

  it('by a certificate of an authority', async () => {
    const trust = {
      by: 'authority',
      bytes: published('oms-ca.pem'),
      identity: 'intermediate-ca',
      asOf: Date.UTC(2026, 0, 1),
    } as const;
    const { what, signer } = await verifyRelease(
      published('oms-1.1.0-certificate.sigstore.json'),
      trust,
      ANY,
    );
    expect(signer.issuer).toBe('root-ca');
    expect(what).toMatchObject({
      model: { digest: '61d4849d9d90076d6215f4d525f13d6574af8e3f67aef3e6f36fc40a14fdd226' },
    });
  });
});
