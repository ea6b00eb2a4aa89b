// Streams of bytes into memory.

/** All bytes of a stream whose length is known. A stream of another length gives as much as came, up to one chunk more. */
export async function readBytes(body: AsyncIterable<Uint8Array>, sizeBytes: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(sizeBytes);
  let length = 0;
  for await (const chunk of body) {
    if (length + chunk.byteLength > sizeBytes) return concat([bytes.subarray(0, length), chunk]);
    bytes.set(chunk, length);
    length += chunk.byteLength;
  }
  return bytes.subarray(0, length);
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.byteLength;
  }
  return whole;
}
