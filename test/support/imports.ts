/** What tests of imports have in common. */
import { SAFE_DCAP_POLICY } from '../../src/appraise/evidence/dcap-policy.js';
import { SAFE_NITRO_POLICY } from '../../src/appraise/evidence/nitro-policy.js';
import type { ImportCircumstances, Imported } from '../../src/appraise/imports/imported.js';
import { TEST_ROOTS } from './evidence/roots.js';
import { DURING } from './evidence/x509-maker.js';

/** A second after the tests' evidence was made, under the tests' roots. */
export const CIRCUMSTANCES: ImportCircumstances = {
  asOf: DURING + 1,
  roots: { nitro: TEST_ROOTS.nitro, dcap: TEST_ROOTS.dcap },
  policies: { nitro: SAFE_NITRO_POLICY, dcap: SAFE_DCAP_POLICY },
};

/** The verdict, with the names of the checks that failed and of those that were not made. */
export function outcomeOf({ status, code, checks }: Imported) {
  const named = (wanted: string) => checks.filter(check => check.status === wanted).map(({ name }) => name);
  return { status, code, failed: named('fail'), unmade: named('not-checked') };
}
