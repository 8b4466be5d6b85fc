/** The keys of the benchmark: as public as this file. */
import '../../dist/shell/node.js';
import { KEY_TYPE, verifierKey } from '../../dist/note/key.js';
import { signerFromSeed } from '../../dist/shell/node.js';

export const logSigner = signerFromSeed(new Uint8Array(32).fill(1));
export const logKey = verifierKey('bench.example/log', KEY_TYPE.ed25519, logSigner.publicKey);
export const issuerSigner = signerFromSeed(new Uint8Array(32).fill(2));
export const issuerKey = verifierKey('bench.example/issuer', KEY_TYPE.ed25519, issuerSigner.publicKey);
