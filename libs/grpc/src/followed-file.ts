// A file whose content is asked for again and again while others replace it: secrets that are rotated. Kubernetes
// swaps a symbolic link above the file, which watches of the file itself miss, so each time its status is compared.

import { readFile, stat } from 'node:fs/promises';
import { AppError } from '@alarena/core';

export interface FollowedFileOptions<Content> {
  /** Throws where the content is no good. */
  parse(bytes: Buffer): Content;
  /** Told once of each replacement that cannot be used; the content before it stays. */
  onFailure(error: AppError): void;
}

export class FollowedFile<Content> {
  readonly #path: string;
  readonly #options: FollowedFileOptions<Content>;
  #seen: string;
  #content: Content;

  private constructor(path: string, options: FollowedFileOptions<Content>, seen: string, content: Content) {
    this.#path = path;
    this.#options = options;
    this.#seen = seen;
    this.#content = content;
  }

  /** Throws where the file cannot be read or is no good. */
  static async open<Content>(
    path: string,
    options: FollowedFileOptions<Content>,
  ): Promise<FollowedFile<Content>> {
    const seen = await versionOf(path);
    return new FollowedFile(path, options, seen, options.parse(await readNamedFile(path)));
  }

  /** The content of the newest version that could be used. */
  async current(): Promise<Content> {
    const version = await versionOf(this.#path);
    if (version === this.#seen) return this.#content;
    // Taken before the file is read: a replacement in between is seen the next time.
    this.#seen = version;
    try {
      this.#content = this.#options.parse(await readNamedFile(this.#path));
    } catch (thrown) {
      this.#options.onFailure(AppError.from(thrown));
    }
    return this.#content;
  }
}

/** The error names the file and what the system says of it. */
export async function readNamedFile(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (thrown) {
    const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
    const why = WHY[code] ?? `it cannot be read (${code})`;
    throw new AppError('failed-precondition', `cannot read ${path}: ${why}`, {
      reason: 'FILE_UNREADABLE',
      violations: [{ field: path, description: why }],
      cause: thrown,
    });
  }
}

const WHY: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'this user may not read it',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of its path is a file',
};

async function versionOf(path: string): Promise<string> {
  try {
    const { ino, size, mtimeNs } = await stat(path, { bigint: true });
    return `${ino}-${size}-${mtimeNs}`;
  } catch {
    return 'none';
  }
}
