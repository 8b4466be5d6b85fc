/** Whom to ask for collateral: the makers of hardware, or whoever stands in for them. */
import { type Command, InvalidArgumentError } from 'commander';
import type { KeptAnswers } from '../../collateral/kept-answers.js';
import type { Makers } from '../../collateral/renewal.js';
import type { DataFolder } from '../data-folder.js';

export interface MakersOptions {
  readonly pccs?: string;
  readonly kds?: string;
  readonly nvidiaOcsp?: string;
  readonly nvidiaRim?: string;
  readonly nvidiaKeys?: string;
  /** Seconds. */
  readonly timeout?: number;
}

export function withMakersOptions(command: Command): Command {
  return command
    .option('--pccs <url>', "ask this cache (PCCS) in place of Intel's service", urlArgument)
    .option('--kds <url>', "ask this in place of AMD's service", urlArgument)
    .option('--nvidia-ocsp <url>', "ask this in place of NVIDIA's OCSP responder", urlArgument)
    .option('--nvidia-rim <url>', "ask this in place of NVIDIA's service of manifests", urlArgument)
    .option(
      '--nvidia-keys <url>',
      "ask this in place of NVIDIA's attestation service for its keys",
      urlArgument,
    )
    .option('--timeout <seconds>', 'how long one answer may take, up to 600 (default: 20)', secondsArgument);
}

/** `offline`: answers from what the data folder keeps alone. */
export async function openMakers(
  { collateral }: DataFolder,
  options: MakersOptions,
  { offline, onProblem }: { readonly offline: boolean; readonly onProblem: (problem: Error) => void },
): Promise<Required<Makers>> {
  const [
    { KeptAnswers },
    { Publisher },
    { INTEL, IntelCollateral, pccs },
    { AMD_KDS, AmdCollateral },
    { NVIDIA, NvidiaCollateral },
  ] = await Promise.all([
    import('../../collateral/kept-answers.js'),
    import('../../collateral/publisher.js'),
    import('../../collateral/intel.js'),
    import('../../collateral/amd.js'),
    import('../../collateral/nvidia.js'),
  ]);
  const kept: KeptAnswers = new KeptAnswers(collateral);
  const now = () => Math.floor(Date.now() / 1000);
  const timeout = options.timeout === undefined ? {} : { timeout: options.timeout * 1000 };
  const publisher = new Publisher({ kept, now, offline, onProblem, ...timeout });
  return {
    intel: new IntelCollateral(publisher, options.pccs === undefined ? INTEL : pccs(options.pccs)),
    amd: new AmdCollateral(publisher, options.kds ?? AMD_KDS),
    nvidia: new NvidiaCollateral(publisher, now, {
      ocsp: options.nvidiaOcsp ?? NVIDIA.ocsp,
      manifests: options.nvidiaRim ?? NVIDIA.manifests,
      keys: options.nvidiaKeys ?? NVIDIA.keys,
    }),
  };
}

/** Without a stroke at its end, because paths are put behind it. */
function urlArgument(text: string): string {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) throw new InvalidArgumentError('It takes a URL.');
  return text.replace(/\/+$/, '');
}

function secondsArgument(text: string): number {
  const seconds = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (seconds < 1 || seconds > 600) throw new InvalidArgumentError('It takes a number of seconds.');
  return seconds;
}
