// How many images a service computes with.

import { meter } from '@alarena/telemetry';

/** Counts an image once for each epoch or pass. Call after metrics were started. */
export function imageCounter(kind: 'fit' | 'infer'): (images: number) => void {
  const images = meter().createCounter('alarena_images', {
    description: 'Images trained on or inferred, once for each epoch or pass.',
  });
  return (count) => images.add(count, { kind });
}
