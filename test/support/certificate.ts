/** A TLS certificate that nobody but its own key vouches for: X.509 version 1 (RFC 5280 §4.1), for `localhost`, valid until 2049. */
import { generateKeyPairSync, sign } from 'node:crypto';

export interface TestCertificate {
  /** PEM. */
  readonly key: string;
  /** PEM. */
  readonly cert: string;
}

export function selfSigned(): TestCertificate {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const algorithm = der(0x30, der(0x06, Buffer.of(0x2b, 0x65, 0x70)));
  const commonName = der(0x30, der(0x06, Buffer.of(0x55, 0x04, 0x03)), der(0x0c, Buffer.from('localhost')));
  const name = der(0x30, der(0x31, commonName));
  const times = ['250101000000Z', '490101000000Z'].map(time => der(0x17, Buffer.from(time)));
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const toBeSigned = der(0x30, der(0x02, Buffer.of(1)), algorithm, name, der(0x30, ...times), name, spki);
  const signature = der(0x03, Buffer.of(0), sign(null, toBeSigned, privateKey));
  const whole = der(0x30, toBeSigned, algorithm, signature).toString('base64');
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${whole}\n-----END CERTIFICATE-----\n`,
  };
}

function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const head = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.of(tag, ...head), content]);
}
