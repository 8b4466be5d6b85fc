/**
 * Evidence by a program of the operator's, for hardware that is reached by an ioctl, which Node.js has none of: Nitro's `/dev/nsm`. The program gets the bytes
 * that the document is to carry as `user_data`, in hexadecimal and with a line's end, on its standard input, writes the document to its standard output, and ends with 0.
 *
 * The program is trusted as the gateway is; what it says is bounded all the same, and has to carry what was asked for.
 */
import { execFile } from 'node:child_process';
import { toHex } from '../../bytes/hex.js';
import { checkCarried, type EvidenceSource } from '../../evidence/countersign/source.js';
import type { ProviderEvidence } from '../../evidence/providers/provider.js';
import { Failure } from '../../reason.js';

/** The most bytes of a document, and the longest that one may take, in milliseconds. */
const MAX_BYTES = 32 * 1024;
const PATIENCE = 10_000;

export class CommandSource implements EvidenceSource {
  readonly about: string;
  readonly #program: string;
  readonly #patience: number;

  /** `program`: its path; it gets no arguments, and no shell reads it. */
  constructor(program: string, patience: number = PATIENCE) {
    this.#program = program;
    this.#patience = patience;
    this.about = `nitro by ${program}`;
  }

  async evidence(carried: Uint8Array): Promise<ProviderEvidence> {
    const evidence = { kind: 'nitro', document: await this.#run(`${toHex(carried)}\n`) } as const;
    checkCarried(evidence, carried);
    return evidence;
  }

  #run(input: string): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      const options = {
        encoding: 'buffer',
        maxBuffer: MAX_BYTES,
        timeout: this.#patience,
        killSignal: 'SIGKILL',
      } as const;
      const child = execFile(this.#program, [], options, (error, output) => {
        if (error === null) return resolve(new Uint8Array(output));
        const { code, killed } = error as NodeJS.ErrnoException & { readonly killed?: boolean };
        const detail = killed === true ? 'no document in time' : `it ended with ${code ?? 'a signal'}`;
        const isMissing = code === 'ENOENT' || code === 'EACCES';
        reject(
          new Failure(isMissing ? 'attester/device-missing' : 'attester/unavailable', {
            field: this.#program,
            detail,
          }),
        );
      });
      // A program that does not read is not to end this process.
      child.stdin?.on('error', () => undefined);
      child.stdin?.end(input);
    });
  }
}
