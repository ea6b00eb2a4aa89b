// Writes the descriptors of all contracts as a module: gRPC reflection serves them.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';

const set = execFileSync('buf', ['build', '-o', '-#format=binpb'], { maxBuffer: 1 << 26 });
const target = new URL('../libs/api/src/gen/descriptors.ts', import.meta.url);
writeFileSync(
  target,
  `/** A google.protobuf.FileDescriptorSet of all contracts, in base64. */\nexport const descriptorSet =\n  '${set.toString('base64')}';\n`,
);
