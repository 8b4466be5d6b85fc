/** The views of a data folder's log: where they are, and how they are brought up to it. The gateway may run or not; it takes no part. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFoldersDurably } from '../files/durable.js';
import { Views } from '../views/views.js';
import { type AtRestOptions, findLog } from './at-rest.js';
import { openLogAt } from './reconcile/log-reading.js';

export interface HouseViews {
  readonly views: Views;
  /** Takes in what the log has published since. Resolves to the size up to which everything is in them. */
  catchUp(onProgress?: (done: number, all: number) => void): Promise<number>;
}

/** Throws `views/…`, `trust/…` or a usage error. Whoever opens them closes `views`. */
export async function openHouseViews(options: AtRestOptions): Promise<HouseViews> {
  const { data, folder, trust } = await findLog(options);
  await mkdir(data.views, { recursive: true, mode: 0o700 });
  await makeFoldersDurably(data.views);
  const views = await Views.open(join(data.views, 'log.sqlite'));
  return {
    views,
    catchUp: async onProgress => {
      const log = await openLogAt(folder, trust);
      await views.follow(log, onProgress);
      return views.size(log.checkpoint.origin);
    },
  };
}
