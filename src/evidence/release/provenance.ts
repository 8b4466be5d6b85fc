/** Who has built something, and from what, as its builder says. Source: SLSA, `provenance/v1`, `buildDefinition` and `runDetails`. */
import * as v from 'valibot';
import type { Json } from '../../bytes/json.js';
import { Failure } from '../../reason.js';
import { readMember } from '../foreign-json.js';
import type { ReleaseStatement } from './statement.js';

export const PROVENANCE_PREDICATE = 'https://slsa.dev/provenance/v1';

const Uri = v.pipe(v.string(), v.regex(/^[!-~]{1,512}$/));

const Provenance = v.object({
  buildDefinition: v.object({
    buildType: Uri,
    externalParameters: v.record(v.string(), v.unknown()),
    resolvedDependencies: v.optional(
      v.pipe(v.array(v.object({ uri: v.exactOptional(Uri) })), v.maxLength(4096)),
      [],
    ),
  }),
  runDetails: v.object({ builder: v.object({ id: Uri }) }),
});

/** As workflows of GitHub's state it. */
const Workflow = v.object({ workflow: v.object({ repository: Uri, ref: Uri }) });

export interface BuildProvenance {
  readonly builder: string;
  /** The repository, with what of it was built where that is said; null where the statement does not say it. */
  readonly source: string | null;
}

/** Null for a statement of another kind. Throws `release/statement-malformed`. */
export function provenanceIn({ predicateType, predicate }: ReleaseStatement): BuildProvenance | null {
  if (predicateType !== PROVENANCE_PREDICATE) return null;
  const { buildDefinition, runDetails } = readMember(predicate, {
    code: 'release/statement-malformed',
    schema: Provenance,
  });
  return { builder: runDetails.builder.id, source: sourceOf(buildDefinition) };
}

function sourceOf({
  externalParameters,
  resolvedDependencies,
}: v.InferOutput<typeof Provenance>['buildDefinition']): string | null {
  const workflow = v.safeParse(Workflow, externalParameters as Json);
  if (workflow.success) return `${workflow.output.workflow.repository}@${workflow.output.workflow.ref}`;
  return resolvedDependencies[0]?.uri ?? null;
}

/** What is asked of a provenance; null for anything. */
export interface ProvenancePolicy {
  readonly builder: string | null;
  /** A repository: with everything behind it, or exactly. */
  readonly source: string | null;
}

/** Throws `release/builder-refused` or `release/source-refused`. A statement that says nothing about it meets no such demand. */
export function checkProvenance(found: BuildProvenance | null, { builder, source }: ProvenancePolicy): void {
  if (builder !== null && found?.builder !== builder)
    throw new Failure('release/builder-refused', { detail: found?.builder ?? 'none' });
  const from = found?.source ?? null;
  if (source !== null && from !== source && !(from?.startsWith(`${source}@`) ?? false))
    throw new Failure('release/source-refused', { detail: from ?? 'none' });
}
