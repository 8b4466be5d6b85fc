/** Which releases were named on the command line, whom to believe about them, and what they have to be. */
import type { Command } from 'commander';
import { bundlesIn } from '../../../evidence/release/bundles-in.js';
import type { SignedRelease } from '../../../evidence/release/release.js';
import { MAX_BUNDLE_BYTES } from '../../../evidence/sigstore/bundle.js';
import { isIdentityPattern } from '../../../evidence/sigstore/identity.js';
import { Failure } from '../../../reason.js';
import { publicRoot } from '../../releases/public-root.js';
import { kindOfRoot, trustIn } from '../../releases/trust-in.js';
import { verifyRelease } from '../../releases/verify-release.js';
import { collect } from '../collect.js';
import { UsageError } from '../exit-code.js';
import { readInput } from '../files.js';
import { timeArgument } from '../time-argument.js';

const MAX_ROOT_BYTES = 1 << 20;

export interface ReleaseOptions {
  readonly root?: string;
  readonly issuer?: string;
  readonly identity: readonly string[];
  readonly type?: string;
  readonly subject?: string;
  readonly measured: readonly string[];
  readonly builder?: string;
  readonly source?: string;
  readonly asOf?: number;
  readonly json?: true;
}

export function withReleaseOptions(command: Command): Command {
  return command
    .argument(
      '<bundle...>',
      'signed bundles of Sigstore, version 0.3, or attestations of Tinfoil that bring one along',
    )
    .option(
      '--root <file>',
      "whom to believe: a trusted root of Sigstore's in JSON, a public key or certificates of an authority in PEM (default: the root of the public instance)",
    )
    .option(
      '--issuer <url>',
      'who vouches for the signer, such as https://token.actions.githubusercontent.com',
    )
    .option(
      '--identity <name>',
      'who has signed, exactly; a workflow may end in @refs/tags/*. Repeat it for several of whom it may be one',
      collect,
      [],
    )
    .option('--type <uri>', 'the predicate type that the statement must have')
    .option('--subject <sha256>', 'the digest of something that the statement must be about')
    .option(
      '--measured <name>',
      'a subject whose digest is a measurement; repeat it for several',
      collect,
      [],
    )
    .option('--builder <uri>', 'who must have built it, by SLSA provenance')
    .option('--source <uri>', 'the repository that it must have been built from, by SLSA provenance')
    .option('--as-of <time>', 'when certificates of an authority must be valid (default: now)', timeArgument)
    .option('--json', 'print one line of JSON instead of words');
}

/** One of the bundles, verified. */
export interface GivenRelease {
  readonly path: string;
  readonly bundle: Uint8Array;
  readonly root: Uint8Array;
  readonly release: SignedRelease;
}

/** Throws the failure of the first that is not what was asked for, and usage errors. */
export async function givenReleases(
  paths: readonly string[],
  options: ReleaseOptions,
): Promise<readonly GivenRelease[]> {
  const open = options.identity.find(identity => !isIdentityPattern(identity));
  if (open !== undefined)
    throw new UsageError(
      `--identity "${open}" leaves open who it is. Write it out; only what stands behind @refs/tags/ or @refs/heads/ may be *.`,
    );
  if (options.subject !== undefined && !/^[0-9a-f]{64}$/.test(options.subject))
    throw new UsageError('--subject takes a SHA-256 in small hexadecimal.');
  const root =
    options.root === undefined ? await publicRoot() : await readInput(options.root, MAX_ROOT_BYTES);
  requireMeaning(root, options);
  const given: GivenRelease[] = [];
  for (const path of paths) {
    for (const bundle of bundlesIn(await readInput(path, MAX_BUNDLE_BYTES)))
      given.push({ path, bundle, root, release: await verifyOne(bundle, root, options) });
  }
  return given;
}

/** A name that nobody compares would look as if it had been. Throws a usage error. */
function requireMeaning(root: Uint8Array, { root: file, identity, issuer }: ReleaseOptions): void {
  const kind = kindOfRoot(root);
  const idle = [
    ...(identity.length > 0 && kind === 'key' ? ['--identity'] : []),
    ...(issuer !== undefined && kind !== 'sigstore' ? ['--issuer'] : []),
  ];
  if (idle.length === 0) return;
  const who = kind === 'key' ? 'a public key, and only that key can have signed' : 'an authority of its own';
  throw new UsageError(`${file} is ${who}: leave ${idle.join(' and ')} out.`);
}

/** By whichever of the identities that were named. */
async function verifyOne(
  bundle: Uint8Array,
  root: Uint8Array,
  options: ReleaseOptions,
): Promise<SignedRelease> {
  const { issuer = null, asOf = Date.now(), type, subject, measured, builder, source } = options;
  const identities = options.identity.length === 0 ? [null] : options.identity;
  let refused: Failure | null = null;
  for (const identity of identities) {
    try {
      return await verifyRelease(bundle, trustIn(root, { issuer, identity, asOf }), {
        predicateType: type ?? null,
        measured,
        subject: subject ?? null,
        builder: builder ?? null,
        source: source ?? null,
      });
    } catch (error) {
      if (!(error instanceof Failure) || error.code !== 'sigstore/identity-refused') throw error;
      refused = error;
    }
  }
  throw refused;
}
