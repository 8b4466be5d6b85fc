/**
 * What a house shows and takes under `/log/`. It shows its log from the moment that it may be read, since witnesses may have to read it before
 * they cosign; it takes entries only when the house is open. Until then it answers `gateway/opening`.
 */
import { Failure, type ReasonCode } from '../../reason.js';
import type { TransparencyLog } from '../../tree/log.js';
import { type HttpAnswer, type HttpRequest, type Route, Routes } from '../http/server.js';
import { CompressedBundles } from '../log/compressed-bundles.js';
import type { Retention } from '../log/retention.js';
import { type Publication, serveLog } from '../log/serve.js';
import { submissionRoute } from '../submission/answer.js';
import { submissionStatus } from '../submission/status.js';
import type { Submissions } from '../submission/submissions.js';

/** A log, and what may be read of it. */
export interface ShownLog {
  readonly log: TransparencyLog & Publication;
  readonly retention: Retention;
}

export class HouseFront {
  readonly routes: Routes;
  readonly #compressed = new CompressedBundles();
  #shown: ShownLog | null = null;
  #submission: Route | null = null;

  constructor(onProblem: (message: string) => void) {
    this.routes = new Routes({
      routes: [
        {
          method: 'POST',
          path: ENTRIES,
          handle: request => (this.#submission ?? refuse()).handle(request),
        },
        {
          method: 'GET',
          path: /^\/log\/(.+)$/,
          handle: (request, path = '') => this.#read(request, path),
        },
      ],
      statusOf,
      onProblem,
    });
  }

  /** Shows this log from now on; null for none. */
  show(readable: ShownLog | null): void {
    this.#shown = readable;
  }

  /** Takes entries from now on. */
  take(submissions: Submissions, { log }: ShownLog): void {
    this.#submission = submissionRoute(ENTRIES, submissions, log);
  }

  #read({ headers }: HttpRequest, path: string): Promise<HttpAnswer> {
    const { log, retention } = this.#shown ?? refuse();
    return serveLog(log, path, {
      retention,
      compressed: this.#compressed,
      acceptEncoding: headers['accept-encoding'],
    });
  }
}

const ENTRIES = '/log/entries';

function refuse(): never {
  throw new Failure('gateway/opening');
}

function statusOf(code: ReasonCode): number | undefined {
  return code === 'gateway/opening' ? 503 : submissionStatus(code);
}
