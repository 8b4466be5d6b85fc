/** An issuer to whom all clients are one: no keyed hash of a client's key, and no journal of the numbers that it gives. */
import { Issuer } from './issuer.whole.js';

const run = { accepted: () => undefined, unkept: () => undefined };
const THREAD = { client: '', epoch: '', run, counter: 0, previous: null };
Issuer.prototype.thread = () => THREAD;

export { Issuer };
