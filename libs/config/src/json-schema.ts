// The JSON Schema (draft 2020-12) of spec files, for editors. It is written to docs/spec.schema.json; rules that
// join several fields are beyond it and are left to `validateSpec`.

import { z } from 'zod';
import { specFileSchema } from './spec-schema.js';

export function specSchema(): object {
  return z.toJSONSchema(specFileSchema, { target: 'draft-2020-12', io: 'input' });
}
