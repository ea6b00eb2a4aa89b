// Certificates and keys in PEM files, checked one by one so that an error names the file at fault.

import { createPrivateKey, X509Certificate } from 'node:crypto';
import { AppError } from '@alarena/core';
import { readNamedFile } from '../followed-file.js';

export interface PemFiles {
  /** Certificates of the authorities that the other side's certificate may come from. */
  readonly caFile?: string | undefined;
  /** One's own certificate, those between it and the authority after it. */
  readonly certFile?: string | undefined;
  /** Its private key, without a passphrase. */
  readonly keyFile?: string | undefined;
}

export interface PemContents {
  readonly ca: Buffer | undefined;
  readonly identity: { readonly certificate: Buffer; readonly privateKey: Buffer } | undefined;
}

/** Throws where a file cannot be read, holds something else, or the key is not the certificate's. */
export async function readPemFiles({ caFile, certFile, keyFile }: PemFiles): Promise<PemContents> {
  const ca = caFile === undefined ? undefined : await readCertificate(caFile);
  if (certFile === undefined || keyFile === undefined) {
    if (certFile === undefined && keyFile === undefined) return { ca: ca?.pem, identity: undefined };
    const [there, missing] = certFile === undefined ? ['key', 'certificate'] : ['certificate', 'key'];
    throw invalid(certFile ?? keyFile ?? '', `is a ${there} without its ${missing}: name both files or none`);
  }
  const { pem, first } = await readCertificate(certFile);
  const privateKey = await readNamedFile(keyFile);
  let key: ReturnType<typeof createPrivateKey>;
  try {
    key = createPrivateKey(privateKey);
  } catch {
    // Without the cause: it may quote the key.
    throw invalid(keyFile, 'is not a private key in PEM without a passphrase');
  }
  if (!first.checkPrivateKey(key)) throw invalid(keyFile, `is not the key of the certificate ${certFile}`);
  return { ca: ca?.pem, identity: { certificate: pem, privateKey } };
}

async function readCertificate(path: string): Promise<{ pem: Buffer; first: X509Certificate }> {
  const pem = await readNamedFile(path);
  try {
    return { pem, first: new X509Certificate(pem) };
  } catch {
    throw invalid(path, 'is not a certificate in PEM');
  }
}

function invalid(path: string, description: string): AppError {
  return new AppError('failed-precondition', `${path} ${description}`, {
    reason: 'TLS_FILE_INVALID',
    violations: [{ field: path, description }],
  });
}
