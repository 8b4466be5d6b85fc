/**
 * What a statement says that software measures. Two ways: a predicate that is about measurements, of those who publish one, and subjects whose digest is the measurement, which
 * whoever imports the statement has to name: in other statements a subject is a file. Source of the predicates: `tinfoilsh/tinfoil-js`, `packages/verifier`; `tinfoilsh/tinfoil-python`,
 * `attestation/types.py`.
 */
import * as v from 'valibot';
import type { Json } from '../../bytes/json.js';
import { Failure } from '../../reason.js';
import { readMember } from '../foreign-json.js';
import type { ReleaseStatement } from './statement.js';

const CODE = 'release/measurement-missing';

const Sha384 = v.pipe(v.string(), v.regex(/^[0-9a-f]{96}$/));

/** Firmware and kernel of a trust domain stand in two statements: of the software here, of the machine in the other. */
const Multiplatform = v.object({
  snp_measurement: Sha384,
  tdx_measurement: v.object({ rtmr1: Sha384, rtmr2: Sha384 }),
});
const Hardware = v.pipe(
  v.record(v.pipe(v.string(), v.maxLength(256)), v.object({ mrtd: Sha384, rtmr0: Sha384 })),
  v.check(machines => Object.keys(machines).length > 0 && Object.keys(machines).length <= 32, 'no machines'),
);

interface Reader {
  readonly read: (predicate: Json) => readonly string[];
}

const READERS: ReadonlyMap<string, Reader> = new Map([
  [
    'https://tinfoil.sh/predicate/snp-tdx-multiplatform/v1',
    {
      read: predicate => {
        const { snp_measurement, tdx_measurement } = readMember(predicate, {
          code: CODE,
          schema: Multiplatform,
        });
        return [snp_measurement, tdx_measurement.rtmr1, tdx_measurement.rtmr2];
      },
    },
  ],
  [
    'https://tinfoil.sh/predicate/hardware-measurements/v1',
    {
      read: predicate =>
        Object.values(readMember(predicate, { code: CODE, schema: Hardware })).map(({ mrtd }) => mrtd),
    },
  ],
]);

/** Predicates that are about measurements. */
export const MEASURING_PREDICATES: readonly string[] = [...READERS.keys()];

/** The hashes that hardware measures with, and how many digits each has. */
const MEASURING = { sha256: 64, sha384: 96 } as const;

/**
 * In hexadecimal, each once. `subjects`: names of those whose digest is a measurement; none for a predicate that is about them. Throws
 * `release/measurement-missing` for a statement that has none, or not of all that are named.
 */
export function measurementsIn(statement: ReleaseStatement, subjects: readonly string[]): readonly string[] {
  const named = subjects.flatMap(name => digestsOf(statement, name));
  const reader = READERS.get(statement.predicateType);
  const found = [...(reader?.read(statement.predicate) ?? []), ...named];
  if (found.length === 0)
    throw new Failure(CODE, { field: 'predicateType', detail: statement.predicateType });
  return [...new Set(found)].sort();
}

function digestsOf({ subjects }: ReleaseStatement, name: string): readonly string[] {
  const found = subjects
    .filter(subject => subject.name === name)
    .flatMap(({ digest }) =>
      Object.entries(MEASURING).flatMap(([algorithm, digits]) => {
        const found = digest.get(algorithm);
        return found?.length === digits ? [found] : [];
      }),
    );
  if (found.length === 0) throw new Failure(CODE, { field: 'subject', detail: name });
  return found;
}
