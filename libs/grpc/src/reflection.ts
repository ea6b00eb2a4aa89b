// Reflection: tells generic clients (grpcurl and the like) the contracts, from the descriptors in @alarena/api.

import { descriptorSet } from '@alarena/api';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import type { Server } from '@grpc/grpc-js';

/** Lists the services named and answers for all files of the contracts. */
export async function addReflection(server: Server, services: readonly string[]): Promise<void> {
  // Imported here: it loads a parser of proto files that a client or a production server never needs.
  const { ReflectionService } = await import('@grpc/reflection');
  const files = fileDescriptors(Buffer.from(descriptorSet, 'base64'));
  // The service reads nothing of a package definition but the file descriptors of its entries.
  const contracts = {
    format: 'Protocol Buffer 3 EnumDescriptorProto' as const,
    type: {},
    fileDescriptorProtos: files,
  };
  new ReflectionService({ contracts }, { services: [...services] }).addToServer(server);
}

/** The files of a google.protobuf.FileDescriptorSet, whose field 1 is `repeated FileDescriptorProto file`. */
function fileDescriptors(set: Uint8Array): Buffer[] {
  const reader = new BinaryReader(set);
  const files: Buffer[] = [];
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === 1 && wireType === WireType.LengthDelimited) files.push(Buffer.from(reader.bytes()));
    else reader.skip(wireType, field);
  }
  return files;
}
