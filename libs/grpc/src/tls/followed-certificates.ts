// Certificates that are read again when their files change, as those of cert-manager do: connections made from then
// on use the new ones. Files that do not fit together (half of them replaced) are left until they do.

import { AppError } from '@alarena/core';
import type { Logger } from '@alarena/telemetry';
import type { experimental } from '@grpc/grpc-js';
import { type PemContents, type PemFiles, readPemFiles } from './pem-files.js';

type CaListener = experimental.CaCertificateUpdateListener;
type IdentityListener = experimental.IdentityCertificateUpdateListener;

const REFRESH_MS = 10_000;

export interface FollowOptions {
  readonly logger?: Logger;
  /** How often the files are read. Default: 10 s. */
  readonly refreshMs?: number;
}

/** gRPC's interface of a source of certificates. Reads files while somebody listens. */
export class FollowedCertificates implements experimental.CertificateProvider {
  readonly #files: PemFiles;
  readonly #options: FollowOptions;
  readonly #caListeners = new Set<CaListener>();
  readonly #identityListeners = new Set<IdentityListener>();
  #contents: PemContents;
  #failure = '';
  #refreshing = false;
  #timer: NodeJS.Timeout | undefined;

  private constructor(files: PemFiles, options: FollowOptions, contents: PemContents) {
    this.#files = files;
    this.#options = options;
    this.#contents = contents;
  }

  static async open(files: PemFiles, options: FollowOptions): Promise<FollowedCertificates> {
    return new FollowedCertificates(files, options, await readPemFiles(files));
  }

  addCaCertificateListener(listener: CaListener): void {
    this.#caListeners.add(listener);
    process.nextTick(() => this.#tellCa(listener));
    this.#follow();
  }

  removeCaCertificateListener(listener: CaListener): void {
    this.#caListeners.delete(listener);
    this.#follow();
  }

  addIdentityCertificateListener(listener: IdentityListener): void {
    this.#identityListeners.add(listener);
    process.nextTick(() => this.#tellIdentity(listener));
    this.#follow();
  }

  removeIdentityCertificateListener(listener: IdentityListener): void {
    this.#identityListeners.delete(listener);
    this.#follow();
  }

  #tellCa(listener: CaListener): void {
    const { ca } = this.#contents;
    listener(ca === undefined ? null : { caCertificate: ca });
  }

  #tellIdentity(listener: IdentityListener): void {
    listener(this.#contents.identity ?? null);
  }

  #follow(): void {
    const wanted = this.#caListeners.size + this.#identityListeners.size > 0;
    if (wanted && this.#timer === undefined) {
      this.#timer = setInterval(() => void this.#refresh(), this.#options.refreshMs ?? REFRESH_MS).unref();
    } else if (!wanted) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
  }

  async #refresh(): Promise<void> {
    // One at a time: an older reading must not come after a newer one.
    if (this.#refreshing) return;
    this.#refreshing = true;
    try {
      await this.#readAgain();
    } finally {
      this.#refreshing = false;
    }
  }

  async #readAgain(): Promise<void> {
    try {
      const contents = await readPemFiles(this.#files);
      this.#failure = '';
      if (same(contents, this.#contents)) return;
      this.#contents = contents;
    } catch (thrown) {
      const error = AppError.from(thrown);
      if (error.message === this.#failure) return;
      this.#failure = error.message;
      this.#options.logger?.error({ err: error }, 'the new certificates cannot be used; the old ones stay');
      return;
    }
    this.#options.logger?.info({ ...this.#files }, 'certificates replaced');
    for (const listener of this.#caListeners) this.#tellCa(listener);
    for (const listener of this.#identityListeners) this.#tellIdentity(listener);
  }
}

function same(a: PemContents, b: PemContents): boolean {
  const parts = ({ ca, identity }: PemContents) => [ca, identity?.certificate, identity?.privateKey];
  const others = parts(b);
  return parts(a).every((part, i) => {
    const other = others[i];
    return part === undefined || other === undefined ? part === other : part.equals(other);
  });
}
