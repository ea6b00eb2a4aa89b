// Many readings of the environment at once: all that is wrong with it is told together.

import { AppError, type FieldViolation } from '@alarena/core';

/** What all read. Throws the one fault as it is, or several as one error with the violations of each. */
export async function orEveryFault<Read extends readonly unknown[]>(
  readings: readonly [...{ [Key in keyof Read]: Promise<Read[Key]> }],
): Promise<Read> {
  const settled = await Promise.allSettled(readings);
  const thrown = settled.flatMap((one) => (one.status === 'rejected' ? [AppError.from(one.reason)] : []));
  // A reading that waits for another one fails with it.
  const faults = [...new Set(thrown)];
  const [fault] = faults;
  // The type of a tuple is lost in Promise.all.
  if (fault === undefined) return Promise.all(readings) as Promise<unknown> as Promise<Read>;
  throw faults.length === 1 ? fault : AppError.invalid('the environment:', faults.flatMap(violationsOf));
}

function violationsOf({ violations, message }: AppError): readonly FieldViolation[] {
  return violations.length > 0 ? violations : [{ field: '', description: message }];
}

/** A reading that throws, as one that rejects. */
export async function asked<Read>(read: () => Read): Promise<Read> {
  return read();
}
