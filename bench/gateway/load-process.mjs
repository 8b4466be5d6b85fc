/** The load generator's process, seen from the benchmark. */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export class LoadProcess {
  #child = fork(fileURLToPath(new URL('load.mjs', import.meta.url)));

  /**
   * Gives an order, as `load.mjs` has them, and resolves to its result. Rejects when it goes wrong.
   *
   * @param onProgress told of what is said before
   */
  order(order, onProgress = () => undefined) {
    return new Promise((resolve, reject) => {
      const leave = () => this.#child.removeAllListeners('message').removeAllListeners('exit');
      this.#child.on('message', message => {
        if ('exchanges' in message) {
          onProgress(message);
          return;
        }
        leave();
        if ('problem' in message) reject(new Error(message.problem));
        else resolve(message.result);
      });
      this.#child.once('exit', () => reject(new Error('the load generator has ended')));
      this.#child.send(order);
    });
  }

  end() {
    this.#child.disconnect();
  }
}
