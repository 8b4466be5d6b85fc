/** Entries of an appraisal policy that rest on signatures: made from verified releases, and held against them again. */
import type { SignedOff } from '../../appraise/verdict/appraisal-policy-schema.js';
import type { SignedRelease } from '../../evidence/release/release.js';
import { Failure } from '../../reason.js';

/** As `releases` of a policy has it. */
export interface SoftwareEntry {
  readonly name: string;
  readonly measurements: readonly string[];
  readonly signed: readonly SignedOff[];
}

/** As `models` of a policy has it. */
export interface ModelEntry {
  readonly name: string;
  readonly digest: string;
  readonly signed: readonly SignedOff[];
}

export type SignedEntry =
  | { readonly list: 'releases'; readonly entry: SoftwareEntry }
  | { readonly list: 'models'; readonly entry: ModelEntry };

/**
 * One entry for all of them: the measurements of all, or the one model. `measured`: the subjects that were named as measurements. Throws
 * `release/entry-unfounded` for releases of which no one entry can be made.
 */
export function entryOf(
  name: string,
  releases: readonly SignedRelease[],
  measured: readonly string[],
): SignedEntry {
  const signed = releases.map(release => signedOff(release, measured));
  const models = releases.flatMap(({ what }) => (what.kind === 'model' ? [what.model.digest] : []));
  const measurements = releases.flatMap(({ what }) => (what.kind === 'software' ? what.measurements : []));
  const [digest, ...others] = [...new Set(models)];
  if (digest === undefined)
    return { list: 'releases', entry: { name, measurements: [...new Set(measurements)].sort(), signed } };
  if (others.length > 0 || measurements.length > 0)
    throw new Failure('release/entry-unfounded', { detail: 'of several models, or of a model and software' });
  return { list: 'models', entry: { name, digest, signed } };
}

function signedOff(release: SignedRelease, measured: readonly string[]): SignedOff {
  const { bundle, root, predicateType, provenance, signer } = release;
  return {
    bundle,
    identity: signer.identity ?? '',
    issuer: signer.issuer,
    predicateType,
    root,
    source: provenance?.source ?? null,
    ...(measured.length === 0 ? {} : { measured: [...measured] }),
  };
}

/** Throws `release/entry-unfounded` where an entry says more than the releases that it names. A measurement that is left out allows less, and may be. */
export function checkEntry(written: SignedEntry, releases: readonly SignedRelease[]): void {
  const { entry } = written;
  const made = entryOf(entry.name, releases, []);
  const unfounded = (detail: string) => new Failure('release/entry-unfounded', { field: entry.name, detail });
  if (written.list === 'models') {
    if (made.list !== 'models' || made.entry.digest !== written.entry.digest) throw unfounded('digest');
    return;
  }
  if (made.list !== 'releases') throw unfounded('a model');
  const founded = new Set(made.entry.measurements);
  const missing = written.entry.measurements.find(each => !founded.has(each));
  if (missing !== undefined) throw unfounded(missing);
}
