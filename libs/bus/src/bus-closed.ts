// What every call on a closed bus, or on a bucket of it, fails with.

import { AppError } from '@alarena/core';

export function busClosed(): AppError {
  return new AppError('failed-precondition', 'the bus is closed', { reason: 'BUS_CLOSED' });
}
