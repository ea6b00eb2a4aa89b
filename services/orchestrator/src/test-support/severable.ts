// A part of the installation that one replica loses, as behind a cut cable: its calls fail, the others' go on.

import { AppError } from '@alarena/core';

const streams = new Set<string | symbol>(['watch', 'subscribe']);

export function severable<T extends object>(part: T, isCut: () => boolean): T {
  return new Proxy(part, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]): unknown => {
        if (!isCut()) return Reflect.apply(member, target, args);
        const error = new AppError('unavailable', `${String(name)}: the cable is cut`);
        if (streams.has(name)) throw error;
        return Promise.reject(error);
      };
    },
  });
}
