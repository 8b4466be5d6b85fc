/** The parties of the sample exchange: one operator with a log, an issuer and three witnesses, and somebody whom nobody knows. */
import { parseTrust, policyText, type Trust, type TrustFile } from '../../src/appraise/trust.js';
import { utf8 } from '../../src/bytes/octets.js';
import { formatVerifierKey, keyLabel, type VerifierKey } from '../../src/note/key.js';
import { testCosigner, testKey, testMlDsaCosigner } from './keys.js';

export const ORIGIN = 'log.example/sample';
export const OPERATOR = 'Sample Operator';

export const LOG = testKey(ORIGIN, 101);
export const ISSUER = testKey(`${ORIGIN}/issuer`, 102);
export const WITNESSES = [103, 104, 105].map((seed, index) =>
  testCosigner(`witness-${index + 1}.example`, seed),
);
/** The key with which the log would state when it signed; the sample's trust file has none. */
export const LOG_COSIGNER = testMlDsaCosigner(ORIGIN, 108);
/** Keys that the trust file does not name. */
export const STRANGER = testKey('stranger.example', 106);
export const STRANGE_WITNESS = testCosigner('strange-witness.example', 107);

/** The trust file of the sample, in which all three witnesses make the quorum and the operator controls every key. */
export const TRUST_FILE: TrustFile = {
  log: formatVerifierKey(LOG.key),
  issuers: [formatVerifierKey(ISSUER.key)],
  policy: policyText(
    LOG.key,
    WITNESSES.map(({ key }) => key),
    'all',
  ),
  controllers: [{ name: OPERATOR, keys: [LOG, ISSUER, ...WITNESSES].map(({ key }) => keyLabel(key)) }],
};

/** The same with everything that a trust file can say. */
export const FULL_TRUST_FILE: TrustFile = {
  ...TRUST_FILE,
  logCosigner: formatVerifierKey(LOG_COSIGNER.key),
  controllers: [
    {
      name: OPERATOR,
      keys: [LOG, ISSUER, ...WITNESSES].map(({ key }) => keyLabel(key)),
      cloud: 'a cloud',
      jurisdiction: 'DE',
      hardware: 'a vendor',
    },
  ],
  retired: [
    {
      key: formatVerifierKey(STRANGER.key),
      role: 'issuer',
      why: 'rotated',
      until: 7,
      successor: keyLabel(ISSUER.key),
    },
    { key: formatVerifierKey(STRANGE_WITNESS.key), role: 'witness', why: 'revoked', until: 0, announced: 9 },
  ],
  statements: [{ key: keyLabel(WITNESSES[0]?.key as VerifierKey), says: 'entries-checked' }],
};

/** Reads a trust file as a relying party does, with some of its members replaced. */
export function trustWith(change: Partial<TrustFile> = {}): Trust {
  return parseTrust(utf8(JSON.stringify({ ...TRUST_FILE, ...change })));
}
