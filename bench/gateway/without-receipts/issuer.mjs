/** An issuer to whom all clients are one: no keyed hash of a client's key. */
import { Issuer } from './issuer.whole.js';

const THREAD = { client: '', epoch: '', counter: 0, previous: null };
Issuer.prototype.thread = () => THREAD;

export { Issuer };
