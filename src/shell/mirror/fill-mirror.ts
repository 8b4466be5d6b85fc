/** How a log fills a mirror that the policy of its witnesses names, from its own files: nothing is published before the quorum is met. */
import { Failure } from '../../reason.js';
import type { FillMirror } from '../../tree/policy-member.js';
import { upload } from './upload-client.js';

/**
 * Of one mirror, which is asked one thing at a time. Where it goes on is remembered, so that a mirror that keeps up is sent one request.
 *
 * @param url the mirror's submission prefix
 */
export function mirrorFiller(url: string): FillMirror {
  let next: number | null = null;
  return async (checkpoint, { entries, onProgress, signal }) => {
    const uploaded = await upload({
      to: url,
      checkpoint,
      entries,
      next,
      onProgress: reached => {
        next = reached;
        onProgress();
      },
      signal,
    });
    if (uploaded.status === 'stale') {
      next = null;
      throw new Failure('witness/stale', { field: url, detail: `size ${uploaded.size}` });
    }
    next = checkpoint.size;
    return uploaded.cosignatures;
  };
}
